"""The k largest entries of the rows or columns of a matrix, given whole or tile by tile."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

NAN = "the scores of a query are not all numbers: a vector holds NaN"
_TILE = (2048, 8192)
"""Rows and columns of one tile of inner products, small enough to stay in the processor's cache."""


def largest(block: Float[np.ndarray, "q v"], k: int) -> tuple[Int[np.ndarray, "q k"], Float[np.ndarray, "q k"]]:
    """Returns the columns and values of the k largest entries of each row, in descending order, ties by column."""
    if k == 0:
        return np.empty((len(block), 0), np.int64), np.empty((len(block), 0), block.dtype)
    ids = np.empty((len(block), k), np.int64)
    for i, (line, floor) in enumerate(zip(block, _floors(block, k), strict=True)):
        columns = np.flatnonzero(line >= floor)
        ids[i] = columns[np.argsort(-line[columns], kind="stable")[:k]]
    return ids, np.take_along_axis(block, ids, axis=1)


def _floors(block: Float[np.ndarray, "q v"], k: int, *, axis: int = 1) -> Float[np.ndarray, " lines"]:
    """Returns a lower bound of the k-th largest entry of each row, or of each column with ``axis`` 0.

    The bound is the k-th largest of the maxima of about 4k groups of entries. At least k entries reach it, and usually
    few more. It is much cheaper than the k-th largest entry.

    Raises:
      ValueError: an entry is NaN.
    """
    length = block.shape[axis]
    width = max(1, length // (4 * k))
    inside = length // width * width
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
    """The k largest entries seen so far of each row or column of a matrix that is given tile by tile.

    ``kept`` holds the entries of each line, a row or a column. ``floors`` holds a lower bound of the k-th largest entry
    of each line: the smallest entry of ``kept``, or a higher bound that the caller has set. Both arrays are updated in
    place.
    """

    kept: Float[np.ndarray, "lines k"]
    floors: Float[np.ndarray, " lines"]

    @staticmethod
    def empty(lines: int, k: int) -> "Largest":
        """Returns the state before the first tile."""
        return Largest(np.full((lines, k), -np.inf, np.float32), np.full(lines, -np.inf, np.float32))

    def add(self, lines: slice, tile: Float[np.ndarray, "q v"], *, axis: int) -> None:
        """Adds a tile whose rows (``axis`` 1) or columns (``axis`` 0) belong to ``lines``.

        After the first tile few entries exceed the floor of their line, and only these are sorted.
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
        np.maximum(floors, kept.min(axis=1), out=floors)

    def means(self) -> Float[np.ndarray, " lines"]:
        """Returns the mean of the k largest entries of each line.

        Raises:
          ValueError: an entry was NaN.
        """
        if not np.isfinite(self.kept).all():  # a NaN exceeds nothing, so -inf remains
            raise ValueError(NAN)
        return np.sort(self.kept, axis=1).mean(axis=1)  # sorted: equal lines have equal means


def largest_means(
    rows: Float[np.ndarray, "q d"],
    columns: Float[np.ndarray, "v d"],
    k: int,
    *,
    both: bool = True,
    progress: Callable[[int], object] | None = None,
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " v"]]:
    """Returns the mean of the k largest entries of each row and of each column of rows @ columns.T, in one pass.

    Args:
      rows: vectors, shape (q, d).
      columns: vectors, shape (v, d).
      k: number of entries in each mean; all entries if there are fewer.
      both: whether the means of the columns are computed.
      progress: receives the number of rows finished.

    Returns:
      The means of the rows, shape (q,), and of the columns, shape (v,). The mean of no entries is 0, and so are the
      means of the columns if they are not computed.

    Raises:
      ValueError: an entry is NaN.
    """
    none = np.zeros(len(rows), np.float32), np.zeros(len(columns), np.float32)
    if len(rows) == 0 or len(columns) == 0:
        return none
    if not both and not np.isfinite(columns).all():  # the largest entries of the rows do not show every NaN
        raise ValueError(NAN)
    of_rows = Largest.empty(len(rows), min(k, len(columns)))
    of_columns = Largest.empty(len(columns), min(k, len(rows))) if both else None
    for some, others, tile in tiles(rows, columns):
        of_rows.add(some, tile, axis=1)
        if of_columns is not None:
            of_columns.add(others, tile, axis=0)
        if progress is not None and others.stop == len(columns):
            progress(some.stop - some.start)
    return of_rows.means(), none[1] if of_columns is None else of_columns.means()


def tiles(
    left: Float[np.ndarray, "q d"], right: Float[np.ndarray, "v d"]
) -> Iterator[tuple[slice, slice, Float[np.ndarray, "h w"]]]:
    """Yields left @ right.T tile by tile: the rows, the columns and the tile, valid until the next tile.

    >>> [(rows, columns, tile.tolist()) for rows, columns, tile in tiles(np.ones((1, 2)), np.ones((1, 2)))]
    [(slice(0, 1, None), slice(0, 1, None), [[2.0]])]
    """
    height, width = (min(limit, size) for limit, size in zip(_TILE, (len(left), len(right)), strict=True))
    room = np.empty(height * width, np.float32)
    for rows in slices(len(left), height):
        for columns in slices(len(right), width):
            some, others = left[rows], right[columns].T
            tile = room[: len(some) * others.shape[1]].reshape(len(some), -1)
            yield rows, columns, np.matmul(some, others, out=tile)


def slices(total: int, size: int) -> Iterator[slice]:
    """Yields the slices of ``total`` rows in blocks of ``size``."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
