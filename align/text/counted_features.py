"""Bags of features in which each feature of a text occurs once, with its count."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32
from scipy.sparse import csc_array, csr_array

from align.cores import usable_cores
from align.text.blocks import by_block, in_threads
from align.text.text_features import TextFeatures
from align.text.word_ngrams import FeatureBags

_MAX_SHORT = np.iinfo(np.uint16).max


class CountedBags(NamedTuple):
    """The features of n texts with their counts.

    Text i has the features ``ids[starts[i] : starts[i + 1]]``, in ascending order. ``totals`` is as in ``FeatureBags``.
    """

    ids: Int32[np.ndarray, " u"]
    counts: Int[np.ndarray, " u"]
    starts: Int[np.ndarray, " n_and_1"]
    totals: Int[np.ndarray, " n"]


def counted(bags: FeatureBags, rows: int) -> CountedBags:
    """Returns bags with each feature once; ``rows`` is a number above all features.

    >>> found = counted(FeatureBags(np.array([3, 1, 3, 0]), np.array([0, 3, 4]), np.array([3, 1])), 4)
    >>> found.ids.tolist(), found.counts.tolist(), found.starts.tolist()
    ([1, 3, 0], [1, 2, 1], [0, 2, 3])
    """
    return _joined(in_threads(_by_text, _by_feature(bags, rows)), bags.totals)


def in_use(
    features: TextFeatures, found: FeatureBags, min_count: int = 1, *, keep: Int[np.ndarray, " r"] | None = None
) -> tuple[TextFeatures, CountedBags]:
    """Returns features without the buckets that occur fewer than ``min_count`` times, and bags without them.

    Args:
        features: features in which all buckets have a row.
        found: the bags of the training texts.
        min_count: smallest number of occurrences of a bucket.
        keep: buckets to keep even if they are rarer.
    """
    v, parts = len(features.words), _by_feature(found, features.rows)
    occurrences = np.sum([np.diff(part.indptr) for part in parts], axis=0)
    chosen = occurrences[v:] >= min_count
    if keep is not None:
        chosen[keep] = True
    numbers = np.flatnonzero(chosen).astype(np.int32)
    small = TextFeatures(features.words, features.word_ngrams, features.minn, features.maxn, features.buckets, numbers)
    kept = np.concatenate([np.arange(v), v + numbers])
    return small, _joined(in_threads(lambda part: _by_text(part[:, kept]), parts), found.totals)


def _by_feature(bags: FeatureBags, rows: int) -> list[csc_array]:
    """Returns matrices of texts and features, feature by feature, with 1 for each occurrence: a part of the texts each.

    Parts are large, because each has an array of all features.
    """
    starts = bags.starts.astype(np.int32 if len(bags.ids) <= np.iinfo(np.int32).max else np.int64)

    def of_block(first: int, end: int) -> csc_array:
        edges = starts[first : end + 1]
        ids = bags.ids[edges[0] : edges[-1]].astype(edges.dtype, copy=False)
        kind = np.uint16 if np.diff(edges).max(initial=0) <= _MAX_SHORT else np.uint32
        return csr_array((np.ones(len(ids), kind), ids, edges - edges[0]), shape=(end - first, rows)).tocsc()

    return by_block(of_block, starts, size=max(-(-len(bags.ids) // usable_cores()), 4 * rows)) or [
        csc_array((0, rows), dtype=np.uint16)
    ]


def _by_text(cells: csc_array) -> csr_array:
    """Returns such a matrix text by text, with the sum of the occurrences of each feature."""
    by_text = cells.tocsr()
    by_text.sum_duplicates()
    return by_text


def _joined(parts: list[csr_array], totals: Int[np.ndarray, " n"]) -> CountedBags:
    """Returns the bags of such matrices."""
    ids, counts = (np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "data"))
    sizes = np.concatenate([np.zeros(1, np.int64), *[np.diff(part.indptr) for part in parts]])
    return CountedBags(ids.astype(np.int32, copy=False), counts, np.cumsum(sizes), totals)
