"""Counts, entropies and PMI of n-grams, compared with naive counts and scipy."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

from align.text.discovery import ngrams
from align.text.discovery.model import symbols_in
from align.text.discovery.symbols import BREAK, SYMBOLS
from align.text.discovery.workers import worked

LONGEST, LEAST = 4, 2


def text() -> str:
    rng = np.random.default_rng(0)
    words = ["国王", "骑", "马", "国家", "说话", "家", "王国"]
    return "\n".join("".join(rng.choice(words, 6)) for _ in range(12)) + "\n"


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """The levels of a text in three blocks, the text, and its n-grams."""
    folder: Path = tmp_path_factory.mktemp("blocks")
    lines = text().splitlines(keepends=True)
    for number in range(3):
        (folder / f"text-{number}").write_text("".join(lines[4 * number : 4 * number + 4]))
    with pytest.MonkeyPatch.context() as patch, worked(folder, range(3), 1) as blocks:
        patch.setattr(ngrams, "_RANGE", 16)
        blocks.run("read")
        levels = ngrams.count_ngrams(blocks, LONGEST, LEAST, blocks.total("single"))
    every = [np.arange(len(level.keys)) for level in levels]
    listed = symbols_in([level.keys for level in levels], every, SYMBOLS)
    sizes = np.cumsum([0, *(len(level.keys) for level in levels)])
    grams = [listed[begin:end] for begin, end in itertools.pairwise(sizes)]
    return levels, text().splitlines(), grams


def naive(lines: list[str], length: int) -> Counter[str]:
    return Counter(line[i : i + length] for line in lines for i in range(len(line) - length + 1))


def test_counts(counted) -> None:
    levels, lines, grams = counted
    for length, (level, found) in enumerate(zip(levels, grams, strict=True), 1):
        expected = {gram: n for gram, n in naive(lines, length).items() if length == 1 or n >= LEAST}
        assert dict(zip(found, level.counts.tolist(), strict=True)) == expected
        assert len(expected) > 4


def test_entropies_of_neighbours(counted) -> None:
    levels, lines, grams = counted
    for level, found in zip(levels, grams, strict=True):
        for row, gram in enumerate(found):
            after, before = Counter[str](), Counter[str]()
            for number, line in enumerate(lines):
                for i in range(len(line) - len(gram) + 1):
                    if line[i : i + len(gram)] == gram:
                        after[line[i + len(gram) : i + len(gram) + 1] or f"end {number}"] += 1
                        before[line[i - 1] if i else f"begin {number}"] += 1
            assert level.right[row] == pytest.approx(entropy(list(after.values())))
            assert level.left[row] == pytest.approx(entropy(list(before.values())))


def test_pmi_and_autonomy(counted) -> None:
    levels, lines, grams = counted
    parts = ngrams.families(levels)
    counts = [naive(lines, length) for length in range(1, LONGEST + 1)]
    total = sum(counts[0].values())
    right = [dict(zip(found, level.right, strict=True)) for found, level in zip(grams, levels, strict=True)]
    left = [dict(zip(found, level.left, strict=True)) for found, level in zip(grams, levels, strict=True)]
    for top, (mutual, free) in enumerate(zip(ngrams.pmi(levels, parts), ngrams.autonomy(levels, parts), strict=True)):
        if top:
            for row, gram in enumerate(grams[top]):
                least = min(
                    np.log(counts[top][gram] * total / (counts[k - 1][gram[:k]] * counts[top - k][gram[k:]]))
                    for k in range(1, top + 1)
                )
                assert mutual[row] == pytest.approx(least)
            rise = [right[top][w] - right[top - 1][w[:-1]] + left[top][w] - left[top - 1][w[1:]] for w in grams[top]]
            np.testing.assert_allclose(free, rise - np.mean(rise), atol=1e-12)
        else:
            assert np.isinf(mutual).all()
            assert not free.any()


def test_a_break_is_a_neighbour_of_its_own() -> None:
    keys = np.array([BREAK, ord("国")]) + 0 * SYMBOLS
    found = ngrams.entropy_of(ngrams.neighbour_sums(keys, np.array([3, 1]), 1), np.array([4]))
    assert found[0] == pytest.approx(np.log(4))
