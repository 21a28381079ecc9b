"""Entropic optimal transport of many pairs of documents at a time, on the device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from align.checks import at_least
from align.meaning.documents.bags import Bags
from align.meaning.documents.nearest import SLACK, NearestDocuments
from align.meaning.documents.relaxed import one_way, undefined
from align.meaning.documents.transport import word_distances

REGULARISATION, ITERATIONS = 0.05, 100
_CYCLE = 25
"""Iterations after which the scalings move into the potentials."""
_LEAST = 0.05
"""The smallest regularisation with such cycles: word distances are at most 2, and exp(2 * 2 / 0.05) is a float32."""
_BATCH_CELLS = 1 << 19
_BLOCK, _CHUNK = 64, 256
"""A search takes the bounds of so many queries at a time, and compares so many documents with a query at a time."""


@partial(jax.jit, static_argnames=("iterations", "cycle"))
def sinkhorn(
    a: Float[Array, "b m"],
    b: Float[Array, "b n"],
    costs: Float[Array, "b m n"],
    epsilon: Float[Array, ""],
    *,
    iterations: int,
    cycle: int = 1,
) -> Float[Array, " b"]:
    """Returns the cost <T, C> of the entropic transport plan of each problem of a batch.

    T = argmin <T, C> - epsilon H(T) with row sums a and column sums b, by Sinkhorn's iterations on the potentials f and
    g, in units of epsilon:

        f = log a - logsumexp over j of (g - C / epsilon),  and the same for g from b and f.

    Only the first iteration of each cycle is in the log domain. The others are products with the kernel
    K = exp(f + g - C / epsilon): u = a / K v, v = b / K^T u. Then log u and log v are added to f and g.

    Args:
      a: masses, shape (b, m); 0 for padding.
      b: masses, shape (b, n); 0 for padding.
      costs: cost of moving mass between words, shape (b, m, n).
      epsilon: regularisation, above 0, in units of the costs.
      iterations: number of iterations.
      cycle: iterations of a cycle. Above 1, exp(2 max C / epsilon) divided by the smallest mass must be a float32
        number; else the cost may be NaN.

    Returns:
      Costs, shape (b,). After convergence, they tend to the exact cost from above as epsilon tends to 0.

    Source: Cuturi 2013, algorithm 1; in the log domain: Peyré, Cuturi 2019, section 4.4; both together: Schmitzer 2019,
      section 3.1.
    """
    log_a, log_b = jnp.log(a), jnp.log(b)
    scaled = costs / epsilon

    def run_cycle(duals: tuple[Array, Array], length: int) -> tuple[Array, Array]:
        g = duals[1]
        f = jnp.where(a > 0, log_a - jax.nn.logsumexp(g[:, None, :] - scaled, axis=2), -jnp.inf)
        g = jnp.where(b > 0, log_b - jax.nn.logsumexp(f[:, :, None] - scaled, axis=1), -jnp.inf)
        kernel = jnp.exp(f[:, :, None] + g[:, None, :] - scaled)

        def iterate(_: Array, scalings: tuple[Array, Array]) -> tuple[Array, Array]:
            u = jnp.where(a > 0, a / jnp.einsum("bmn,bn->bm", kernel, scalings[1], precision="highest"), 1.0)
            v = jnp.where(b > 0, b / jnp.einsum("bmn,bm->bn", kernel, u, precision="highest"), 1.0)
            return u, v

        u, v = jax.lax.fori_loop(1, length, iterate, (jnp.ones_like(a), jnp.ones_like(b)))
        return f + jnp.log(u), g + jnp.log(v)

    whole, rest = divmod(iterations, cycle)
    start = (jnp.where(a > 0, 0.0, -jnp.inf), jnp.where(b > 0, 0.0, -jnp.inf))
    f, g = jax.lax.fori_loop(0, whole, lambda _, duals: run_cycle(duals, cycle), start)
    if rest:
        f, g = run_cycle((f, g), rest)
    plan = jnp.exp(f[:, :, None] + g[:, None, :] - scaled)
    return jnp.sum(plan * costs, axis=(1, 2))


def entropic_distances(
    x: Bags, y: Bags, *, epsilon: float = REGULARISATION, iterations: int = ITERATIONS
) -> Float[np.ndarray, "q n"]:
    """Returns the entropic transport cost of every document of x to every document of y; NaN with an empty document.

    Args:
      x: q documents.
      y: n documents, of the same space or of a space with the same dimensions.
      epsilon: regularisation, above 0; word distances lie between 0 and 2.
      iterations: Sinkhorn iterations, at least 1.

    Returns:
      Costs, shape (q, n).

    Raises:
      ValueError: if epsilon is not above 0, or iterations < 1.
    """
    transport = _Transport(epsilon, iterations)
    found = np.zeros((len(x), len(y)))
    rows = np.flatnonzero(y.sizes)
    for i in np.flatnonzero(x.sizes).tolist():
        found[i, rows] = transport.costs(*_document(x, i, y), y, rows)
    return undefined(found, x, y)


def nearest_by_entropic(
    queries: Bags,
    collection: Bags,
    k: int,
    *,
    advance: Callable[[int], object] | None = None,
) -> NearestDocuments:
    """Returns the k documents with the smallest entropic transport cost from each query, as a full search does.

    The regularisation is 0.05, with 100 iterations.

    The column sums of a plan are exact after every iteration. So the cost is at least the relaxed distance from the
    words of the document, sum_j b_j min_i c_ij. Documents are visited in ascending order of this bound, 256 at a
    time, until the bound is above the k-th best cost.

    Args:
      queries: q documents.
      collection: n documents, of the same space or of a space with the same dimensions.
      k: number of documents to return per query, at least 1; at most n are returned.
      advance: called with the number of queries done.

    Returns:
      The documents, nearest first; ties are in the order of the collection. ``solved`` counts the computed costs.

    Raises:
      ValueError: if k < 1.

    Source: the search is that of Kusner et al. 2015, section 4, "Prefetch and prune".
    """
    at_least(k, 1, "k")
    transport = _Transport(REGULARISATION, ITERATIONS)
    k = min(k, len(collection))
    made = NearestDocuments.none(len(queries), k)
    full = np.flatnonzero(collection.sizes)
    some = collection.take(full)
    for start in range(0, len(queries), _BLOCK):
        block = queries.take(range(start, min(start + _BLOCK, len(queries))))
        bounds = one_way(some, block).T
        for i in range(len(block)):
            if block.sizes[i] and len(full):
                found, costs = transport.nearest(block, i, some, bounds[i], k)
                made.solved[start + i] = np.isfinite(costs).sum()
                made.ids[start + i, : len(found)], made.distances[start + i, : len(found)] = full[found], costs[found]
            if advance is not None:
                advance(1)
    return made


@dataclass(frozen=True)
class _Transport:
    """Entropic transport with a regularisation and a number of iterations."""

    epsilon: float
    iterations: int

    def __post_init__(self) -> None:
        if self.epsilon <= 0 or self.iterations < 1:
            raise ValueError(f"epsilon {self.epsilon} must be above 0, and iterations {self.iterations} at least 1")

    def costs(
        self, weights: Float[np.ndarray, " m"], words: Float[np.ndarray, "m u"], y: Bags, rows: Int[np.ndarray, " r"]
    ) -> Float[np.ndarray, " r"]:
        """Returns the cost of a document to the documents ``rows`` of y; none of them is empty.

        Args:
          weights: the masses of the document's m words.
          words: their distances to the u words of y.
          y: documents.
          rows: some of them.
        """
        found = np.zeros(len(rows))
        order = np.argsort(y.sizes[rows], kind="stable")
        height = _padded(len(weights))
        a = np.zeros(height, np.float32)
        a[: len(weights)] = weights
        cycle = _CYCLE if self.epsilon >= _LEAST else 1
        for start, stop, width in _batches(y.sizes[rows[order]], height):
            places = order[start:stop]
            b, costs = _padded_batch(y, rows[places], words, (_padded(stop - start), height, width))
            masses = jnp.asarray(np.broadcast_to(a, (len(b), height))), jnp.asarray(b)
            problem = *masses, jnp.asarray(costs), jnp.float32(self.epsilon)
            values = np.asarray(sinkhorn(*problem, iterations=self.iterations, cycle=cycle))
            if not np.isfinite(values).all():  # a very small mass
                values = np.asarray(sinkhorn(*problem, iterations=self.iterations))
            found[places] = values[: len(places)]
        return found

    def nearest(
        self, x: Bags, i: int, y: Bags, bounds: Float[np.ndarray, " n"], k: int
    ) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " n"]]:
        """Returns the k documents of y nearest to document i of x, and all costs; infinite if not computed."""
        order = np.argsort(bounds, kind="stable")
        k = min(k, len(y))
        costs = np.full(len(y), np.inf)
        weights, words = _document(x, i, y)
        for start in range(0, len(y), _CHUNK):
            some = order[start : start + _CHUNK]
            if bounds[some[0]] > np.partition(costs, k - 1)[k - 1] + SLACK:
                break
            costs[some] = self.costs(weights, words, y, some)
        return np.argsort(costs, kind="stable")[:k], costs


def _document(x: Bags, i: int, y: Bags) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, "m u"]]:
    """Returns the masses of the m words of document i of x, and their distances to the u words of y."""
    ids, weights = x[i]
    words = word_distances(x.vectors[np.searchsorted(x.used, ids)], y.vectors)
    if x.space is y.space:
        words[ids[:, None] == y.used] = 0.0
    return weights, words


def _padded(size: int) -> int:
    """Returns the next power of two, at least 8, so that few shapes are compiled."""
    return max(8, 1 << (size - 1).bit_length())


def _batches(sizes: Int[np.ndarray, " r"], height: int) -> list[tuple[int, int, int]]:
    """Returns runs of documents of equal padded size, as (start, stop, width); ``sizes`` are in ascending order."""
    stretches: list[tuple[int, int, int]] = []
    start = 0
    while start < len(sizes):
        width = _padded(int(sizes[start]))
        most = start + max(1, _BATCH_CELLS // (height * width))
        same = int(np.searchsorted(sizes, width, side="right"))
        stop = min(most, same, len(sizes))
        stretches.append((start, stop, width))
        start = stop
    return stretches


def _padded_batch(
    y: Bags, rows: np.ndarray, words: Float[np.ndarray, "m u"], shape: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "b n"], Float[np.ndarray, "b h n"]]:
    """Returns the masses and costs of a batch, padded with dummy problems that have all mass on one word."""
    size, _, width = shape
    b = np.zeros((size, width), np.float32)
    b[len(rows) :, 0] = 1.0
    costs = np.zeros(shape, np.float32)
    for place, row in enumerate(rows):
        part = slice(int(y.starts[row]), int(y.starts[row + 1]))
        columns = y.columns[part]
        b[place, : len(columns)] = y.weights[part]
        costs[place, : len(words), : len(columns)] = words[:, columns]
    return b, costs
