"""Batches of labelled texts, packed on the host by their source."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.batcher import Batcher


class LabelBatch(NamedTuple):
    """Texts as bags of table rows, with their labels.

    The rows of a text are in groups of c. Row ``ids[g, i]`` occurs ``counts[g, i]`` times in text ``owner[g]``; owners
    ascend, and padding has count 0 and owner b. ``share`` is 1 over the number of features of each text. ``labels`` are
    -1 after the last label of a text. Texts of weight 0 are padding.
    """

    ids: Int[Array, "g c"]
    counts: Float[Array, "g c"]
    owner: Int[Array, " g"]
    share: Float[Array, " b"]
    labels: Int[Array, "b m"]
    weight: Float[Array, " b"]


class OrderedBatches(NamedTuple):
    """The batches of a segment: ``LabelBatch`` with a leading axis. Step i has batch ``order[i]``."""

    order: Int[Array, " s"]
    batches: LabelBatch


class LabelBatcher(Batcher):
    """Takes the batches of a segment in their order (``OrderedBatches``)."""

    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[OrderedBatches, Int[Array, ""]]:
        """Returns the batches, and the number of batches with at least one text."""
        del key
        given = OrderedBatches(data[0], LabelBatch(*data[1:]))
        return given, jnp.sum(given.batches.weight.max(1) > 0).astype(jnp.int32)

    def batch(self, prepared: OrderedBatches, index: Int[Array, ""], *, key: Key[Array, ""]) -> LabelBatch:
        """Returns the batch of a step."""
        del key
        chosen = prepared.order[index]
        return jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, chosen, keepdims=False), prepared.batches)
