"""The residual MLP: Procrustes, corrected by a small network trained to tell translations from their neighbours.

Two networks are trained together, f from the source space to the target space and g back; each is an orthogonal map
plus a layer of hidden units that begins as nothing. A third view, linear and fixed (``linear.reweighted``), votes
with them.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from align.bilingual.mapping import Alignment, Identity, Pairs, Progress, Residual, View, Watch
from align.bilingual.supervised.hard_negatives import PairBatch, hard_pairs
from align.bilingual.supervised.linear import Reweighted, procrustes, weighted
from align.bilingual.supervised.negatives import hard_negatives, known_cells, known_pairs, unit
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.step import State


class Maps(NamedTuple):
    """The two maps that are learned together."""

    forward: Residual
    backward: Residual


class Contrast(Objective):
    """Both maps at once: a pair's score against those of the batch's other words, hard negatives among them.

    s(x, y) = (cos(f(x), y) + cos(x, g(y))) / 2 and, for pair i of a batch,
    loss_i = -log softmax_j(s(x_i, y_j) / tau)_i - log softmax_j(s(x_j, y_i) / tau)_i  (InfoNCE, van den Oord et al.
    2018, equation 4, in both directions), plus ``square`` (|f(x) - y|^2 + |x - g(y)|^2) with unit images. Words that
    are themselves known translations of the pair's word are left out of the softmax.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    known: Bool[Array, " slots"]
    start: Maps
    size: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)
    square: float = eqx.field(static=True)
    dropout: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """The maps before training: ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(self, rows: dict[str, Any], dense: Maps, batch: PairBatch, *, key: Key[Array, ""]) -> Loss:
        """The mean of loss_i over the batch's pairs."""
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

    def _masks(self, dense: Maps, key: Key[Array, ""]) -> list[Float[Array, "1 h"] | None]:
        """Which hidden units of either map take part in this step (all rows of a batch share them)."""
        if self.dropout == 0:
            return [None, None]
        keep = 1 - self.dropout
        return [
            jax.random.bernoulli(one, keep, (1, len(part.bias))).astype(jnp.float32) / keep
            for one, part in zip(jax.random.split(key), dense, strict=True)
        ]


@dataclass(frozen=True)
class MLP:
    """The settings of the residual MLP, chosen on the rarer part of the training words.

    ``hidden`` units; ``steps`` batches of ``size`` pairs with ``hard`` hard negatives each, drawn from the ``near``
    nearest words under Procrustes among the ``pool`` most frequent; ``temperature`` tau; weights as in ``Contrast``.
    ``linear`` is how much the fixed linear view counts beside the two that are learned, 1 each.
    """

    hidden: int = 512
    steps: int = 300
    size: int = 256
    hard: int = 2
    near: int = 50
    pool: int = 20_000
    rate: float = 5e-4
    decay: float = 1e-2
    temperature: float = 0.1
    square: float = 20.0
    dropout: float = 0.3
    linear: float = 2.0

    def __post_init__(self) -> None:
        if min(self.hidden, self.steps, self.size, self.near, self.pool) < 1 or self.hard < 0:
            raise ValueError(f"{self}: the sizes are to be at least 1, and hard at least 0")
        if self.temperature <= 0 or not 0 <= self.dropout < 1 or min(self.square, self.linear) < 0:
            raise ValueError(f"{self}: temperature above 0, dropout in [0, 1), square and linear from 0 were expected")

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``; ``watch`` is told the loss and the maps so far every few steps.

        Raises:
            ValueError: no pairs, or the loss stops being a number.
        """
        start, training = jax.random.split(jax.random.key(seed))
        turn = procrustes(*weighted(x, y, pairs))
        fixed = (Reweighted().view(x, y, pairs)._replace(weight=self.linear),) if self.linear else ()
        size = min(self.size, len(pairs.source))
        near = hard_negatives(x @ turn, y, pairs, self.near, self.pool)
        report = max(1, min(20, self.steps // 10))
        batches = hard_pairs(*pairs, *near, size=size, hard=self.hard, steps=self.steps, segment_steps=report)
        maps = Maps(
            *(
                _untrained(w, self.hidden, key=key)
                for w, key in zip((turn, turn.T), jax.random.split(start), strict=True)
            )
        )
        objective = Contrast(
            jnp.asarray(x), jnp.asarray(y), known_pairs(pairs), maps, size, self.temperature, self.square, self.dropout
        )
        config = TrainingConfig(self.rate, weight_decay=self.decay)

        def told(_done: int, state: State, loss: float) -> None:
            watch(Progress(int(state.step), self.steps, loss, _alignment(state.parameters.dense, fixed)))

        state, _ = run(objective, batches, config, key=training, callback=told)
        return _alignment(state.parameters.dense, fixed)


def _alignment(maps: Maps, fixed: tuple[View, ...]) -> Alignment:
    return Alignment((View(maps.forward, Identity()), View(Identity(), maps.backward), *fixed))


def _untrained(weights: Float[np.ndarray, "d e"], hidden: int, *, key: Key[Array, ""]) -> Residual:
    """``weights`` with hidden units that do nothing yet (``outer`` is zero), ready to learn."""
    d, e = weights.shape
    inner = jax.random.normal(key, (d, hidden), jnp.float32)
    return Residual(jnp.asarray(weights), inner, jnp.zeros(hidden), jnp.zeros((hidden, e)))
