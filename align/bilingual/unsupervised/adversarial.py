"""Adversarial starts: a rotation after which a discriminator cannot separate source words from target words."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from align.bilingual.mapping import Pairs
from align.bilingual.unsupervised.starts import best_matches, principal
from align.checks import above_zero, at_least_one
from align.train.batchers.random import RandomBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.optimiser import adamw
from align.train.sources.random import RandomBatches


class Discriminator(eqx.Module):
    """A network of one hidden layer whose output is the log-odds that a vector is from the source language."""

    inner: Float[Array, "d h"]
    bias: Float[Array, " h"]
    outer: Float[Array, " h"]

    def __call__(self, rows: Float[Array, "b d"]) -> Float[Array, " b"]:
        """Returns the log-odds of each row."""
        return jax.nn.leaky_relu(rows @ self.inner + self.bias, 0.2) @ self.outer


class Players(NamedTuple):
    """The trained weights: the orthogonal map W, shape (d, d), and the discriminator."""

    map: Any
    discriminator: Any


class WordBatch(NamedTuple):
    """Row numbers of source words and of target words, drawn independently."""

    source: Int[Array, " b"]
    target: Int[Array, " b"]


class UniformWords(RandomBatcher):
    """Draws ``size`` words of each language uniformly; ``sides`` are the numbers of words."""

    sides: tuple[int, int] = eqx.field(static=True)
    size: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> WordBatch:
        """Returns a batch drawn by ``key``."""
        del prepared, index
        keys = jax.random.split(key)
        drawn = (jax.random.randint(side_key, (self.size,), 0, n) for side_key, n in zip(keys, self.sides, strict=True))
        return WordBatch(*drawn)


def orthogonal(x: Float[Array, "d d"], rounds: int = 6) -> Float[Array, "d d"]:
    """Returns the orthogonal factor of ``x``, whose singular values are near 1: x <- (3 x - x x' x) / 2, repeatedly.

    Args:
        x: a matrix with singular values between 0 and sqrt(3), shape (d, d).
        rounds: the number of iterations.

    Source: N. Higham, Functions of Matrices, SIAM 2008, section 8.3 (Newton-Schulz iteration).
    """
    for _ in range(rounds):
        x = 1.5 * x - 0.5 * x @ x.T @ x
    return x


def orthogonal_steps(factor: float = 1.0) -> optax.GradientTransformationExtraArgs:
    """Converts directions u to steps along -u that end at the nearest orthogonal matrix: W <- orthogonal(W - step u).

    step is the learning rate times ``factor``, but at most 1/2 over the bound sqrt(|u|_1 |u|_inf) of the spectral norm
    of u, so that ``orthogonal`` converges.
    """

    def init(params: Any) -> optax.EmptyState:
        del params
        return optax.EmptyState()

    def update(updates: Any, state: Any, params: Any = None, **extra: Any) -> tuple[Any, Any]:
        def move(u: Float[Array, "d d"], w: Float[Array, "d d"]) -> Float[Array, "d d"]:
            size = jnp.abs(u)
            norm = jnp.sqrt(size.sum(0).max() * size.sum(1).max())
            return orthogonal(w - jnp.minimum(factor * extra["rate"], 0.5 / jnp.maximum(norm, 1e-12)) * u) - w

        return jax.tree.map(move, updates, params), state

    return optax.GradientTransformationExtraArgs(init, update)


def orthogonal_adam(factor: float) -> optax.GradientTransformation:
    """Returns Adam (beta_1 .5, beta_2 .999) at ``factor`` times the learning rate, on orthogonal matrices."""
    return optax.chain(optax.scale_by_adam(b1=0.5, b2=0.999), orthogonal_steps(factor))


class AdversarialObjective(Objective):
    """Adversarial alignment: the discriminator separates x W from y, and W is trained to fool it.

    L_D = -mean log P(source | x W) - mean log P(target | y), minimised by the discriminator, and
    L_W = -mean log P(target | x W), minimised by W. The reported loss is L_D + L_W.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, d).
        hidden: hidden units of the discriminator.
        smoothing: label smoothing, at least 0 and below 1/2.
        dropout: share of the discriminator's inputs that are set to 0.
        map_rate: learning rate of W as a multiple of the discriminator's.

    Source: Conneau et al. 2018, section 2.1, equations 3 and 4.
    But: Adam trains both in every step, W at a far higher rate; the paper takes five steps of plain gradient descent
    for the discriminator and one for W. W stays orthogonal (``orthogonal_steps``); the paper moves it towards
    orthogonality after each step. The spaces are projected on their principal axes, and W starts as a random choice of
    their signs. The discriminator is smaller (the paper has two layers of 2,048 units). L_W has no term for y, which
    does not depend on W.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w d"]
    hidden: int = eqx.field(static=True)
    smoothing: float = eqx.field(static=True)
    dropout: float = eqx.field(static=True)
    map_rate: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns W with random signs on its diagonal, and a discriminator with small random weights."""
        signs, inner, outer = jax.random.split(key, 3)
        d = self.x.shape[1]
        discriminator = Discriminator(
            jax.random.normal(inner, (d, self.hidden)) / np.sqrt(d),
            jnp.zeros(self.hidden),
            jax.random.normal(outer, (self.hidden,)) / np.sqrt(self.hidden),
        )
        return Parameters({}, Players(jnp.diag(jax.random.rademacher(signs, (d,), jnp.float32)), discriminator))

    def optimiser(self, config: TrainingConfig) -> optax.GradientTransformation:
        """Returns ``orthogonal_adam`` for W and AdamW for the discriminator."""
        return optax.partition(
            {"map": orthogonal_adam(self.map_rate), "discriminator": adamw(config)}, Players("map", "discriminator")
        )

    def loss(self, rows: dict[str, Any], dense: Players, batch: WordBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns L_D + L_W of the batch; W receives the gradient of L_W only, the discriminator that of L_D.

        W's gradient goes through ``orthogonal``, which leaves W unchanged and keeps the part that rotates it.
        """
        del rows
        mapped = self.x[batch.source] @ orthogonal(dense.map)
        inputs = jnp.stack([mapped, self.y[batch.target]])
        mask = jax.random.bernoulli(key, 1 - self.dropout, inputs.shape) / (1 - self.dropout)
        low = self.smoothing

        def cross_entropy(odds: Float[Array, " b"], label: float) -> Float[Array, ""]:
            return jnp.mean(label * jax.nn.softplus(-odds) + (1 - label) * jax.nn.softplus(odds))

        of_source, of_target = map(dense.discriminator, jax.lax.stop_gradient(inputs) * mask)
        fooled = jax.lax.stop_gradient(dense.discriminator)(mapped * mask[0])
        return Loss(cross_entropy(of_source, 1 - low) + cross_entropy(of_target, low) + cross_entropy(fooled, low), {})


