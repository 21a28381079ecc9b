"""Batches drawn on the device: a callable from a step number and a key to the batch."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key


class PairBatch(NamedTuple):
    """Row numbers: the first b of each are translation pairs, the rest hard negatives of those pairs."""

    source: Int[Array, " m"]
    target: Int[Array, " m"]


class HardPairs(eqx.Module):
    """``size`` pairs drawn by weight, each with ``hard`` words of either side that lie near it but do not translate it.

    ``near_source[i]`` and ``near_target[i]`` list such words for pair i; the ``hard`` of a batch are drawn from them.
    """

    source: Int[Array, " n"]
    target: Int[Array, " n"]
    cumulative: Float[Array, " n"]
    near_source: Int[Array, "n k"]
    near_target: Int[Array, "n k"]
    size: int = eqx.field(static=True)
    hard: int = eqx.field(static=True)

    def __call__(self, step: Int[Array, ""], *, key: Key[Array, ""]) -> PairBatch:
        """The batch of ``step``; only ``key`` decides it."""
        del step
        first, second, third = jax.random.split(key, 3)
        chance = jax.random.uniform(first, (self.size,)) * self.cumulative[-1]
        drawn = jnp.searchsorted(self.cumulative, chance, side="right")  # the first pair whose sum is above it
        drawn = jnp.minimum(drawn, len(self.source) - 1)

        def some(near: Int[Array, "n k"], key: Key[Array, ""]) -> Int[Array, " h"]:
            columns = jax.random.randint(key, (self.size, self.hard), 0, near.shape[1])
            return near[drawn[:, None], columns].reshape(-1)

        return PairBatch(
            jnp.concatenate([self.source[drawn], some(self.near_source, second)]),
            jnp.concatenate([self.target[drawn], some(self.near_target, third)]),
        )


def hard_pairs(
    source: Int[np.ndarray, " n"],
    target: Int[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    near_source: Int[np.ndarray, "n k"],
    near_target: Int[np.ndarray, "n k"],
    *,
    size: int,
    hard: int,
) -> HardPairs:
    """The batches of pairs ``source[i]``, ``target[i]``, drawn in proportion to ``weight``.

    Raises:
        ValueError: no pair, or weights that are negative or all 0.
    """
    total = weight.sum(dtype=np.float64)
    if len(weight) == 0 or weight.min() < 0 or not 0 < total < np.inf:
        raise ValueError(
            f"{len(weight)} pairs whose weights sum to {total:g}; at least one above 0, none below, is needed"
        )
    cumulative = np.cumsum(weight / total, dtype=np.float64).astype(np.float32)
    return HardPairs(
        source=jnp.asarray(source, jnp.int32),
        target=jnp.asarray(target, jnp.int32),
        cumulative=jnp.asarray(cumulative),
        near_source=jnp.asarray(near_source, jnp.int32),
        near_target=jnp.asarray(near_target, jnp.int32),
        size=size,
        hard=hard,
    )
