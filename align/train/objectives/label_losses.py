"""Losses of labels: how well the vector of a text predicts its labels.

To add a loss, subclass ``LabelLoss``. The loss of a text with several labels is the mean of their losses,
except with ``OneVsAll``, which classifies every label.
"""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.labelled import LabelBatch
from align.train.objectives.logistic import log_loss
from align.train.objectives.noise import Noise


class LabelLoss(eqx.Module):
    """A loss of labels, with a table ``label`` of ``labels`` rows: vectors of labels, or of the nodes of a tree."""

    labels: int = eqx.field(static=True)

    @abstractmethod
    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> Any:
        """Returns the row numbers of the table that a batch touches; ``key`` may draw noise."""

    @abstractmethod
    def loss(self, texts: Float[Array, "b d"], rows: Any, batch: LabelBatch) -> Float[Array, ""]:
        """Returns the loss of a batch, given the vectors of its texts and the gathered rows."""

    def shares(self, batch: LabelBatch) -> Float[Array, "b m"]:
        """Returns the weight of each label of each text: equal parts of the weight of the text."""
        there = (batch.labels >= 0).astype(batch.weight.dtype)
        return there * (batch.weight / jnp.maximum(there.sum(1), 1))[:, None]

    def spread(self, batch: LabelBatch, values: Float[Array, "b m"]) -> Float[Array, "b l"]:
        """Returns a row for each text, with the value of each of its labels in the column of the label."""
        if values.shape[1] == 1:
            return (batch.labels == jnp.arange(self.labels)) * values
        column = jnp.where(batch.labels >= 0, batch.labels, self.labels)
        empty = jnp.zeros((len(values), self.labels), values.dtype)
        return empty.at[jnp.arange(len(values))[:, None], column].add(values, mode="drop")


class LabelSoftmax(LabelLoss):
    """-log P(y | x) with P(y | x) = exp <x, u_y> / sum_j exp <x, u_j>.

    ``smoothing`` is the share of the weight of a text that is divided equally among all labels.

    Source: for smoothing, C. Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7.
    """

    smoothing: Float[Array, ""] | float = 0.0

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> Int[Array, " l"]:
        """Returns all labels."""
        del batch, key
        return jnp.arange(self.labels)

    def loss(self, texts: Float[Array, "b d"], rows: Float[Array, "l d"], batch: LabelBatch) -> Float[Array, ""]:
        """Returns the cross-entropy."""
        scores = texts @ rows.T
        own = self.spread(batch, self.shares(batch))
        wanted = (1 - self.smoothing) * own + (self.smoothing / self.labels * batch.weight)[:, None]
        partition = jax.nn.logsumexp(scores, axis=1)
        return jnp.sum(batch.weight * partition) - jnp.sum(wanted * scores)


class OneVsAll(LabelLoss):
    """-sum_j log s(+-<x, u_j>) over all labels j, with + for the labels of the text: l logistic regressions."""

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> Int[Array, " l"]:
        """Returns all labels."""
        del batch, key
        return jnp.arange(self.labels)

    def loss(self, texts: Float[Array, "b d"], rows: Float[Array, "l d"], batch: LabelBatch) -> Float[Array, ""]:
        """Returns the sum of the logistic losses."""
        there = (batch.labels >= 0).astype(batch.weight.dtype)
        sign = 2 * jnp.minimum(self.spread(batch, there), 1) - 1
        weight = jnp.broadcast_to(batch.weight[:, None], sign.shape)
        return log_loss(sign * (texts @ rows.T), weight)[0]


class LabelNegativeSampling(LabelLoss):
    """-log s(<x, u_y>) - sum_n log s(-<x, u_n>) over ``negatives`` noise labels n.

    But: noise labels are drawn for a whole batch, so that scores are one product of matrices. A noise label that is
    also a label of a text has weight 0 for this text.
    """

    noise: Noise
    negatives: int = eqx.field(static=True)

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> tuple[Int[Array, "b m"], Int[Array, " n"]]:
        """Returns the labels of the texts, and noise labels."""
        return jnp.maximum(batch.labels, 0), self.noise.draw((1,), self.negatives, key=key)[0]

    def loss(self, texts: Float[Array, "b d"], rows: Any, batch: LabelBatch) -> Float[Array, ""]:
        """Returns the loss of the labels and of the noise labels."""
        own, noise = rows
        near, _ = log_loss(jnp.einsum("bd,bmd->bm", texts, own), self.shares(batch))
        # the loss gets rows, not their numbers, so equal rows are taken for the same label
        equal = (noise[None, None] == own[:, :, None]).all(3)
        same = (equal & (batch.labels >= 0)[:, :, None]).any(1)
        against = jnp.where(same, 0, batch.weight[:, None])
        far, _ = log_loss(-(texts @ noise.T), against)
        return near + far


class LabelTree(LabelLoss):
    """-log P(y | x) with P(y | x) = prod_j s(branch_yj <x, n_j>) over the inner nodes on the path to label y.

    Args:
        node: the inner nodes on the path of each label, padded with 0.
        branch: 1 or -1 for each inner node, padded with 0.
    """

    node: Int[Array, "l p"]
    branch: Float[Array, "l p"]

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> Int[Array, "b m p"]:
        """Returns the nodes on the paths of the labels."""
        del key
        return self.node[jnp.maximum(batch.labels, 0)]

    def loss(self, texts: Float[Array, "b d"], rows: Float[Array, "b m p d"], batch: LabelBatch) -> Float[Array, ""]:
        """Returns the sum of the logistic losses on the paths."""
        branch = self.branch[jnp.maximum(batch.labels, 0)]
        weight = self.shares(batch)[:, :, None] * jnp.abs(branch)
        return log_loss(branch * jnp.einsum("bd,bmpd->bmp", texts, rows), weight)[0]
