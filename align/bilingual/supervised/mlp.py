"""The residual MLP: Procrustes plus a small network, trained to tell translations from their neighbours.

Two networks are trained together, f from the source space to the target space and g back. Each is an orthogonal map
plus one layer of hidden units whose output weights start at zero. The result has a third view, a fixed linear map
(``linear.Reweighted``).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from align.bilingual.mapping import Alignment, Identity, Residual, View, unit
from align.bilingual.method import Fitted, MappingTask, Progress, Watch, ignore
from align.bilingual.supervised.linear import Reweighted, procrustes, weighted
from align.bilingual.supervised.negatives import known_cells
from align.bilingual.supervised.pair_batches import PairBatch
from align.bilingual.supervised.pair_training import PairTraining
from align.checks import at_least_one, check_settings, not_negative
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.step import State


class ResidualPair(NamedTuple):
    """The two maps that are trained together: ``forward`` f and ``backward`` g."""

    forward: Residual
    backward: Residual


class Contrast(Objective):
    """The contrastive loss of both maps, with hard negatives.

    s(x, y) = (cos(f(x), y) + cos(x, g(y))) / 2 and, for pair i of a batch,
    loss_i = -log softmax_j(s(x_i, y_j) / tau)_i - log softmax_j(s(x_j, y_i) / tau)_i
             + square (|f(x_i) - y_i|^2 + |x_i - g(y_i)|^2), with unit images.
    Known translations of the pair's words, other than the pair itself, are left out of the softmax.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        known: the table of ``negatives.known_pairs``.
        start: the maps before training.
        size: the number of pairs b in a batch; its other words are hard negatives.
        temperature: tau.
        square: weight of the squared distances.
        dropout: share of the hidden units that each step leaves out.

    Source: van den Oord et al. 2018, equation 4 (InfoNCE), in both directions.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    known: Bool[Array, " slots"]
    start: ResidualPair
    size: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)
    square: float = eqx.field(static=True)
    dropout: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(self, rows: dict[str, Any], dense: ResidualPair, batch: PairBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the mean of loss_i over the pairs of the batch."""
        del rows
        x, y = self.x[batch.source], self.y[batch.target]
        masks = self._masks(dense, key)
        fx, gy = unit(dense.forward(x, masks[0])), unit(dense.backward(y, masks[1]))
        x, y = unit(x), unit(y)
        b = self.size
        pair = jnp.arange(b)
        to_target = (fx[:b] @ y.T + x[:b] @ gy.T) / 2
        to_source = (y[:b] @ fx.T + gy[:b] @ x.T) / 2
        known_target, known_source = known_cells(self.known, batch, b)

        def contrast(scores: Float[Array, "b m"], known: Bool[Array, "b m"]) -> Float[Array, ""]:
            own = scores[pair, pair] / self.temperature
            others = jnp.where(known, -jnp.inf, scores / self.temperature)
            return jnp.mean(jax.nn.logsumexp(others.at[pair, pair].set(own), axis=1) - own)

        near = 2 - jnp.sum(fx[:b] * y[:b], axis=1) - jnp.sum(x[:b] * gy[:b], axis=1)
        both = contrast(to_target, known_target) + contrast(to_source, known_source)
        return Loss(both + 2 * self.square * near.mean(), {})

    def _masks(self, dense: ResidualPair, key: Key[Array, ""]) -> list[Float[Array, "1 h"] | None]:
        """Returns the dropout mask of each map, shared by all rows of the batch."""
        if self.dropout == 0:
            return [None, None]
        keep = 1 - self.dropout
        return [
            jax.random.bernoulli(one, keep, (1, len(part.bias))).astype(jnp.float32) / keep
            for one, part in zip(jax.random.split(key), dense, strict=True)
        ]


@dataclass(frozen=True)
class MLP(PairTraining):
    """The residual MLP; its defaults were chosen on the rarer part of the training words.

    Args:
        rate: learning rate.
        hidden: hidden units of each map.
        decay: weight decay.
        square: weight of the squared distances in ``Contrast``.
        dropout: share of the hidden units that each step leaves out.
        linear: weight of the fixed linear view; the two trained views have weight 1.

    The other settings are those of ``PairTraining``.

    Example:
        >>> MLP(hidden=64, steps=100).hidden
        64
        >>> MLP(dropout=1.0)
        Traceback (most recent call last):
        align.checks.SettingError: dropout 1: must be at least 0 and below 1
    """

    rate: float = 5e-4
    hidden: int = 512
    decay: float = 1e-2
    square: float = 20.0
    dropout: float = 0.3
    linear: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "hidden")
        check_settings(self, "must be at least 0 and below 1", lambda value: 0 <= value < 1, "dropout")
        not_negative(self, "square", "linear")

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task``; ``watch`` receives the loss and the maps every few steps.

        Raises:
            ValueError: no pairs, or the loss becomes infinite or NaN.
        """
        x, y, pairs = task.x, task.y, task.pairs
        start, training = jax.random.split(jax.random.key(seed))
        rotation = procrustes(*weighted(x, y, pairs))
        fixed = (Reweighted().view(x, y, pairs)._replace(weight=self.linear),) if self.linear else ()
        data = self.data(task, x @ rotation)
        keys = jax.random.split(start)
        maps = ResidualPair(
            *(_untrained(w, self.hidden, key=key) for w, key in zip((rotation, rotation.T), keys, strict=True))
        )
        objective = Contrast(data.x, data.y, data.known, maps, self.size, self.temperature, self.square, self.dropout)

        def callback(_done: int, state: State, loss: float) -> None:
            watch(Progress("training", int(state.step), self.steps, loss, _alignment(state.parameters.dense, fixed)))

        config = TrainingConfig(self.rate, weight_decay=self.decay)
        state, _ = run(objective, data.batches, config, key=training, callback=callback)
        return Fitted(_alignment(state.parameters.dense, fixed), self)


def _alignment(maps: ResidualPair, fixed: tuple[View, ...]) -> Alignment:
    return Alignment((View(maps.forward, Identity()), View(Identity(), maps.backward), *fixed))


def _untrained(weights: Float[np.ndarray, "d e"], hidden: int, *, key: Key[Array, ""]) -> Residual:
    """Returns ``weights`` with hidden units whose output weights are zero."""
    d, e = weights.shape
    inner = jax.random.normal(key, (d, hidden), jnp.float32)
    return Residual(jnp.asarray(weights), inner, jnp.zeros(hidden), jnp.zeros((hidden, e)))
