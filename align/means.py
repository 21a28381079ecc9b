"""r of CSLS: the mean cosine of a word with its nearest words of the other language, for all words or where needed.

All inputs are unit rows. A row of zeros represents a word without a vector: its mean is 0, and it is left out of every
other mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.largest import NAN, Largest, largest_means, slices, tiles

NEIGHBOURS = 10
"""The number of neighbours in the means r of CSLS (Conneau et al. 2018, section 2.3)."""
_CELLS, _NEAR, _GROUPS = 128, 8192, 128
"""For lower bounds: the number of cells of k-means, of words compared with each cell, and of groups of these words."""
_MARGIN = 1e-5
"""More than the rounding error of a cosine in float32."""
_SHORT, _LONG = 1e-15, 1e15
"""Between these lengths, squares are well within the range of float32."""
_BLOCK = 1 << 22
"""Cells of a block of cosines of the bounds, 16 MB."""


def with_extremes(
    units: Float[np.ndarray, "q d"], x: Float[np.ndarray, "q d"], lengths: Float[np.ndarray, " q"]
) -> Float[np.ndarray, "q d"]:
    """Returns ``units``, the unit vectors of ``x``, with those of very long and very short rows corrected in place.

    The squares of such rows leave the range of float32, so they are scaled first.

    Args:
      units: ``x`` divided by ``lengths``, shape (q, d).
      x: vectors, shape (q, d).
      lengths: the lengths of ``x``, in its precision, shape (q,); 0 or infinite where squares left the range of that
        precision.
    """
    rows = np.flatnonzero(~((lengths > _SHORT) & (lengths < _LONG)))
    if len(rows):
        scales = np.abs(x[rows]).max(axis=1, initial=0, keepdims=True)
        scaled = x[rows].astype(np.float64) / np.where(scales > 0, scales, 1.0)
        units[rows] = scaled / np.sqrt(np.maximum(np.square(scaled).sum(axis=1, keepdims=True), 1.0))
    return units


def nonzero_rows(x: Float[np.ndarray, "q d"]) -> Bool[np.ndarray, " q"]:
    """Returns which rows of ``x`` have a nonzero entry. A row without one is a word without a vector.

    >>> nonzero_rows(np.array([[0.0, 1.0], [0.0, 0.0]])).tolist()
    [True, False]
    """
    return np.logical_or.reduce(x, axis=1)


def neighbourhood_means(
    queries: Float[np.ndarray, "q d"],
    candidates: Float[np.ndarray, "v d"],
    k: int = NEIGHBOURS,
    *,
    progress: Callable[[int], object] | None = None,
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

    >>> points = np.eye(2, dtype=np.float32)
    >>> [means.tolist() for means in neighbourhood_means(points, points[:1], 1)]
    [[1.0, 0.0], [1.0]]
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
    """Returns the first half of :func:`neighbourhood_means`: r of the queries alone, shape (q,).

    >>> points = np.eye(2, dtype=np.float32)
    >>> one_sided_means(points, points[:1], 1).tolist()
    [1.0, 0.0]
    """
    rows, columns = nonzero_rows(queries), nonzero_rows(candidates)
    means = np.zeros(len(queries), np.float32)
    means[rows] = largest_means(
        queries if rows.all() else queries[rows],
        candidates if columns.all() else candidates[columns],
        k,
        both=False,
    )[0]
    return means


class Bounds(NamedTuple):
    """Bounds of the means of v words.

    Args:
      means: the mean of each word, or a lower bound of it.
      floors: a lower bound of the k-th largest cosine of each word.
      exact: which of ``means`` are exact.
    """

    means: Float[np.ndarray, " v"]
    floors: Float[np.ndarray, " v"]
    exact: Bool[np.ndarray, " v"]


@dataclass(frozen=True, eq=False)
class LazyMeans:
    """r of the words of one language, computed where needed.

    ``bounds`` begins with lower bounds, and ``compute`` makes some of them exact, in place.

    Args:
      points: unit vectors of the words, shape (v, d).
      others: unit vectors of the other language, shape (w, d).
      k: number of neighbours in r.
      below: lower bounds of r that are known, such as r over some of ``others``, shape (v,); None if there are none.

    Raises:
      ValueError: a vector holds NaN.

    >>> points = np.eye(3, dtype=np.float32)
    >>> LazyMeans(points, points[:2], 1).compute(np.array([0, 2])).tolist()
    [1.0, 0.0]
    """

    points: Float[np.ndarray, "v d"]
    others: Float[np.ndarray, "w d"]
    k: int = NEIGHBOURS
    below: Float[np.ndarray, " v"] | None = None

    def __post_init__(self) -> None:
        if np.isnan(np.vdot(self.points, self.points)) or np.isnan(np.vdot(self.others, self.others)):
            raise ValueError(NAN)

    @cached_property
    def _known(self) -> Float[np.ndarray, "w d"]:
        """The rows of ``others`` that are not zero."""
        rows = nonzero_rows(self.others)
        return self.others if rows.all() else self.others[rows]

    @cached_property
    def bounds(self) -> Bounds:
        """The means, exact or bounded from below; ``compute`` makes more of them exact."""
        exact = ~nonzero_rows(self.points)
        means, floors = np.zeros(len(exact), np.float32), np.full(len(exact), -np.inf, np.float32)
        if len(self._known) <= 2 * _NEAR or len(self._known) < 4 * self.k:  # as cheap as bounds
            return Bounds(one_sided_means(self.points, self.others, self.k), floors, np.ones_like(exact))
        if self.below is not None:
            return Bounds(np.where(exact, 0, self.below - np.float32(_MARGIN)), floors, exact)
        rows = np.flatnonzero(~exact)
        means[rows], floors[rows] = lower_bounds(self.points[rows], self._known, self.k)
        return Bounds(means, floors, exact)

    def compute(self, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Returns the exact means of ``rows``, which are distinct, and keeps them in ``bounds``."""
        means, floors, exact = self.bounds
        wanted = rows[~exact[rows]]
        if len(wanted):
            found = Largest.empty(len(wanted), self.k)
            found.floors[:] = floors[wanted]
            for some, _, tile in tiles(self.points[wanted], self._known):
                found.add(some, tile, axis=1)
            means[wanted], exact[wanted] = found.means(), True
        return means[rows]


