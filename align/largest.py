"""The k largest entries of the rows or columns of a matrix, given whole or tile by tile."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

NAN = "the scores of a query are not all numbers: a vector holds NaN"
_TILE = (2048, 8192)
"""Rows and columns of one tile of inner products, small enough to stay in the processor's cache."""
_LEAST_TILES, _LEAST_DIMS, _SAMPLE = 6, 64, 20_000
_OUTSIDE, _SHARE, _MANY = 0.08, 0.45, 0.01
"""Bounds leave this share of the squared lengths outside, use at most this share of the dimensions, and are left aside
for a tile in which they let more than this share of the entries pass."""


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

    ``floors`` holds the smallest entry of each line of ``kept``. Both arrays are updated in place.
    """

    kept: Float[np.ndarray, "lines k"]
    floors: Float[np.ndarray, " lines"]

    @staticmethod
    def empty(lines: int, k: int) -> "Largest":
        """Returns the state before the first tile."""
        return Largest(np.full((lines, k), -np.inf, np.float32), np.full(lines, -np.inf, np.float32))

    def add(self, lines: slice, tile: Float[np.ndarray, "q v"], *, axis: int) -> None:
        """Adds a tile whose rows (``axis`` 1) or columns (``axis`` 0) are entries of ``lines``.

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
        self.insert(lines, line, tile.reshape(-1)[flat])

    def insert(self, lines: slice, line: Int[np.ndarray, " n"], values: Float[np.ndarray, " n"]) -> None:
        """Adds ``values``, each an entry of the line with number ``line`` among ``lines``."""
        kept, floors = self.kept[lines], self.floors[lines]
        k = kept.shape[1]
        order = np.argsort(line, kind="stable")
        line, values = line[order], values[order]
        count = np.bincount(line, minlength=len(kept))
        touched = np.flatnonzero(count)
        pool = np.full((len(touched), k + count.max(initial=0)), -np.inf, np.float32)
        pool[:, :k] = kept[touched]
        place = np.arange(len(line)) - (np.cumsum(count) - count)[line]
        pool[(np.cumsum(count > 0) - 1)[line], k + place] = values
        pool.partition(pool.shape[1] - k, axis=1)
        kept[touched] = pool[:, pool.shape[1] - k :]
        floors[:] = kept.min(axis=1)

    def means(self) -> Float[np.ndarray, " lines"]:
        """Returns the mean of the k largest entries of each line.

        Raises:
          ValueError: an entry was NaN.
        """
        if not np.isfinite(self.kept).all():  # a NaN exceeds nothing, so -inf remains
            raise ValueError(NAN)
        return self.kept.mean(axis=1)


def largest_means(
    rows: Float[np.ndarray, "q d"],
    columns: Float[np.ndarray, "v d"],
    k: int,
    *,
    both: bool = True,
    progress: Callable[[int], object] | None = None,
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " v"]]:
    """Returns the mean of the k largest entries of each row and of each column of rows @ columns.T, in one pass.

    Without entries the mean is 0. Without ``both`` the columns' means are 0. ``progress`` receives the number of rows
    finished.
    """
    none = np.zeros(len(rows), np.float32), np.zeros(len(columns), np.float32)
    if len(rows) == 0 or len(columns) == 0:
        return none
    of_rows = Largest.empty(len(rows), min(k, len(columns)))
    of_columns = Largest.empty(len(columns), min(k, len(rows))) if both else None
    bounds = _bounds(rows, columns)
    height, width = (min(limit, size) for limit, size in zip(_TILE, (len(rows), len(columns)), strict=True))
    room = np.empty(height * width, np.float32)
    for some in slices(len(rows), height):
        for others in slices(len(columns), width):
            if bounds is None or not _add_some(bounds, (rows, columns), (some, others), (of_rows, of_columns), room):
                tile = _product(rows[some], columns[others], room)
                of_rows.add(some, tile, axis=1)
                if of_columns is not None:
                    of_columns.add(others, tile, axis=0)
        if progress is not None:
            progress(some.stop - some.start)
    return of_rows.means(), none[1] if of_columns is None else of_columns.means()


