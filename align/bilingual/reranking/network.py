"""The network that puts a query's candidates in order, and how it is trained."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from align.bilingual.reranking.ordering import Head, Weights, standardised
from align.train.batchers.random import RandomBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.random import RandomBatches

_MULTIPLE = 512
"""Queries are repeated up to a multiple of this, so that the parts of one training compile once."""


class Network(NamedTuple):
    """``ordering.Weights`` of one network, while it is trained."""

    linear: Float[Array, " m"]
    inner: Float[Array, "m h"]
    bias: Float[Array, " h"]
    out: Float[Array, " h"]


class Listwise(Objective):
    """-log of the softmax's share that a query's right candidates have among all its candidates.

    loss = logsumexp over all c of s(c) - logsumexp over right c of s(c) (ListNet's cross entropy, Cao et al. 2007,
    section 4, with the right candidates taken together).
    """

    evidence: Float[Array, "q k m"]
    right: Bool[Array, "q k"]
    hidden: int = eqx.field(static=True)
    dropout: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """A network that begins with scores near 0."""
        m = self.evidence.shape[2]
        first, second = jax.random.split(key)
        inner = jax.random.normal(first, (m, self.hidden)) / np.sqrt(m)
        out = jax.random.normal(second, (self.hidden,)) * 0.01
        return Parameters({}, Network(jnp.zeros(m), inner, jnp.zeros(self.hidden), out))

    def loss(self, rows: dict[str, Any], dense: Network, batch: Int[Array, " b"], *, key: Key[Array, ""]) -> Loss:
        """The mean over the queries of the batch."""
        del rows
        keep = 1 - self.dropout
        evidence, right = self.evidence[batch], self.right[batch]
        mask = jax.random.bernoulli(key, keep, (*right.shape, self.hidden)) / keep
        scores = score(dense, evidence, mask)
        all_, some = jax.nn.logsumexp(scores, axis=1), jax.nn.logsumexp(jnp.where(right, scores, -1e9), axis=1)
        return Loss(jnp.mean(all_ - some), {})


class Queries(RandomBatcher):
    """Batches of ``size`` of the queries 0 to ``total`` - 1."""

    size: int = eqx.field(static=True)
    total: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Int[Array, " b"]:
        """Some queries; only ``key`` decides which."""
        del prepared, index
        return jax.random.randint(key, (self.size,), 0, self.total)


def score(
    weights: Network, evidence: Float[Array, "q k m"], mask: Float[Array, "q k h"] | None = None
) -> Float[Array, "q k"]:
    """The scores of standardised ``evidence``."""
    hidden = jax.nn.gelu(evidence @ weights.inner + weights.bias)
    return (hidden if mask is None else hidden * mask) @ weights.out + evidence @ weights.linear


@dataclass(frozen=True)
class Training:
    """How a head is trained: ``networks`` of ``hidden`` units, each for ``steps`` batches of ``size`` queries."""

    hidden: int = 32
    steps: int = 300
    size: int = 256
    rate: float = 3e-3
    decay: float = 0.1
    dropout: float = 0.5
    networks: int = 4


def train_head(
    evidence: Float[np.ndarray, "q k m"],
    right: Bool[np.ndarray, "q k"],
    settings: Training,
    *,
    seed: int,
) -> Head:
    """Fit the networks on the queries that have a right candidate; ``odds`` are not fitted yet.

    Raises:
        ValueError: no query has a right candidate, or the loss stops being a number.
    """
    some = right.any(axis=1)
    if not some.any():
        raise ValueError("no training word has a right answer among its candidates")
    evidence, right = evidence[some], right[some]
    again = np.resize(np.arange(len(right)), -(-len(right) // _MULTIPLE) * _MULTIPLE)
    flat = evidence.reshape(-1, evidence.shape[2])
    mean, scale = flat.mean(axis=0), flat.std(axis=0) + np.float32(1e-6)
    seen = jnp.asarray(standardised(mean, scale, evidence)[again])
    objective = Listwise(seen, jnp.asarray(right[again]), settings.hidden, settings.dropout)
    batches = RandomBatches(Queries(settings.size, len(again)), settings.steps, settings.steps)
    made: list[Network] = []
    for number in range(settings.networks):
        key = jax.random.fold_in(jax.random.key(seed), number)
        state, _ = run(objective, batches, TrainingConfig(settings.rate, weight_decay=settings.decay), key=key)
        made.append(state.parameters.dense)
    weights = Weights(*(np.stack([np.asarray(part) for part in parts]) for parts in zip(*made, strict=True)))
    return Head(mean, scale, weights, np.zeros(3, np.float32))
