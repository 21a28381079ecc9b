"""The network that orders a query's candidates, and its training."""

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
"""Queries are repeated to fill a multiple of this number, so that most training runs share a compiled program."""


class Network(NamedTuple):
    """The ``ordering.Weights`` of one network during training."""

    linear: Float[Array, " m"]
    inner: Float[Array, "m h"]
    bias: Float[Array, " h"]
    out: Float[Array, " h"]


class Listwise(Objective):
    """Listwise loss: -log of the softmax probability of a query's gold candidates.

    loss = logsumexp over all c of s(c) - logsumexp over gold c of s(c).

    Source: Cao et al. 2007, section 4 (ListNet).
    But: the probabilities of gold candidates are summed, so one high-ranked gold candidate suffices.
    """

    features: Float[Array, "q k m"]
    gold: Bool[Array, "q k"]
    hidden: int = eqx.field(static=True)
    dropout: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns a network whose scores are near 0."""
        m = self.features.shape[2]
        first, second = jax.random.split(key)
        inner = jax.random.normal(first, (m, self.hidden)) / np.sqrt(m)
        out = jax.random.normal(second, (self.hidden,)) * 0.01
        return Parameters({}, Network(jnp.zeros(m), inner, jnp.zeros(self.hidden), out))

    def loss(self, rows: dict[str, Any], dense: Network, batch: Int[Array, " b"], *, key: Key[Array, ""]) -> Loss:
        """Returns the mean loss over the queries of the batch."""
        del rows
        keep = 1 - self.dropout
        features, gold = self.features[batch], self.gold[batch]
        mask = jax.random.bernoulli(key, keep, (*gold.shape, self.hidden)) / keep
        scores = score(dense, features, mask)
        all_, some = jax.nn.logsumexp(scores, axis=1), jax.nn.logsumexp(jnp.where(gold, scores, -1e9), axis=1)
        return Loss(jnp.mean(all_ - some), {})


class Queries(RandomBatcher):
    """Random batches of ``size`` of the queries 0 to ``total`` - 1."""

    size: int = eqx.field(static=True)
    total: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Int[Array, " b"]:
        """Returns random queries, with replacement."""
        del prepared, index
        return jax.random.randint(key, (self.size,), 0, self.total)


def score(
    weights: Network, features: Float[Array, "q k m"], mask: Float[Array, "q k h"] | None = None
) -> Float[Array, "q k"]:
    """Returns the scores of standardised ``features``."""
    hidden = jax.nn.gelu(features @ weights.inner + weights.bias)
    return (hidden if mask is None else hidden * mask) @ weights.out + features @ weights.linear


@dataclass(frozen=True)
class Training:
    """Training settings of a head.

    Args:
        hidden: hidden units of each network.
        steps: training steps of each network.
        size: number of queries per batch.
        rate: learning rate.
        decay: weight decay.
        dropout: share of the hidden units that each step leaves out.
        networks: number of networks, whose scores are averaged.
    """

    hidden: int = 32
    steps: int = 300
    size: int = 256
    rate: float = 3e-3
    decay: float = 0.1
    dropout: float = 0.5
    networks: int = 4


def train_head(
    features: Float[np.ndarray, "q k m"],
    gold: Bool[np.ndarray, "q k"],
    settings: Training,
    *,
    seed: int,
) -> Head:
    """Returns a head trained on the queries that have a gold candidate; its ``odds`` are 0.

    Args:
        features: the m features of the k candidates of each query, shape (q, k, m).
        gold: which candidates are gold answers, shape (q, k).
        settings: the training settings.
        seed: seed of all random numbers.

    Raises:
        ValueError: no query has a gold candidate, or the loss stops being a number.
    """
    some = gold.any(axis=1)
    if not some.any():
        raise ValueError("no training word has a gold answer among its candidates")
    features, gold = features[some], gold[some]
    again = np.resize(np.arange(len(gold)), -(-len(gold) // _MULTIPLE) * _MULTIPLE)
    flat = features.reshape(-1, features.shape[2])
    mean, scale = flat.mean(axis=0), flat.std(axis=0) + np.float32(1e-6)
    seen = jnp.asarray(standardised(mean, scale, features)[again])
    objective = Listwise(seen, jnp.asarray(gold[again]), settings.hidden, settings.dropout)
    batches = RandomBatches(Queries(settings.size, len(again)), settings.steps, settings.steps)
    made: list[Network] = []
    for number in range(settings.networks):
        key = jax.random.fold_in(jax.random.key(seed), number)
        state, _ = run(objective, batches, TrainingConfig(settings.rate, weight_decay=settings.decay), key=key)
        made.append(state.parameters.dense)
    weights = Weights(*(np.stack([np.asarray(part) for part in parts]) for parts in zip(*made, strict=True)))
    return Head(mean, scale, weights, np.zeros(3, np.float32))
