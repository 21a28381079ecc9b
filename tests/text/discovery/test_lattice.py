"""Segmentation of all stretches at once, compared with every segmentation of short strings."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.discovery.lattice import (
    Lattice,
    Layout,
    count_words,
    distinct,
    lattice_of,
    layout_of,
    places,
    stretches_of,
    viterbi,
    word_ends,
)
from align.text.discovery.lexicon import WordCounts, spell, word_scores
from align.text.discovery.symbols import codes_of
from align.text.discovery.trie import match, word_trie

UNKNOWN = -7.5


def every_segmentation(text: str) -> list[list[str]]:
    """All 2^(n-1) ways to cut a string."""
    ways = product((False, True), repeat=len(text) - 1)
    return [("".join(c + "|" * cut for c, cut in zip(text, (*way, False), strict=True))).split("|") for way in ways]


def last_of(layout: Layout) -> np.ndarray:
    """The position of the last symbol of each stretch."""
    return layout.offsets[layout.lengths - 1] + np.arange(len(layout.lengths))


WORDS = st.dictionaries(st.text("国王马", min_size=1, max_size=4), st.floats(-9, 4), min_size=1, max_size=9)


@settings(deadline=None)
@given(st.lists(st.text("国王马骑", max_size=7), max_size=5), WORDS)
def test_the_best_of_all_segmentations_is_found(stretches: list[str], words: dict[str, float]) -> None:
    ids = codes_of("\0".join(stretches))
    layout = layout_of(ids)
    scores = np.array(list(words.values()))
    found = match(word_trie(spell(words)), ids)
    lattice = lattice_of(len(ids), layout, found)
    best, chosen = viterbi(lattice, scores, UNKNOWN)
    ends = set(places(layout)[word_ends(layout, chosen)].tolist())

    def score(way: list[str]) -> float:
        return sum(words.get(word, UNKNOWN if len(word) == 1 else -np.inf) for word in way)

    begin, segmented = 0, list[str]()
    for stretch in stretches:
        if stretch:
            cut = "".join(c + "|" * (begin + i in ends) for i, c in enumerate(stretch)).rstrip("|").split("|")
            assert score(cut) == pytest.approx(max(map(score, every_segmentation(stretch))))
            segmented += cut
        begin += len(stretch) + 1
    assert best[last_of(layout)].sum() == pytest.approx(score(segmented))
    counts = count_words(lattice, scores, UNKNOWN)
    assert counts.tolist() == [segmented.count(word) for word in words]

    shortest = stretches_of(ids, found)
    apart, times = distinct(ids, shortest)
    assert times @ apart.lengths == sum(map(len, stretches))
    texts = [tuple(ids[begin : begin + size]) for begin, size in zip(apart.starts, apart.lengths, strict=True)]
    assert len(set(texts)) == len(texts)
    best, _ = viterbi(small := lattice_of(len(ids), apart, found), scores, UNKNOWN)
    total = best[last_of(apart)] @ times
    assert total == pytest.approx(score(segmented))
    counts = count_words(small, scores, UNKNOWN, times)
    unknown = sum(map(len, stretches)) - sum(counts[i] * len(word) for i, word in enumerate(words))
    assert counts @ scores + unknown * UNKNOWN == pytest.approx(total)


@settings(deadline=None)
@given(
    st.text("国王马骑。\n", max_size=12),
    st.dictionaries(st.text("国王马", min_size=1, max_size=4), st.integers(1, 99), min_size=1),
)
def test_a_lexicon_segments_into_the_best_words(text: str, counts: dict[str, int]) -> None:
    found = WordCounts(counts).segment(text)
    values, unknown = word_scores(np.array(list(counts.values()), float))
    scores = dict(zip(counts, values.tolist(), strict=True))

    def score(way: list[str]) -> float:
        return sum(scores.get(word, unknown if len(word) == 1 else -np.inf) for word in way)

    for line, given_line in zip(found.split("\n"), text.split("\n"), strict=True):
        for part, stretch in zip(
            line.replace("。", "|").split("|"), given_line.replace("。", "|").split("|"), strict=True
        ):
            if stretch:
                assert score(part.split()) == pytest.approx(max(map(score, every_segmentation(stretch))))


def test_a_long_stretch_is_cut() -> None:
    ids = codes_of("国" * 25 + "\0" + "马" * 3)
    layout = layout_of(ids, longest=10)
    assert layout.lengths.tolist() == [10, 10, 5, 3]
    assert sorted(places(layout)) == [i for i in range(29) if i != 25]
    lattice = lattice_of(len(ids), layout, match(word_trie(spell(["国国国", "国国"])), ids))
    assert count_words(lattice, np.array([0.0, -1.0]), -5.0).tolist() == [5, 5]


def test_a_long_stretch_of_overlapping_words_is_cut() -> None:
    ids = codes_of("国" * 25 + "马" * 3)
    found = match(word_trie(spell(["国", "国国", "马"])), ids)
    stretches = stretches_of(ids, found, longest=10)
    assert stretches.layout.lengths.tolist() == [10, 10, 5]
    assert stretches.alone.tolist() == [25, 26, 27]
    assert np.flatnonzero(stretches.ends).tolist() == [24, 25, 26, 27]
    layout, times = distinct(ids, stretches)
    assert (layout.lengths.tolist(), times.tolist()) == ([10, 5, 1], [2, 1, 3])
    counts = count_words(lattice_of(len(ids), layout, found), np.array([-3.0, -1.0, 0.0]), -5.0, times)
    assert counts.tolist() == [1, 12, 3]


def test_stretches_with_one_hash_are_compared(monkeypatch) -> None:
    monkeypatch.setattr(
        "align.text.discovery.lattice._hashes", lambda _, layout: np.zeros(len(layout.starts), np.uint64)
    )
    monkeypatch.setattr("align.text.discovery.lattice._PACKED", 0)
    ids = codes_of("国王马\0国王骑\0国王骑\0国王")
    found = match(word_trie(spell(["国王马", "国王骑", "国王"])), ids)
    layout, times = distinct(ids, stretches_of(ids, found))
    assert (layout.lengths.tolist(), times.tolist()) == ([3, 3, 2], [1, 2, 1])


def test_a_stretch_counts_as_often_as_its_weight() -> None:
    ids = codes_of("国王\0国")
    lattice = lattice_of(len(ids), layout_of(ids), match(word_trie(spell(["国", "王"])), ids))
    assert isinstance(lattice, Lattice)
    assert count_words(lattice, np.zeros(2), 0.0, np.array([5, 2])).tolist() == [7, 5]
