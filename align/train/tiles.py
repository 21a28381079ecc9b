"""Cells of a count matrix as batches: dense tiles where the matrix is well filled, single cells elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Int32, Int64, Key, Shaped

from align.text.cooccurrence import MEMORY, Cells, keep_cells
from align.train.batches import Batches

SEGMENT = 64
"""Steps that the host hands over at once, unless there are fewer."""


@dataclass(frozen=True, eq=False)
class Tiled:
    """A count matrix of ``words`` frequent-first rows and columns, cut into tiles of ``size`` x ``size``.

    Tile n begins at row and column ``corner[n]``; the logarithms of its counts are ``inside[starts[n] : starts[n+1]]``.
    The cells of tiles that are not well filled are ``single``, with their logarithms too.
    """

    words: int
    size: int
    corner: Int32[np.ndarray, "n 2"]
    starts: Int64[np.ndarray, " n_and_1"]
    inside: Cells
    single: Cells

    @property
    def cells(self) -> int:
        """How many cells there are in all."""
        return len(self.inside.row) + len(self.single.row)


def tiled(cells: Cells, words: int, *, size: int = 256, fill: float = 0.02, memory: int = MEMORY) -> Tiled:
    """Cut ``cells`` into tiles; those filled to a share of at least ``fill``, and the fullest, are kept as tiles.

    A cell of a tile costs 1 / fill of a dense product, a single one the gather and the update of two rows: on two CPU
    cores they cost alike at a fill of about .02. Past a quarter of ``memory`` bytes each kind lies in a temporary file.

    Raises:
        ValueError: there is no cell, or a tile has no row.
    """
    if len(cells.row) == 0 or size < 1:
        raise ValueError(f"{len(cells.row)} cells and tiles of {size} rows; at least one of each is needed")
    side = -(-words // size)
    edges = np.searchsorted(cells.row, np.minimum(np.arange(side + 1) * size, words))
    blocks = [slice(int(start), int(stop)) for start, stop in pairwise(edges)]
    counts = np.stack([np.bincount(cells.column[block] // size, minlength=side) for block in blocks])
    dense = counts >= min(fill * size * size, counts.max())

    def part(within: bool) -> Iterator[Cells]:
        for number, block in enumerate(blocks):
            row, column, value = (array[block] for array in cells)
            tile = (column // size).astype(np.int32)
            chosen = np.flatnonzero(dense[number, tile] == within)
            if within:
                chosen = chosen[np.argsort(tile[chosen], kind="stable")]
            yield Cells(row[chosen], column[chosen], np.log(value[chosen]))

    inside, single = (keep_cells(part(within), memory // 4) for within in (True, False))
    corner = np.argwhere(dense).astype(np.int32) * size
    starts = np.concatenate([[0], np.cumsum(counts[dense])]).astype(np.int64)
    return Tiled(words, size, corner, starts, inside, single)


class TileBatch(NamedTuple):
    """A tile of logarithms of counts and some single ones; -inf where the count is 0, or no cell is left."""

    corner: Int[Array, "... 2"]
    tile: Float[Array, "... b b"]
    row: Int[Array, "... n"]
    column: Int[Array, "... n"]
    single: Float[Array, "... n"]


class TileBatches(Batches):
    """Every cell once an epoch: each step a tile and as many single cells as bring both to an end together.

    Tiles come in an order of each epoch's own, and single cells in a stride of its own over all of them; ``seed``
    decides both.

    But: the logarithms in tiles are of half precision, .004 off for the largest counts.
    """

    tiled: Tiled = eqx.field(static=True)
    epochs: int = eqx.field(static=True)
    seed: int = eqx.field(static=True)
    devices: int = eqx.field(static=True, default=1)
    segment: int = eqx.field(static=True, default=SEGMENT)

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Segments of an epoch, steps of a segment, and single cells of a step."""
        most = 8 * self.tiled.size
        steps = max(len(self.tiled.corner), -(-len(self.tiled.single.row) // most))
        segments = -(-steps // self.segment)
        length = -(-steps // segments)
        length += -length % self.devices
        return segments, length, -(-len(self.tiled.single.row) // (segments * length))

    @property
    def segments(self) -> int:
        """All epochs' together."""
        return self.epochs * self._shape[0]

    @property
    def steps(self) -> int:
        """How many steps an epoch has."""
        segments, length, _ = self._shape
        return segments * length

    def load(self, segment: int) -> tuple[Shaped[np.ndarray, "steps ..."], ...]:
        """The parts of the batches of a segment; the last of an epoch may be without a tile."""
        segments, length, some = self._shape
        epoch, turn = divmod(segment, segments)
        rng = np.random.default_rng([self.seed, epoch])
        store, size = self.tiled, self.tiled.size
        order = rng.permutation(segments * length)[turn * length : (turn + 1) * length]
        corner = np.zeros((length, 2), np.int32)
        tile = np.full((length, size * size), -np.inf, np.float16)
        for place, number in enumerate(order):
            if number < len(store.corner):
                corner[place] = store.corner[number]
                held = slice(store.starts[number], store.starts[number + 1])
                row, column, value = (array[held] for array in store.inside)
                tile[place, (row - corner[place, 0]) * size + column - corner[place, 1]] = value
        which, left = self._singles(turn, rng)
        row, column, value = (array[which].reshape(length, some) for array in store.single)
        single = np.where(left.reshape(length, some), value, np.float32(-np.inf))
        return corner, tile.reshape(length, size, size), row, column, single

    def _singles(self, turn: int, rng: np.random.Generator) -> tuple[Int64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Which single cells segment ``turn`` of an epoch has, and for the last segment which of them count."""
        _, length, some = self._shape
        total = len(self.tiled.single.row)
        stride = int(total * rng.uniform(0.3, 0.7)) + 1
        while np.gcd(stride, total) > 1:  # so that its multiples visit all
            stride += 1
        place = np.arange(turn * length * some, (turn + 1) * length * some)
        return (place % max(total, 1) * stride + rng.integers(max(total, 1))) % max(total, 1), place < total

    def prepare(
        self, data: tuple[Shaped[Array, "steps ..."], ...], *, key: Key[Array, ""]
    ) -> tuple[TileBatch, Int[Array, ""]]:
        """Nothing is to be prepared."""
        del key
        return TileBatch(*data), jnp.int32(len(data[0]))

    def batch(self, prepared: TileBatch, index: Int[Array, ""], *, key: Key[Array, ""]) -> TileBatch:
        """Step ``index`` of the segment."""
        del key
        return TileBatch(*(array[index] for array in prepared))
