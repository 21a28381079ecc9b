"""Hard negatives: wrong translations that are near right ones, and a table of known translations to mask."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from align.bilingual.mapping import Pairs
from align.bilingual.supervised.pair_batches import PairBatch
from align.retrieval import top_k, unit_rows

_KNOWN = 1 << 24


def slots(source: Int[Array, "..."], target: Int[Array, "..."]) -> Int[Array, "..."]:
    """Returns the slot of each pair of row numbers in the table of known pairs (a multiplicative hash to 24 bits)."""
    mixed = source.astype(jnp.uint32) * jnp.uint32(0x9E3779B1) ^ target.astype(jnp.uint32) * jnp.uint32(0x85EBCA77)
    mixed = (mixed ^ (mixed >> 15)) * jnp.uint32(0x2C1B3C6D)
    return (mixed >> 8).astype(jnp.int32)


def known_pairs(pairs: Pairs) -> Bool[Array, " slots"]:
    """Returns a table that is True at the slot of every training pair.

    About 1 in 600 other pairs shares a slot with a training pair; it is then not used as a negative.
    """
    table = jnp.zeros(_KNOWN, bool)
    return table.at[slots(jnp.asarray(pairs.source), jnp.asarray(pairs.target))].set(True)


def known_cells(
    known: Bool[Array, " slots"], batch: PairBatch, size: int
) -> tuple[Bool[Array, "b m"], Bool[Array, "b m"]]:
    """Returns which words of a batch are known translations of the words of its first ``size`` pairs.

    Args:
        known: the table of ``known_pairs``.
        batch: b pairs, then hard negatives, m in all.
        size: b.

    Returns:
        For each pair's source word, which of the m target words translate it, shape (b, m); for each pair's target
        word, which of the m source words do, shape (b, m).
    """
    source, target = batch
    return known[slots(source[:size, None], target[None, :])], known[slots(source[None, :], target[:size, None])]


def hard_negatives(
    image: Float[np.ndarray, "v e"], y: Float[np.ndarray, "w e"], pairs: Pairs, k: int, pool: int
) -> tuple[Int[np.ndarray, "n i"], Int[np.ndarray, "n j"]]:
    """Returns for each pair the source words nearest to its target, and the target words nearest to its source.

    They may include known translations, which the loss masks. If there are fewer than ``k`` words, the pair's own word
    fills the remaining positions.

    Args:
        image: mapped source vectors, shape (v, e).
        y: target vectors, shape (w, e).
        pairs: the n training pairs.
        k: number of words to return; fewer if the pool is smaller.
        pool: number of most frequent words to search.

    Returns:
        Source rows, shape (n, i), and target rows, shape (n, j), nearest first. Unless the pool is smaller,
        i and j are k.
    """
    image, y = unit_rows(image), unit_rows(y)

    def nearest(
        rows: Int[np.ndarray, " n"],
        own: Int[np.ndarray, " n"],
        queries: Float[np.ndarray, "v e"],
        candidates: Float[np.ndarray, "w e"],
    ) -> Int[np.ndarray, "n k"]:
        words, which = np.unique(rows, return_inverse=True)
        found = top_k(queries[words], candidates[:pool], k).ids[which]
        return np.where(found < 0, own[:, None], found)

    return nearest(pairs.target, pairs.source, y, image), nearest(pairs.source, pairs.target, image, y)
