"""RCSLS: a linear map fitted to the very criterion that words are then retrieved by."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.bilingual.mapping import Alignment, Identity, Linear, Pairs, Progress, View, Watch
from align.bilingual.supervised.linear import procrustes, weighted
from align.bilingual.supervised.negatives import hard_negatives
from align.retrieval import unit_rows
from align.train.batchers.random import RandomBatcher, cumulative_weights, draw_by_weight
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.random import RandomBatches
from align.train.step import State


class PairNumbers(RandomBatcher):
    """Numbers of pairs, ``size`` a batch, drawn by weight."""

    cumulative: Float[Array, " n"]
    size: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Int[Array, " b"]:
        """A batch; only ``key`` decides it."""
        del prepared, index
        return draw_by_weight(self.cumulative, self.size, key=key)


class Relaxed(Objective):
    """The relaxed CSLS loss (Joulin et al. 2018, equation 6) of unit rows x, y under the map W.

    loss_i = -2 x_i' W y_i + 1/k sum over y_j in N(W x_i) of x_i' W y_j + 1/k sum over x_j in N(y_i) of x_j' W y_i,
    the k words whose products are largest. But: they are sought among ``near_target[i]`` and ``near_source[i]``, the
    nearest when those were last looked up.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    source: Int[Array, " n"]
    target: Int[Array, " n"]
    near_source: Int[Array, "n i"]
    near_target: Int[Array, "n j"]
    start: Float[Array, "d e"]
    k: int = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """The map before training: ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(
        self, rows: dict[str, Any], dense: Float[Array, "d e"], batch: Int[Array, " b"], *, key: Key[Array, ""]
    ) -> Loss:
        """The mean of loss_i over the batch's pairs."""
        del rows, key
        x, y = self.x[self.source[batch]], self.y[self.target[batch]]
        image, back = x @ dense, y @ dense.T
        targets = jnp.einsum("be,bke->bk", image, self.y[self.near_target[batch]])
        sources = jnp.einsum("bd,bkd->bk", back, self.x[self.near_source[batch]])
        hubs = jax.lax.top_k(targets, self.k)[0].mean(axis=1) + jax.lax.top_k(sources, self.k)[0].mean(axis=1)
        return Loss(jnp.mean(hubs - 2 * jnp.sum(image * y, axis=1)), {})


@dataclass(frozen=True)
class RCSLS:
    """RCSLS (Joulin et al. 2018, section 3), from Procrustes, without a constraint on the map.

    ``steps`` batches of ``size`` pairs; the ``near`` nearest among the ``pool`` most frequent words are looked up
    ``rounds`` times, and the ``k`` best of them count. One map serves both directions.
    But: Adam on batches, where the paper takes subgradient steps on all pairs. The loss has no lower bound where the
    pairs are told apart: the ``rate``, which falls to 0, is what stops it. It cannot keep the map orthogonal.
    """

    steps: int = 200
    rounds: int = 5
    size: int = 256
    near: int = 50
    pool: int = 20_000
    k: int = 10
    rate: float = 3e-4

    def __post_init__(self) -> None:
        if min(self.steps, self.rounds, self.size, self.near, self.pool, self.k) < 1:
            raise ValueError(f"{self}: the sizes are to be at least 1")

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``; ``watch`` is told the loss and the map so far after every round.

        Raises:
            ValueError: no pairs, or the loss stops being a number.
        """
        x, y = unit_rows(x), unit_rows(y)
        turn = procrustes(*weighted(x, y, pairs))
        steps = -(-self.steps // self.rounds)
        batcher = PairNumbers(cumulative=cumulative_weights(pairs.weight), size=self.size)
        batches = RandomBatches(batcher, steps * self.rounds, steps)
        one, other, rows, columns = map(jnp.asarray, (x, y, pairs.source, pairs.target))
        state: State | None = None
        for done in range(self.rounds):
            near_source, near_target = map(jnp.asarray, hard_negatives(x @ turn, y, pairs, self.near, self.pool))
            k = min(self.k, near_source.shape[1], near_target.shape[1])
            objective = Relaxed(one, other, rows, columns, near_source, near_target, jnp.asarray(turn), k)

            def told(_done: int, state: State, loss: float) -> bool:
                watch(Progress(int(state.step), batches.steps, loss, _alignment(state.parameters.dense)))
                return True

            start = None if state is None else (done, state)
            state, _ = run(
                objective, batches, TrainingConfig(self.rate), key=jax.random.key(seed), callback=told, start=start
            )
            turn = np.array(state.parameters.dense)
        return _alignment(jnp.asarray(turn))


def _alignment(weights: Float[Array, "d e"]) -> Alignment:
    return Alignment((View(Linear(weights), Identity()),))
