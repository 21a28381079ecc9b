"""Batches of labelled texts, packed on the host by their source."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.batcher import Batcher


class LabelBatch(NamedTuple):
    """Texts as bags of table rows, with their labels.

    ``rows`` are the distinct rows of the batch, padded with row 0. Feature i of the batch is ``rows[place[i]]`` and
    belongs to text ``owner[i]``; owners ascend, and padding has owner b. ``share`` is 1 over the number of
    features of each text. ``labels`` are -1 after the last label of a text. Texts of weight 0 are padding.
    """

    rows: Int[Array, " u"]
    place: Int[Array, " t"]
    owner: Int[Array, " t"]
    share: Float[Array, " b"]
    labels: Int[Array, "b m"]
    weight: Float[Array, " b"]


class LabelBatcher(Batcher):
    """Takes the batches of a segment one after another: fields of ``LabelBatch`` with a leading axis of steps."""

    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[LabelBatch, Int[Array, ""]]:
        """Returns the batches, and the number of batches with at least one text."""
        del key
        batches = LabelBatch(*data)
        return batches, jnp.sum(batches.weight.max(1) > 0).astype(jnp.int32)

    def batch(self, prepared: LabelBatch, index: Int[Array, ""], *, key: Key[Array, ""]) -> LabelBatch:
        """Returns the batch of a step."""
        del key
        return jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, index, keepdims=False), prepared)