def lower_bounds(
    points: Float[np.ndarray, "v d"], others: Float[np.ndarray, "w d"], k: int
) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """Returns lower bounds of the mean of the k largest cosines of each point with ``others``, and of the k-th largest.

    The points are assigned to cells by two iterations of k-means. A point is compared with the words nearest to the
    centre of its cell. These words are divided into groups. Each group gives its largest cosine, and the bounds are the
    mean and the smallest of the k largest of these cosines.

    Args:
      points: unit vectors, none of zeros, shape (v, d).
      others: unit vectors, none of zeros, shape (w, d).
      k: number of cosines in the mean, at most the number of ``others``.

    Returns:
      The bounds of the means and of the k-th largest cosines, both of shape (v,).

    >>> points = np.eye(3, dtype=np.float32)
    >>> bool((lower_bounds(points, points, 2)[0] <= 0.5).all())
    True
    """
    means, floors = np.empty(len(points), np.float32), np.empty(len(points), np.float32)
    near = min(max(_NEAR, 4 * k), len(others))
    groups = min(max(_GROUPS, 4 * k), near)
    width = near // groups
    for members, words in _cells(points, others, near):
        close = others[words[: groups * width]]
        for some in slices(len(members), max(1, _BLOCK // near)):
            block = points[members[some]] @ close.T
            tops = block.reshape(len(block), width, groups).max(axis=1)
            tops.partition(groups - k, axis=1)
            tops = tops[:, groups - k :]
            means[members[some]], floors[members[some]] = tops.mean(axis=1), tops[:, 0]
    return means - _MARGIN, floors - _MARGIN


def _cells(
    points: Float[np.ndarray, "v d"], others: Float[np.ndarray, "w d"], near: int
) -> list[tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]]:
    """Returns the members of each cell of ``points``, and the ``near`` rows of ``others`` nearest to its centre."""
    centres = points[np.unique(np.linspace(0, len(points) - 1, min(_CELLS, len(points))).astype(np.int64))]
    cell = np.zeros(len(points), np.int64)
    for _ in range(2):
        for some in slices(len(points), max(1, _BLOCK // max(len(centres), 1))):
            cell[some] = (points[some] @ centres.T).argmax(axis=1)
        order = np.argsort(cell, kind="stable")
        starts = np.searchsorted(cell[order], np.arange(len(centres)))
        filled = np.diff(np.append(starts, len(points))) > 0
        centres = np.add.reduceat(points[order], starts[filled]) if len(points) else centres
        cell = (np.cumsum(filled) - 1)[cell]
    made: list[tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]] = []
    members = np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell, minlength=len(centres)))[:-1])
    for some in slices(len(centres), max(1, 4 * _BLOCK // len(others))):
        for line, rows in zip(centres[some] @ others.T, members[some], strict=True):
            made.append((rows, np.argpartition(line, len(line) - near)[len(line) - near :]))
    return made
