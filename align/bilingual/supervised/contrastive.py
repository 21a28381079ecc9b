"""Contrastive refinement: two linear maps, started at Procrustes, that tell translations from their neighbours."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.bilingual.mapping import Alignment, Linear, View, unit
from align.bilingual.method import Fitted, MappingTask, Progress, Watch, ignore
from align.bilingual.supervised.linear import procrustes, weighted
from align.bilingual.supervised.negatives import known_cells
from align.bilingual.supervised.pair_batches import PairBatch
from align.bilingual.supervised.pair_training import PairTraining
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.step import State


class LinearPair(NamedTuple):
    """The maps A and B of the two languages into the common space."""

    source: Float[Array, "d e"]
    target: Float[Array, "e e"]


class Bilateral(Objective):
    """The contrastive loss of both directions in one sum.

    s_ij = cos(x_i A, y_j B), e_ij = exp(s_ij / tau) and, for pair i of a batch,
    loss_i = -log(e_ii / (sum_j e_ij + sum_{j != i} e_ji)).
    Known translations of the pair's words, other than the pair itself, are left out of the sums.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        known: the table of ``negatives.known_pairs``.
        start: the maps before training.
        size: the number of pairs b in a batch; its other words are hard negatives.
        temperature: tau.

    Source: Li et al. 2022, section 3.1, first stage.
    But: the negatives are the other words of the batch, including hard negatives, instead of a list for each pair.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    known: Bool[Array, " slots"]
    start: LinearPair
    size: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(self, rows: dict[str, Any], dense: LinearPair, batch: PairBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the mean of loss_i over the pairs of the batch."""
        del rows, key
        b = self.size
        pair = jnp.arange(b)
        x, y = unit(self.x[batch.source] @ dense.source), unit(self.y[batch.target] @ dense.target)
        to_target, to_source = x[:b] @ y.T / self.temperature, y[:b] @ x.T / self.temperature
        own = to_target[pair, pair]
        known_target, known_source = known_cells(self.known, batch, b)
        to_target = jnp.where(known_target, -jnp.inf, to_target).at[pair, pair].set(own)
        to_source = jnp.where(known_source, -jnp.inf, to_source).at[pair, pair].set(-jnp.inf)
        both = jax.nn.logsumexp(jnp.concatenate([to_target, to_source], axis=1), axis=1)
        return Loss(jnp.mean(both - own), {})


@dataclass(frozen=True)
class Contrastive(PairTraining):
    """Two linear maps trained by the contrastive loss ``Bilateral`` with hard negatives, started at Procrustes.

    The settings are those of ``PairTraining``.

    But: the paper continues with pairs that it induces itself; ``SelfLearning`` does this. The method cannot gain from
    a handful of pairs: it memorises them.

    Example:
        >>> Contrastive(steps=100).steps
        100
        >>> Contrastive(temperature=0.0)
        Traceback (most recent call last):
        ValueError: temperature 0.0: must be above 0
    """

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task``; ``watch`` receives the loss and the maps every few steps.

        Raises:
            ValueError: no pairs, or the loss becomes infinite or NaN.
        """
        rotation = procrustes(*weighted(task.x, task.y, task.pairs))
        data = self.data(task, task.x @ rotation)
        start = LinearPair(jnp.asarray(rotation), jnp.eye(task.y.shape[1]))
        objective = Bilateral(data.x, data.y, data.known, start, self.size, self.temperature)

        def callback(_done: int, state: State, loss: float) -> None:
            watch(Progress("training", int(state.step), self.steps, loss, _alignment(state.parameters.dense)))

        key = jax.random.key(seed)
        state, _ = run(objective, data.batches, TrainingConfig(self.rate), key=key, callback=callback)
        return Fitted(_alignment(state.parameters.dense), self)


def _alignment(maps: LinearPair) -> Alignment:
    return Alignment((View(Linear(maps.source), Linear(maps.target)),))
