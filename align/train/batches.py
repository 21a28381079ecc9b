"""Where batches come from: segments loaded on the host, prepared on the device, and cut or drawn into batches there."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key


class Batches(eqx.Module):
    """The data of a run: ``segments`` stretches of it in a row, each with as many steps as ``prepare`` says.

    A segment is what the host hands to the device at once: a stretch of corpus, a block of cells, or only a number.
    Nothing of it goes back; the device cuts or draws the batches. A segment's content depends on its number alone, so
    that a run can go on from any segment.
    """

    @property
    @abstractmethod
    def segments(self) -> int:
        """How many segments the run has, all epochs together."""

    def share(self, done: int) -> float:
        """What share of the run ``done`` segments are, 0 to 1; the rate hangs on it."""
        return done / self.segments

    @abstractmethod
    def load(self, segment: int) -> Any:
        """The data of a segment, as arrays of the host, cut along their first axis for several devices or workers."""

    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[Any, Int[Array, ""]]:
        """What batches are made from, and the number of steps; runs on the device, once a segment."""
        raise TypeError(f"{type(self).__name__} does not say how {data!r} is prepared (key {key})")

    @abstractmethod
    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Any:
        """The batch of step ``index`` of the segment."""


class Drawn(Batches):
    """Batches that are drawn by their key alone: ``steps`` of them, told of after every ``report``."""

    steps: int = eqx.field(static=True)
    report: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.steps < 1 or self.report < 1:
            raise ValueError(f"steps {self.steps} and report {self.report} are to be at least 1")

    @property
    def segments(self) -> int:
        """As many as reports."""
        return -(-self.steps // self.report)

    def share(self, done: int) -> float:
        """The last segment may have fewer steps than the others."""
        return min(done * self.report, self.steps) / self.steps

    def load(self, segment: int) -> Any:
        """The number of steps of the segment."""
        return np.int32(min(self.report, self.steps - segment * self.report))

    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[Any, Int[Array, ""]]:
        """Nothing is to be prepared."""
        del key
        return (), data


def drawn_by_weight(cumulative: Float[Array, " n"], size: int, *, key: Key[Array, ""]) -> Int[Array, " b"]:
    """``size`` numbers below n, each drawn as often as its weight says; ``cumulative`` are the sums of the weights."""
    chance = jax.random.uniform(key, (size,)) * cumulative[-1]
    drawn = jnp.searchsorted(cumulative, chance, side="right")  # the first number whose sum is above it
    return jnp.minimum(drawn, len(cumulative) - 1)


def cumulative_weights(weight: Float[np.ndarray, " n"]) -> Float[Array, " n"]:
    """The sums of the first 1, 2, ... weights, as shares of their total.

    Raises:
        ValueError: no weight, or weights that are negative or all 0.
    """
    total = weight.sum(dtype=np.float64)
    if len(weight) == 0 or weight.min() < 0 or not 0 < total < np.inf:
        raise ValueError(
            f"{len(weight)} pairs whose weights sum to {total:g}; at least one above 0, none below, is needed"
        )
    return jnp.asarray(np.cumsum(weight / total, dtype=np.float64).astype(np.float32))


class PairBatch(NamedTuple):
    """Row numbers: the first b of each are translation pairs, the rest hard negatives of those pairs."""

    source: Int[Array, " m"]
    target: Int[Array, " m"]


class HardPairs(Drawn):
    """``size`` pairs drawn by weight, each with ``hard`` words of either side that lie near it but do not translate it.

    ``near_source[i]`` and ``near_target[i]`` list such words for pair i; the ``hard`` of a batch are drawn from them.
    """

    source: Int[Array, " n"]
    target: Int[Array, " n"]
    cumulative: Float[Array, " n"]
    near_source: Int[Array, "n k"]
    near_target: Int[Array, "n k"]
    size: int = eqx.field(static=True)
    hard: int = eqx.field(static=True)

    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> PairBatch:
        """A batch; only ``key`` decides it."""
        del prepared, index
        first, second, third = jax.random.split(key, 3)
        drawn = drawn_by_weight(self.cumulative, self.size, key=first)

        def some(near: Int[Array, "n k"], key: Key[Array, ""]) -> Int[Array, " h"]:
            columns = jax.random.randint(key, (self.size, self.hard), 0, near.shape[1])
            return near[drawn[:, None], columns].reshape(-1)

        return PairBatch(
            jnp.concatenate([self.source[drawn], some(self.near_source, second)]),
            jnp.concatenate([self.target[drawn], some(self.near_target, third)]),
        )


def hard_pairs(
    source: Int[np.ndarray, " n"],
    target: Int[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    near_source: Int[np.ndarray, "n k"],
    near_target: Int[np.ndarray, "n k"],
    *,
    size: int,
    hard: int,
    steps: int,
    report: int,
) -> HardPairs:
    """``steps`` batches of pairs ``source[i]``, ``target[i]``, drawn in proportion to ``weight``.

    Raises:
        ValueError: no pair, or weights that are negative or all 0.
    """
    return HardPairs(
        source=jnp.asarray(source, jnp.int32),
        target=jnp.asarray(target, jnp.int32),
        cumulative=cumulative_weights(weight),
        near_source=jnp.asarray(near_source, jnp.int32),
        near_target=jnp.asarray(near_target, jnp.int32),
        size=size,
        hard=hard,
        steps=steps,
        report=report,
    )
