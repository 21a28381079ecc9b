"""Contrastive refinement: two linear maps, begun as Procrustes, that tell translations from the words near them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from align.bilingual.mapping import Alignment, Linear, Pairs, Progress, View, Watch
from align.bilingual.supervised.hard_negatives import PairBatch, hard_pairs
from align.bilingual.supervised.linear import procrustes, weighted
from align.bilingual.supervised.negatives import hard_negatives, known_cells, known_pairs, unit
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.step import State


class Towers(NamedTuple):
    """The maps of either language into the common space."""

    source: Float[Array, "d e"]
    target: Float[Array, "e e"]


class Bilateral(Objective):
    """The contrastive loss of both directions at once (Li et al. 2022, section 3.1, its first stage).

    s_ij = cos(x_i A, y_j B) and, for pair i of a batch, loss_i = -log(e_ii / (sum_j e_ij + sum_{j != i} e_ji)) with
    e = exp(s / temperature). Words that are themselves known translations of the pair's word are left out of the sums.
    But: the negatives are the batch's other words, hard negatives among them, instead of a list for each pair.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    known: Bool[Array, " slots"]
    start: Towers
    size: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """The maps before training: ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(self, rows: dict[str, Any], dense: Towers, batch: PairBatch, *, key: Key[Array, ""]) -> Loss:
        """The mean of loss_i over the batch's pairs."""
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
class Contrastive:
    """Both languages mapped linearly, by the contrastive loss with hard negatives (``Bilateral``), from Procrustes.

    ``steps`` batches of ``size`` pairs with ``hard`` hard negatives each, drawn from the ``near`` nearest words under
    Procrustes among the ``pool`` most frequent.
    But: the paper goes on with pairs it finds itself; that is self-learning's. It cannot gain from a handful of pairs:
    with few, it learns them by heart.
    """

    steps: int = 300
    size: int = 256
    hard: int = 2
    near: int = 50
    pool: int = 20_000
    rate: float = 1e-3
    temperature: float = 0.1

    def __post_init__(self) -> None:
        if min(self.steps, self.size, self.near, self.pool) < 1 or self.hard < 0 or self.temperature <= 0:
            raise ValueError(f"{self}: sizes of at least 1, hard from 0 and a temperature above 0 were expected")

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
        turn = procrustes(*weighted(x, y, pairs))
        size, report = min(self.size, len(pairs.source)), max(1, min(20, self.steps // 10))
        near = hard_negatives(x @ turn, y, pairs, self.near, self.pool)
        batches = hard_pairs(*pairs, *near, size=size, hard=self.hard, steps=self.steps, segment_steps=report)
        start = Towers(jnp.asarray(turn), jnp.eye(y.shape[1]))
        objective = Bilateral(jnp.asarray(x), jnp.asarray(y), known_pairs(pairs), start, size, self.temperature)

        def told(_done: int, state: State, loss: float) -> None:
            watch(Progress(int(state.step), self.steps, loss, _alignment(state.parameters.dense)))

        state, _ = run(objective, batches, TrainingConfig(self.rate), key=jax.random.key(seed), callback=told)
        return _alignment(state.parameters.dense)


def _alignment(maps: Towers) -> Alignment:
    return Alignment((View(Linear(maps.source), Linear(maps.target)),))
