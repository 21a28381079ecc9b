import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.split import hold_out, split
from align.text.chinese import simplify
from align.text.vocab import Vocab


def key(word):
    return simplify(unicodedata.normalize("NFKC", word)).casefold()


ENGLISH = ["King", "king", "KING", "cat", "Cat", "horse", "ox", "one", "two", "Straße", "STRASSE", "angela"]
CHINESE = ["国王", "國王", "王", "马", "馬", "猫", "貓", "一", "二", "牛", "angela", "Angela"]
MIXED = ["thomas", "tom", "Tom", "ｔｏｍ", "a", "T恤", "Ｔ恤", "t恤", "托马斯", "托馬斯", "汤姆", "甲"]


def words_of(part):
    return {key(word) for pair in part.pairs for word in pair}


@given(
    pairs=st.lists(st.tuples(st.sampled_from(MIXED), st.sampled_from(MIXED)), min_size=1, max_size=40),
    order=st.permutations(MIXED),
    sizes=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    seed=st.none() | st.integers(0, 5),
)
def test_no_test_word_is_in_a_training_pair(pairs, order, sizes, seed):
    dictionary, vocab = Dictionary(tuple(dict.fromkeys(pairs))), Vocab(order)
    if len({key(s) for s, _ in pairs}) < 2:
        return
    found = split(dictionary, vocab, vocab, train=sizes[0], test=sizes[1], seed=seed)
    fitted = words_of(found.train)
    assert fitted
    assert not fitted & {key(s) for s, _ in found.test.pairs}
    assert not fitted & {key(s) for s, _ in found.reverse_test.pairs}


def test_a_pair_the_other_way_round_is_not_tested():
    pairs = (("thomas", "tom"), ("thomas", "托马斯"), ("tom", "thomas"), ("tom", "汤姆"), ("a", "甲"))
    dictionary = Dictionary(pairs)
    source, target = Vocab(["thomas", "tom", "a"]), Vocab(["tom", "托马斯", "thomas", "汤姆", "甲"])
    found = split(dictionary, source, target, train=1, test=2)
    assert found.train.pairs == pairs[:2]
    assert found.test.pairs == (("a", "甲"),)
    assert [s for s, _ in found.reverse_test.pairs] == ["汤姆", "甲"]
    assert found.note == "test words that are target words of training pairs are left out: 1"


def test_words_that_differ_in_their_apostrophe_are_the_same_word():
    pairs = Dictionary((("o'clock", "点钟"), ("king", "国王"), ("o’clock", "时")))
    cut = split(pairs, Vocab(["o'clock", "king", "o’clock"]), Vocab(["点钟", "国王", "时"]), train=1, test=1)
    assert cut.train.pairs == (("o'clock", "点钟"), ("o’clock", "时"))
    assert cut.test.pairs == (("king", "国王"),)


def test_full_width_letters_are_the_same_word():
    dictionary = Dictionary((("t-shirt", "T恤"), ("tee", "Ｔ恤"), ("horse", "马")))
    found = split(dictionary, Vocab(["t-shirt", "tee", "horse"]), Vocab(["T恤", "Ｔ恤", "马"]), train=1, test=2)
    assert [s for s, _ in found.test.pairs] == ["tee", "horse"]
    assert [s for s, _ in found.reverse_test.pairs] == ["马"]


