"""The k largest entries of the rows or columns of a matrix, seen whole or tile by tile."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

NAN = "the scores of a query are not all numbers: a vector holds NaN"


def largest(block: Float[np.ndarray, "q v"], k: int) -> tuple[Int[np.ndarray, "q k"], Float[np.ndarray, "q k"]]:
    """Columns and values of the ``k`` largest entries of each row, largest first, ties to the lower column."""
    if k == 0:
        return np.empty((len(block), 0), np.int64), np.empty((len(block), 0), block.dtype)
    ids = np.empty((len(block), k), np.int64)
    for i, (line, floor) in enumerate(zip(block, _floors(block, k), strict=True)):
        columns = np.flatnonzero(line >= floor)
        ids[i] = columns[np.argsort(-line[columns], kind="stable")[:k]]
    return ids, np.take_along_axis(block, ids, axis=1)


def _floors(block: Float[np.ndarray, "q v"], k: int, *, axis: int = 1) -> Float[np.ndarray, " lines"]:
    """For each row (each column with ``axis`` 0), a number that at least ``k`` of its entries reach, and hardly more.

    It is the k-th largest of the maxima of some 4k groups of entries: far quicker to find than the k-th largest entry.

    Raises:
        ValueError: an entry is NaN.
    """
    long = block.shape[axis]
    width = max(1, long // (4 * k))
    inside = long // width * width
    if width == 1:
        tops = block
    elif axis == 1:
        tops = block[:, :inside].reshape(len(block), -1, width).max(axis=2)
    else:
        tops = block[:inside].reshape(width, -1, block.shape[1]).max(axis=0)
    rest = block[:, inside:] if axis else block[inside:]
    if np.isnan(tops).any() or np.isnan(rest).any():
        raise ValueError(NAN)
    last = tops.shape[axis] - k
    return np.partition(tops, last, axis=axis).take(last, axis=axis)


class Largest(NamedTuple):
    """The k largest numbers that each of some rows or columns of a matrix has shown so far, tile by tile.

    ``floors`` has the least that is ``kept`` of each line; both are written over.
    """

    kept: Float[np.ndarray, "lines k"]
    floors: Float[np.ndarray, " lines"]

    def take(self, lines: slice, tile: Float[np.ndarray, "q v"], *, axis: int) -> None:
        """Look at a tile of those ``lines``, which are its rows (``axis`` 1, along which they run) or columns (0).

        After the first tile few entries are above the least that is kept of their line; only those are sorted in.
        """
        kept, floors = self.kept[lines], self.floors[lines]
        k = kept.shape[1]
        if np.isfinite(floors).all():
            entering = tile > np.expand_dims(floors, axis)
        else:
            least = _floors(tile, k, axis=axis) if tile.shape[axis] >= k else floors
            entering = tile >= np.expand_dims(np.maximum(floors, least), axis)
        flat = np.flatnonzero(entering)
        line = flat // tile.shape[1] if axis else flat % tile.shape[1]
        if not axis:
            order = np.argsort(line, kind="stable")
            flat, line = flat[order], line[order]
        count = np.bincount(line, minlength=len(kept))
        touched = np.flatnonzero(count)
        pool = np.full((len(touched), k + count.max(initial=0)), -np.inf, np.float32)
        pool[:, :k] = kept[touched]
        place = np.arange(len(flat)) - (np.cumsum(count) - count)[line]
        pool[(np.cumsum(count > 0) - 1)[line], k + place] = tile.reshape(-1)[flat]
        pool.partition(pool.shape[1] - k, axis=1)
        kept[touched] = pool[:, pool.shape[1] - k :]
        floors[:] = kept.min(axis=1)

    def means(self) -> Float[np.ndarray, " lines"]:
        """The mean of what is kept of each line.

        Raises:
            ValueError: there was a NaN.
        """
        if not np.isfinite(self.kept).all():  # a NaN is above nothing
            raise ValueError(NAN)
        return self.kept.mean(axis=1)


def none_yet(lines: int, k: int) -> Largest:
    """The k largest of so many lines of which nothing has been seen."""
    return Largest(np.full((lines, k), -np.inf, np.float32), np.full(lines, -np.inf, np.float32))
