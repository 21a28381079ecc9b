"""Exact Word Mover's Distance: the least cost of moving the words of one document to the words of another."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.meaning.documents.bags import Bags

_MAX_ITERATIONS = 1_000_000
_MIN_MASS = 1e-12
"""A word with less remaining mass is dropped, because so little is a rounding error. A document has mass 1."""
_ONE_THREAD, _FEW_STRIPS = 1 << 18, 8
"""A product of more than 2^18 multiplications starts the threads of OpenBLAS. If other programs run, the threads cost
several times as much as the product. So a small product is computed in at most 8 strips, each below this size."""
_CELLS = 1 << 24
"""Word distances computed in one matrix product: 64 MB."""


class TransportPlan(NamedTuple):
    """An optimal transport plan: its cost, and the mass that moves from each word to each word."""

    cost: float
    flow: Float[np.ndarray, "m n"]


def word_distances(x: Float[np.ndarray, "m d"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "m n"]:
    """Returns the Euclidean distances of unit vectors: sqrt(2 - 2 cos).

    Args:
      x: unit vectors, float32, shape (m, d).
      y: unit vectors, float32, shape (n, d).

    Returns:
      Distances between 0 and 2, shape (m, n).
    """
    rows = _ONE_THREAD // max(y.size, 1)
    if 0 < len(x) <= _FEW_STRIPS * rows:
        products = np.concatenate([x[start : start + rows] @ y.T for start in range(0, len(x), rows)])
    else:
        products = x @ y.T
    return np.sqrt(np.maximum(2.0 - 2.0 * products, 0.0, out=products), out=products)


def solve(
    a: Float[np.ndarray, " m"], b: Float[np.ndarray, " n"], costs: Float[np.ndarray, "m n"], *, flow: bool = False
) -> TransportPlan:
    """Solves min_T sum_ij T_ij c_ij with row sums a and column sums b, by POT's network simplex.

    Args:
      a: masses above 0, shape (m,).
      b: masses above 0 of the same total, shape (n,).
      costs: costs, 0 or more, shape (m, n), float64.
      flow: whether to return the flow; without it, ``flow`` of the plan is empty.

    Returns:
      The plan.

    Raises:
      ArithmeticError: the solver did not reach the optimum.

    Source: Bonneel et al. 2011, in the library POT (Flamary et al. 2021).
    """
    from ot.lp.emd_wrap import emd_c  # the compiled solver: ``ot.emd2`` spends longer on checks than on solving

    total = a.sum()
    b = b * (total / b.sum())
    found, cost, _, _, status = emd_c(a, b, costs, _MAX_ITERATIONS, 1)
    if status != 1:
        raise ArithmeticError(f"optimal transport of {len(a)} x {len(b)} words did not converge (status {status})")
    return TransportPlan(float(cost), found if flow else found[:0, :0])


def mover_distances(x: Bags, y: Bags, *, threads: int = 2) -> Float[np.ndarray, "q n"]:
    """Returns the exact Word Mover's Distance of every document of x to every document of y.

    WMD(a, b) = min_T sum_ij T_ij |v_i - v_j|, with row sums a, column sums b and unit vectors v. A distance to an empty
    document is NaN.

    Args:
      x: q documents.
      y: n documents, of the same space or of a space with the same dimensions.
      threads: number of documents of x to process at a time, at least 1.

    Returns:
      Distances between 0 and 2, shape (q, n).

    Source: Kusner et al. 2015, equation 1.
    But: if both documents have a word, the smaller of its two masses stays in place and only the rest moves. The
    problem is smaller and has the same optimum, because the distance is a metric: the optimum depends only on a - b.
    """
    distances = np.full((len(x), len(y)), np.nan)
    full = [int(j) for j in np.flatnonzero(y.sizes)]

    def fill(row: Float[np.ndarray, " n"], mover: "Mover") -> None:
        for j in full:
            row[j] = mover.distance(j)

    with ThreadPoolExecutor(threads) as pool:
        run = pool.map if min(threads, len(x)) > 1 else map
        for block in mover_blocks(x, y):
            list(run(fill, [distances[i] for i in block], block.values()))
    return distances


class RemainingMass(NamedTuple):
    """The mass left to move between two documents after shared mass stays in place: n words of one, m of the other."""

    a: Float[np.ndarray, " n"]
    b: Float[np.ndarray, " m"]
    costs: Float[np.ndarray, "n m"]


class Mover:
    """One document's distances to the documents of a collection; word distances are computed once.

    ``words`` holds the distance from each word of the collection to each word of the document, shape (u, m), so that
    the words of another document are whole rows. Its columns come from ``table``, the distances from each word of y to
    each used word of x.
    """

    def __init__(self, x: Bags, i: int, y: Bags, table: Float[np.ndarray, "u w"]) -> None:
        self.ids, self.weights = x[i]
        self.collection = y
        rows = np.searchsorted(x.used, self.ids)
        self.words = table.take(rows, axis=1)
        self.own = np.full(len(y.used), -1)
        """The position in the document of each word of the collection, -1 if the document lacks it."""
        if x.space is y.space:
            self.own = places(y.used, self.ids)
            shared = np.flatnonzero(self.own >= 0)
            self.words[shared, self.own[shared]] = 0.0

    def residual(self, j: int) -> RemainingMass:
        """Returns the masses left to move between document j and this one, and their costs."""
        part = slice(int(self.collection.starts[j]), int(self.collection.starts[j + 1]))
        columns, a, b = self.collection.columns[part], self.collection.weights[part], self.weights
        own = self.own[columns]
        shared = (own >= 0).nonzero()[0]
        if not len(shared):
            return RemainingMass(a, b, self.words[columns].astype(np.float64))
        a, b, mine = a.copy(), b.copy(), own[shared]
        stays = np.minimum(a[shared], b[mine])
        a[shared] -= stays
        b[mine] -= stays
        rows, kept = (a > _MIN_MASS).nonzero()[0], (b > _MIN_MASS).nonzero()[0]
        costs = self.words[columns[rows]].take(kept, axis=1)
        return RemainingMass(a[rows], b[kept], np.ascontiguousarray(costs, np.float64))

    def distance(self, j: int) -> float:
        """Returns the exact distance to document j."""
        return cost_of(self.residual(j))


def mover_blocks(x: Bags, y: Bags) -> Iterator[dict[int, Mover]]:
    """Yields a `Mover` for each document of x that has a word, by its number, for some documents at a time.

    The word distances of a block come from one matrix product. With a product for each document, the threads of the
    linear algebra library would wait actively between products and take the processor from the solver.
    """
    step = max(1, _CELLS // max(len(y.used), 1))
    start = 0
    while start < len(x):
        stop = max(int(np.searchsorted(x.starts, x.starts[start] + step, side="right")) - 1, start + 1)
        block = x.take(range(start, stop))
        table = word_distances(y.vectors, block.vectors)
        yield {start + i: Mover(block, i, y, table) for i in range(len(block)) if block.sizes[i]}
        start = stop


def cost_of(residual: RemainingMass) -> float:
    """Returns the least cost of a residual problem."""
    a, b, costs = residual
    if not len(a) or not len(b):
        return 0.0
    return solve(a, b, costs).cost


def relaxed_cost_of(residual: RemainingMass) -> float:
    """Returns the larger of the two relaxations of a residual problem: a lower bound of its cost."""
    a, b, costs = residual
    if not len(a) or not len(b):
        return 0.0
    return max(float(a @ costs.min(axis=1)), float(b @ costs.min(axis=0)))


def places(words: Int[np.ndarray, " u"], document: Int[np.ndarray, " m"]) -> Int[np.ndarray, " u"]:
    """Returns the position of each word in a document, -1 if it is not there.

    Args:
      words: word rows, shape (u,).
      document: distinct word rows, sorted, shape (m,).

    Returns:
      Positions, shape (u,).
    """
    if not len(document):
        return np.full(len(words), -1)
    at = np.minimum(np.searchsorted(document, words), len(document) - 1)
    return np.where(document[at] == words, at, -1)
