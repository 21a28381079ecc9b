"""A small objective with tables and dense weights: a matrix as the product of two thin ones, and a bias."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.objective import Objective, Parameters

TRACES: list[str] = []
"""Grows by one whenever the loss below is traced (or run outside jit)."""


class Cells(NamedTuple):
    """Some cells of the matrix."""

    row: Int[Array, " b"]
    column: Int[Array, " b"]
    value: Float[Array, " b"]
    step: Int[Array, ""]


class Draw(eqx.Module):
    """``size`` random cells."""

    matrix: Float[Array, "v w"]
    size: int = eqx.field(static=True)

    def __call__(self, step: Int[Array, ""], *, key: Key[Array, ""]) -> Cells:
        first, second = jax.random.split(key)
        row = jax.random.randint(first, (self.size,), 0, self.matrix.shape[0])
        column = jax.random.randint(second, (self.size,), 0, self.matrix.shape[1])
        return Cells(row, column, self.matrix[row, column], step)


class Dense(eqx.Module):
    """Weights that every batch touches, one array of whole numbers that is not learned, and a function."""

    bias: Float[Array, ""]
    shift: Int[Array, ""]
    link: Any = jnp.asarray


class Factors(Objective):
    """The mean of (left_i . right_j + bias - value)^2; not a number from step ``until`` on."""

    shape: tuple[int, int] = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    until: int = eqx.field(static=True, default=1_000_000)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        one, other = jax.random.split(key)
        tables = {
            "left": 0.5 * jax.random.normal(one, (self.shape[0], self.dim)),
            "right": 0.5 * jax.random.normal(other, (self.shape[1], self.dim)),
        }
        return Parameters(tables, Dense(jnp.array(0.3), jnp.array(0)))

    def rows(self, batch: Cells, *, key: Key[Array, ""]) -> dict[str, Int[Array, "..."]]:
        del key
        return {"left": batch.row, "right": batch.column}

    def loss(
        self, rows: dict[str, Float[Array, "... d"]], dense: Dense, batch: Cells, *, key: Key[Array, ""]
    ) -> Float[Array, ""]:
        del key
        TRACES.append("loss")
        made = dense.link(jnp.sum(rows["left"] * rows["right"], axis=-1) + dense.bias + dense.shift)
        error = jnp.mean((made - batch.value) ** 2)
        return jnp.where(batch.step >= self.until, jnp.nan, error)


def planted(rows: int = 20, columns: int = 16, dim: int = 3) -> Draw:
    """Batches of a matrix that is such a product, and a bias."""
    one, other = jax.random.split(jax.random.key(9))
    matrix = jax.random.normal(one, (rows, dim)) @ jax.random.normal(other, (dim, columns)) + 1.0
    return Draw(matrix, 64)
