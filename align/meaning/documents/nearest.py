"""The nearest documents by Word Mover's Distance, with lower bounds in place of most exact distances."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.checks import at_least
from align.meaning.documents.bags import Bags
from align.meaning.documents.relaxed import centroid_distances, relaxations
from align.meaning.documents.transport import Mover, cost_of, mover_blocks, relaxed_cost_of

SLACK = 1e-5
"""Largest rounding error of a bound: word distances are float32."""
_BLOCK = 64


class NearestDocuments(NamedTuple):
    """The k nearest documents of each query, best first; -1 and NaN if the query or the collection is empty.

    ``solved`` counts the transport problems of each query that were solved.
    """

    ids: Int[np.ndarray, "q k"]
    distances: Float[np.ndarray, "q k"]
    solved: Int[np.ndarray, " q"]

    @staticmethod
    def none(q: int, k: int) -> "NearestDocuments":
        """Returns the result of q queries that have no nearest documents yet."""
        return NearestDocuments(np.full((q, k), -1, np.int64), np.full((q, k), np.nan), np.zeros(q, np.int64))


def nearest_by_mover(
    queries: Bags, collection: Bags, k: int, *, advance: Callable[[int], object] | None = None
) -> NearestDocuments:
    """Returns the k documents with the smallest Word Mover's Distance to each query, as a full search does.

    Documents are visited in ascending order of a bound, the larger of their centroid and relaxed distances. If the
    bound of a document is above the k-th best distance so far, neither it nor any later document can be among the
    nearest. Before the exact problem is solved, a third bound is tried: the relaxed distance when shared mass stays in
    place.

    Args:
      queries: q documents.
      collection: n documents, of the same space or of a space with the same dimensions.
      k: number of documents to return per query, at least 1; at most n are returned.
      advance: called with the number of queries done.

    Returns:
      The documents, nearest first; ties are in the order of the collection.

    Raises:
      ValueError: if k < 1.

    Source: Kusner et al. 2015, section 4, "Prefetch and prune".
    """
    at_least(k, 1, "k")
    k = min(k, len(collection))
    made = NearestDocuments.none(len(queries), k)
    full = np.flatnonzero(collection.sizes)
    for start in range(0, len(queries), _BLOCK):
        block = queries.take(range(start, min(start + _BLOCK, len(queries))))
        relaxed = relaxations(block, collection).tightest
        bounds = np.fmax(relaxed.astype(np.float64), centroid_distances(block, collection))
        for movers in mover_blocks(block, collection):
            for i, mover in movers.items():
                found, made.solved[start + i] = _search(mover, bounds[i], full, k)
                for place, (distance, at) in enumerate(found):
                    made.ids[start + i, place], made.distances[start + i, place] = at, distance
        if advance is not None:
            advance(len(block))
    return made


def _search(
    mover: Mover, bounds: Float[np.ndarray, " n"], full: Int[np.ndarray, " f"], k: int
) -> tuple[list[tuple[float, int]], int]:
    """Returns the k nearest documents as (distance, document), and the number of solved problems."""
    best: list[tuple[float, int]] = []
    solved = 0
    for at in full[np.argsort(bounds[full], kind="stable")]:
        limit = best[-1][0] + SLACK if len(best) == k else np.inf
        if bounds[at] > limit:
            break
        residual = mover.residual(int(at))
        if relaxed_cost_of(residual) > limit:
            continue
        solved += 1
        best = sorted([*best, (cost_of(residual), int(at))])[:k]
    return best, solved


def nearest_rows(
    distances: Float[np.ndarray, "q n"], k: int
) -> tuple[Int[np.ndarray, "q k"], Float[np.ndarray, "q k"]]:
    """Returns the columns of the k smallest distances of each row, and these distances.

    Args:
      distances: shape (q, n); NaN where undefined.
      k: number of columns per row; at most n are returned.

    Returns:
      Columns and distances, both of shape (q, k), smallest first; -1 and NaN if fewer are defined.
    """
    order = np.argsort(np.where(np.isnan(distances), np.inf, distances), axis=1, kind="stable")[:, :k]
    values = np.take_along_axis(distances, order, axis=1)
    return np.where(np.isnan(values), -1, order), values