@given(
    pairs=st.lists(st.tuples(st.sampled_from(ENGLISH), st.sampled_from(CHINESE)), min_size=1, max_size=40),
    source=st.permutations(ENGLISH),
    target=st.permutations(CHINESE),
    sizes=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    seed=st.none() | st.integers(0, 5),
)
def test_nothing_leaks(pairs, source, target, sizes, seed):
    train, test = sizes
    dictionary = Dictionary(tuple(dict.fromkeys(pairs)))
    if len({key(s) for s, _ in pairs}) < 2:
        with pytest.raises(ValueError, match="too few pairs"):
            split(dictionary, Vocab(source), Vocab(target), train=train, test=test, seed=seed)
        return
    found = split(dictionary, Vocab(source), Vocab(target), train=train, test=test, seed=seed)
    fitted = {key(s) for s, _ in found.train.pairs}
    assert fitted
    assert found.test.pairs or "are left out" in found.note
    assert not fitted & {key(s) for s, _ in found.test.pairs}
    reached = {key(t) for _, t in found.train.pairs}
    assert not reached & {key(s) for s, _ in found.reverse_test.pairs}
    assert len(fitted) <= train
    assert len({key(s) for s, _ in found.test.pairs}) <= test
    assert len({key(s) for s, _ in found.reverse_test.pairs}) <= test
    whole = set(dictionary.pairs)
    assert set(found.train.pairs) | set(found.test.pairs) | set(found.reverse_test.reversed().pairs) <= whole
    for part, complete in ((found.test, dictionary), (found.reverse_test, dictionary.reversed())):
        assert all(set(part.targets[word]) == set(complete.targets[word]) for word in part.targets)
    if seed is None and found.test.pairs:
        rank = Vocab(source).index
        best = {k: min(rank[w] for w in source if key(w) == k and w in dictionary.targets) for k in fitted}
        others = {key(s): 99 for s, _ in found.test.pairs}
        for word in found.test.targets:
            others[key(word)] = min(others[key(word)], rank[word])
        assert max(best.values()) < min(others.values())


def numbered(count):
    return Dictionary(tuple((f"w{i}", f"字{i}") for i in reversed(range(count)))), (
        Vocab([f"w{i}" for i in range(count)]),
        Vocab([f"字{i}" for i in range(count)]),
    )


def test_the_bands_are_by_frequency():
    dictionary, (source, target) = numbered(20)
    found = split(dictionary, source, target, train=8, test=4)
    assert [s for s, _ in found.train.pairs] == [f"w{i}" for i in range(8)]
    assert [s for s, _ in found.test.pairs] == [f"w{i}" for i in range(8, 12)]
    assert [s for s, _ in found.reverse_test.pairs] == [f"字{i}" for i in range(8, 12)]
    assert found.note == ""


def test_a_seed_splits_the_same_words_at_random_and_reproducibly():
    dictionary, (source, target) = numbered(20)
    first = split(dictionary, source, target, train=8, test=4, seed=1)
    assert first == split(dictionary, source, target, train=8, test=4, seed=1)
    assert first != split(dictionary, source, target, train=8, test=4, seed=2)
    assert {s for s, _ in first.train.pairs + first.test.pairs} == {f"w{i}" for i in range(12)}
    assert len(first.train) == 8


def test_a_small_dictionary_is_shared_in_proportion_and_says_so():
    dictionary, (source, target) = numbered(13)
    found = split(dictionary, source, target, train=5000, test=1500)
    assert (len(found.train), len(found.test)) == (10, 3)
    assert "only 13 source words are covered: 10 to train and 3 to test" in found.note
    assert "only 3 target words" in found.note


def test_nothing_to_split_is_one_clear_line():
    dictionary, (source, target) = numbered(5)
    with pytest.raises(ValueError, match=r"too few pairs to split; .*0 of 5 source words covered") as error:
        split(dictionary, Vocab(["other"]), target)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="at least 1"):
        split(dictionary, source, target, test=0)


def test_hold_out_takes_the_rarest_words_and_at_most_a_fifth():
    dictionary, (source, target) = numbered(20)
    train = split(dictionary, source, target, train=15, test=5).train
    fit, held = hold_out(train, source, 3)
    assert [s for s, _ in held.pairs] == ["w12", "w13", "w14"]
    assert fit.pairs + held.pairs == train.pairs
    assert len(hold_out(train, source)[1]) == 3
    with pytest.raises(ValueError, match="at least two words"):
        hold_out(Dictionary(train.pairs[:1]), source)
