"""Learning from sentence pairs: a made-up language is learned, and each step equals a naive loop."""
# pyright: basic

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import fit, pairs_of
from align.bilingual.parallel.alignment import word_alignment
from align.bilingual.parallel.corpus import bilingual_text, counted_together, tokenised
from align.bilingual.parallel.joint import BilingualPPMI, SharedCoordinates, word_pairs
from align.checks import SettingError
from align.text.corpus import Corpus
from align.text.tokenise import tokeniser_of

WORDS = [f"{letter}word" for letter in "abcdefghijklmnopqrst"]
HANZI = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往")
CODE = dict(zip(WORDS, HANZI, strict=True))
SPLIT = tokeniser_of("en"), tokeniser_of("zh", "characters")


def sentence_pairs(count, seed=0):
    """Sentences in which neighbours are near in the alphabet, and their translations in another order."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        start = rng.integers(len(WORDS))
        words = [WORDS[(start + step) % len(WORDS)] for step in rng.integers(0, 5, size=5)]
        yield " ".join(words), "".join(CODE[word] for word in rng.permutation(words))


@pytest.fixture(scope="module")
def text():
    return bilingual_text(tokenised(sentence_pairs(300), tokenisers=SPLIT), min_count=1)


def points(joint):
    sides = joint.english, joint.chinese
    return [side.vectors / np.linalg.norm(side.vectors, axis=1, keepdims=True) for side in sides]


def found(joint):
    english, chinese = points(joint)
    best = (english @ chinese.T).argmax(axis=1)
    return {word: joint.chinese.vocab.words[i] for word, i in zip(joint.english.vocab.words, best, strict=True)}


def test_a_code_is_learned_from_sentence_pairs(text):
    joint = BilingualPPMI(dim=12).solve(text)
    assert found(joint) == CODE
    assert {pair[:2] for pair in word_pairs(joint)} == set(CODE.items())
    assert [value for *_, value in word_pairs(joint)] == sorted((v for *_, v in word_pairs(joint)), reverse=True)
    assert np.array_equal(joint.english.vectors, BilingualPPMI(dim=12).solve(text).english.vectors)
    made = fit(joint.english, joint.chinese, Dictionary(()), SharedCoordinates(), normalise=("unit",))
    assert [answer[0].word for answer in made.translate(WORDS, k=1)] == HANZI


def test_text_alone_translates_words_that_no_sentence_pair_has():
    """Four words are in monolingual text only; their neighbours, translated, lead to them."""
    sides = list(zip(*sentence_pairs(1500, seed=1), strict=True))
    english, chinese = (
        Corpus.from_sentences(map(one.tokens, side), min_count=1) for one, side in zip(SPLIT, sides, strict=True)
    )
    known = set(WORDS) - set(WORDS[::5])
    pairs = [pair for pair in sentence_pairs(3000, seed=2) if known.issuperset(pair[0].split())]
    text = bilingual_text(tokenised(pairs, tokenisers=SPLIT), english, chinese)
    assert found(BilingualPPMI(dim=16).solve(text)) == CODE


def test_a_dictionary_takes_the_place_of_sentence_pairs_for_its_words(text):
    known = pairs_of(Dictionary((("aword", "往"),)), text.english.vocab, text.chinese.vocab)
    before, after = (BilingualPPMI(dim=12).solve(text, pairs) for pairs in (None, known))
    i, j = text.english.vocab.index["aword"], text.chinese.vocab.index["往"]
    cosines = [points(joint)[0][i] @ points(joint)[1][j] for joint in (before, after)]
    assert cosines[1] > cosines[0]


def test_together_and_alignment_equal_naive_loops():
    english = np.array([0, 1, -1, -2, 1, 1, -1, -1, 2, 0, -1], np.int32)
    chinese = np.array([0, 1, -1, 1, -1, 0, -1, 0, 0, 2, -1], np.int32)
    sentences = [([0, 1], [0, 1]), ([1, 1], [1]), ([], [0]), ([2, 0], [0, 0, 2])]
    counts, forward, backward = np.zeros((3, 3)), np.ones((3, 3)), np.ones((3, 3))
    for one, other in sentences:
        for e in one:
            for z in other:
                counts[e, z] += 1 / np.sqrt(len(one) * len(other))
    for _ in range(3):
        expected = np.zeros((3, 3)), np.zeros((3, 3))
        for one, other in sentences:
            for e in one:
                for z in other:
                    expected[0][e, z] += forward[e, z] / sum(forward[e, k] for k in other)
                    expected[1][e, z] += backward[e, z] / sum(backward[k, z] for k in one)
        forward = expected[0] / (expected[0].sum(axis=0) + 0.5)
        backward = expected[1] / (expected[1].sum(axis=1, keepdims=True) + 0.5)
    np.testing.assert_allclose(counted_together(english, chinese, (3, 3)).toarray(), counts, rtol=1e-5)
    aligned = word_alignment(english, chinese, (3, 3), rounds=3).toarray()
    np.testing.assert_allclose(aligned, forward * backward, rtol=1e-5)
    with pytest.raises(ValueError, match="4 English and 3 Chinese sentences"):
        word_alignment(english, chinese[:-4], (3, 3))
    with pytest.raises(ValueError, match="no sentence pair has 1 to 60 words"):
        word_alignment(np.array([-1], np.int32), np.array([0, -1], np.int32), (1, 1))


def test_the_matrix_has_the_translated_neighbours(text):
    table = sp.csr_array(np.eye(20, dtype=np.float32)[:, ::-1] * 3)
    model = BilingualPPMI(dim=5, cross=0.5)
    whole = model.matrix(text, table).toarray()[:, :40]
    plain = BilingualPPMI(dim=5, cross=0.0).matrix(text, table).toarray()[:, :40]
    beside = (whole - plain)[:20, 20:]
    np.testing.assert_allclose(plain[:20, 20:], plain[:20, :20][:, ::-1], rtol=1e-5)
    np.testing.assert_allclose(np.diag((whole - plain)[:20, :20]), beside.max(axis=1), rtol=1e-4)
    assert beside.min() >= -1e-6


def test_the_characters_of_words_are_contexts():
    """They count in all sentence pairs; a word has its own, each with the largest PPMI of any English word."""
    pairs = [("red", "红"), ("red horse", "红马"), ("horse house", "马房子"), ("a 7", "7")]
    sides = [["red", "horse"], ["house"]], [["红", "马房"], ["马房", "房", "7", "红红", "T房"]]
    corpora = [Corpus.from_sentences(side, min_count=1) for side in sides]
    text = bilingual_text(tokenised(pairs), *corpora, min_count=9)
    words, hanzi = list(text.chinese.vocab.words), list(text.characters.names)
    assert set(hanzi) == set("红马房")
    counts = np.zeros((len(text.english.vocab), 3))
    for english, chinese in pairs:
        known = [text.english.vocab.index.get(word) for word in english.split()]
        rows, columns = [i for i in known if i is not None], [hanzi.index(one) for one in chinese if one in hanzi]
        for i in rows:
            for j in columns:
                counts[i, j] += 1 / np.sqrt(len(rows) * len(columns))
    np.testing.assert_allclose(text.characters.together.toarray(), counts, rtol=1e-6)
    member = [[(one in word) / np.sqrt(len(set(word) & set(hanzi)) or 1) for one in hanzi] for word in words]
    np.testing.assert_allclose(text.characters.of_words.toarray(), member, rtol=1e-6)
    table = sp.csr_array((len(text.english.vocab), len(words)), dtype=np.float32)
    found = BilingualPPMI(characters=3.0).matrix(text, table).toarray()[:, -3:]
    english, chinese = np.split(found, [len(text.english.vocab)])
    assert english.max() > 0
    np.testing.assert_allclose(chinese, english.max(axis=0) * np.array(member), rtol=1e-5)
    assert not BilingualPPMI(characters=0.0).matrix(text, table)[:, -3:].nnz


def test_a_word_that_no_sentence_pair_has_is_translated_by_its_characters():
    compounds = ["".join(some) for some in pairwise(HANZI)]
    chinese = Corpus.from_sentences([[word] for word in compounds], min_count=1)
    drawn = np.random.default_rng(0).choice(WORDS, (600, 2))
    pairs = [(f"{a} {b}", CODE[a] + CODE[b]) for a, b in drawn]
    text = bilingual_text(tokenised(pairs, tokenisers=SPLIT), chinese=chinese)
    joint = BilingualPPMI(dim=20).solve(text)
    english, other = points(joint)
    for place, word in enumerate(compounds):
        near = (english @ other[joint.chinese.vocab.index[word]]).argsort()[-2:]
        assert {joint.english.vocab.words[i] for i in near} == {WORDS[place], WORDS[place + 1]}


HELD = Dictionary((("horse", "馬"), ("King", "国王")))


@pytest.mark.parametrize(
    ("pair", "loose", "strict"),
    [
        (("Horse", "马"), True, True),
        (("a horse", "馬"), True, True),
        (("the king", "国王"), True, True),
        (("the king rode a horse", "国王骑马"), False, True),
        (("the queen rode a horse", "女王骑驴"), False, False),
        (("queen", "国王"), False, False),
    ],
)
def test_evaluation_pairs_are_left_out_in_any_script(pair, loose, strict):
    pairs = [pair, ("water", "水")]
    assert tokenised(pairs, held_out=HELD).left_out == loose
    assert tokenised(pairs, held_out=HELD, strict=True).left_out == strict


def test_what_cannot_be_learned_from_is_refused(text):
    with pytest.raises(ValueError, match="none of 1 sentence pair is left"):
        tokenised([("horse", "马")], held_out=HELD)
    with pytest.raises(SettingError, match="dim 41: the texts have 40 words"):
        BilingualPPMI(dim=41).solve(text)
    one = bilingual_text(tokenised([("water", "水")]), min_count=1)
    with pytest.raises(ValueError, match=r"^the texts have 1 English and 1 Chinese words; two of each are needed$"):
        BilingualPPMI(dim=1).solve(one)
    with pytest.raises(SettingError, match="power 0"):
        BilingualPPMI(power=0.0)
    with pytest.raises(ValueError, match="no word occurs 5 times; the most frequent is 'water' with 1"):
        bilingual_text(tokenised([("water", "水")]))


def test_corpora_keep_their_rare_words_and_counts_add_up():
    english = Corpus.from_sentences([["rare", "water"]], min_count=1)
    text = bilingual_text(tokenised([("water flows", "水流")] * 5), english)
    words = text.english.vocab
    assert dict(zip(words.words, words.occurrences.tolist(), strict=True)) == {"water": 6, "flows": 5, "rare": 1}
    assert text.english.sentences == 6
    assert "sentence" in repr(text)
