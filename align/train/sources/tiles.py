"""Source of count-matrix cells: dense tiles for well-filled parts of the matrix, single cells elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int32, Int64, Shaped

from align.text.cooccurrence import MEMORY, Cells, keep_cells
from align.train.batchers.tiles import TileBatcher
from align.train.sources.source import Source

SEGMENT_STEPS = 64
"""Largest number of steps copied to the device at once."""


@dataclass(frozen=True, eq=False)
class TiledMatrix:
    """A count matrix of ``words`` rows and columns, most frequent first, divided into tiles of ``size`` x ``size``.

    Tile n begins at row and column ``corner[n]``; its cells are ``inside[starts[n] : starts[n+1]]``. The cells of tiles
    that are not well filled are ``single``. The values of both are logarithms of counts.
    """

    words: int
    size: int
    corner: Int32[np.ndarray, "n 2"]
    starts: Int64[np.ndarray, " n_and_1"]
    inside: Cells
    single: Cells

    @property
    def cells(self) -> int:
        """The number of cells above 0."""
        return len(self.inside.row) + len(self.single.row)


def tile_matrix(cells: Cells, words: int, *, size: int = 256, fill: float = 0.02, memory: int = MEMORY) -> TiledMatrix:
    """Divides ``cells`` into tiles.

    In a tile of which the share ``fill`` is above 0, each cell above 0 costs 1 / fill inner products. A single cell
    costs a gather and an update of two rows. On two CPU cores, both cost the same at a fill of about .02.

    Args:
        cells: the cells above 0 of the count matrix.
        words: number of rows and columns of the matrix.
        size: number of rows and columns of a tile.
        fill: a tile is dense if at least this share of its cells is above 0; the fullest tile always is.
        memory: if the cells of a kind take more than a quarter of these bytes, they go to a temporary file.

    Raises:
        ValueError: there is no cell, or a tile has no row.
    """
    if len(cells.row) == 0 or size < 1:
        raise ValueError(f"{len(cells.row)} cells and tiles of {size} rows: at least one of each is needed")
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
    return TiledMatrix(words, size, corner, starts, inside, single)


@dataclass(frozen=True, eq=False)
class TileSource(Source):
    """Yields every cell once in each of ``epochs`` epochs.

    Each step has one tile and a fixed number of single cells, chosen so that tiles and single cells end at the same
    step. ``seed`` decides the order of the tiles of each epoch, and the stride with which it visits the single cells.

    But: the logarithms in tiles have half precision, with an error of .004 for the largest counts.
    """

    batcher: TileBatcher
    matrix: TiledMatrix
    epochs: int
    seed: int
    devices: int = 1
    segment_steps: int = SEGMENT_STEPS

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Segments of an epoch, steps of a segment, and single cells of a step."""
        largest = 8 * self.matrix.size
        steps = max(len(self.matrix.corner), -(-len(self.matrix.single.row) // largest))
        segments = -(-steps // self.segment_steps)
        length = -(-steps // segments)
        length += -length % self.devices
        return segments, length, -(-len(self.matrix.single.row) // (segments * length))

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self._shape[0]

    @property
    def steps(self) -> int:
        """The number of steps per epoch."""
        segments, length, _ = self._shape
        return segments * length

    def load(self, segment: int) -> tuple[Shaped[np.ndarray, "steps ..."], ...]:
        """Returns the fields of the batches of a segment; some steps of an epoch may have no tile."""
        segments, length, per_step = self._shape
        epoch, index = divmod(segment, segments)
        rng = np.random.default_rng([self.seed, epoch])
        matrix, size = self.matrix, self.matrix.size
        order = rng.permutation(segments * length)[index * length : (index + 1) * length]
        corner = np.zeros((length, 2), np.int32)
        tile = np.full((length, size * size), -np.inf, np.float16)
        for place, number in enumerate(order):
            if number < len(matrix.corner):
                corner[place] = matrix.corner[number]
                inside = slice(matrix.starts[number], matrix.starts[number + 1])
                row, column, value = (array[inside] for array in matrix.inside)
                tile[place, (row - corner[place, 0]) * size + column - corner[place, 1]] = value
        which, present = self._singles(index, rng)
        row, column, value = (array[which].reshape(length, per_step) for array in matrix.single)
        single = np.where(present.reshape(length, per_step), value, np.float32(-np.inf))
        return corner, tile.reshape(length, size, size), row, column, single

    def _singles(self, index: int, rng: np.random.Generator) -> tuple[Int64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Returns the single cells of segment ``index`` of an epoch, and which of them are not padding."""
        _, length, per_step = self._shape
        total = len(self.matrix.single.row)
        stride = int(total * rng.uniform(0.3, 0.7)) + 1
        while np.gcd(stride, total) > 1:  # so that its multiples visit all cells
            stride += 1
        place = np.arange(index * length * per_step, (index + 1) * length * per_step)
        return (place % max(total, 1) * stride + rng.integers(max(total, 1))) % max(total, 1), place < total