def _product(
    left: Float[np.ndarray, "h d"], right: Float[np.ndarray, "w d"], room: Float[np.ndarray, " cells"]
) -> Float[np.ndarray, "h w"]:
    """Returns left @ right.T in ``room``; it is valid until the next product."""
    return np.matmul(left, right.T, out=room[: len(left) * len(right)].reshape(len(left), -1))


class _Bounds(NamedTuple):
    """Vectors whose inner products, plus ``slack`` for rounding, are upper bounds of those of the rows and columns."""

    rows: Float[np.ndarray, "q m"]
    columns: Float[np.ndarray, "v m"]
    slack: float


def _bounds(rows: Float[np.ndarray, "q d"], columns: Float[np.ndarray, "v d"]) -> _Bounds | None:
    """Returns bounds in fewer dimensions, or None if they would not save time.

    Let x1 and y1 be the coordinates in the few directions that hold nearly all of the squared lengths, and x2 and y2
    the others. Then <x, y> <= <x1, y1> + |x2| |y2| (Cauchy-Schwarz), an inner product of (x1, |x2|) and (y1, |y2|).
    """
    d = rows.shape[1]
    if min(len(rows), len(columns)) < _LEAST_TILES * _TILE[1] or d < _LEAST_DIMS:
        return None
    samples = [side[:: max(1, len(side) // _SAMPLE)] for side in (rows, columns)]
    moments = sum(sample.T @ sample / len(sample) for sample in samples)
    if not np.isfinite(moments).all():
        return None
    energies, axes = np.linalg.eigh(np.asarray(moments, np.float64))
    outside = np.cumsum(energies)[::-1] / energies.sum()  # what all but the first n directions hold
    few = int(np.count_nonzero(outside > _OUTSIDE)) // 8 * 8 + 8
    if few > _SHARE * d:
        return None
    turned = np.ascontiguousarray(axes[:, ::-1], rows.dtype)
    left, right = (_with_rest(side, turned, few) for side in (rows, columns))
    longest = [float(np.sqrt(np.einsum("nm,nm->n", side, side).max())) for side in (left, right)]
    return _Bounds(left, right, 1e-5 * longest[0] * longest[1])


def _with_rest(side: Float[np.ndarray, "n d"], axes: Float[np.ndarray, "d d"], few: int) -> Float[np.ndarray, "n m"]:
    """Returns the coordinates along the first ``few`` axes, and the length of the rest."""
    found = np.empty((len(side), few + 1), np.float32)
    for some in slices(len(side), _TILE[1]):
        whole = side[some] @ axes
        found[some, :few] = whole[:, :few]
        found[some, few] = np.sqrt(np.einsum("nd,nd->n", whole[:, few:], whole[:, few:]))
    return found


def _add_some(
    bounds: _Bounds,
    vectors: tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "v d"]],
    place: tuple[slice, slice],
    found: tuple[Largest, Largest | None],
    room: Float[np.ndarray, " cells"],
) -> bool:
    """Adds the entries of a tile whose bounds exceed a floor; returns False, and adds none, if they are too many."""
    (some, others), (of_rows, of_columns) = place, found
    floors = of_rows.floors[some] - bounds.slack, (None if of_columns is None else of_columns.floors[others])
    if not np.isfinite(floors[0]).all() or (floors[1] is not None and not np.isfinite(floors[1]).all()):
        return False
    highest = _product(bounds.rows[some], bounds.columns[others], room)
    entering = highest > floors[0][:, None]
    if floors[1] is not None:
        entering |= highest > floors[1] - bounds.slack
    flat = np.flatnonzero(entering)
    if len(flat) > _MANY * entering.size:
        return False
    row, column = np.divmod(flat, entering.shape[1])
    left, right = vectors[0][some], vectors[1][others]
    values = np.empty(len(flat), np.float32)
    for part in slices(len(flat), _TILE[1]):
        values[part] = np.einsum("nd,nd->n", left[row[part]], right[column[part]])
    of_rows.insert(some, row, values)
    if of_columns is not None:
        of_columns.insert(others, column, values)
    return True


def slices(total: int, size: int) -> Iterator[slice]:
    """Yields the slices of ``total`` rows in blocks of ``size``."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))
