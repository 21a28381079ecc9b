"""RCSLS: a linear map trained on a relaxation of CSLS, the retrieval criterion."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.bilingual.mapping import Alignment, Identity, Linear, View
from align.bilingual.method import Fitted, MappingTask, PairUse, Progress, Watch, ignore
from align.bilingual.supervised.linear import procrustes, weighted
from align.bilingual.supervised.negatives import hard_negatives
from align.checks import at_least
from align.retrieval import unit_rows
from align.train.batchers.batcher import Batcher
from align.train.batchers.random import RandomBatcher, cumulative_weights, draw_by_weight
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.random import RandomBatches
from align.train.step import State


class PairNumbers(RandomBatcher):
    """Batches of ``size`` pair numbers, drawn by weight."""

    cumulative: Float[Array, " n"]
    size: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Int[Array, " b"]:
        """Returns a batch drawn by ``key``."""
        del prepared, index
        return draw_by_weight(self.cumulative, self.size, key=key)


class RelaxedCSLS(Objective):
    """The relaxed CSLS loss of unit rows x and y under the map W.

    loss_i = -2 x_i' W y_i + 1/k sum over y_j in N(W x_i) of x_i' W y_j + 1/k sum over x_j in N(y_i) of x_j' W y_i,
    where N are the k words with the largest products.

    Args:
        x: source vectors, unit rows, shape (v, d).
        y: target vectors, unit rows, shape (w, e).
        source: source row of each pair, shape (n,).
        target: target row of each pair, shape (n,).
        near_source: source rows in which to search N(y_i), shape (n, i).
        near_target: target rows in which to search N(W x_i), shape (n, j).
        start: the map before training, shape (d, e).
        k: the number of neighbours.

    Source: Joulin et al. 2018, equation 6.
    But: neighbours are searched only among the nearest words of the last full search.
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
        """Returns ``start``."""
        del key
        return Parameters({}, self.start)

    def loss(
        self, rows: dict[str, Any], dense: Float[Array, "d e"], batch: Int[Array, " b"], *, key: Key[Array, ""]
    ) -> Loss:
        """Returns the mean of loss_i over the pairs of the batch."""
        del rows, key
        x, y = self.x[self.source[batch]], self.y[self.target[batch]]
        image, back = x @ dense, y @ dense.T
        targets = jnp.einsum("be,bke->bk", image, self.y[self.near_target[batch]])
        sources = jnp.einsum("bd,bkd->bk", back, self.x[self.near_source[batch]])
        hubs = jax.lax.top_k(targets, self.k)[0].mean(axis=1) + jax.lax.top_k(sources, self.k)[0].mean(axis=1)
        return Loss(jnp.mean(hubs - 2 * jnp.sum(image * y, axis=1)), {})


@dataclass(frozen=True)
class RCSLS:
    """RCSLS: an unconstrained linear map, trained on ``RelaxedCSLS`` from a Procrustes start; used in both directions.

    Args:
        steps: number of training steps.
        rounds: number of full searches for nearest words.
        size: number of pairs per batch.
        near: the number of nearest words that a search finds.
        pool: number of most frequent words to search.
        k: the number of neighbours in the loss.
        rate: learning rate; it falls to 0.

    Source: Joulin et al. 2018, section 3.
    But: Adam on batches, instead of the paper's subgradient steps on all pairs. The loss has no lower bound once pairs
    are separated, so the falling rate ends the training. The paper's spectral constraint is left out.

    Example:
        >>> RCSLS(steps=100, rounds=2).steps
        100
        >>> RCSLS(rounds=0)
        Traceback (most recent call last):
        align.checks.SettingError: rounds 0: must be at least 1
    """

    uses_pairs: ClassVar[PairUse] = "required"

    steps: int = 200
    rounds: int = 5
    size: int = 256
    near: int = 50
    pool: int = 20_000
    k: int = 10
    rate: float = 3e-4

    def __post_init__(self) -> None:
        for name in ("steps", "rounds", "size", "near", "pool", "k"):
            at_least(getattr(self, name), 1, name)

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task``; ``watch`` receives the loss and the map after every round.

        Raises:
            ValueError: no pairs, or the loss becomes infinite or NaN.
        """
        x, y, pairs = unit_rows(task.x), unit_rows(task.y), task.pairs
        start = procrustes(*weighted(x, y, pairs))
        steps = -(-self.steps // self.rounds)
        batcher = PairNumbers(cumulative=cumulative_weights(pairs.weight), size=self.size)
        source = RandomBatches(batcher, steps * self.rounds, steps)

        def neighbours(weights: Float[np.ndarray, "d e"]) -> tuple[Int[Array, "n i"], Int[Array, "n j"]]:
            found = hard_negatives(x @ weights, y, pairs, self.near, self.pool)
            return jnp.asarray(found[0]), jnp.asarray(found[1])

        near = neighbours(start)
        k = min(self.k, near[0].shape[1], near[1].shape[1])
        pair_rows = jnp.asarray(pairs.source), jnp.asarray(pairs.target)
        objective = RelaxedCSLS(jnp.asarray(x), jnp.asarray(y), *pair_rows, *near, jnp.asarray(start), k)

        def between(_done: int, state: State, old: Objective, batcher: Batcher) -> tuple[Objective, Batcher]:
            near_source, near_target = neighbours(np.asarray(state.parameters.dense))
            return replace(old, near_source=near_source, near_target=near_target), batcher

        def callback(_done: int, state: State, loss: float) -> None:
            watch(Progress("training", int(state.step), source.steps, loss, _alignment(state.parameters.dense)))

        config, key = TrainingConfig(self.rate), jax.random.key(seed)
        state, _ = run(objective, source, config, key=key, callback=callback, between=between)
        return Fitted(_alignment(state.parameters.dense), self)


def _alignment(weights: Float[Array, "d e"]) -> Alignment:
    return Alignment((View(Linear(weights), Identity()),))
