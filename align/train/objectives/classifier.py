"""The classifier: the mean of the vectors of a text's features predicts its labels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.train.batchers.labelled import LabelBatch
from align.train.objective import Loss, Objective, Parameters
from align.train.objectives.label_losses import LabelLoss, TextMeans
from align.train.update import RowAdaGrad, Rule

SQUARES = 1e-8
"""Initial value of AdaGrad's sums of squared gradients."""


class TextClassification(Objective):
    """Loss of the labels of a text given x = (1 / n) sum_i z_i, the mean of the vectors of its n features.

    The table ``feature`` holds the vectors z, shape (u, d); ``label`` holds the vectors of the labels, shape (l, d).
    The initial vectors are ``start`` and ``label_start``. Where these are None or NaN, features are drawn uniformly
    from (-1/d, 1/d), and labels from a normal distribution with variance 1/d. Features with ``fixed`` are frozen.

    Source: A. Joulin et al., Bag of Tricks for Efficient Text Classification, EACL 2017, section 2.
    But: the vectors of labels are not 0 at first, so that features learn from the first step; and AdaGrad replaces
    plain gradient descent, so that the same learning rate suits short and long texts.
    """

    output: LabelLoss
    start: Float[Array, "u d"] | None
    label_start: Float[Array, "l d"] | None
    fixed: Bool[Array, " u"] | None
    features: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)

    @property
    def width(self) -> int:
        """The number of columns of the tables: d rounded up to a multiple of 8, which halves the time on a processor.

        The added columns are 0 in both tables and stay 0.
        """
        return -(-self.dim // 8) * 8

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the tables before the first step."""
        feature_key, label_key = jax.random.split(key)
        drawn = (2 * jax.random.uniform(feature_key, (self.features, self.dim)) - 1) / self.dim
        if self.start is not None:
            drawn = jnp.where(jnp.isnan(self.start), drawn, self.start)
        label = jax.random.normal(label_key, (self.output.labels, self.dim)) / jnp.sqrt(self.dim)
        if self.label_start is not None:
            label = jnp.where(jnp.isnan(self.label_start), label, self.label_start)
        more = self.width - self.dim
        return Parameters(
            {"feature": jnp.pad(drawn, ((0, 0), (0, more))), "label": jnp.pad(label, ((0, 0), (0, more)))}, ()
        )

    def rows(self, batch: LabelBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the features and the labels of a batch."""
        return {"feature": batch.rows, "label": self.output.rows(batch, key=key)}

    def loss(self, rows: dict[str, Any], dense: Any, batch: LabelBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch."""
        del dense, key
        texts = TextMeans(rows["feature"], batch.place, batch.owner, batch.share)
        return Loss(self.output.loss(texts, rows["label"], batch), {}, jnp.sum(batch.weight))

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns which features are frozen."""
        return {} if self.fixed is None else {"feature": self.fixed}

    def thawed(self) -> "TextClassification":
        """Returns the objective with no feature frozen."""
        return self if self.fixed is None else eqx.tree_at(lambda model: model.fixed, self, jnp.zeros_like(self.fixed))

    def rule(self, name: str) -> Rule:
        """Returns AdaGrad by rows."""
        del name
        return RowAdaGrad(SQUARES)
