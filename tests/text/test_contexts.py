"""Contexts: their vocabulary and their counts against plain loops, and what is refused."""

from collections import Counter

import numpy as np
import pytest

from align.text.contexts import bigram_weights, count_contexts, find_contexts
from align.text.cooccurrence import Window, count_cells, falling, flat
from align.text.corpus import Corpus
from tests.text.pairs import WORDS, characters, frequent, pairs, text

FEATURES = ["word", "word+ngram", "word+character", "word+character+ngram"]


def numbered(contexts):
    """The number of each context by its kind and name."""
    names, words = contexts.names(), len(contexts.vocab)
    kinds = ["word"] * words + ["ngram"] * (contexts.first_character - words)
    kinds += ["character"] * (len(contexts) - contexts.first_character)
    return {key: i for i, key in enumerate(zip(kinds, names, strict=True))}


def table_of(cells, shape):
    made = np.zeros(shape)
    made[cells.row, cells.column] = cells.value
    return made


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("whose", ["window", "own", "both"])
@pytest.mark.parametrize("window", [Window(3, falling), Window(1, flat), Window(2, flat, left=False)])
def test_counts_are_those_of_a_list_of_all_pairs(features, whose, window):
    if whose != "window" and "character" not in features:
        pytest.skip("no characters")
    corpus = text()
    contexts = find_contexts(corpus, features, min_count=4)
    cells = count_contexts(corpus, window, contexts, characters=whose, threads=1)
    expected = np.zeros((len(corpus.vocab), len(contexts)))
    number = numbered(contexts)
    weights = window.weigh(np.arange(1, window.size + 1), window.size).tolist()
    for one in pairs(corpus, features, weights, min_count=4, whose=whose, left=window.left):
        expected[corpus.ids[one.place], number[one.kind, one.context]] += one.weight
    np.testing.assert_allclose(table_of(cells, expected.shape), expected, rtol=1e-5)
    assert len(cells.value) == np.count_nonzero(expected)
    keys = cells.row.astype(np.int64) * len(contexts) + cells.column
    assert (np.diff(keys) > 0).all()


def test_the_vocabulary_is_words_then_frequent_bigrams_then_characters():
    corpus = text()
    contexts = find_contexts(corpus, "word+character+ngram", min_count=4)
    number = numbered(contexts)
    occurrences = Counter(
        {word: int(count) for word, count in zip(corpus.vocab.words, corpus.vocab.counts, strict=True)}
    )
    spelled = Counter()
    for word, count in occurrences.items():
        for one in characters(word):
            spelled[one] += count
    assert {name for kind, name in number if kind == "ngram"} == frequent(corpus, 4)
    assert {name[0] for kind, name in number if kind == "character"} == set(
        "".join(map("".join, map(characters, WORDS)))
    )
    counts = contexts.counts
    assert len(counts) == len(contexts) == len(number)
    for (kind, name), i in number.items():
        if kind != "ngram":
            assert counts[i] == (occurrences if kind == "word" else spelled)[name[0]]
        else:
            assert counts[i] >= 4
    assert [len(find_contexts(corpus, features, min_count=4)) for features in FEATURES] == [
        *(
            len(WORDS) + more
            for more in (0, len(frequent(corpus, 4)), len(spelled), len(frequent(corpus, 4)) + len(spelled))
        )
    ]


def test_bigrams_are_found_block_by_block(monkeypatch):
    corpus = text()
    bigrams = find_contexts(corpus, "word+ngram", min_count=4).bigrams
    whole = bigrams.numbers(corpus.ids)
    monkeypatch.setattr("align.text.contexts._STEP", 7)
    np.testing.assert_array_equal(bigrams.numbers(corpus.ids), whole)
    again = find_contexts(corpus, "word+ngram", min_count=4).bigrams
    for one, other in zip(bigrams, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (np.bincount(whole)[:-1] == bigrams.counts).all()


def test_bigrams_are_inside_the_window():
    assert bigram_weights(Window(3, falling)).tolist() == pytest.approx([1 / 3, 2 / 3, 0, 0, 2 / 3, 1 / 3])
    assert bigram_weights(Window(2, flat, left=False)).tolist() == [1.0]
    assert bigram_weights(Window(1, flat, right=False)).tolist() == []


def test_counts_through_files_are_the_same(tmp_path):
    corpus = text(tokens=60_000)
    contexts = find_contexts(corpus, "word+character+ngram", min_count=4)
    cells = count_contexts(corpus, Window(3, falling), contexts)
    ids = np.tile(corpus.ids, 10)
    long = Corpus(corpus.vocab, ids, name="long")
    parts = count_contexts(long, Window(3, falling), contexts, memory=16 << 20, folder=tmp_path)
    np.testing.assert_array_equal(parts.column, cells.column)
    np.testing.assert_allclose(parts.value, 10 * cells.value, rtol=1e-4)
    words = count_cells(long, Window(3, falling), memory=16 << 20)
    assert len(parts.value) > len(words.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("features", ["word+character", "word+character+ngram"])
def test_characters_of_letters_are_refused(features):
    english = Corpus.from_sentences([["a", "café", "in", "T恤"]] * 5, min_count=1, name="news")
    with pytest.raises(ValueError, match="characters make no sense as contexts in news") as refused:
        find_contexts(english, features, min_count=1)
    assert str(refused.value).startswith(f"features {features}: ")
    assert str(refused.value).endswith(f"; use {features.replace('+character', '')}")
    assert len(find_contexts(english, "word+ngram", min_count=1)) == 7
    japanese = Corpus.from_sentences([["ねこ", "が", "いる", "ok"]] * 5, min_count=1)
    assert set(find_contexts(japanese, "word+character").characters.names) == set("ねこがいる")


def test_a_text_without_frequent_bigrams_is_refused():
    with pytest.raises(ValueError, match=r"features word\+ngram: no two words of text follow each other 1,000 times"):
        find_contexts(text(), "word+ngram", min_count=1000)
