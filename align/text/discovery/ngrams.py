"""n-grams of a text: their counts, and the entropy of the symbols before and after them.

Strings are counted length by length. Counting each string together with the next symbol gives both the counts of
strings one symbol longer and the entropy of the next symbol. Strings rarer than ``min_count`` are dropped before the
next length, which is exact: no string is more frequent than its beginning. The counts of the blocks are sorted files
that are merged by ranges of keys, so memory is bounded by the number of frequent strings.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from align.text.discovery.sorting import runs, sorted_places
from align.text.discovery.symbols import BREAK, SYMBOLS
from align.text.discovery.trie import find
from align.text.discovery.workers import Blocks

_RANGE = 1 << 22
"""Keys that are merged at once."""
_Counts = Int64[np.ndarray, " _"]
_Values = Float64[np.ndarray, " _"]


class Level(NamedTuple):
    """The frequent strings of one length."""

    keys: _Counts
    counts: _Counts
    left: _Values
    """Entropy of the symbol before each string, in nats."""
    right: _Values
    """Entropy of the symbol after it."""


def count_ngrams(blocks: Blocks, longest: int, min_count: int, single: Int64[np.ndarray, " c"]) -> list[Level]:
    """Returns the strings of 1 to ``longest`` symbols that occur ``min_count`` times or more, by length.

    Every symbol of the text is kept, however rare. Each break counts as a different neighbour.

    Args:
      blocks: the text.
      longest: the greatest length.
      min_count: the least count of longer strings.
      single: the count of each symbol.
    """
    keys = np.flatnonzero(single)
    keys = keys[keys != BREAK]
    counts, levels = single[keys], list[Level]()
    for level in range(1, longest + 1):
        blocks.store.save(f"keys-{level}", keys)
        blocks.run("count", level=level)
        left, right = np.zeros(len(keys)), np.zeros(len(keys))
        longer: list[tuple[_Counts, _Counts]] = [(keys[:0], counts[:0])]
        for found, times in merged(blocks, "left"):
            left += neighbour_sums(found, times, len(keys))
        for found, times in merged(blocks, "right"):
            right += neighbour_sums(found, times, len(keys))
            frequent = np.flatnonzero(times >= min_count)
            frequent = frequent[found[frequent] % SYMBOLS != BREAK]
            longer.append((found[frequent], times[frequent]))
        levels.append(Level(keys, counts, entropy_of(left, counts), entropy_of(right, counts)))
        keys, counts = (np.concatenate(parts) for parts in zip(*longer, strict=True))
    return levels


def merged(blocks: Blocks, side: str) -> Iterator[tuple[_Counts, _Counts]]:
    """Yields the keys and counts of all blocks together, in ascending order, one range of keys at a time."""
    parts = [blocks.store.load(f"{side}-{block}", mapped=True) for block in blocks.numbers]
    if len(parts) == 1:
        yield tuple(np.asarray(parts[0]))
        return
    total = sum(part.shape[1] for part in parts)
    largest = max(parts, key=lambda part: part.shape[1])[0]
    steps = -(-total // _RANGE)
    bounds = [int(largest[len(largest) * step // steps]) for step in range(1, steps)] if len(largest) else []
    edges = [np.concatenate([[0], np.searchsorted(part[0], bounds), [part.shape[1]]]) for part in parts]
    for step in range(max(steps, 1)):
        both = [part[:, edge[step] : edge[step + 1]] for part, edge in zip(parts, edges, strict=True)]
        keys, order = sorted_places(np.concatenate([part[0] for part in both]))
        yield runs(keys, np.concatenate([part[1] for part in both])[order])


def neighbour_sums(
    keys: Int64[np.ndarray, " n"], times: Int64[np.ndarray, " n"], size: int
) -> Float64[np.ndarray, " k"]:
    """Returns the sum of n log n for each of ``size`` strings, where n is how often a symbol is its neighbour.

    Each occurrence of a break counts as a different neighbour, so n is 1 for all of them.
    """
    again = np.flatnonzero(times > 1)
    keys, times = keys[again], times[again]
    terms = np.where(keys % SYMBOLS != BREAK, times * np.log(times), 0.0)
    return np.bincount(keys // SYMBOLS, terms, size).astype(np.float64)


def entropy_of(sums: Float64[np.ndarray, " k"], counts: Int64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """Returns the entropy of the neighbours of each string, in nats.

    With p = n / count, the sum of -p log p is log count - (sum of n log n) / count.

    Args:
      sums: the sum of n log n for each string, over all its neighbours.
      counts: the count of each string.
    """
    return np.log(counts) - sums / counts


class Family(NamedTuple):
    """The parts of the strings of one length."""

    prefix: _Counts
    """The row of each string without its last symbol."""
    suffix: _Counts
    """The row of each string without its first symbol."""


def families(levels: list[Level]) -> list[Family]:
    """Returns the parts of the strings of each level; on level 1 they are row 0."""
    nothing = np.zeros(len(levels[0].keys), np.int64)
    found = [Family(nothing, nothing)]
    for number, level in enumerate(levels[1:], 1):
        prefix = level.keys // SYMBOLS
        last = level.keys % SYMBOLS
        inner = found[-1].suffix[prefix] if number > 1 else nothing[prefix]
        found.append(Family(prefix, find(levels[number - 1].keys, inner * SYMBOLS + last)))
    return found


def pmi(levels: list[Level], parts: list[Family]) -> list[_Values]:
    """Returns the least pointwise mutual information of the two parts of each string, over all positions of the split.

    PMI = log(count(w) N / (count(u) count(v))) where w = uv and N is the number of symbols, in nats; infinity for
    single symbols.
    """
    total = float(levels[0].counts.sum())
    found = [np.full(len(levels[0].keys), np.inf)]
    for top in range(1, len(levels)):
        rows = np.arange(len(levels[top].keys))
        prefixes, suffixes = _chain(parts, top, rows, 0), _chain(parts, top, rows, 1)
        least = np.full(len(rows), np.inf)
        for split in range(top):  # the prefix has split + 1 symbols, the suffix top - split
            first, second = (
                levels[split].counts[prefixes[split]],
                levels[top - 1 - split].counts[suffixes[top - 1 - split]],
            )
            least = np.minimum(least, np.log(levels[top].counts * total / (first * second.astype(float))))
        found.append(least)
    return found


def _chain(parts: list[Family], top: int, rows: _Counts, side: int) -> list[_Counts]:
    """Returns the rows of the prefixes (side 0) or suffixes (side 1) of each length from 1 to ``top``."""
    chain: list[_Counts] = []
    for level in range(top, 0, -1):
        rows = parts[level][side][rows]
        chain.append(rows)
    return chain[::-1]


def autonomy(levels: list[Level], parts: list[Family]) -> list[_Values]:
    """Returns the entropy of the neighbours of each string at both ends, relative to strings of its length.

    autonomy(w) = v_left(w) + v_right(w), where v_right(w) is the entropy after w minus the entropy after w without its
    last symbol, minus the mean of that difference over the strings of this length; v_left mirrors it.

    Source: Magistry and Sagot 2012, Unsupervized word segmentation: the case for Mandarin Chinese, section 3.
    """
    found = [np.zeros(len(levels[0].keys))]
    for number, level in enumerate(levels[1:], 1):
        shorter, family = levels[number - 1], parts[number]
        left = level.left - shorter.left[family.suffix]
        right = level.right - shorter.right[family.prefix]
        found.append(left - left.mean() + right - right.mean() if len(left) else left)
    return found
