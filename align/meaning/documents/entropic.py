"""Entropic optimal transport of many pairs of documents at a time, on the device."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from align.meaning.documents.bags import Bags
from align.meaning.documents.relaxed import undefined
from align.meaning.documents.transport import word_distances

REGULARISATION, ITERATIONS = 0.05, 100
_BATCH_CELLS = 1 << 22


@partial(jax.jit, static_argnames="iterations")
def sinkhorn(
    a: Float[Array, "b m"],
    b: Float[Array, "b n"],
    costs: Float[Array, "b m n"],
    epsilon: Float[Array, ""],
    *,
    iterations: int,
) -> Float[Array, " b"]:
    """Returns the cost <T, C> of the entropic transport plan of each problem of a batch.

    T = argmin <T, C> - epsilon H(T) with row sums a and column sums b, by Sinkhorn's iterations in the log domain:
    f = epsilon log a - epsilon logsumexp((g - C) / epsilon), and the same for g.

    Args:
      a: masses, shape (b, m); 0 for padding.
      b: masses, shape (b, n); 0 for padding.
      costs: cost of moving mass between words, shape (b, m, n).
      epsilon: regularisation, above 0, in units of the costs.
      iterations: number of iterations.

    Returns:
      Costs, shape (b,). After convergence, they tend to the exact cost from above as epsilon tends to 0.

    Source: Cuturi 2013, algorithm 1; in the log domain: Peyré, Cuturi 2019, section 4.4.
    """
    log_a, log_b = jnp.log(a), jnp.log(b)
    scaled = costs / epsilon

    def iterate(_: Array, duals: tuple[Array, Array]) -> tuple[Array, Array]:
        g = duals[1]
        f = jnp.where(a > 0, log_a - jax.nn.logsumexp(g[:, None, :] - scaled, axis=2), -jnp.inf)
        g = jnp.where(b > 0, log_b - jax.nn.logsumexp(f[:, :, None] - scaled, axis=1), -jnp.inf)
        return f, g

    start = (jnp.where(a > 0, 0.0, -jnp.inf), jnp.where(b > 0, 0.0, -jnp.inf))
    f, g = jax.lax.fori_loop(0, iterations, iterate, start)
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
    if epsilon <= 0 or iterations < 1:
        raise ValueError(f"epsilon {epsilon} must be above 0, and iterations {iterations} at least 1")
    found, strength = np.zeros((len(x), len(y))), jnp.float32(epsilon)
    order = np.argsort(y.sizes, kind="stable")
    order = order[y.sizes[order] > 0]
    for i in np.flatnonzero(x.sizes):
        ids, weights = x[int(i)]
        height = _padded(len(ids))
        words = word_distances(x.vectors[np.searchsorted(x.used, ids)], y.vectors)
        if x.space is y.space:
            words[ids[:, None] == y.used] = 0.0
        a = np.zeros(height, np.float32)
        a[: len(ids)] = weights
        for start, stop, width in _batches(y, order, height):
            rows = order[start:stop]
            b, costs = _padded_batch(y, rows, words, (_padded(stop - start), height, width))
            repeated = np.broadcast_to(a, (len(b), height))
            values = sinkhorn(
                jnp.asarray(repeated), jnp.asarray(b), jnp.asarray(costs), strength, iterations=iterations
            )
            found[i, rows] = np.asarray(values)[: len(rows)]
    return undefined(found, x, y)


def _padded(size: int) -> int:
    """Returns the next power of two, at least 8, so that few shapes are compiled."""
    return max(8, 1 << (size - 1).bit_length())


def _batches(y: Bags, order: np.ndarray, height: int) -> list[tuple[int, int, int]]:
    """Returns runs of documents of equal padded size, as (start, stop, width)."""
    stretches: list[tuple[int, int, int]] = []
    start = 0
    while start < len(order):
        width = _padded(int(y.sizes[order[start]]))
        most = start + max(1, _BATCH_CELLS // (height * width))
        same = int(np.searchsorted(y.sizes[order], width, side="right"))
        stop = min(most, same, len(order))
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
