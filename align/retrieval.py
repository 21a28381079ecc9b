"""Nearest neighbours in blocks: cosine, CSLS and inverted softmax, the only place they exist.

All inputs are unit rows, so an inner product is a cosine. No call holds more of the q x v score matrix than a block of
rows of about 256 MB, and one copy of it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.largest import NAN, largest, none_yet

NEIGHBOURS = 10
"""How many nearest words of the other language make CSLS's mean (Conneau et al. 2018, section 2.3)."""
_BLOCK_CELLS = 1 << 26
_TILE = (2048, 8192)
"""Rows and columns of the cosines that are made at a time where only the largest are wanted."""
_CELLS, _WORDS, _GROUPS, _BESIDES = 64, 4000, 128, 2
"""Of ``lazy_csls``: cells, the words near each, the groups of these, and how many beyond k get their mean at once."""

Scores = Callable[[slice], Float[np.ndarray, "q v"]]
"""Makes the rows of a q x v score matrix that a slice names: the hook for a score that is no plain inner product."""


class Neighbours(NamedTuple):
    """The k best candidates of each query, best first."""

    ids: Int[np.ndarray, "q k"]
    scores: Float[np.ndarray, "q k"]


class Places(NamedTuple):
    """Where each query's expected candidate stands, from 1, and the candidate that stands first."""

    ranks: Int[np.ndarray, " q"]
    first: Int[np.ndarray, " q"]


def _blocks(queries: int, candidates: int) -> Iterator[slice]:
    return _stretches(queries, max(1, _BLOCK_CELLS // max(candidates, 1)))


def _stretches(total: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, total)) for start in range(0, total, size))


