"""Cells of a sparse matrix: made block by block of rows in threads, and kept in memory or in temporary files."""

import mmap
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float32, Int, Int32

_AHEAD = 4
"""Number of blocks of rows that are counted in advance."""


class Cells(NamedTuple):
    """The positive cells of a matrix, sorted by row and then by column: ``value[n]`` is at ``row[n], column[n]``."""

    row: Int32[np.ndarray, " n"]
    column: Int32[np.ndarray, " n"]
    value: Float32[np.ndarray, " n"]


def block_cells(block: sp.csr_array, rows: range) -> Cells:
    """Returns the cells of ``block``, the matrix of ``rows``, whose columns may be unsorted."""
    ordered = block.tocsc().tocsr()  # a transposition is a counting sort, which is faster
    row = np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(ordered.indptr))
    return Cells(row, ordered.indices.astype(np.int32, copy=False), ordered.data.astype(np.float32))


def row_blocks(starts: Int[np.ndarray, " rows_and_1"], limit: int) -> Iterator[range]:
    """Yields blocks of consecutive rows of at most ``limit`` entries (at least one row); ``starts`` are offsets."""
    rows = len(starts) - 1
    first = 0
    while first < rows:
        stop = int(np.searchsorted(starts, starts[first] + limit, side="right")) - 1
        stop = min(max(stop, first + 1), rows)
        yield range(first, stop)
        first = stop


def made_in_order(
    pool: ThreadPoolExecutor, block: Callable[[range], Cells], blocks: Iterable[range]
) -> Iterator[tuple[range, Cells]]:
    """Yields each of ``blocks`` with the result of ``block``, in order; threads compute a few results in advance."""
    waiting: deque[tuple[range, Future[Cells]]] = deque()
    for rows in blocks:
        waiting.append((rows, pool.submit(block, rows)))
        if len(waiting) >= _AHEAD:
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def keep_cells(pieces: Iterable[Cells], memory: int, folder: str | os.PathLike[str] | None = None) -> Cells:
    """Concatenates ``pieces``: in memory if they take at most ``memory`` bytes, else in memory-mapped temporary files.

    The files are in ``folder`` (by default that of the system) and disappear with the arrays.
    """
    held: list[Cells] = []
    size = 0
    remaining = iter(pieces)
    for piece in remaining:
        held.append(piece)
        size += sum(array.nbytes for array in piece)
        if size > memory:
            return _on_disk(held, remaining, folder)
    empty = Cells(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
    return Cells(*(np.concatenate(column) for column in zip(empty, *held, strict=True)))


def _on_disk(held: list[Cells], remaining: Iterable[Cells], folder: str | os.PathLike[str] | None) -> Cells:
    """Writes ``held``, which is emptied, and ``remaining`` to anonymous files and maps them."""
    with (
        tempfile.TemporaryFile(dir=folder) as row,
        tempfile.TemporaryFile(dir=folder) as column,
        tempfile.TemporaryFile(dir=folder) as value,
    ):
        files = (row, column, value)
        while held:
            _append(held.pop(0), files)
        for piece in remaining:
            _append(piece, files)
        return Cells(_mapped(row, np.int32), _mapped(column, np.int32), _mapped(value, np.float32))


def _append(piece: Cells, files: Sequence[Any]) -> None:
    """Writes each array of ``piece`` to its file."""
    for array, file in zip(piece, files, strict=True):
        file.write(array.data)


def _mapped(file: Any, dtype: type[Any]) -> np.ndarray:
    """Maps the numbers in ``file``; the array stays valid after the file is closed and deleted."""
    file.flush()
    if file.tell() == 0:
        return np.empty(0, dtype)
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype)
