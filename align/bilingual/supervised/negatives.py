"""Words that lie near a translation and are none: found before training, told from known translations during it."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from align.bilingual.mapping import Pairs
from align.bilingual.supervised.hard_negatives import PairBatch
from align.retrieval import top_k, unit_rows

_KNOWN = 1 << 24


def slots(source: Int[Array, "..."], target: Int[Array, "..."]) -> Int[Array, "..."]:
    """Where the table of known pairs keeps a pair of row numbers (a multiplicative hash to 24 bits)."""
    mixed = source.astype(jnp.uint32) * jnp.uint32(0x9E3779B1) ^ target.astype(jnp.uint32) * jnp.uint32(0x85EBCA77)
    mixed = (mixed ^ (mixed >> 15)) * jnp.uint32(0x2C1B3C6D)
    return (mixed >> 8).astype(jnp.int32)


def known_pairs(pairs: Pairs) -> Bool[Array, " slots"]:
    """A table that is True at the slot of every training pair (a wrong hit, 1 in 600 or so, only spares a negative)."""
    table = jnp.zeros(_KNOWN, bool)
    return table.at[slots(jnp.asarray(pairs.source), jnp.asarray(pairs.target))].set(True)


def known_cells(
    known: Bool[Array, " slots"], batch: PairBatch, size: int
) -> tuple[Bool[Array, "b m"], Bool[Array, "b m"]]:
    """Which words of a batch are known to translate its first ``size`` pairs' source words, and their target words."""
    source, target = batch
    return known[slots(source[:size, None], target[None, :])], known[slots(source[None, :], target[:size, None])]


def unit(x: Float[Array, "b d"]) -> Float[Array, "b d"]:
    """The rows of ``x`` divided by their lengths, differentiably."""
    return x * jax.lax.rsqrt(jnp.sum(x * x, axis=-1, keepdims=True) + 1e-12)


def hard_negatives(
    image: Float[np.ndarray, "v e"], y: Float[np.ndarray, "w e"], pairs: Pairs, k: int, pool: int
) -> tuple[Int[np.ndarray, "n k"], Int[np.ndarray, "n k"]]:
    """For every pair, the ``k`` source words nearest to its target and the ``k`` target words nearest to its source.

    Searched among the ``pool`` most frequent words of either side. Known translations among them are harmless: the loss
    leaves them out.
    """
    image, y = unit_rows(image), unit_rows(y)

    def nearest(
        rows: Int[np.ndarray, " n"], one: Float[np.ndarray, "v e"], other: Float[np.ndarray, "w e"]
    ) -> Int[np.ndarray, "n k"]:
        words, which = np.unique(rows, return_inverse=True)
        return top_k(one[words], other[:pool], k).ids[which]

    return nearest(pairs.target, y, image), nearest(pairs.source, image, y)
