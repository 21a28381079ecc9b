"""The classifier: the mean of the vectors of a text's features predicts its labels."""

from functools import reduce
from operator import add
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Key

from align.train.batchers.labelled import LabelBatch
from align.train.objective import Gather, Loss, Objective, Parameters
from align.train.objectives.label_losses import LabelLoss
from align.train.update import RowAdaGrad, Rule

SQUARES = 1e-8
"""Initial value of AdaGrad's sums of squared gradients."""
_LEARNED_RANK = 2
"""``TextClassification.rank`` if the vectors of labels are learned."""
_FEW, _MANY = 3, 40
"""Dimensions below which tables have no added columns, and from which the columns are a multiple of 8."""


def basis_dim(labels: int, *, softmax: bool) -> int:
    """Returns k, the number of dimensions of ``label_basis``."""
    return labels - 1 if softmax else labels


def label_basis(labels: int, *, softmax: bool) -> Float32[np.ndarray, "l k"]:
    """Returns orthogonal vectors of labels.

    They are the unit vectors, k = l. With ``softmax``, their mean is subtracted, which leaves all probabilities as they
    are, and they are written with k = l - 1 coordinates. The result is a Helmert matrix: row i, counted from 0, has the
    entry -i / sqrt(i (i + 1)) in column i, counted from 1, and 1 / sqrt(j (j + 1)) in each column j > i.

    >>> label_basis(3, softmax=True).astype(float).round(2).tolist()
    [[0.71, 0.41], [-0.71, 0.41], [0.0, -0.82]]
    """
    if not softmax:
        return np.eye(labels, basis_dim(labels, softmax=softmax), dtype=np.float32)
    column = np.arange(1, labels)
    entries = np.where(np.arange(labels)[:, None] < column, 1.0, 0.0)
    entries[column, column - 1] = -column
    return (entries / np.sqrt(column * (column + 1))).astype(np.float32)


class TextBatch(NamedTuple):
    """A batch, and the mean of the rows of each text."""

    given: LabelBatch
    means: Float[Array, "b d"]


class TextClassification(Objective):
    """Loss of the labels of a text given x = (1 / n) sum_i z_i, the mean of the vectors of its n features.

    The table ``feature`` holds the vectors z, shape (u, d); ``label`` holds the vectors of the labels, shape (l, d).
    The initial vectors are ``start`` and ``label_start``. Where these are None or NaN, features are drawn uniformly
    from (-1/d, 1/d), and labels from a normal distribution with variance 1/d. Features with ``fixed`` are frozen.

    With ``basis``, the vectors of the labels are ``label_start`` and do not change, and the vectors of features are 0
    at first. All gradients with respect to them then lie in the space of the vectors of the labels, so more dimensions
    than ``label_basis`` has would add nothing. The loss is convex.

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
    basis: bool = eqx.field(static=True, default=False)

    @property
    def width(self) -> int:
        """The number of columns of the tables, d rounded up because a processor is then faster.

        It is a multiple of 4 from 3 dimensions on, and of 8 from 40 dimensions on. The added columns are 0 in both
        tables and stay 0.
        """
        multiple = 1 if self.dim < _FEW else 4 if self.dim < _MANY else 8
        return -(-self.dim // multiple) * multiple

    @property
    def rank(self) -> int:
        """The number by which AdaGrad divides squared gradients: the number of labels with ``basis``, else 2.

        Where the vectors of the labels are learned too, longer steps sometimes diverge.
        """
        return self.output.labels if self.basis else _LEARNED_RANK

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the tables before the first step."""
        feature_key, label_key = jax.random.split(key)
        if self.basis:
            drawn = jnp.zeros((self.features, self.dim))
        else:
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

    def infer(self, batch: LabelBatch, gather: Gather, carry: Any, *, key: Key[Array, ""]) -> TextBatch:
        """Returns the batch with the mean of the rows of each text.

        The rows of a group are gathered one by one: XLA then adds them while it gathers them, in a third of the time.
        """
        del carry, key
        places = zip(batch.ids.T, batch.counts.T, strict=True)
        groups = reduce(add, (gather("feature", ids) * counts[:, None] for ids, counts in places))
        sums = jnp.zeros((len(batch.share) + 1, groups.shape[1]), groups.dtype)
        sums = sums.at[batch.owner].add(groups, indices_are_sorted=True, mode="promise_in_bounds")
        return TextBatch(batch, sums[:-1] * batch.share[:, None])

    def rows(self, batch: TextBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the features and the labels of a batch."""
        return {"feature": batch.given.ids, "label": self.output.rows(batch.given, key=key)}

    def loss(self, rows: dict[str, Any], dense: Any, batch: TextBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch. The mass of a feature is the squared length of its gradient."""
        del dense, key
        given, texts = batch.given, text_means(rows["feature"], batch)
        value, slopes = jax.value_and_grad(self.output.loss)(texts, rows["label"], given)
        squares = jnp.append((slopes * slopes).sum(1) * given.share**2, 0)[given.owner]
        of_rows = jax.lax.stop_gradient(squares[:, None] * given.counts)
        return Loss(value, {} if self.fixed is not None else {"feature": of_rows}, jnp.sum(given.weight))

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns which features are frozen, and with ``basis`` all labels."""
        labels = {"label": jnp.ones(self.output.labels, bool)} if self.basis else {}
        return labels if self.fixed is None else {**labels, "feature": self.fixed}

    def thawed(self) -> "TextClassification":
        """Returns the objective with no feature frozen."""
        return self if self.fixed is None else eqx.tree_at(lambda model: model.fixed, self, jnp.zeros_like(self.fixed))

    def rule(self, name: str) -> Rule:
        """Returns AdaGrad by rows."""
        del name
        return RowAdaGrad(SQUARES, self.rank)


@jax.custom_vjp
def text_means(rows: Float[Array, "g c d"], batch: TextBatch) -> Float[Array, "b d"]:
    """Returns share_b sum_i count_i row_i over the features i of each text b, which ``batch`` has already.

    Only the derivative uses ``rows``: that of a row is count_i share_b times the slope of its text.
    """
    del rows
    return batch.means


def _means_forward(rows: Float[Array, "g c d"], batch: TextBatch) -> tuple[Float[Array, "b d"], LabelBatch]:
    return text_means(rows, batch), batch.given


def _means_backward(batch: LabelBatch, slopes: Float[Array, "b d"]) -> tuple[Float[Array, "g c d"], None]:
    of_groups = jnp.pad(slopes * batch.share[:, None], ((0, 1), (0, 0)))[batch.owner]
    return batch.counts[:, :, None] * of_groups[:, None], None


text_means.defvjp(_means_forward, _means_backward)
