"""Batches of labelled texts, packed on the host by their source."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.batcher import Batcher

CHUNK = 8
"""Rows of a chunk."""


class LabelBatch(NamedTuple):
    """Texts as chunks of table rows, with their labels.

    Chunk c belongs to text ``owner[c]``, ascending; a chunk is filled up with the padding row, the last of the table.
    ``share`` is 1 over the number of features of each text. ``labels`` are -1 after the last label of a text. Texts of
    weight 0 are padding.
    """

    chunks: Int[Array, "c k"]
    owner: Int[Array, " c"]
    share: Float[Array, " b"]
    labels: Int[Array, "b m"]
    weight: Float[Array, " b"]


class LabelBatcher(Batcher):
    """Takes the batches of a segment one after another: fields of ``LabelBatch`` with a leading axis of steps."""

    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[LabelBatch, Int[Array, ""]]:
        """Returns the batches, and the number of batches with a text."""
        del key
        batches = LabelBatch(*data)
        return batches, jnp.sum(batches.weight.max(1) > 0).astype(jnp.int32)

    def batch(self, prepared: LabelBatch, index: Int[Array, ""], *, key: Key[Array, ""]) -> LabelBatch:
        """Returns the batch of a step."""
        del key
        return jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, index, keepdims=False), prepared)