@dataclass(frozen=True)
class Adversary:
    """Settings of an adversarial start (``AdversarialObjective``).

    Rows are scaled to length sqrt(dims), so that the mean square of a coordinate is 1.

    Args:
        pool: the number of most frequent words of each language to use.
        dims: number of principal axes.
        hidden: hidden units of the discriminator.
        steps: number of training steps.
        size: number of words of each language per batch.
        rate: learning rate of the discriminator.
        map_rate: learning rate of the map, as a multiple of ``rate``.
        smoothing: label smoothing, at least 0 and below 1/2.
        dropout: share of the discriminator's inputs that are set to 0.
    """

    pool: int = 5000
    dims: int = 50
    hidden: int = 256
    steps: int = 4000
    size: int = 128
    rate: float = 1e-3
    map_rate: float = 100.0
    smoothing: float = 0.2
    dropout: float = 0.0

    def __post_init__(self) -> None:
        at_least_one(self, "pool", "dims", "hidden", "steps", "size")
        above_zero(self, "rate", "map_rate")
        if not 0 <= self.smoothing < 0.5:
            raise ValueError(f"smoothing {self.smoothing}: must be at least 0 and below 0.5")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout {self.dropout}: must be at least 0 and below 1")

    def pairs(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], *, seed: int) -> Pairs:
        """Trains a map, and returns the pairs of words that match under it.

        Args:
            x: source vectors, shape (v, d).
            y: target vectors, shape (w, e).
            seed: seed of all random numbers.

        Raises:
            ValueError: the loss becomes infinite or NaN.
        """
        dims = min(self.dims, x.shape[1], y.shape[1])
        a, b = (principal(side[: self.pool], dims) * np.float32(dims**0.5) for side in (x, y))
        objective = AdversarialObjective(
            jnp.asarray(a), jnp.asarray(b), self.hidden, self.smoothing, self.dropout, self.map_rate
        )
        source = RandomBatches(UniformWords((len(a), len(b)), self.size), self.steps, self.steps)
        config = TrainingConfig(self.rate, loss_every_step=False)
        state, _ = run(objective, source, config, key=jax.random.key(seed))
        return best_matches(a @ np.asarray(state.parameters.dense.map) @ b.T)
