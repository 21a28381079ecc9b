"""Batches of count-matrix cells: each step has one dense tile and some single cells."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Shaped

from align.train.batchers.batcher import Batcher


class TileBatch(NamedTuple):
    """A tile of log counts, and single cells given by row, column and log count.

    ``corner`` is the first row and the first column of the tile. -inf marks an empty cell.
    """

    corner: Int[Array, "... 2"]
    tile: Float[Array, "... b b"]
    row: Int[Array, "... n"]
    column: Int[Array, "... n"]
    single: Float[Array, "... n"]


class TileBatcher(Batcher):
    """Takes the batches of a segment one after another."""

    def prepare(
        self, data: tuple[Shaped[Array, "steps ..."], ...], *, key: Key[Array, ""]
    ) -> tuple[TileBatch, Int[Array, ""]]:
        """Returns the batches of the segment, and their number."""
        del key
        return TileBatch(*data), jnp.int32(len(data[0]))

    def batch(self, prepared: TileBatch, index: Int[Array, ""], *, key: Key[Array, ""]) -> TileBatch:
        """Returns the batch of step ``index``."""
        del key
        return TileBatch(*(array[index] for array in prepared))
