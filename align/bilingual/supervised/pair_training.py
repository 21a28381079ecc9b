"""Settings and data that the methods trained on pairs with hard negatives share."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from align.bilingual.method import MappingTask, PairUse
from align.bilingual.supervised.negatives import hard_negatives, known_pairs
from align.bilingual.supervised.pair_batches import hard_pairs, padded
from align.checks import at_least
from align.train.sources.random import RandomBatches


class PairData(NamedTuple):
    """Training data of a method with hard negatives, padded so that few array shapes are compiled.

    Attributes:
        x: source vectors, padded, shape (v, d).
        y: target vectors, padded, shape (w, e).
        known: the table of ``negatives.known_pairs``.
        batches: the source of batches of pairs.
    """

    x: Float[Array, "v d"]
    y: Float[Array, "w e"]
    known: Bool[Array, " slots"]
    batches: RandomBatches


@dataclass(frozen=True)
class PairTraining:
    """Settings of a method that trains on pairs with hard negatives.

    Args:
        steps: training steps.
        size: pairs in a batch, drawn with replacement.
        hard: number of hard negatives that a batch draws for each pair, in each language.
        near: hard negatives are drawn from this number of nearest words under Procrustes.
        pool: nearest words are sought among this number of most frequent words.
        rate: learning rate.
        temperature: the temperature of the contrastive loss.

    Raises:
        ValueError: a setting is out of range.
    """

    uses_pairs: ClassVar[PairUse] = "required"

    steps: int = 300
    size: int = 256
    hard: int = 2
    near: int = 50
    pool: int = 20_000
    rate: float = 1e-3
    temperature: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("size", 1), ("near", 1), ("pool", 1), ("hard", 0)):
            at_least(getattr(self, name), least, name)
        if self.temperature <= 0:
            raise ValueError(f"temperature {self.temperature}: must be above 0")

    def data(self, task: MappingTask, image: Float[np.ndarray, "v e"]) -> PairData:
        """Returns the training data of ``task``; hard negatives are sought among the source vectors' ``image``."""
        pairs = task.pairs
        near = hard_negatives(image, task.y, pairs, self.near, self.pool)
        report = max(1, min(20, self.steps // 10))
        filled = (_columns(one, self.near) for one in near)
        batches = hard_pairs(*pairs, *filled, size=self.size, hard=self.hard, steps=self.steps, segment_steps=report)
        return PairData(jnp.asarray(padded(task.x)), jnp.asarray(padded(task.y)), known_pairs(pairs), batches)


def _columns(near: Int[np.ndarray, "n i"], count: int) -> Int[np.ndarray, "n k"]:
    """Returns ``near`` with its columns repeated up to ``count``: a small space has fewer near words."""
    return near[:, np.arange(count) % near.shape[1]]
