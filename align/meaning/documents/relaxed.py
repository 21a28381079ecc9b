"""Lower bounds of the Word Mover's Distance: the distance between centroids, and relaxed transport."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from align.meaning.documents.bags import Bags
from align.meaning.documents.transport import word_distances

_CELLS = 1 << 24
"""Number of word distances in memory at a time: 64 MB in float32."""


class Relaxed(NamedTuple):
    """Both relaxations of every pair of documents: from the words of x, and from the words of y."""

    from_x: Float[np.ndarray, "q n"]
    from_y: Float[np.ndarray, "q n"]

    @property
    def tightest(self) -> Float[np.ndarray, "q n"]:
        """The larger of the two, the tighter lower bound."""
        return np.maximum(self.from_x, self.from_y)


def centroids(bags: Bags) -> Float[np.ndarray, "n d"]:
    """Returns the weighted mean of each document's unit vectors, float64; zeros for an empty document."""
    return matrix(bags) @ bags.vectors.astype(np.float64)


def centroid_distances(x: Bags, y: Bags) -> Float[np.ndarray, "q n"]:
    """Returns the Word Centroid Distance |X a - Y b| of every pair of documents; NaN with an empty document.

    It is at most the Word Mover's Distance.

    Args:
      x: q documents.
      y: n documents, of the same space or of a space with the same dimensions.

    Returns:
      Distances, shape (q, n).

    Source: Kusner et al. 2015, section 4, "Word centroid distance".
    """
    one, other = centroids(x), centroids(y)
    squared = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2.0 * one @ other.T
    return undefined(np.sqrt(np.maximum(squared, 0.0)), x, y)


def relaxed_distances(x: Bags, y: Bags) -> Float[np.ndarray, "q n"]:
    """Returns the Relaxed Word Mover's Distance of every pair of documents; NaN with an empty document.

    RWMD(a, b) = max(sum_i a_i min_j c_ij, sum_j b_j min_i c_ij): each word moves to the nearest word of the other
    document, and the mass of that word is ignored. It is at most the Word Mover's Distance.

    Args:
      x: q documents.
      y: n documents, of the same space or of a space with the same dimensions.

    Returns:
      Distances, shape (q, n).

    Source: Kusner et al. 2015, section 4; in linear time: Atasu et al. 2017, section III.
    """
    return undefined(relaxations(x, y).tightest, x, y)


def relaxations(x: Bags, y: Bags) -> Relaxed:
    """Returns both relaxations of every pair of documents, in time linear in the size of each document.

    For each document of one side, the distance from every word of the other side to its nearest word is computed once.
    A product with the sparse matrix of weights then gives the values of all documents of the other side. Blocks of word
    distances take 64 MB.

    Args:
      x: q documents.
      y: n documents, of the same space or of a space with the same dimensions.

    Returns:
      Two matrices of shape (q, n); zeros for an empty document.
    """
    return Relaxed(one_way(x, y), one_way(y, x).T)


def one_way(x: Bags, y: Bags) -> Float[np.ndarray, "q n"]:
    """Returns sum_i a_i min_j c_ij of every document a of x and b of y, in time linear in their sizes."""
    found = np.zeros((len(x), len(y)), np.float32)
    weights = matrix(x).astype(np.float32)
    for documents, nearest in _nearest_words(x, y):
        found[:, documents] = weights @ nearest
    return found


def _nearest_words(x: Bags, y: Bags) -> Iterator[tuple[slice, Float[np.ndarray, "u n"]]]:
    """Yields the distance of each word of x to the nearest word of each document of y, for some documents at a time."""
    step = max(1, _CELLS // max(len(x.used), 1))
    same = x.space is y.space
    start = 0
    while start < len(y):
        stop = max(int(np.searchsorted(y.starts, y.starts[start] + step, side="right")) - 1, start + 1)
        part = slice(int(y.starts[start]), int(y.starts[stop]))
        words, columns = np.unique(y.columns[part], return_inverse=True)
        distances = word_distances(y.vectors[words], x.vectors)
        if same and len(x.used):
            rows = np.searchsorted(x.used, y.used[words])
            there = np.flatnonzero(x.used[np.minimum(rows, len(x.used) - 1)] == y.used[words])
            distances[there, rows[there]] = 0.0
        nearest = np.zeros((len(x.used), stop - start), np.float32)
        for j, at in enumerate(range(start, stop)):
            mine = columns[y.starts[at] - part.start : y.starts[at + 1] - part.start]
            if len(mine):
                nearest[:, j] = distances[mine].min(axis=0)
        yield slice(start, stop), nearest
        start = stop


def matrix(bags: Bags) -> csr_array:
    """Returns the weights as a sparse matrix, documents by used words."""
    return csr_array((bags.weights, bags.columns, bags.starts), shape=(len(bags), len(bags.used)))


def undefined(distances: Float[np.ndarray, "q n"], x: Bags, y: Bags) -> Float[np.ndarray, "q n"]:
    """Returns the distances in float64, with NaN in the rows and columns of empty documents.

    Args:
      distances: shape (q, n).
      x: the q documents of the rows.
      y: the n documents of the columns.
    """
    distances = distances.astype(np.float64)
    distances[x.sizes == 0] = np.nan
    distances[:, y.sizes == 0] = np.nan
    return distances
