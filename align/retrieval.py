"""Exact nearest-neighbour search: cosine, CSLS and inverted softmax. No other module contains these formulas.

All inputs are unit rows, so an inner product is a cosine. Scores are computed in blocks of about 256 MB, never as a
whole q x v matrix. A row of zeros represents a word without a vector: it has no neighbours, is no
neighbour of another word, and is left out of every mean.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from align.largest import Largest, largest_means, slices
from align.search import Advance, GoldRanks, Neighbours, best, blocks, gold_ranks

NEIGHBOURS = 10
"""The number of neighbours in the means r of CSLS (Conneau et al. 2018, section 2.3)."""
_BLOCK = 1 << 24
"""Cells of a block of cosines, 64 MB."""
CSLS_BOUND = 4.0
"""An upper bound of CSLS, 2 cos - r(q) - r(c): 2 cos is at most 2, and each r is at least -1."""


def unit_rows(x: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q d"]:
    """Returns the rows of ``x`` divided by their Euclidean lengths, in float32. A row of zeros stays as it is.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.sqrt(np.einsum("qd,qd->q", x, x))
    return (x / np.where(lengths > 0, lengths, 1.0)[:, None]).astype(np.float32)


def nonzero_rows(x: Float[np.ndarray, "q d"]) -> Bool[np.ndarray, " q"]:
    """Returns which rows of ``x`` have a nonzero entry. A row without one is a word without a vector."""
    return np.logical_or.reduce(x, axis=1)


def top_k(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int,
    *,
    penalty: Float[np.ndarray, " v"] | None = None,
    exclude: Int[np.ndarray, "q x"] | None = None,
    progress: Advance | None = None,
) -> Neighbours:
    """Returns the k candidates with the largest cos(q, c) - penalty(c) for each query.

    Ties go to the lower row number, which is the more frequent word.

    Args:
      queries: unit vectors, shape (q, d).
      candidates: unit vectors, shape (v, d).
      k: number of candidates per query; at most v are returned.
      penalty: a number to subtract from each candidate's scores, shape (v,), for example from :func:`normalisers`.
      exclude: candidates that each query must not return, shape (q, x); -1 means none.
      progress: receives the number of queries finished, block by block.

    Returns:
      Neighbours, ``ids`` and ``scores`` of shape (q, k).

    Raises:
      ValueError: a vector holds NaN.

    >>> points = np.eye(3, dtype=np.float32)
    >>> top_k(points[:1], points, 2, exclude=np.array([[0]])).ids.tolist()
    [[1, 2]]
    """
    known = nonzero_rows(queries)

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        block = queries[rows] @ candidates.T
        if len(block):
            without = np.flatnonzero(block[0] == 0)  # a candidate of zeros has cosine 0 with every query
            without = without[~nonzero_rows(candidates[without])]
            block[:, without] = -np.inf
        if penalty is not None:
            block -= penalty
        block[~known[rows]] = -np.inf
        return block

    return best(scores, len(queries), len(candidates), k, exclude=exclude, progress=progress)


def neighbourhood_means(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int = NEIGHBOURS,
    *,
    progress: Advance | None = None,
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " v"]]:
    """Returns r of CSLS for both sides, in one pass over the q x v cosines.

    r(q) is the mean cosine of a query with its k nearest candidates, and r(c) is the mean cosine of a candidate with
    its k nearest queries. r of a word without a vector is 0.

    Args:
      queries: unit vectors, shape (q, d).
      candidates: unit vectors, shape (v, d).
      k: number of neighbours in each mean.
      progress: receives the number of queries finished.

    Returns:
      The means of the queries, shape (q,), and of the candidates, shape (v,).

    Raises:
      ValueError: a vector holds NaN.

    Source: Conneau et al. 2018, section 2.3.
    """
    rows, columns = nonzero_rows(queries), nonzero_rows(candidates)
    if rows.all() and columns.all():
        return largest_means(queries, candidates, k, progress=progress)
    found = np.zeros(len(queries), np.float32), np.zeros(len(candidates), np.float32)
    found[0][rows], found[1][columns] = largest_means(queries[rows], candidates[columns], k, progress=progress)
    return found


def one_sided_means(
    queries: Float[np.ndarray, "q d"], candidates: Float[np.ndarray, "v d"], k: int = NEIGHBOURS
) -> Float[np.ndarray, " q"]:
    """Returns the first half of :func:`neighbourhood_means`: r of the queries alone, shape (q,)."""
    rows, columns = nonzero_rows(queries), nonzero_rows(candidates)
    means = np.zeros(len(queries), np.float32)
    means[rows] = largest_means(
        queries if rows.all() else queries[rows],
        candidates if columns.all() else candidates[columns],
        k,
        both=False,
    )[0]
    return means


