"""Count-based spaces: positive pointwise mutual information of a word and its contexts, and its truncated SVD."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32, Float64

from align.progress import Report
from align.space import Space
from align.text.cooccurrence import MEMORY, Cells, Window, count_cells, falling, keep_cells
from align.text.corpus import Corpus


class Factors(NamedTuple):
    """A matrix as ``left @ diag(values) @ right.T``, the largest of ``values`` first."""

    left: Float32[np.ndarray, "v d"]
    values: Float32[np.ndarray, " d"]
    right: Float32[np.ndarray, "c d"]


@dataclass(frozen=True)
class PPMISVD:
    """Vectors from the ``dim`` largest singular values of a corpus's shifted, smoothed PPMI matrix M = U S V^T.

        w = U S^power,  or with ``contexts`` w + c, where c = V S^power

    Source: Levy, Goldberg & Dagan 2015, sections 2.2, 3.2 (``shift``: their k; ``smoothing``: their alpha) and 3.3
    (``power``: their p; w + c). ``depth``: see :func:`truncated_svd`. ``memory``: bytes for the counts, by estimate.

    But: c is V S^power, so that w and c are of one size; the paper has c = V.
    """

    dim: int = 100
    window: Window = field(default_factory=lambda: Window(5, falling))
    shift: float = 1.0
    smoothing: float = 0.75
    power: float = 0.5
    contexts: bool = False
    depth: int = 6
    memory: int = MEMORY

    def __post_init__(self) -> None:
        if self.dim < 1 or self.depth < 0:
            raise ValueError(f"dim {self.dim} is to be at least 1 and depth {self.depth} at least 0")
        if not (self.shift > 0 and 0 <= self.smoothing <= 1 and 0 <= self.power <= 1):
            raise ValueError(
                f"shift {self.shift} is to be above 0, smoothing {self.smoothing} and power {self.power} from 0 to 1"
            )

    def fit(self, corpus: Corpus, *, seed: int, report: Report = lambda *_: None) -> Space:
        """The space of ``corpus``; ``report`` hears of counting and of the products of the decomposition.

        Raises:
            ValueError: the vocabulary has fewer than ``dim`` words, or no two words occur together more than expected.
        """
        words = len(corpus.vocab)
        if words < self.dim:
            raise ValueError(f"{words} words give no vectors of dimension {self.dim}; at most {words} is possible")
        cells = count_cells(corpus, self.window, memory=self.memory, report=report)
        cells = ppmi(cells, words, shift=self.shift, smoothing=self.smoothing, memory=self.memory)
        if len(cells.value) == 0:
            raise ValueError(f"no two words stand together more than {self.shift:g} times as often as by chance")
        found = truncated_svd(cells, words, self.dim, seed=seed, depth=self.depth, report=report)
        scale = found.values**self.power
        vectors = (found.left + found.right if self.contexts else found.left) * scale
        return Space(corpus.vocab, vectors, name=corpus.name)


def ppmi(cells: Cells, words: int, *, shift: float = 1.0, smoothing: float = 1.0, memory: int = MEMORY) -> Cells:
    """The cells above 0 of the shifted positive pointwise mutual information, the context distribution smoothed.

        max(log(P(w, c) / (P(w) P_a(c))) - log(shift), 0),  P_a(c) = #(c)^smoothing / sum over c' of #(c')^smoothing

    with P(w, c) = X[w, c] / sum of X, and P(w) and #(c) the sums of X's rows and columns. Source: Levy, Goldberg &
    Dagan 2015, sections 2.1 and 3.2. Past a quarter of ``memory`` bytes they are kept in a temporary file.
    """
    step = max(memory // 200, 1)
    parts = [slice(start, start + step) for start in range(0, len(cells.value), step)]
    rows, columns = np.zeros(words), np.zeros(words)
    for part in parts:
        rows += np.bincount(cells.row[part], cells.value[part], words)
        columns += np.bincount(cells.column[part], cells.value[part], words)
    row_log, column_log = (np.log(np.where(sums > 0, sums, 1)) for sums in (rows, columns))  # of 0 there is no cell
    constant = np.log(np.sum(columns[columns > 0] ** smoothing)) - np.log(shift)

    def pieces() -> Iterator[Cells]:
        for part in parts:
            row, column = cells.row[part], cells.column[part]
            value = np.log(cells.value[part]) + (constant - row_log[row] - smoothing * column_log[column])
            above = value > 0
            yield Cells(row[above], column[above], value[above].astype(np.float32))

    return keep_cells(pieces(), memory // 4)


def truncated_svd(
    cells: Cells, words: int, dim: int, *, seed: int, depth: int = 6, report: Report = lambda *_: None
) -> Factors:
    """The ``dim`` largest singular values of the matrix A of ``cells``, and their vectors, by a block Krylov subspace.

        K = [A G, (A A^T) A G, ..., (A A^T)^depth A G], G normal noise of dim / 2 columns;  Q = orth(K);
        Q^T A = R diag(s) V^T by the ordinary SVD;  A is near (Q R) diag(s) V^T

    Source: Musco & Musco 2015, algorithm 2; each block is made orthogonal to those before it, twice (Golub & Van Loan
    2013, section 10.3). A small matrix is decomposed whole.

    Raises:
        ValueError: ``dim`` is above ``words``.
    """
    if dim > words:
        raise ValueError(f"{words} rows have no {dim} singular values")
    block = -(-dim // 2)
    if (depth + 1) * block < dim or 2 * (depth + 1) * block >= words:
        whole = np.zeros((words, words))
        whole[cells.row, cells.column] = cells.value
        left, values, right = np.linalg.svd(whole)
        return Factors(*_single(left[:, :dim], values[:dim], right[:dim].T))
    rng = np.random.default_rng(seed)
    with ThreadPoolExecutor() as pool:
        parts = _row_parts(cells, words, os.cpu_count() or 1)

        def times(x: Float32[np.ndarray, "c b"]) -> Float32[np.ndarray, "v b"]:
            return np.concatenate(list(pool.map(lambda part: part[1] @ x, parts)))

        def transposed(y: Float32[np.ndarray, "v b"]) -> Float32[np.ndarray, "c b"]:
            products = pool.map(lambda part: part[1].T @ y[part[0]], parts)
            return sum(products, start=np.zeros((words, y.shape[1]), np.float32))

        last = np.linalg.qr(times(rng.standard_normal((words, block), np.float32)))[0]
        basis = last
        for power in range(depth):
            report("decomposing", power, depth + 1)
            last = times(transposed(last))
            for _ in range(2):
                last = np.linalg.qr(last - basis @ (basis.T @ last))[0]
            basis = np.hstack([basis, last])
        report("decomposing", depth, depth + 1)
        basis = np.linalg.qr(basis)[0]  # where A has no more directions, a block repeats old ones
        right, square = np.linalg.qr(transposed(basis))
    inner, values, outer = np.linalg.svd(square.T.astype(np.float64))
    report("decomposing", depth + 1, depth + 1)
    left, right = basis @ inner[:, :dim].astype(np.float32), right @ outer[:dim].T.astype(np.float32)
    return Factors(*_single(left, values[:dim], right))


def _single(*arrays: Float[np.ndarray, "..."] | Float64[np.ndarray, "..."]) -> list[Float32[np.ndarray, "..."]]:
    return [np.ascontiguousarray(array, np.float32) for array in arrays]


def _row_parts(cells: Cells, words: int, count: int) -> Sequence[tuple[slice, sp.csr_array]]:
    """The matrix of ``cells`` in ``count`` blocks of rows with about as many cells each, which share their memory."""
    starts = np.searchsorted(cells.row, np.arange(words + 1))
    edges = np.searchsorted(starts, np.linspace(0, starts[-1], count + 1)[1:-1])
    edges = np.unique([0, *edges.tolist(), words])
    parts: list[tuple[slice, sp.csr_array]] = []
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        held = slice(int(starts[first]), int(starts[stop]))
        pointers = (starts[first : stop + 1] - starts[first]).astype(np.int32)
        data = (cells.value[held], cells.column[held], pointers)
        parts.append((slice(first, stop), sp.csr_array(data, shape=(stop - first, words))))
    return parts
