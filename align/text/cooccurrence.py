"""Co-occurrence counts: weighted counts of the words near each word of a corpus, as sparse cells.

    X[i, j] = sum over positions s, t with ids[s] = i, ids[t] = j, 0 < |s - t| <= size, of weigh(|s - t|)

Source: Pennington, Socher & Manning 2014, section 4.2 (a pair has the weight 1 / distance).

The windows around the positions of one word form a sparse row with repeated columns; its product with the identity
matrix sums the repeated columns. Rows are independent, so threads count blocks of rows, which are returned in order. A
corpus that is too large for the memory limit is counted in parts, which are stored in temporary files and merged by
row.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int, Int32
from numpy.lib.stride_tricks import sliding_window_view

from align.checks import SettingError
from align.cores import usable_cores
from align.progress import Report
from align.text.cells import Cells, block_cells, keep_cells, made_in_order, row_blocks
from align.text.corpus import Corpus

Weigh = Callable[[Int[np.ndarray, " c"], int], Float[np.ndarray, " c"]]
"""A function of distances (from 1) and the window size that returns the weights."""

MAX_WINDOW = 1000
"""The largest size of a window: time and memory grow with it."""
MEMORY = 2 << 30
"""Default memory limit of counting, in bytes."""


class _Stream(NamedTuple):
    """A part of a text with the margin that its windows need; the centres are ``ids[first:last]``."""

    ids: Int32[np.ndarray, " s"]
    first: int
    last: int


def harmonic(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """Returns 1 / distance (Pennington, Socher & Manning 2014, section 4.2)."""
    del size
    return 1 / distance


def falling(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """Returns (size - distance + 1) / size, the mean weight in word2vec's random window.

    Source: Levy, Goldberg & Dagan 2015, section 3.1.
    """
    return (size - distance + 1) / size


def flat(distance: Int[np.ndarray, " c"], size: int) -> Float[np.ndarray, " c"]:
    """Returns 1 for every distance."""
    del size
    return np.ones(len(distance))


@dataclass(frozen=True)
class Window:
    """A window of words around a centre word.

    Args:
        size: largest distance from the centre, in words.
        weigh: weight of a pair by its distance.
        left: whether the window contains the words on the left.
        right: whether the window contains the words on the right.
        across: whether it crosses the ends of sentences.

    Raises:
        ValueError: the window contains no word, or a weight is not finite and positive.

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
        if not 1 <= self.size <= MAX_WINDOW:
            raise SettingError("window", self.size, f"must be from 1 to {MAX_WINDOW}")
        if not (self.left or self.right):
            raise ValueError("a window without left and right contains no word")
        weights = self.weigh(np.arange(1, self.size + 1), self.size)
        if not (weights.shape == (self.size,) and np.isfinite(weights).all() and weights.min() > 0):
            raise ValueError(
                f"the weights of distances 1 to {self.size} are {weights}; they must be finite and above 0"
            )

    @property
    def first(self) -> int:
        """The offset of the first word of a window from its centre."""
        return -self.size if self.left else 1

    def weights(self) -> Float[np.ndarray, " c"]:
        """Returns the weight of each position of a window from left to right; 0 for the centre between two sides."""
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
    """Counts the co-occurrences of the words of a corpus.

    Args:
        corpus: a corpus of v distinct words.
        window: the window; by default 10 words on each side with weights 1 / distance.
        memory: approximate memory limit in bytes. Beyond it the counts are stored in temporary files, and the returned
            arrays are mapped from such files, which disappear with the arrays.
        threads: number of threads; by default the number of usable cores.
        folder: folder of the temporary files; by default that of the system.
        report: receives the number of tokens counted.

    Returns:
        The cells of a (v, v) matrix; row i, column j counts the occurrences of j in the windows around i.

    Raises:
        ValueError: ``memory`` is below 16 MB.
        OSError: the disk of ``folder`` is full.
    """
    window = window or Window()
    contents = Contents(lambda ids: ids, len(corpus.vocab), window.weights())
    return count_contents(corpus, window, contents, memory=memory, threads=threads, folder=folder, report=report)


class Contents(NamedTuple):
    """The contexts in the windows of a text, numbered from 0 to ``columns`` - 1.

    ``number`` takes a part of the text, with the size of the vocabulary as id at the ends of sentences, and returns the
    context that begins at each position, or ``columns`` if none does. ``weights[k]`` is the weight of the context at
    offset k from the first word of a window.
    """

    number: Callable[[Int32[np.ndarray, " s"]], Int32[np.ndarray, " s"]]
    columns: int
    weights: Float[np.ndarray, " c"]


