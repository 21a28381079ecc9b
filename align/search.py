"""Blocked search: the best columns of each row of a score matrix, computed block by block."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.largest import NAN, largest, slices
from align.progress import Advance

_BLOCK_CELLS = 1 << 26
"""Cells of one block of scores: 256 MB."""

_SPARE = 2
"""The number of candidates beyond k whose penalties are computed at once."""

Scores = Callable[[slice], Float[np.ndarray, "q v"]]
"""Returns the rows of a q x v score matrix that a slice selects, as a new array."""


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


class Penalties(NamedTuple):
    """A number to subtract from each candidate's scores, known as a lower bound until it is computed.

    Args:
      values: the penalty of each candidate, or a lower bound of it; +inf for one that is not returned.
      exact: which of ``values`` are exact, those of +inf included.
      compute: makes the penalties of some candidates exact, in both arrays.
    """

    values: Float[np.ndarray, " v"]
    exact: Bool[np.ndarray, " v"]
    compute: Callable[[Int[np.ndarray, " n"]], object]


def best_by_bounds(
    scores: Scores, queries: int, k: int, penalties: Penalties, *, progress: Advance | None = None
) -> Neighbours:
    """Returns what :func:`best` does for scores less penalties, and computes only the penalties that can matter.

    A score less a lower bound of its penalty is an upper bound. First the penalties of the k candidates with the
    highest upper bounds are computed. The lowest of their scores is a floor: only a candidate whose upper bound reaches
    it can be among the k best. Then the penalties of the highest of these candidates are computed, and so on until the
    scores of the k best of every query are exact.

    Args:
      scores: as in :func:`best`; no entry is -inf.
      queries: number of rows of the matrix.
      k: number of candidates per query.
      penalties: the penalties of the candidates.
      progress: as in :func:`align.retrieval.top_k`.

    Raises:
      ValueError: a score is NaN.

    >>> values, exact = np.zeros(3, np.float32), np.zeros(3, bool)
    >>> penalties = Penalties(values, exact, lambda columns: exact.put(columns, True))
    >>> best_by_bounds(lambda rows: np.eye(3, dtype=np.float32)[rows], 2, 1, penalties).ids.tolist(), exact.tolist()
    ([[0], [1]], [True, True, True])
    """
    k = min(k, len(penalties.values))
    ids, values = np.empty((queries, k), np.int64), np.empty((queries, k), np.float32)
    for rows in slices(queries if k else 0, max(1, _BLOCK_CELLS // (2 * max(len(penalties.values), 1)))):
        block, columns = scores(rows), np.arange(len(penalties.values))
        bounds = block - penalties.values
        first, _ = largest(bounds, min(k + _SPARE, len(columns)))
        _compute(penalties, block, bounds, columns, np.unique(first))
        waiting = np.arange(rows.start, rows.stop)
        while len(waiting):
            floors = np.partition(np.take_along_axis(bounds, first[:, :k], axis=1), -k, axis=1)[:, -k]
            some = np.flatnonzero((bounds >= floors[:, None]).any(axis=0))
            block, bounds, columns = block[:, some], bounds[:, some], columns[some]
            first, highest = largest(bounds, min(k + _SPARE, len(columns)))
            done = penalties.exact[columns[first[:, :k]]].all(axis=1)
            ids[waiting[done]], values[waiting[done]] = columns[first[done, :k]], highest[done, :k]
            waiting, block, bounds, first = waiting[~done], block[~done], bounds[~done], first[~done]
            _compute(penalties, block, bounds, columns, np.unique(first))
        if progress is not None:
            progress(rows.stop - rows.start)
    ids[np.isneginf(values)] = -1
    return Neighbours(ids, values)


def _compute(
    penalties: Penalties,
    block: Float[np.ndarray, "q n"],
    bounds: Float[np.ndarray, "q n"],
    columns: Int[np.ndarray, " n"],
    places: Int[np.ndarray, " m"],
) -> None:
    """Computes the penalties of the candidates ``columns[places]``, and puts their scores into ``bounds``."""
    places = places[~penalties.exact[columns[places]]]
    penalties.compute(columns[places])
    bounds[:, places] = block[:, places] - penalties.values[columns[places]]


def gold_ranks(
    scores: Scores,
    gold: Int[np.ndarray, " q"],
    candidates: int,
    *,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Advance | None = None,
) -> GoldRanks:
    """Returns the 1-based rank of candidate ``gold[i]`` among all candidates of query ``i``.

    Equal scores go to the lower row number, so rank 1 is exactly what :func:`best` returns first. A gold candidate
    with score -inf (excluded, or without a vector) has the last rank, ``candidates``.

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
    """Sets the scores of the excluded candidates of queries ``rows`` to -inf, in place, and returns ``block``."""
    if exclude is not None:
        for line, out in zip(block, exclude[rows], strict=True):
            line[out[out >= 0]] = -np.inf
    return block
