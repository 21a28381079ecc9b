"""Adversarial starts: a rotation such that a network cannot tell mapped words from those of the other language."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.bilingual.mapping import Pairs
from align.bilingual.unsupervised.refinement import check_sizes
from align.bilingual.unsupervised.starts import matched, principal
from align.train.batchers.random import RandomBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.random import RandomBatches
from align.train.update import Rule, TableGradients


class Judge(eqx.Module):
    """A network of one hidden layer that tells the languages apart: its output is the log-odds of the source."""

    inner: Float[Array, "d h"]
    bias: Float[Array, " h"]
    outer: Float[Array, " h"]

    def __call__(self, rows: Float[Array, "b d"]) -> Float[Array, " b"]:
        """The log-odds of each row."""
        return jax.nn.leaky_relu(rows @ self.inner + self.bias, 0.2) @ self.outer


class Words(NamedTuple):
    """Row numbers of either side, drawn apart."""

    source: Int[Array, " b"]
    target: Int[Array, " b"]


class Uniform(RandomBatcher):
    """``size`` words of either side a batch, each as likely as any other."""

    sides: tuple[int, int] = eqx.field(static=True)
    size: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Words:
        """A batch; only ``key`` decides it."""
        del prepared, index
        keys = jax.random.split(key)
        return Words(*(jax.random.randint(one, (self.size,), 0, n) for one, n in zip(keys, self.sides, strict=True)))


class Turning(Rule):
    """Adam (Kingma and Ba 2015; beta_1 .5, beta_2 .999) at ``pace`` times the rate, then back to an orthogonal table.

    A step's spectral norm is held to 1/2, where the table's is 1, by the bound |u|_2^2 <= |u|_1 |u|_inf: from there
    ``orthogonal`` finds back.
    """

    pace: float = eqx.field(static=True)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Adam's two moments, and the steps taken, the same for all rows."""
        return jnp.zeros_like(table), jnp.zeros_like(table), jnp.zeros((len(table), 1))

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """The table and the moments after the step."""
        grads = jnp.zeros_like(table).at[gradients.ids].add(gradients.grads)
        first, second, steps = slots[0] / 2 + grads / 2, 0.999 * slots[1] + 0.001 * grads**2, slots[2] + 1
        moved = first / (1 - 0.5**steps) / (jnp.sqrt(second / (1 - 0.999**steps)) + 1e-8)
        size = jnp.abs(moved)
        longest = jnp.sqrt(size.sum(0).max() * size.sum(1).max())
        step = jnp.minimum(self.pace * rate, 0.5 / jnp.maximum(longest, 1e-12))
        return orthogonal(table - step * moved), (first, second, steps)

    def merge(self, before: Any, after: list[Any]) -> Any:
        """Orthogonal tables are not joined."""
        del before, after
        raise ValueError("an orthogonal table is turned by one worker; several were asked for")