def normalisers(
    queries: Float[np.ndarray, "q d"], candidates: Float[np.ndarray, "v d"], sharpness: float
) -> Float[np.ndarray, " v"]:
    """Returns the penalty of each candidate in inverted softmax: (1 / b) log mean over queries of exp(b cos(q, c)).

    With this as ``penalty``, :func:`top_k` sorts by P(q | c) ~ exp(b cos(q, c)) / sum_q' exp(b cos(q', c)), where b is
    the ``sharpness``. Of two equally near candidates, the candidate that is near to fewer queries comes first.

    Raises:
      ValueError: ``sharpness`` is not above 0.

    Source: Smith et al. 2017, equation 10.
    But: the score is log P / b up to a constant. The sum over candidates that turns it into a probability is left out,
    because it does not change the order.
    """
    check_sharpness(sharpness)
    queries = queries[nonzero_rows(queries)]
    if len(queries) == 0:
        return np.zeros(len(candidates), np.float32)
    found = np.empty(len(candidates), np.float32)
    for rows in blocks(len(candidates), len(queries)):
        block = candidates[rows] @ queries.T
        found[rows] = _log_means(block, block.max(axis=1), sharpness)
    return found


def means_and_normalisers(
    words: Float[np.ndarray, "v d"], others: Float[np.ndarray, "w d"], sharpness: float, k: int = NEIGHBOURS
) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """Returns ``one_sided_means(words, others, k)`` and ``normalisers(others, words, sharpness)``, from one product."""
    check_sharpness(sharpness)
    others = others[nonzero_rows(others)]
    means, penalties = np.zeros(len(words), np.float32), np.zeros(len(words), np.float32)
    if not len(others):
        return means, penalties
    for rows in slices(len(words), max(1, _BLOCK // len(others))):
        block = words[rows] @ others.T
        nearest = Largest.empty(len(block), min(k, len(others)))
        nearest.add(slice(0, len(block)), block, axis=1)
        means[rows] = nearest.means()
        penalties[rows] = _log_means(block, nearest.kept.max(axis=1), sharpness)
    return means, penalties


def _log_means(
    block: Float[np.ndarray, "q v"], top: Float[np.ndarray, " q"], sharpness: float
) -> Float[np.ndarray, " q"]:
    """Returns (1 / b) log mean exp(b s) of each row, whose largest entry is ``top``; overwrites the block."""
    block -= top[:, None]
    block *= sharpness
    return top + np.log(np.exp(block, out=block).mean(axis=1)) / sharpness


def check_sharpness(sharpness: float) -> None:
    """Raises ValueError if the sharpness of inverted softmax is not above 0."""
    if sharpness <= 0:
        raise ValueError(f"a sharpness of {sharpness}: must be above 0")


def csls(
    cosines: Float[np.ndarray, "*cells"],
    query_means: Float[np.ndarray, "*#cells"],
    candidate_means: Float[np.ndarray, "*#cells"],
) -> Float[np.ndarray, "*cells"]:
    """Returns CSLS(q, c) = 2 cos(q, c) - r(q) - r(c) of each cell.

    r is the mean cosine of a vector to its nearest neighbours in the other language. It lowers the scores of hubs.

    Source: Conneau et al. 2018, equation 3.
    """
    return 2 * cosines - query_means - candidate_means


def check_sides(
    source: Float[np.ndarray, "v _d"],
    target: Float[np.ndarray, "w _e"],
    source_means: Float[np.ndarray, " _v"],
    target_means: Float[np.ndarray, " _w"],
) -> None:
    """Raises ValueError if the dimensions of the points differ, or there is not one mean per point."""
    if source.shape[1] != target.shape[1]:
        raise ValueError(f"source points of {source.shape[1]} dimensions, target points of {target.shape[1]}")
    sizes, counts = (len(source), len(target)), (len(source_means), len(target_means))
    if sizes != counts:
        raise ValueError(
            f"{sizes[0]} and {sizes[1]} points, {counts[0]} and {counts[1]} means: one mean per point was expected"
        )


@dataclass(frozen=True, eq=False)
class CSLSIndex:
    """Points of two languages in one space, with r of every word: searches either language by CSLS.

    The fields may be read-only views of a memory-mapped file. ``build`` computes the means.

    Args:
      source: unit vectors of the queries' language, shape (v, d); a row of zeros is a word without a vector.
      target: unit vectors of the candidates' language, shape (w, d).
      source_means: r of each source word, shape (v,).
      target_means: r of each target word, shape (w,).
      k: number of neighbours in r.

    Raises:
      ValueError: the dimensions of the points differ, or the number of means is wrong.

    Source: Conneau et al. 2018, section 2.3. The means are exact over all words.

    >>> points = unit_rows(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> CSLSIndex.build(points, points, k=2).nearest(np.array([0, 2]), 1).ids.tolist()
    [[0], [2]]
    """

    source: Float[np.ndarray, "v d"]
    target: Float[np.ndarray, "w d"]
    source_means: Float[np.ndarray, " v"]
    target_means: Float[np.ndarray, " w"]
    k: int = NEIGHBOURS

    def __post_init__(self) -> None:
        check_sides(self.source, self.target, self.source_means, self.target_means)

    @staticmethod
    def build(
        source: Float[np.ndarray, "v d"],
        target: Float[np.ndarray, "w d"],
        k: int = NEIGHBOURS,
        *,
        samples: tuple[Int[np.ndarray, " s"], Int[np.ndarray, " t"]] | None = None,
        progress: Advance | None = None,
    ) -> "CSLSIndex":
        """Returns the index over all words of both languages.

        Args:
          source: unit vectors, shape (v, d).
          target: unit vectors, shape (w, d).
          k: number of neighbours in each mean.
          samples: rows of the source and of the target. If given, each word's mean is over the sampled words of the
            other language only, with k reduced in proportion: a cheaper estimate.
          progress: receives the number of source words finished.
        """
        if samples is None:
            return CSLSIndex(source, target, *neighbourhood_means(source, target, k, progress=progress), k)
        left, right = source[samples[0]], target[samples[1]]
        of_source = one_sided_means(source, right, max(1, round(k * len(right) / len(target))))
        of_target = one_sided_means(target, left, max(1, round(k * len(left) / len(source))))
        return CSLSIndex(source, target, of_source, of_target, k)

    def transpose(self) -> "CSLSIndex":
        """Returns the index for the other direction: target words as queries, source words as candidates."""
        return self._transposed

    @cached_property
    def _transposed(self) -> "CSLSIndex":
        return CSLSIndex(self.target, self.source, self.target_means, self.source_means, self.k)

    @cached_property
    def _means(self) -> Float[np.ndarray, " w"]:
        """R of the candidates; +inf for words without a vector, whose scores become -inf."""
        return np.where(nonzero_rows(self.target), self.target_means, np.float32(np.inf))

    def nearest(
        self,
        rows: Int[np.ndarray, " q"],
        k: int,
        *,
        among: Int[np.ndarray, " n"] | None = None,
        progress: Advance | None = None,
    ) -> Neighbours:
        """Returns the k target words with the highest CSLS for each of the source words ``rows``.

        ``among`` restricts the candidates to these rows of the target, in ascending order.
        """
        return self.nearest_to(self.source[rows], k, means=self.source_means[rows], among=among, progress=progress)

    def nearest_to(
        self,
        points: Float[np.ndarray, "q d"],
        k: int,
        *,
        means: Float[np.ndarray, " q"] | None = None,
        among: Int[np.ndarray, " n"] | None = None,
        progress: Advance | None = None,
    ) -> Neighbours:
        """Returns the k target words with the highest CSLS for unit vectors that are not in the index.

        ``means`` is r of each point; it is computed if not given.
        """
        if means is None:
            means = one_sided_means(points, self.target, self.k)
        candidates, others = (self.target, self._means) if among is None else (self.target[among], self._means[among])
        # cos - r(c) / 2 gives the same order as CSLS and needs one pass over the block
        found = top_k(points, candidates, k, penalty=others / 2, progress=progress)
        ids = found.ids if among is None else np.where(found.ids < 0, -1, among[found.ids])
        return Neighbours(ids, (2 * found.scores - means[:, None]).astype(np.float32))

    def scores(self, rows: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q w"]:
        """Returns the CSLS of the source words ``rows`` with every target word; -inf if either has no vector."""
        queries = self.source[rows]
        found = csls(queries @ self.target.T, self.source_means[rows][:, None], self._means)
        found[~nonzero_rows(queries)] = -np.inf
        return found

    def pair_scores(self, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k"]:
        """Returns the CSLS of each source word of ``rows`` with its own target words ``ids``."""
        cosines = np.einsum("qd,qkd->qk", self.source[rows], self.target[ids])
        return csls(cosines, self.source_means[rows][:, None], self._means[ids])

    def ranks(
        self, rows: Int[np.ndarray, " q"], gold: Int[np.ndarray, " q"], *, progress: Advance | None = None
    ) -> GoldRanks:
        """Returns the rank of target word ``gold[i]`` among all target words for source word ``rows[i]``."""
        return gold_ranks(lambda block: self.scores(rows[block]), gold, len(self.target), progress=progress)
