"""A small objective with tables and dense weights: a matrix as the product of two thin ones, and a bias."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from align.train.batchers.batcher import Batcher
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.source import Source
from align.train.update import Descent, Rule

TRACES: list[str] = []
"""Grows by one whenever the loss below is traced (or run outside jit)."""


class Cells(NamedTuple):
    """Some cells of the matrix."""

    row: Int[Array, " b"]
    column: Int[Array, " b"]
    value: Float[Array, " b"]
    step: Int[Array, ""]


class DrawnCells(Batcher):
    """Draws ``size`` random cells; the data are the number of steps of the segment and the first of them."""

    matrix: Float[Array, "v w"]
    size: int = eqx.field(static=True)

    def prepare(self, data: tuple[Array, Array], *, key: Key[Array, ""]) -> tuple[Array, Array]:
        del key
        return data[1], data[0]

    def batch(self, prepared: Int[Array, ""], index: Int[Array, ""], *, key: Key[Array, ""]) -> Cells:
        first, second = jax.random.split(key)
        row = jax.random.randint(first, (self.size,), 0, self.matrix.shape[0])
        column = jax.random.randint(second, (self.size,), 0, self.matrix.shape[1])
        return Cells(row, column, self.matrix[row, column], prepared + index)


@dataclass(frozen=True, eq=False)
class Draw(Source):
    """``steps`` batches of random cells, ``segment_steps`` a segment."""

    batcher: DrawnCells
    steps: int
    segment_steps: int

    @property
    def segments(self) -> int:
        return -(-self.steps // self.segment_steps)

    def progress(self, done: int) -> float:
        return min(done * self.segment_steps, self.steps) / self.steps

    def load(self, segment: int) -> tuple[np.ndarray, np.ndarray]:
        first = segment * self.segment_steps
        return np.asarray(min(self.segment_steps, self.steps - first), np.int32), np.asarray(first, np.int32)


class ListedCells(Batcher):
    """Half of a segment's cells, chosen at random, ``size`` a step."""

    matrix: Float[Array, "v w"]
    size: int = eqx.field(static=True)

    def prepare(self, data: Int[Array, " n"], *, key: Key[Array, ""]) -> tuple[Array, Array]:
        mixed = jax.random.permutation(key, data)
        return mixed, jnp.int32(len(data) // 2 // self.size)

    def batch(self, prepared: Int[Array, " n"], index: Int[Array, ""], *, key: Key[Array, ""]) -> Cells:
        del key
        cells = jax.lax.dynamic_slice(prepared, (index * self.size,), (self.size,))
        row, column = jnp.divmod(cells, self.matrix.shape[1])
        return Cells(row, column, self.matrix[row, column], index)


@dataclass(frozen=True, eq=False)
class Listed(Source):
    """All cells once an epoch, ``per`` a segment. With several devices each has its part of a segment."""

    batcher: ListedCells
    per: int
    epochs: int

    @property
    def _cells(self) -> int:
        return self.batcher.matrix.size

    @property
    def segments(self) -> int:
        return self.epochs * (self._cells // self.per)

    def load(self, segment: int) -> Int[np.ndarray, " n"]:
        epoch, turn = divmod(segment, self._cells // self.per)
        order = np.random.default_rng([5, epoch]).permutation(self._cells).astype(np.int32)
        return order[turn * self.per : (turn + 1) * self.per]


class Dense(eqx.Module):
    """Weights that every batch touches, one array of whole numbers that is not learned, and a function."""

    bias: Float[Array, ""]
    shift: Int[Array, ""]
    link: Any = jnp.asarray


class Factors(Objective):
    """The mean of (left_i . right_j + bias - value)^2, or their sum; not a number from step ``until`` on.

    The mass of table ``left`` is reported, 2 |error| / b; with ``halves`` its rows are gathered in two arrays.
    """

    shape: tuple[int, int] = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    until: int = eqx.field(static=True, default=1_000_000)
    halves: bool = eqx.field(static=True, default=False)
    summed: bool = eqx.field(static=True, default=False)
    ruled: Rule = Descent()
    kept: Bool[Array, " v"] | None = None

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        one, other = jax.random.split(key)
        tables = {
            "left": 0.5 * jax.random.normal(one, (self.shape[0], self.dim)),
            "right": 0.5 * jax.random.normal(other, (self.shape[1], self.dim)),
        }
        return Parameters(tables, Dense(jnp.array(0.3), jnp.array(0)))

    def _parted(self, rows: Array) -> Any:
        middle = len(rows) // 2
        return {"first": rows[:middle], "rest": (rows[middle:],)} if self.halves else rows

    def rows(self, batch: Cells, *, key: Key[Array, ""]) -> dict[str, Any]:
        del key
        return {"left": self._parted(batch.row), "right": batch.column}

    def rule(self, name: str) -> Rule:
        del name
        return self.ruled

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        return super().frozen() if self.kept is None else {"left": self.kept}

    def loss(self, rows: dict[str, Any], dense: Dense, batch: Cells, *, key: Key[Array, ""]) -> Loss:
        del key
        TRACES.append("loss")
        left = jnp.concatenate(jax.tree.leaves(rows["left"]))
        made = dense.link(jnp.sum(left * rows["right"], axis=-1) + dense.bias + dense.shift)
        error = made - batch.value
        terms = len(error) if self.summed else 1.0
        value = jnp.where(batch.step >= self.until, jnp.nan, jnp.mean(error**2)) * terms
        return Loss(value, {"left": self._parted(2 * jnp.abs(error) * terms / len(error))}, jnp.float32(terms))


def matrix(rows: int = 20, columns: int = 16, dim: int = 3) -> Float[Array, "v w"]:
    """A matrix that is a product of two thin ones, plus 1."""
    one, other = jax.random.split(jax.random.key(9))
    return jax.random.normal(one, (rows, dim)) @ jax.random.normal(other, (dim, columns)) + 1.0


def planted(steps: int = 20, segment_steps: int = 10) -> Draw:
    """Batches of such a matrix, drawn."""
    return Draw(DrawnCells(matrix(), 64), steps, segment_steps)


def listed(epochs: int = 4) -> Listed:
    """Batches of such a matrix, from segments of the host: four an epoch, five steps each."""
    return Listed(ListedCells(matrix(), 8), 80, epochs)