class Game(Objective):
    """The judge learns to tell x W from y, and W, an orthogonal map, to be taken for y.

    L_D = -mean log P(source | x W) - mean log P(target | y), by the judge's weights with W held still, and
    L_W = -mean log P(target | x W), by W with the judge held still; labels are smoothed by ``smoothing``, and a share
    ``dropout`` of the judge's inputs is hidden from it. The loss told is L_D + L_W.

    Source: Conneau et al. 2018, section 2.1, equations 3 and 4.
    But: both learn in every step by Adam, W far faster (``Turning``), where the paper gives the judge five steps of
    plain descent for one of W's; W is kept orthogonal, not only pulled that way after each step; the spaces are cut to
    their principal axes, and W begins as a choice of signs of these; the judge is smaller (two layers of 2,048 units
    there); L_W leaves out equation 4's second term, which does not hang on W where W maps the source alone.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w d"]
    hidden: int = eqx.field(static=True)
    smoothing: float = eqx.field(static=True)
    dropout: float = eqx.field(static=True)
    pace: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """W as signs drawn at random, a table of which each step takes all rows; small weights for the judge."""
        signs, inner, outer = jax.random.split(key, 3)
        d = self.x.shape[1]
        judge = Judge(
            jax.random.normal(inner, (d, self.hidden)) / np.sqrt(d),
            jnp.zeros(self.hidden),
            jax.random.normal(outer, (self.hidden,)) / np.sqrt(self.hidden),
        )
        return Parameters({"turn": jnp.diag(jax.random.rademacher(signs, (d,), jnp.float32))}, judge)

    def rows(self, batch: Words, *, key: Key[Array, ""]) -> dict[str, Any]:
        """All of W."""
        del batch, key
        return {"turn": jnp.arange(self.x.shape[1])}

    def rule(self, name: str) -> Rule:
        """W turns."""
        del name
        return Turning(self.pace)

    def loss(self, rows: dict[str, Any], dense: Judge, batch: Words, *, key: Key[Array, ""]) -> Loss:
        """L_D + L_W of the batch; each of the two has its gradient from its own part alone.

        W's is taken through ``orthogonal``, which leaves W as it is and keeps of the gradient what turns it.
        """
        moved = self.x[batch.source] @ orthogonal(rows["turn"])
        seen = jnp.stack([moved, self.y[batch.target]])
        kept = jax.random.bernoulli(key, 1 - self.dropout, seen.shape) / (1 - self.dropout)
        low = self.smoothing

        def surprise(odds: Float[Array, " b"], label: float) -> Float[Array, ""]:
            return jnp.mean(label * jax.nn.softplus(-odds) + (1 - label) * jax.nn.softplus(odds))

        of_source, of_target = map(dense, jax.lax.stop_gradient(seen) * kept)
        fooled = jax.lax.stop_gradient(dense)(moved * kept[0])
        return Loss(surprise(of_source, 1 - low) + surprise(of_target, low) + surprise(fooled, low), {})


def orthogonal(x: Float[Array, "d d"], rounds: int = 6) -> Float[Array, "d d"]:
    """The orthogonal factor of ``x``, whose singular values lie near 1: x <- (3 x - x x' x) / 2, ``rounds`` times.

    Source: N. Higham, Functions of Matrices, SIAM 2008, section 8.3 (Newton and Schulz's iteration).
    """
    for _ in range(rounds):
        x = 1.5 * x - 0.5 * x @ x.T @ x
    return x


@dataclass(frozen=True)
class Adversary:
    """How an adversarial start is made: the ``pool`` most frequent words, ``dims`` of their principal axes (``Game``).

    Rows are made sqrt(dims) long, so that a coordinate's square is 1 in the mean.
    """

    pool: int = 5000
    dims: int = 50
    hidden: int = 256
    steps: int = 4000
    size: int = 128
    rate: float = 1e-3
    pace: float = 100.0
    smoothing: float = 0.2
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_sizes(self, (self.pool, self.dims, self.hidden, self.steps, self.size))
        if not (self.rate > 0 and self.pace > 0 and 0 <= self.smoothing < 0.5 and 0 <= self.dropout < 1):
            raise ValueError(f"{self}: rate and pace above 0, smoothing below .5 and dropout below 1 were expected")

    def pairs(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], *, seed: int) -> Pairs:
        """Play on the words of both spaces; the pairs of the map that results.

        Raises:
            ValueError: the loss stops being a number.
        """
        dims = min(self.dims, x.shape[1], y.shape[1])
        a, b = (principal(side[: self.pool], dims) * np.float32(dims**0.5) for side in (x, y))
        game = Game(jnp.asarray(a), jnp.asarray(b), self.hidden, self.smoothing, self.dropout, self.pace)
        batches = RandomBatches(Uniform((len(a), len(b)), self.size), self.steps, self.steps)
        state, _ = run(game, batches, TrainingConfig(self.rate, loss_every_step=False), key=jax.random.key(seed))
        return matched(a @ np.asarray(state.parameters.tables["turn"]) @ b.T)
