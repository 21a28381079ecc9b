"""Exact nearest-neighbour search by cosine and CSLS.

All inputs are unit rows, so an inner product is a cosine. Scores are computed in blocks of about 256 MB, never as a
whole q x v matrix. A row of zeros represents a word without a vector: it has no neighbours, is no
neighbour of another word, and is left out of every mean.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from align.means import NEIGHBOURS, LazyMeans, neighbourhood_means, nonzero_rows, one_sided_means, with_extremes
from align.progress import Advance
from align.search import GoldRanks, Neighbours, Penalties, best, best_by_bounds, gold_ranks

CSLS_BOUND = 4.0
"""An upper bound of CSLS, 2 cos - r(q) - r(c): 2 cos is at most 2, and each r is at least -1."""


def below_probabilities(scores: Float[np.ndarray, "*cells"]) -> Float[np.ndarray, "*cells"]:
    """Maps CSLS scores to numbers of at most 0, in the same order.

    Candidates with these scores come after candidates whose score is a probability.

    >>> below_probabilities(np.array([1.0])).tolist()
    [-0.3]
    """
    return (scores - CSLS_BOUND) / 10


def unit_rows(x: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q d"]:
    """Returns the rows of ``x`` divided by their Euclidean lengths, in float32. A row of zeros stays as it is.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [3e300, 4e300]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0], [0.6000000238418579, 0.800000011920929]]
    """
    lengths = np.sqrt(np.einsum("qd,qd->q", x, x))
    units = (x / np.where(lengths > 0, lengths, 1.0)[:, None]).astype(np.float32, copy=False)
    return with_extremes(units, x, lengths)


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

    Equal scores go to the lower row number, which is the more frequent word. Equal vectors can have scores that differ
    by rounding.

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
    source: Float[np.ndarray, "v _d"], target: Float[np.ndarray, "w _e"], *means: Float[np.ndarray, " _n"]
) -> None:
    """Raises ValueError if the dimensions of the points differ, or the two ``means``, if any, are not one per point."""
    if source.shape[1] != target.shape[1]:
        raise ValueError(f"source points of {source.shape[1]} dimensions, target points of {target.shape[1]}")
    counts = [len(side) for side in means]
    if means and counts != [len(source), len(target)]:
        some = " and ".join(map(str, counts))
        raise ValueError(
            f"{len(source)} and {len(target)} points, {some} means: one mean per point was expected, or no means"
        )


@dataclass(frozen=True, eq=False)
class CSLSIndex:
    """Points of two languages in one space: searches either language by CSLS.

    If r is not given, a search for few queries computes it for the candidates that can be among the best, and keeps it.
    A search for many queries computes it for all words. The arrays may be read-only views of a memory-mapped file.

    Args:
      source: unit vectors of the queries' language, shape (v, d); a row of zeros is a word without a vector.
      target: unit vectors of the candidates' language, shape (w, d).
      means: r of each source word, shape (v,), and of each target word, shape (w,); None if not known.
      k: number of neighbours in r.
      below: lower bounds of r of both languages, if some are known but r is not.

    Raises:
      ValueError: the dimensions of the points differ, the number of means is wrong, or a vector holds NaN.

    Source: Conneau et al. 2018, section 2.3. The means are exact over all words.

    >>> points = unit_rows(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> CSLSIndex(points, points, k=2).nearest(np.array([0, 2]), 1).ids.tolist()
    [[0], [2]]
    """

    source: Float[np.ndarray, "v d"]
    target: Float[np.ndarray, "w d"]
    means: tuple[Float[np.ndarray, " v"], Float[np.ndarray, " w"]] | None = None
    k: int = NEIGHBOURS
    below: tuple[Float[np.ndarray, " v"], Float[np.ndarray, " w"]] | None = None

    def __post_init__(self) -> None:
        check_sides(self.source, self.target, *(self.means or self.below or ()))

    @staticmethod
    def sampled(
        source: Float[np.ndarray, "v d"],
        target: Float[np.ndarray, "w d"],
        samples: tuple[Int[np.ndarray, " s"], Int[np.ndarray, " t"]],
        k: int = NEIGHBOURS,
    ) -> "CSLSIndex":
        """Returns an index whose means r are taken over a sample of each language, with k reduced in proportion.

        Args:
          source: unit vectors of the queries' language, shape (v, d).
          target: unit vectors of the candidates' language, shape (w, d).
          samples: the sampled rows of ``source``, shape (s,), and of ``target``, shape (t,).
          k: number of neighbours in r over whole languages.

        >>> points = np.eye(2, dtype=np.float32)
        >>> CSLSIndex.sampled(points, points, (np.array([0]), np.array([1])), 2).source_means.tolist()
        [0.0, 1.0]
        """
        left, right = source[samples[0]], target[samples[1]]
        of_source = one_sided_means(source, right, max(1, round(k * len(right) / len(target))))
        of_target = one_sided_means(target, left, max(1, round(k * len(left) / len(source))))
        return CSLSIndex(source, target, (of_source, of_target), k)

    def complete(self, *, progress: Advance | None = None) -> "CSLSIndex":
        """Returns the index with r of every word, from one pass over all cosines.

        ``progress`` receives the number of source words finished.
        """
        if self.means is not None:
            return self
        means = neighbourhood_means(self.source, self.target, self.k, progress=progress)
        return replace(self, means=means, below=None)

    @cached_property
    def _whole(self) -> "CSLSIndex":
        """The complete index; the two directions share it."""
        other: CSLSIndex | None = self.__dict__.get("_transposed")
        return self.complete() if other is None or "_whole" not in other.__dict__ else other._whole.transpose()

    @property
    def source_means(self) -> Float[np.ndarray, " v"]:
        """The mean r of each source word, shape (v,)."""
        return self.means[0] if self.means is not None else self._whole.source_means

    @property
    def target_means(self) -> Float[np.ndarray, " w"]:
        """The mean r of each target word, shape (w,)."""
        return self.means[1] if self.means is not None else self._whole.target_means

    def transpose(self) -> "CSLSIndex":
        """Returns the index for the other direction: target words as queries, source words as candidates."""
        return self._transposed

    @cached_property
    def _transposed(self) -> "CSLSIndex":
        """The index for the other direction, whose ``_transposed`` is this index."""
        made = self._exchanged()
        made.__dict__["_transposed"] = self
        return made

    def _exchanged(self) -> "CSLSIndex":
        """Returns a new index whose source is the target of this one."""
        means, below = (None if pair is None else (pair[1], pair[0]) for pair in (self.means, self.below))
        return replace(self, source=self.target, target=self.source, means=means, below=below)

    @cached_property
    def _penalties(self) -> Float[np.ndarray, " w"]:
        """The mean r of each candidate; +inf for words without a vector, whose scores become -inf."""
        return np.where(nonzero_rows(self.target), self.target_means, np.float32(np.inf))

    @cached_property
    def lazy_means(self) -> LazyMeans:
        """The means r of the target words; a search computes those that it needs."""
        return LazyMeans(self.target, self.source, self.k, None if self.below is None else self.below[1])

    def nearest(
        self,
        rows: Int[np.ndarray, " q"],
        k: int,
        *,
        among: Int[np.ndarray, " n"] | None = None,
        progress: Advance | None = None,
    ) -> Neighbours:
        """Returns the k target words with the highest CSLS for each of the source words ``rows``.

        Args:
          rows: rows of the queries, shape (q,).
          k: number of target words per query.
          among: the rows of the target words to search, in ascending order, shape (n,); None for all.
          progress: receives the number of queries finished.

        Returns:
          Neighbours, ``ids`` and ``scores`` of shape (q, k).
        """
        if self._needs_most_means(len(rows), k):
            return self._whole.nearest(rows, k, among=among, progress=progress)
        means = None if self.means is None else self.means[0][rows]
        return self.nearest_to(self.source[rows], k, means=means, among=among, progress=progress)

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

        Args:
          points: unit vectors of the source language, shape (q, d).
          k: as in :meth:`nearest`.
          means: r of each point, shape (q,); computed if not given.
          among: as in :meth:`nearest`.
          progress: as in :meth:`nearest`.

        Returns:
          Neighbours, ``ids`` and ``scores`` of shape (q, k).
        """
        if self._needs_most_means(len(points), k):
            return self._whole.nearest_to(points, k, means=means, among=among, progress=progress)
        if means is None:
            means = one_sided_means(points, self.target, self.k)
        candidates = self.target if among is None else self.target[among]
        # cos - r(c) / 2 gives the same order as CSLS and needs one pass over the block
        if self.means is not None:
            penalty = (self._penalties if among is None else self._penalties[among]) / 2
            found = top_k(points, candidates, k, penalty=penalty, progress=progress)
        else:
            found = self._nearest_by_bounds(points, candidates, k, among, progress)
        ids = found.ids if among is None else np.where(found.ids < 0, -1, among[found.ids])
        return Neighbours(ids, (2 * found.scores - means[:, None]).astype(np.float32))

    def _needs_most_means(self, queries: int, k: int) -> bool:
        """Returns whether r is not known, and a search may need it for half of the candidates or more."""
        return self.means is None and queries * k >= len(self.target) / 2

    def _nearest_by_bounds(
        self,
        points: Float[np.ndarray, "q d"],
        candidates: Float[np.ndarray, "n d"],
        k: int,
        among: Int[np.ndarray, " n"] | None,
        progress: Advance | None,
    ) -> Neighbours:
        """Returns the k candidates with the highest cos(q, c) - r(c) / 2, computing r where it can matter."""
        rows = np.arange(len(self.target)) if among is None else among
        bounds, known = self.lazy_means.bounds, np.flatnonzero(nonzero_rows(points))
        values = np.where(nonzero_rows(candidates), bounds.means[rows] / 2, np.float32(np.inf))
        exact = bounds.exact[rows]

        def compute(columns: Int[np.ndarray, " m"]) -> None:
            values[columns], exact[columns] = self.lazy_means.compute(rows[columns]) / 2, True

        def scores(some: slice) -> Float[np.ndarray, "q n"]:
            return points[known[some]] @ candidates.T

        found = best_by_bounds(scores, len(known), k, Penalties(values, exact, compute), progress=progress)
        shape = (len(points), found.ids.shape[1])
        every = Neighbours(np.full(shape, -1), np.full(shape, -np.inf, np.float32))
        every.ids[known], every.scores[known] = found
        return every

    def scores(self, rows: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q w"]:
        """Returns the CSLS of the source words ``rows`` with every target word; -inf if either has no vector."""
        queries = self.source[rows]
        found = csls(queries @ self.target.T, self.source_means[rows][:, None], self._penalties)
        found[~nonzero_rows(queries)] = -np.inf
        return found

    def pair_scores(self, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k"]:
        """Returns the CSLS of each source word of ``rows`` with its own target words ``ids``."""
        cosines = np.einsum("qd,qkd->qk", self.source[rows], self.target[ids])
        return csls(cosines, self.source_means[rows][:, None], self._penalties[ids])

    def ranks(
        self, rows: Int[np.ndarray, " q"], gold: Int[np.ndarray, " q"], *, progress: Advance | None = None
    ) -> GoldRanks:
        """Returns the rank of target word ``gold[i]`` among all target words for source word ``rows[i]``."""
        return gold_ranks(lambda block: self.scores(rows[block]), gold, len(self.target), progress=progress)
