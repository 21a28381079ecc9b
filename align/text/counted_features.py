"""Bags of features in which each feature of a text occurs once, with its count."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32, UInt16

from align.cores import usable_cores
from align.text.text_features import FeatureBags

_BLOCK = 1 << 17
"""Features that are sorted at once, unless a single text has more."""
_MAX_KEY, _MAX_COUNT = 1 << 32, (1 << 16) - 1


class CountedBags(NamedTuple):
    """The features of n texts with their counts: text i has ``ids[starts[i] : starts[i + 1]]``, in ascending order."""

    ids: Int32[np.ndarray, " u"]
    counts: UInt16[np.ndarray, " u"]
    starts: Int[np.ndarray, " n_and_1"]


def counted(bags: FeatureBags, rows: int) -> CountedBags:
    """Returns bags with each feature once. A feature that occurs more than 65,535 times in a text is repeated.

    Args:
        bags: the bags.
        rows: a number above all features.

    Example:
        >>> found = counted(FeatureBags(np.array([3, 1, 3, 0]), np.array([0, 3, 4]), np.array([3, 1])), 4)
        >>> found.ids.tolist(), found.counts.tolist(), found.starts.tolist()
        ([1, 3, 0], [1, 2, 1], [0, 2, 3])
    """

    def of_block(block: tuple[int, int]) -> CountedBags:
        return _count_block(bags, rows, *block)

    with ThreadPoolExecutor(usable_cores()) as pool:
        parts = list(pool.map(of_block, blocks(bags.starts, _MAX_KEY // rows)))
    sizes = np.concatenate([np.zeros(1, np.int64), *[part.starts for part in parts]])
    ids = np.concatenate([np.zeros(0, np.int32), *[part.ids for part in parts]])
    counts = np.concatenate([np.zeros(0, np.uint16), *[part.counts for part in parts]])
    return CountedBags(ids, counts, np.cumsum(sizes))


def blocks(starts: Int[np.ndarray, " n_and_1"], most: int, size: int = _BLOCK) -> Iterator[tuple[int, int]]:
    """Yields the first text of each block and the first after it: at most ``most`` texts of ``size`` features."""
    first, n = 0, len(starts) - 1
    while first < n:
        end = int(np.searchsorted(starts, starts[first] + size, side="right")) - 1
        end = min(max(end, first + 1), first + most, n)
        yield first, end
        first = end


def _count_block(bags: FeatureBags, rows: int, first: int, end: int) -> CountedBags:
    """Returns the counted features of some texts, with the number of features of each text in place of ``starts``."""
    edges = bags.starts[first : end + 1]
    keys = np.repeat(np.arange(end - first, dtype=np.uint32) * np.uint32(rows), np.diff(edges))
    keys += bags.ids[edges[0] : edges[-1]].astype(np.uint32)
    keys.sort()
    new = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    places = np.flatnonzero(new)
    counts = np.diff(places, append=len(keys))
    distinct = keys[places]
    if len(counts) and counts.max() > _MAX_COUNT:
        times = -(-counts // _MAX_COUNT)
        distinct, counts = np.repeat(distinct, times), np.repeat(counts - (times - 1) * _MAX_COUNT, times)
        counts[np.flatnonzero(distinct[1:] == distinct[:-1])] = _MAX_COUNT
    text = distinct // np.uint32(rows)
    sizes = np.bincount(text, minlength=end - first)
    return CountedBags((distinct - text * np.uint32(rows)).astype(np.int32), counts.astype(np.uint16), sizes)
