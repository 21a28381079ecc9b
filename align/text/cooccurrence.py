"""Which words stand near which, and how often: windowed, weighted counts of a corpus as sparse cells.

    X[i, j] = sum over positions s, t with ids[s] = i, ids[t] = j, 0 < |s - t| <= size, of weigh(|s - t|)

Source: Pennington, Socher & Manning 2014, section 4.2 (a window that weighs a pair by 1 / distance).

The windows of one word's positions are gathered as one sparse row with repeated columns; its product with the identity
adds up what repeats. Rows are independent, so blocks of them are counted in threads and come out in order. A corpus too
large for the memory given is counted in parts, kept in temporary files and merged row by row.
"""

import mmap
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32, Int, Int32
from numpy.lib.stride_tricks import sliding_window_view

from align.progress import Report
from align.text.corpus import Corpus

Weigh = Callable[[Int[np.ndarray, " c"], int], Float[np.ndarray, " c"]]
"""The weight of each distance, from 1 up, in a window of a size."""

MEMORY = 2 << 30
"""Bytes that counting may take if nothing else is said."""

_AHEAD = 4
"""Blocks of rows in work or waiting to be taken."""


class Cells(NamedTuple):
    """The cells above 0 of a matrix, sorted by row, then column: ``value[n]`` stands at ``row[n], column[n]``."""

    row: Int32[np.ndarray, " n"]
    column: Int32[np.ndarray, " n"]
    value: Float32[np.ndarray, " n"]


class _Stream(NamedTuple):
    """A part of a text with what its windows see beside it: the centres are ``ids[first:last]``."""

    ids: Int32[np.ndarray, " s"]
    first: int
    last: int


