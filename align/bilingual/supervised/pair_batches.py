"""Batches of translation pairs with hard negatives, drawn at random on the device."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Shaped

from align.train.batchers.random import RandomBatcher, cumulative_weights, draw_by_weight
from align.train.sources.random import RandomBatches

_MULTIPLE = 256


def padded(array: Shaped[np.ndarray, "n ..."]) -> Shaped[np.ndarray, "m ..."]:
    """Returns ``array`` with its last row repeated up to a multiple of 256 rows, so that few shapes are compiled.

    >>> padded(np.arange(3)).shape
    (256,)
    """
    return np.pad(array, [(0, -len(array) % _MULTIPLE)] + [(0, 0)] * (array.ndim - 1), mode="edge")


class PairBatch(NamedTuple):
    """Row numbers: the first b of each are translation pairs, the rest hard negatives of those pairs."""

    source: Int[Array, " m"]
    target: Int[Array, " m"]


class HardPairs(RandomBatcher):
    """Draws ``size`` pairs by weight, and for each pair ``hard`` negatives in each language.

    The negatives of pair i are drawn from ``near_source[i]`` and ``near_target[i]``, words that are near the pair.
    These may include known translations, which the loss masks.
    """

    source: Int[Array, " n"]
    target: Int[Array, " n"]
    cumulative: Float[Array, " n"]
    near_source: Int[Array, "n i"]
    near_target: Int[Array, "n j"]
    size: int = eqx.field(static=True)
    hard: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> PairBatch:
        """Returns a batch; it depends on ``key`` only."""
        del prepared, index
        pair_key, source_key, target_key = jax.random.split(key, 3)
        drawn = draw_by_weight(self.cumulative, self.size, key=pair_key)

        def negatives(near: Int[Array, "n k"], key: Key[Array, ""]) -> Int[Array, " h"]:
            columns = jax.random.randint(key, (self.size, self.hard), 0, near.shape[1])
            return near[drawn[:, None], columns].reshape(-1)

        return PairBatch(
            jnp.concatenate([self.source[drawn], negatives(self.near_source, source_key)]),
            jnp.concatenate([self.target[drawn], negatives(self.near_target, target_key)]),
        )


def hard_pairs(
    source: Int[np.ndarray, " n"],
    target: Int[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    near_source: Int[np.ndarray, "n i"],
    near_target: Int[np.ndarray, "n j"],
    *,
    size: int,
    hard: int,
    steps: int,
    segment_steps: int,
) -> RandomBatches:
    """Returns a source of batches of pairs, drawn in proportion to their weights, with hard negatives.

    Args:
        source: source row of each pair, shape (n,).
        target: target row of each pair, shape (n,).
        weight: weight of each pair, shape (n,).
        near_source: source words near each pair, shape (n, i).
        near_target: target words near each pair, shape (n, j).
        size: number of pairs per batch.
        hard: number of hard negatives for each pair, in each language.
        steps: number of batches.
        segment_steps: number of steps between two reports.

    Raises:
        ValueError: there is no pair, or the weights are negative or all 0.
    """
    cumulative = cumulative_weights(weight)  # flat over the padding, which is therefore never drawn
    batcher = HardPairs(
        source=jnp.asarray(padded(source), jnp.int32),
        target=jnp.asarray(padded(target), jnp.int32),
        cumulative=jnp.asarray(padded(np.asarray(cumulative))),
        near_source=jnp.asarray(padded(near_source), jnp.int32),
        near_target=jnp.asarray(padded(near_target), jnp.int32),
        size=size,
        hard=hard,
    )
    return RandomBatches(batcher, steps, segment_steps)