def unit_rows(x: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q d"]:
    """Rows divided by their Euclidean length; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("qd,qd->q", x, x))
    return (x / np.where(lengths > 0, lengths, 1.0)[:, None]).astype(np.float32)


def top_k(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int,
    *,
    penalty: Float[np.ndarray, " v"] | None = None,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Neighbours:
    """The ``k`` candidates with the largest ``<q, c> - penalty_c`` for each query.

    ``exclude`` lists candidate rows that a query may not return (-1: none): analogies leave out their question words.
    Where fewer than ``k`` others are left, the excluded ones come last, with a score of minus infinity. Ties go to the
    lower row, which is the more frequent word. ``k`` is cut to the number of candidates. ``progress`` is called with
    the number of queries done after each block.

    Raises:
        ValueError: the scores of a query are not all numbers (a vector holds NaN).
    """

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        block = queries[rows] @ candidates.T
        if penalty is not None:
            block -= penalty
        return block

    return best(scores, len(queries), len(candidates), k, exclude=exclude, progress=progress)


def best(
    scores: Scores,
    queries: int,
    candidates: int,
    k: int,
    *,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Neighbours:
    """The ``k`` candidates with the largest entry in each row of a score matrix that ``scores`` makes block by block.

    ``scores(rows)`` returns a new array with the rows ``rows`` of the ``queries`` x ``candidates`` matrix; the rest is
    as in ``top_k``, which is this with the inner product as its score.
    """
    k = min(k, candidates)
    ids = np.empty((queries, k), np.int64)
    values = np.empty((queries, k), np.float32)
    for rows in _blocks(queries, candidates):
        block = _without(scores(rows), exclude, rows)
        ids[rows], values[rows] = largest(block, k)
        if progress is not None:
            progress(rows.stop - rows.start)
    return Neighbours(ids, values)


def places(
    scores: Scores,
    expected: Int[np.ndarray, " q"],
    candidates: int,
    *,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Places:
    """The place of candidate ``expected[i]`` among all candidates of query ``i``; ``scores`` as in ``best``.

    Ties go to the lower row, so rank 1 is exactly what ``best`` returns first. An expected candidate that is itself
    excluded comes after all others.
    """
    found = np.empty(len(expected), np.int64)
    first = np.empty(len(expected), np.int64)
    for rows in _blocks(len(expected), candidates):
        block = _without(scores(rows), exclude, rows)
        first[rows] = block.argmax(axis=1)  # NaN, if there is one
        if np.isnan(np.take_along_axis(block, first[rows, None], axis=1)).any():
            raise ValueError(NAN)
        for i, (line, row) in enumerate(zip(block, expected[rows], strict=True), rows.start):
            value = line[row]
            found[i] = 1 + np.count_nonzero(line > value) + np.count_nonzero(line[:row] == value)
        if progress is not None:
            progress(rows.stop - rows.start)
    return Places(found, first)


def _without(
    block: Float[np.ndarray, "q v"], exclude: Int[np.ndarray, "all x"] | None, rows: slice
) -> Float[np.ndarray, "q v"]:
    """``block`` with the excluded candidates of queries ``rows`` at minus infinity (changed in place)."""
    if exclude is not None:
        for line, out in zip(block, exclude[rows], strict=True):
            line[out[out >= 0]] = -np.inf
    return block


def neighbourhood_means(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int = NEIGHBOURS,
    *,
    progress: Callable[[int], object] | None = None,
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " v"]]:
    """CSLS's r of both sides, from one pass over the q x v cosines (Conneau et al. 2018, section 2.3).

    The first is each query's mean cosine to its ``k`` nearest candidates, the second each candidate's to its ``k``
    nearest queries. The cosines are made in tiles that stay in the processor's cache. The mean over none is 0.

    Raises:
        ValueError: the cosines are not all numbers (a vector holds NaN).
    """
    if len(queries) == 0 or len(candidates) == 0:
        return np.zeros(len(queries), np.float32), np.zeros(len(candidates), np.float32)
    of_rows = none_yet(len(queries), min(k, len(candidates)))
    of_columns = none_yet(len(candidates), min(k, len(queries)))
    for rows, columns, tile in _tiles(queries, candidates):
        of_rows.take(rows, tile, axis=1)
        of_columns.take(columns, tile, axis=0)
        if progress is not None and columns.stop == len(candidates):
            progress(rows.stop - rows.start)
    return of_rows.means(), of_columns.means()


def _tiles(
    queries: Float[np.ndarray, "q d"], candidates: Float[np.ndarray, "v d"]
) -> Iterator[tuple[slice, slice, Float[np.ndarray, "h w"]]]:
    """All inner products, tile by tile: its rows, its columns, and itself, which the next one is written over."""
    height, width = (min(most, size) for most, size in zip(_TILE, (len(queries), len(candidates)), strict=True))
    room = np.empty(height * width, np.float32)
    for rows in _stretches(len(queries), height):
        for columns in _stretches(len(candidates), width):
            some, others = queries[rows], candidates[columns].T
            tile = room[: len(some) * others.shape[1]].reshape(len(some), -1)
            yield rows, columns, np.matmul(some, others, out=tile)


def csls(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int,
    *,
    query_means: Float[np.ndarray, " q"],
    candidate_means: Float[np.ndarray, " v"],
) -> Neighbours:
    """The ``k`` candidates with the largest CSLS(q, c) = 2 <q, c> - r(q) - r(c) (Conneau et al. 2018, equation 3).

    ``query_means`` r(q) is each query's mean cosine to its nearest candidates; ``candidate_means`` r(c) each
    candidate's mean cosine to its nearest mapped source words (``neighbourhood_means``). r(q) keeps the order.
    """
    found = top_k(queries, candidates, k, penalty=candidate_means / 2)
    return Neighbours(found.ids, (2 * found.scores - query_means[:, None]).astype(np.float32))


def lazy_csls(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    language: Float[np.ndarray, "w d"],
    k: int,
    *,
    neighbours: int = 10,
    progress: Callable[[int], object] | None = None,
) -> Neighbours:
    """``csls`` with exact means, for some queries out of a ``language`` of w words, without all candidates' means.

    With some mean that is not above r(c) in its place, a candidate's score is not below its CSLS. Those that come first
    by it get their r(c) computed, until a query's first ``k`` all have it: no other can come before them.
    ``progress`` is called with the number of queries done.

    Raises:
        ValueError: the scores of a query are not all numbers (a vector holds NaN).
    """
    k = min(k, len(candidates))
    own = _mean_of_largest(queries, candidates, neighbours)
    means, exact = _means_at_least(candidates, language, neighbours), np.zeros(len(candidates), bool)
    ids, scores = np.zeros((len(queries), k), np.int64), np.zeros((len(queries), k), np.float32)
    waiting = np.arange(len(queries))
    while len(waiting):
        found = top_k(queries[waiting], candidates, k + _BESIDES, penalty=means / 2)
        done = exact[found.ids[:, :k]].all(axis=1)
        ids[waiting[done]] = found.ids[done, :k]
        scores[waiting[done]] = 2 * found.scores[done, :k] - own[waiting[done], None]
        if progress is not None:
            progress(int(done.sum()))
        waiting = waiting[~done]
        first = np.unique(found.ids[~done])
        first = first[~exact[first]]
        means[first], exact[first] = _mean_of_largest(candidates[first], language, neighbours), True
    return Neighbours(ids, scores)


def _mean_of_largest(
    rows: Float[np.ndarray, "q d"], others: Float[np.ndarray, "v d"], k: int
) -> Float[np.ndarray, " q"]:
    """The mean of each row's ``k`` largest inner products with ``others``; of none, 0."""
    if len(rows) == 0 or len(others) == 0:
        return np.zeros(len(rows), np.float32)
    found = none_yet(len(rows), min(k, len(others)))
    for some, _, tile in _tiles(rows, others):
        found.take(some, tile, axis=1)
    return found.means()


def _means_at_least(
    candidates: Float[np.ndarray, "v d"], language: Float[np.ndarray, "w d"], k: int
) -> Float[np.ndarray, " v"]:
    """For each candidate, a mean of ``k`` inner products with different words: at most that of the k largest, and near.

    Candidates are put into cells by the nearest of some of them, and compared with the words nearest to the cell's
    middle; of each group of those words the largest product is kept, and of these the ``k`` largest.
    """
    found = np.zeros(len(candidates), np.float32)
    if len(candidates) == 0 or len(language) == 0:
        return found
    k = min(k, len(language))
    middles = candidates[np.unique(np.linspace(0, len(candidates) - 1, _CELLS).astype(np.int64))]
    cell = np.zeros(len(candidates), np.int64)
    for _ in range(2):
        parts = [(candidates[rows] @ middles.T).argmax(axis=1) for rows in _blocks(len(candidates), len(middles))]
        cell = np.concatenate(parts)
        middles = np.stack([candidates[cell == i].sum(axis=0) for i in range(len(middles))])
    near = min(_WORDS, len(language))
    for i, middle in enumerate(middles):
        words = np.argpartition(language @ middle, len(language) - near)[len(language) - near :]
        members = np.flatnonzero(cell == i)
        for rows in _blocks(len(members), near):
            block = candidates[members[rows]] @ language[words].T
            groups = max(k, min(_GROUPS, near // 2))
            inside = near // groups * groups
            tops = block[:, :inside].reshape(len(block), -1, groups).max(axis=1)
            found[members[rows]] = np.partition(tops, groups - k, axis=1)[:, groups - k :].mean(axis=1)
    return found


def normalisers(
    queries: Float[np.ndarray, "q d"], candidates: Float[np.ndarray, "v d"], sharpness: float
) -> Float[np.ndarray, " v"]:
    """What inverted softmax takes from a candidate's cosine: (1 / b) log mean over queries of exp(b <q, c>).

    A query's candidates stand in the order of P(q | c) ~ exp(b <q, c>) / sum_q' exp(b <q', c>), b the ``sharpness``
    (Smith et al. 2017, equation 10): of two equally near, the one that is near to fewer others comes first. But: the
    cosine less this is returned as the score, log P / b up to a constant, since the sum over candidates that would make
    probabilities of it keeps the order.

    Raises:
        ValueError: ``sharpness`` is not above 0.
    """
    if sharpness <= 0:
        raise ValueError(f"a sharpness of {sharpness}: a number above 0 was expected")
    if len(queries) == 0:
        return np.zeros(len(candidates), np.float32)
    found = np.empty(len(candidates), np.float32)
    for rows in _blocks(len(candidates), len(queries)):
        block = candidates[rows] @ queries.T
        top = block.max(axis=1, keepdims=True)
        mean = np.exp(sharpness * (block - top)).mean(axis=1)
        found[rows] = top[:, 0] + np.log(mean) / sharpness
    return found