def harmonic(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """1 / distance (Pennington, Socher & Manning 2014, section 4.2)."""
    del size
    return 1 / distance


def falling(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """(size - distance + 1) / size, word2vec's random window on average (Levy, Goldberg & Dagan 2015, section 3.1)."""
    return (size - distance + 1) / size


def flat(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """1 at every distance."""
    del size
    return np.ones(len(distance))


@dataclass(frozen=True)
class Window:
    """The ``size`` words to the ``left`` and to the ``right`` of a word, and how a pair ``weigh``s by its distance.

    A window ends with its sentence, unless it goes ``across``.

    Example:
        >>> Window(5).size
        5
    """

    size: int = 10
    weigh: Weigh = harmonic
    left: bool = True
    right: bool = True
    across: bool = False

    def __post_init__(self) -> None:
        if self.size < 1 or not (self.left or self.right):
            raise ValueError(f"a window of size {self.size}, left {self.left}, right {self.right} holds no word")
        weights = self.weigh(np.arange(1, self.size + 1), self.size)
        if not (weights.shape == (self.size,) and np.isfinite(weights).all() and weights.min() > 0):
            raise ValueError(f"the weights of distances 1 to {self.size} are {weights}; finite ones above 0 are needed")

    @property
    def first(self) -> int:
        """The offset of the first word of a window from its centre."""
        return -self.size if self.left else 1

    def weights(self) -> Float[np.ndarray, " c"]:
        """The weight of each word of a window from left to right; 0 for the centre where it lies between."""
        offsets = np.arange(self.first, self.size + 1 if self.right else 0)
        return np.where(offsets == 0, 0.0, self.weigh(np.maximum(np.abs(offsets), 1), self.size))


def count_cells(
    corpus: Corpus,
    window: Window | None = None,
    *,
    memory: int = MEMORY,
    threads: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    report: Report = lambda *_: None,
) -> Cells:
    """The co-occurrence counts of ``corpus`` within ``window`` (10 words, harmonic, if none is given).

    Row i, column j counts j in the windows around i. ``memory``: bytes to keep to, by estimate; past it the counts go
    through temporary files in ``folder`` (the system's, if none is given), and the cells returned are mapped from one
    that vanishes with them. ``threads``: as many as there are cores. ``report`` hears of tokens counted.

    Raises:
        ValueError: ``memory`` is below 16 MB.
        OSError: the disk of ``folder`` is full.
    """
    window = window or Window()
    if memory < 16 << 20:
        raise ValueError(f"memory of {memory} bytes; at least {16 << 20} are needed")
    words, ids = len(corpus.vocab), corpus.ids
    part = max(memory // 100, 2 * window.size)
    starts = range(0, max(len(ids), 1), part)
    threads = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        runs: list[Cells] = []
        for start in starts:
            stop = min(start + part, len(ids))
            stream = _stream(ids, start, stop, window, words)

            def say(share: float, start: int = start, stop: int = stop) -> None:
                report("counting", start + int(share * (stop - start)), len(ids))

            pieces = _counted(stream, window, words, pool=pool, most=memory // 400, say=say)
            runs.append(keep_cells(pieces, memory // 4 if len(starts) == 1 else 0, folder))
        if len(runs) == 1:
            return runs[0]
        return keep_cells(_merged(pool, runs, words, memory // 400, report), memory // 4, folder)


def matrix(cells: Cells, words: int) -> sp.csr_array:
    """``cells`` as a sparse matrix of ``words`` rows and columns that shares their columns and values."""
    starts = np.searchsorted(cells.row, np.arange(words + 1))
    return sp.csr_array((cells.value, cells.column, starts), shape=(words, words))


def _stream(ids: Int32[np.ndarray, " t"], start: int, stop: int, window: Window, end: int) -> _Stream:
    """Tokens ``start`` to ``stop`` and what their windows see beside them.

    Sentences stand ``size`` times ``end`` apart, an id that is no word, so that no window reaches from one to another.
    """
    size = window.size

    def widened(part: Int32[np.ndarray, " a"]) -> Int32[np.ndarray, " b"]:
        if window.across:
            return part[part >= 0]
        wide = np.repeat(part, np.where(part < 0, size, 1))
        return np.where(wide < 0, np.int32(end), wide)

    reach = size
    while True:
        left, right = widened(ids[max(start - reach, 0) : start]), widened(ids[stop : stop + reach])
        enough = (len(left) >= size or reach >= start) and (len(right) >= size or stop + reach >= len(ids))
        if enough:
            break
        reach *= 2
    margin = np.full(size, end, np.int32)
    centres = widened(ids[start:stop])
    first = size + len(left)
    parts = [margin, left, centres, right, margin, margin[:1]]  # one more, so that there is a window even of no words
    return _Stream(np.concatenate(parts), first, first + len(centres))


def _counted(
    stream: _Stream,
    window: Window,
    words: int,
    *,
    pool: ThreadPoolExecutor,
    most: int,
    say: Callable[[float], object],
) -> Iterator[Cells]:
    """The cells of the centres of ``stream``, in blocks of rows that gather ``most`` words at a time."""
    centres = stream.ids[stream.first : stream.last]
    ones = np.ones(len(centres), np.int8)
    by_word = sp.csr_array(
        (ones, (centres, np.arange(len(centres), dtype=np.int32))), shape=(words + 1, len(centres))
    )  # row i holds the places of word i, in order
    places, starts = by_word.indices, by_word.indptr.astype(np.int64)
    weights = window.weights()
    centre = np.flatnonzero(weights == 0)
    windows = sliding_window_view(stream.ids, len(weights))
    slots = max(most // len(weights), 1)
    repeated = np.tile(weights, slots)
    summing = sp.eye_array(words + 1, words, format="csr", dtype=np.float64)  # drops column ``words``, which is no word

    def some(rows: range, start: int, stop: int) -> sp.csr_array:
        seen = windows[places[start:stop] + (stream.first + window.first)]
        seen[:, centre] = words
        ends = np.clip(starts[rows.start : rows.stop + 1], start, stop) - start
        held = (repeated[: seen.size], seen.reshape(-1), (ends * len(weights)).astype(np.int32))
        return sp.csr_array(held, shape=(len(rows), words + 1)) @ summing

    def block(rows: range) -> Cells:
        start, stop = int(starts[rows.start]), int(starts[rows.stop])
        parts = [some(rows, at, min(at + slots, stop)) for at in range(start, stop, slots)]
        total = sum(parts[1:], start=parts[0]) if parts else sp.csr_array((len(rows), words))
        return _cells(total, rows)

    for rows, cells in _made(pool, block, _row_blocks(starts[: words + 1], slots)):
        yield cells
        say(int(starts[rows.stop]) / max(int(starts[words]), 1))


def _cells(block: sp.csr_array, rows: range) -> Cells:
    """The cells of ``block``, whose columns may be unsorted, as those of ``rows``."""
    ordered = block.tocsc().tocsr()  # a transposition sorts by counting, faster than by comparing
    row = np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(ordered.indptr))
    return Cells(row, ordered.indices.astype(np.int32, copy=False), ordered.data.astype(np.float32))


def _merged(pool: ThreadPoolExecutor, runs: Sequence[Cells], words: int, most: int, report: Report) -> Iterator[Cells]:
    """The sum of ``runs``, in blocks of rows of some ``most`` cells."""
    starts = np.zeros(words + 1, np.int64)
    for run in runs:
        starts += np.searchsorted(run.row, np.arange(words + 1))

    def block(rows: range) -> Cells:
        slices = [slice(*np.searchsorted(run.row, [rows.start, rows.stop])) for run in runs]
        row, column, value = (
            np.concatenate([np.asarray(run[n][part]) for run, part in zip(runs, slices, strict=True)]) for n in range(3)
        )
        cells = (value.astype(np.float64), (row - rows.start, column))
        return _cells(sp.coo_array(cells, shape=(len(rows), words)).tocsr(), rows)

    for rows, cells in _made(pool, block, _row_blocks(starts, most)):
        yield cells
        report("merging", int(starts[rows.stop]), int(starts[-1]))


def _row_blocks(starts: Int[np.ndarray, " rows_and_1"], most: int) -> Iterator[range]:
    """Consecutive rows, at most ``most`` of what ``starts`` counts together, but at least one row."""
    rows = len(starts) - 1
    first = 0
    while first < rows:
        stop = int(np.searchsorted(starts, starts[first] + most, side="right")) - 1
        stop = min(max(stop, first + 1), rows)
        yield range(first, stop)
        first = stop


def _made(
    pool: ThreadPoolExecutor, block: Callable[[range], Cells], blocks: Iterable[range]
) -> Iterator[tuple[range, Cells]]:
    """Each of ``blocks`` and what ``block`` makes of it, in order; a few are made before they are asked for."""
    waiting: deque[tuple[range, Future[Cells]]] = deque()
    for rows in blocks:
        waiting.append((rows, pool.submit(block, rows)))
        if len(waiting) >= _AHEAD:
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def keep_cells(pieces: Iterable[Cells], memory: int, folder: str | os.PathLike[str] | None = None) -> Cells:
    """All ``pieces`` one after another: in memory while they take no more than ``memory`` bytes, else mapped.

    Then they lie in temporary files in ``folder`` (the system's, if none is given) that vanish with the arrays.
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
    """``held``, which is emptied, and ``remaining``, written to nameless files and mapped."""
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
    for array, file in zip(piece, files, strict=True):
        file.write(array.data)


def _mapped(file: Any, dtype: type[Any]) -> np.ndarray:
    """The numbers in ``file``, mapped; they stay readable when it is closed, which removes its name if it had one."""
    file.flush()
    if file.tell() == 0:
        return np.empty(0, dtype)
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype)
