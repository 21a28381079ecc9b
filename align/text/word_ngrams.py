"""The words of texts and their n-grams as rows of a table, in the order of fastText's classifier."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32, UInt64

FACTOR = np.uint64(116_049_371)
"""The factor of the hash of n-grams of words."""
Rows = Callable[[UInt64[np.ndarray, " n"]], Int[np.ndarray, " n"]]
"""Returns the row of each hash of an n-gram, -1 if it has none."""


class FeatureBags(NamedTuple):
    """The features of n texts as row numbers of a table: text i has ``ids[starts[i] : starts[i + 1]]``.

    ``totals`` is the number of features of each text, by which the sum of its rows is divided. It includes features
    without a row, unless the features are ``pruned``.
    """

    ids: Int[np.ndarray, " u"]
    starts: Int[np.ndarray, " n_and_1"]
    totals: Int[np.ndarray, " n"]


def word_bags(
    words: Int[np.ndarray, " t"],
    lengths: Int[np.ndarray, " n"],
    hashes: UInt64[np.ndarray, " m"],
    largest: int,
    rows: Rows,
) -> FeatureBags:
    """Returns the words of each text that have a row, and then its n-grams with 2, ..., ``largest`` words.

    Args:
        words: the row of each word, text by text; -1 for words without a row, which are no features.
        lengths: the number of words of each text.
        hashes: the hash of each word; any array if there are no n-grams.
        largest: largest number of words in an n-gram.
        rows: gives the rows of n-grams. Those without a row are counted in the totals.
    """
    ends = np.cumsum(lengths)
    numbers = [np.maximum(lengths - n, 0) for n in range(largest)]  # of n-grams with n + 1 words
    whole = np.sum(numbers, axis=0)
    starts = np.concatenate([[0], np.cumsum(whole)])
    found = np.empty(int(starts[-1]), np.int32)
    inside = np.arange(len(words))
    place, left = starts[:-1] - ends + lengths, np.repeat(ends, lengths) - inside
    found[np.repeat(place, lengths) + inside] = words
    values = hashes
    for n in range(1, largest):
        place = place + numbers[n - 1]
        values = values[:-1] * FACTOR + hashes[n:]
        begins = np.flatnonzero(left > n)  # n-grams that end before their text does
        found[np.repeat(place, lengths)[begins] + begins] = rows(values[begins])
    known = np.add.reduceat(words >= 0, ends - lengths, dtype=np.int64)
    return _with_rows(found, starts, known + whole - lengths)


def _with_rows(
    found: Int32[np.ndarray, " u"], starts: Int[np.ndarray, " n_and_1"], totals: Int[np.ndarray, " n"]
) -> FeatureBags:
    """Returns the bags without the features -1."""
    kept = found >= 0
    if kept.all():
        return FeatureBags(found, starts, totals)
    return FeatureBags(found[kept], np.concatenate([[0], np.cumsum(kept)])[starts], totals)


def joined_bags(parts: Sequence[FeatureBags], *, pruned: bool = False) -> FeatureBags:
    """Returns the bags of several blocks of texts as one; ``pruned``: features without a row do not count."""
    none = np.zeros(0, np.int64)
    sizes = np.concatenate([none, *[np.diff(part.starts) for part in parts]])
    ids = np.concatenate([np.zeros(0, np.int32), *[part.ids for part in parts]])
    totals = sizes if pruned else np.concatenate([none, *[part.totals for part in parts]])
    return FeatureBags(ids, np.concatenate([[0], np.cumsum(sizes)]), totals)
