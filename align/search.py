"""Blocked search: the best columns of each row of a score matrix, computed block by block."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.largest import NAN, largest, slices

_BLOCK_CELLS = 1 << 26
"""Cells of one block of scores: 256 MB."""

Scores = Callable[[slice], Float[np.ndarray, "q v"]]
"""Returns the rows of a q x v score matrix that a slice selects, as a new array."""
Advance = Callable[[int], object]
"""Receives the number of queries finished since the last call."""


class Neighbours(NamedTuple):
    """The k best candidates of each query, best first.

    If a query has fewer than k candidates, its remaining ``ids`` are -1 and its remaining ``scores`` -inf.
    """

    ids: Int[np.ndarray, "q k"]
    scores: Float[np.ndarray, "q k"]


class GoldRanks(NamedTuple):
    """The 1-based rank of each query's gold candidate, and the candidate at rank 1 (-1 if there is none)."""

    ranks: Int[np.ndarray, " q"]
    first: Int[np.ndarray, " q"]


def blocks(queries: int, candidates: int) -> Iterator[slice]:
    """Yields the queries in blocks of about 256 MB of scores."""
    return slices(queries, max(1, _BLOCK_CELLS // max(candidates, 1)))


def best(
    scores: Scores,
    queries: int,
    candidates: int,
    k: int,
    *,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Advance | None = None,
) -> Neighbours:
    """Returns the k candidates with the largest entry in each row of a score matrix given block by block.

    Args:
      scores: ``scores(rows)`` returns the rows ``rows`` of the score matrix, as a new array.
      queries: number of rows of the matrix.
      candidates: number of columns; a candidate with score -inf is not returned.
      k: number of candidates per query.
      exclude: as in :func:`align.retrieval.top_k`.
      progress: as in :func:`align.retrieval.top_k`.

    Returns:
      Neighbours, ``ids`` and ``scores`` of shape (q, min(k, candidates)).

    Raises:
      ValueError: a score is NaN.
    """
    k = min(k, candidates)
    ids = np.empty((queries, k), np.int64)
    values = np.empty((queries, k), np.float32)
    for rows in blocks(queries, candidates):
        block = _without(scores(rows), exclude, rows)
        ids[rows], values[rows] = largest(block, k)
        if progress is not None:
            progress(rows.stop - rows.start)
    ids[np.isneginf(values)] = -1
    return Neighbours(ids, values)


def gold_ranks(
    scores: Scores,
    gold: Int[np.ndarray, " q"],
    candidates: int,
    *,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Advance | None = None,
) -> GoldRanks:
    """Returns the 1-based rank of candidate ``gold[i]`` among all candidates of query ``i``.

    Ties go to the lower row number, so rank 1 is exactly what :func:`best` returns first. A gold candidate with score
    -inf (excluded, or without a vector) has the last rank, ``candidates``.

    Args:
      scores: as in :func:`best`.
      gold: one candidate per query, shape (q,).
      candidates: number of columns of the score matrix.
      exclude: as in :func:`align.retrieval.top_k`.
      progress: as in :func:`align.retrieval.top_k`.

    Raises:
      ValueError: a score is NaN.
    """
    ranks = np.empty(len(gold), np.int64)
    first = np.empty(len(gold), np.int64)
    for rows in blocks(len(gold), candidates):
        block = _without(scores(rows), exclude, rows)
        first[rows] = block.argmax(axis=1)  # the first NaN, if there is one
        highest = np.take_along_axis(block, first[rows, None], axis=1)[:, 0]
        if np.isnan(highest).any():
            raise ValueError(NAN)
        for i, (line, row) in enumerate(zip(block, gold[rows], strict=True), rows.start):
            value = line[row]
            above = np.count_nonzero(line > value) + np.count_nonzero(line[:row] == value)
            ranks[i] = candidates if np.isneginf(value) else 1 + above
        first[rows] = np.where(np.isneginf(highest), -1, first[rows])
        if progress is not None:
            progress(rows.stop - rows.start)
    return GoldRanks(ranks, first)


def _without(
    block: Float[np.ndarray, "q v"], exclude: Int[np.ndarray, "all x"] | None, rows: slice
) -> Float[np.ndarray, "q v"]:
    """Sets the excluded candidates of queries ``rows`` to -inf, in place."""
    if exclude is not None:
        for line, out in zip(block, exclude[rows], strict=True):
            line[out[out >= 0]] = -np.inf
    return block
