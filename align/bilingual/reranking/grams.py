"""Words as weighted bags of hashed character n-grams."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import sparse

from align.text.units import bags

BUCKETS = 1 << 16


class Grams(NamedTuple):
    """The lengths of the n-grams, ``shortest`` to ``longest`` characters, and the weight of each hash bucket.

    The weight is log(1 + v / (1 + n)), where v is the number of words, and n the number of words with an n-gram in the
    bucket.
    """

    shortest: int
    longest: int
    weight: Float[np.ndarray, " buckets"]


def grams_of(words: Sequence[str], shortest: int, longest: int) -> Grams:
    """Returns the n-gram lengths and the bucket weights of a vocabulary."""
    having = np.asarray(_present(words, shortest, longest).sum(axis=0)).ravel()
    return Grams(shortest, longest, np.log1p(len(words) / (1 + having)).astype(np.float32))


def gram_rows(grams: Grams, words: Sequence[str]) -> sparse.csr_array:
    """Returns the weights of each word's n-grams as a unit row: shape (n, buckets), float32."""
    rows = _present(words, grams.shortest, grams.longest)
    rows.data = grams.weight[rows.indices]
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data = (rows.data / np.repeat(np.maximum(lengths, 1e-12), np.diff(rows.indptr))).astype(np.float32)
    return rows


def _present(words: Sequence[str], shortest: int, longest: int) -> sparse.csr_array:
    """Returns a matrix (words, buckets) that is 1 if the lower-cased word has an n-gram in the bucket, else 0."""
    found = bags([word.lower().encode() for word in words], shortest, longest, BUCKETS)
    begins = np.concatenate([[0], np.cumsum(found.sizes)])
    rows = sparse.csr_array((np.ones(len(found.ids), np.float32), found.ids, begins), (len(words), BUCKETS))
    rows.sum_duplicates()
    rows.data[:] = 1
    return rows
