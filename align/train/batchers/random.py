"""Batches drawn at random: a batch depends only on its key."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.batcher import Batcher


class RandomBatcher(Batcher):
    """Draws each batch by its key. A subclass defines ``batch(prepared, index, *, key)`` and uses only ``key``.

    Its source is ``sources.random.RandomBatches``.
    """

    def prepare(self, data: Int[Array, ""], *, key: Key[Array, ""]) -> tuple[Any, Int[Array, ""]]:
        """Returns an empty tuple, and the number of steps, which is the data of the segment."""
        del key
        return (), data


def draw_by_weight(cumulative: Float[Array, " n"], size: int, *, key: Key[Array, ""]) -> Int[Array, " b"]:
    """Draws ``size`` numbers below n with replacement, in proportion to their weights.

    Args:
        cumulative: cumulative sums of the weights, shape (n,), from ``cumulative_weights``.
        size: number of draws.
        key: key of the draw.

    Returns:
        The numbers, shape (size,).
    """
    chance = jax.random.uniform(key, (size,)) * cumulative[-1]
    drawn = jnp.searchsorted(cumulative, chance, side="right")  # the first number whose sum is above it
    return jnp.minimum(drawn, len(cumulative) - 1)


def cumulative_weights(weight: Float[np.ndarray, " n"]) -> Float[Array, " n"]:
    """Returns the cumulative sums of ``weight``, divided by its total.

    >>> cumulative_weights(np.array([1.0, 3.0])).tolist()
    [0.25, 1.0]

    Raises:
        ValueError: there is no weight, a weight is negative, or all are 0.
    """
    total = weight.sum(dtype=np.float64)
    if len(weight) == 0 or weight.min() < 0 or not 0 < total < np.inf:
        raise ValueError(
            f"{len(weight)} weights with sum {total:g}: none may be negative, at least one must be above 0"
        )
    return jnp.asarray(np.cumsum(weight / total, dtype=np.float64).astype(np.float32))
