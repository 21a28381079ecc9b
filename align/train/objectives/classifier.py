"""The classifier: the mean of the vectors of a text's features predicts its labels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from align.train.batchers.labelled import LabelBatch
from align.train.objective import Loss, Objective, Parameters
from align.train.objectives.label_losses import LabelLoss
from align.train.update import RowAdaGrad, Rule

SQUARES = 1e-8
"""What the sums of squared gradients begin with."""


class TextClassification(Objective):
    """Loss of the labels of a text given x = (1 / n) sum_i z_i, the mean of the vectors of its n features.

    ``feature`` holds the vectors z, (u + 1, d), the last of which is padding; ``label`` those of the labels.
    Features begin as ``start``, or where that is None or NaN uniform in (-1/d, 1/d).

    Source: A. Joulin et al., Bag of Tricks for Efficient Text Classification, EACL 2017, section 2.
    But: the vectors of labels do not begin as 0 but normal with variance 1/d, so that features learn from the start;
    and AdaGrad takes the place of plain gradient descent, so that one rate suits short and long texts.
    """

    output: LabelLoss
    start: Float[Array, "u d"] | None
    features: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)

    @property
    def width(self) -> int:
        """The columns of the tables: the next multiple of 8, for which a processor takes half of the time.

        A column that is 0 in both tables stays 0.
        """
        return -(-self.dim // 8) * 8

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the tables before the first step."""
        feature_key, label_key = jax.random.split(key)
        drawn = (2 * jax.random.uniform(feature_key, (self.features, self.dim)) - 1) / self.dim
        if self.start is not None:
            drawn = jnp.where(jnp.isnan(self.start), drawn, self.start)
        label = jax.random.normal(label_key, (self.output.labels, self.dim)) / jnp.sqrt(self.dim)
        more = self.width - self.dim
        return Parameters(
            {"feature": jnp.pad(drawn, ((0, 1), (0, more))), "label": jnp.pad(label, ((0, 0), (0, more)))}, ()
        )

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the features and the labels of a batch."""
        return {"feature": batch.chunks, "label": self.output.rows(batch, key=key)}

    def loss(self, rows: dict[str, Any], dense: Any, batch: LabelBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch, in which the padding row counts as zero."""
        del dense, key
        filled = (batch.chunks < self.features).astype(batch.share.dtype)
        sums = jnp.zeros((len(batch.share), self.width))
        sums = sums.at[batch.owner].add((rows["feature"] * filled[:, :, None]).sum(1), indices_are_sorted=True)
        value = self.output.loss(sums * batch.share[:, None], rows["label"], batch)
        return Loss(value, {}, jnp.sum(batch.weight))

    def rule(self, name: str) -> Rule:
        """Returns AdaGrad by rows."""
        del name
        return RowAdaGrad(SQUARES)