def count_contents(
    corpus: Corpus,
    window: Window,
    contents: Contents,
    *,
    memory: int = MEMORY,
    threads: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    report: Report = lambda *_: None,
) -> Cells:
    """Counts the contexts in the windows around the words of a corpus.

    Arguments and errors are the same as in :func:`count_cells`, whose contexts are words.

    Returns:
        The cells of a (v, columns) matrix; row i, column j counts the occurrences of j in the windows around i.
    """
    if memory < 16 << 20:
        raise ValueError(f"memory of {memory} bytes; at least {16 << 20} are needed")
    words, ids = len(corpus.vocab), corpus.ids
    part = max(memory // 100, 2 * window.size)
    starts = range(0, max(len(ids), 1), part)
    threads = threads or usable_cores()
    with ThreadPoolExecutor(threads) as pool:
        runs: list[Cells] = []
        for start in starts:
            stop = min(start + part, len(ids))
            stream = _stream(ids, start, stop, window, words)

            def progress(share: float, start: int = start, stop: int = stop) -> None:
                report("counting", start + int(share * (stop - start)), len(ids))

            blocks = _counted(stream, window, contents, words, pool=pool, max_words=memory // 400, progress=progress)
            runs.append(keep_cells(blocks, memory // 4 if len(starts) == 1 else 0, folder))
        if len(runs) == 1:
            return runs[0]
        merged = _merged(pool, runs, (words, contents.columns), memory // 400, report)
        return keep_cells(merged, memory // 4, folder)


def _stream(ids: Int32[np.ndarray, " t"], start: int, stop: int, window: Window, end: int) -> _Stream:
    """Returns tokens ``start`` to ``stop`` with the margin that their windows need.

    Between sentences there are ``size`` copies of ``end``, an id that is not a word, so that no window crosses them.
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
    parts = [margin, left, centres, right, margin, margin[:1]]  # one more, so that an empty text also has a window
    return _Stream(np.concatenate(parts), first, first + len(centres))


def _counted(
    stream: _Stream,
    window: Window,
    contents: Contents,
    words: int,
    *,
    pool: ThreadPoolExecutor,
    max_words: int,
    progress: Callable[[float], object],
) -> Iterator[Cells]:
    """Yields the cells of the centres of ``stream``, in blocks of rows of at most ``max_words`` gathered words."""
    centres = stream.ids[stream.first : stream.last]
    ones = np.ones(len(centres), np.int8)
    by_word = sp.csr_array(
        (ones, (centres, np.arange(len(centres), dtype=np.int32))), shape=(words + 1, len(centres))
    )  # row i has the positions of word i, in order
    places, starts = by_word.indices, by_word.indptr.astype(np.int64)
    none, weights = contents.columns, contents.weights
    outside = np.flatnonzero(weights == 0)
    windows = sliding_window_view(contents.number(stream.ids), len(weights))
    slots = max(max_words // len(weights), 1)
    repeated = np.tile(weights, slots)
    summing = sp.eye_array(
        none + 1, none, format="csr", dtype=np.float64
    )  # drops column ``none``, which is not a context

    def some(rows: range, start: int, stop: int) -> sp.csr_array:
        seen = windows[places[start:stop] + (stream.first + window.first)]
        seen[:, outside] = none
        ends = np.clip(starts[rows.start : rows.stop + 1], start, stop) - start
        held = (repeated[: seen.size], seen.reshape(-1), (ends * len(weights)).astype(np.int32))
        return sp.csr_array(held, shape=(len(rows), none + 1)) @ summing

    def block(rows: range) -> Cells:
        start, stop = int(starts[rows.start]), int(starts[rows.stop])
        parts = [some(rows, at, min(at + slots, stop)) for at in range(start, stop, slots)]
        total = sum(parts[1:], start=parts[0]) if parts else sp.csr_array((len(rows), none))
        return block_cells(total, rows)

    for rows, cells in made_in_order(pool, block, row_blocks(starts[: words + 1], slots)):
        yield cells
        progress(int(starts[rows.stop]) / max(int(starts[words]), 1))


def _merged(
    pool: ThreadPoolExecutor, runs: Sequence[Cells], shape: tuple[int, int], max_cells: int, report: Report
) -> Iterator[Cells]:
    """Yields the sum of ``runs``, in blocks of rows of about ``max_cells`` cells."""
    words, columns = shape
    starts = np.zeros(words + 1, np.int64)
    for run in runs:
        starts += np.searchsorted(run.row, np.arange(words + 1))

    def block(rows: range) -> Cells:
        slices = [slice(*np.searchsorted(run.row, [rows.start, rows.stop])) for run in runs]
        row, column, value = (
            np.concatenate([np.asarray(run[n][part]) for run, part in zip(runs, slices, strict=True)]) for n in range(3)
        )
        cells = (value.astype(np.float64), (row - rows.start, column))
        return block_cells(sp.coo_array(cells, shape=(len(rows), columns)).tocsr(), rows)

    for rows, cells in made_in_order(pool, block, row_blocks(starts, max_cells)):
        yield cells
        report("merging", int(starts[rows.stop]), int(starts[-1]))
