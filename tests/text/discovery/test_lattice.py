"""Segmentation of all stretches at once, compared with every segmentation of short strings."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.discovery.lattice import count_words, lattice_of, layout_of, places, viterbi, word_ends
from align.text.discovery.lexicon import spell
from align.text.discovery.symbols import codes_of
from align.text.discovery.trie import match, word_trie

UNKNOWN = -7.5


def every_segmentation(text: str) -> list[list[str]]:
    """All 2^(n-1) ways to cut a string."""
    ways = product((False, True), repeat=len(text) - 1)
    return [("".join(c + "|" * cut for c, cut in zip(text, (*way, False), strict=True))).split("|") for way in ways]


WORDS = st.dictionaries(st.text("国王马", min_size=1, max_size=4), st.floats(-9, 4), min_size=1, max_size=9)


@settings(deadline=None)
@given(st.lists(st.text("国王马骑", max_size=7), max_size=5), WORDS)
def test_the_best_of_all_segmentations_is_found(stretches: list[str], words: dict[str, float]) -> None:
    ids = codes_of("\0".join(stretches))
    layout = layout_of(ids)
    scores = np.array(list(words.values()))
    lattice = lattice_of(layout, match(word_trie(spell(words)), ids))
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
    last = layout.offsets[layout.lengths - 1] + np.arange(len(layout.lengths))
    assert best[last].sum() == pytest.approx(score(segmented))
    counts = count_words(lattice, scores, UNKNOWN)
    assert counts.tolist() == [segmented.count(word) for word in words]


def test_a_long_stretch_is_cut() -> None:
    ids = codes_of("国" * 25 + "\0" + "马" * 3)
    layout = layout_of(ids, longest=10)
    assert layout.lengths.tolist() == [10, 10, 5, 3]
    assert sorted(places(layout)) == [i for i in range(29) if i != 25]
    lattice = lattice_of(layout, match(word_trie(spell(["国国国", "国国"])), ids))
    assert count_words(lattice, np.array([0.0, -1.0]), -5.0).tolist() == [5, 5]


def test_a_stretch_counts_as_often_as_its_weight() -> None:
    ids = codes_of("国王\0国")
    lattice = lattice_of(layout_of(ids), match(word_trie(spell(["国", "王"])), ids))
    assert count_words(lattice, np.zeros(2), 0.0, np.array([5, 2])).tolist() == [7, 5]
