"""PPMI-SVD: positive pointwise mutual information of words and their contexts, and its truncated SVD."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32, Float64

from align.checks import SettingError, above_zero, at_least_one, check_choices, not_negative
from align.cores import usable_cores
from align.progress import Report
from align.space import Space
from align.text.contexts import Features, Place, count_contexts, find_contexts
from align.text.cooccurrence import MEMORY, Cells, Window, count_cells, falling, keep_cells
from align.text.corpus import Corpus
from align.train.features import BIGRAM_MIN_COUNT, check_features
from align.train.model import SolvedModel
from align.train.sources.text import corpus_name, no_pairs


class Factors(NamedTuple):
    """A matrix as ``left @ diag(values) @ right.T``, the largest of ``values`` first."""

    left: Float32[np.ndarray, "v d"]
    values: Float32[np.ndarray, " d"]
    right: Float32[np.ndarray, "c d"]


@dataclass(frozen=True)
class PPMISVD(SolvedModel[Space]):
    """Vectors from the shifted, smoothed PPMI matrix M of a corpus, by its truncated SVD M = U S V^T.

        w = U S^power,  or with ``contexts`` w + c, where c = V S^power

    Source: Levy, Goldberg & Dagan 2015, sections 2.2, 3.2 (``shift`` is their k, ``smoothing`` their alpha) and 3.3
    (``power`` is their p; w + c).

    But: c is V S^power, so that w and c have the same scale; the paper has c = V.

    Raises:
        SettingError: a setting is out of range.

    Example:
        >>> from align.text.vocab import Vocab
        >>> ids = np.array([0, 1, -1, 2, 0, -1], np.int32)
        >>> corpus = Corpus(Vocab(["king", "rode", "horse"], np.array([2, 1, 1])), ids)
        >>> PPMISVD(dim=2).solve(corpus, seed=0)
        Space('', 3 words x 2)
    """

    dim: int = 100
    """Dimensions of the vectors: the number of singular values."""
    window: Window = field(default_factory=lambda: Window(5, falling))
    """The window in which contexts are counted."""
    shift: float = 1.0
    """The logarithm of ``shift`` is subtracted from PMI."""
    smoothing: float = 0.75
    """Exponent of the context counts in PMI."""
    power: float = 0.5
    """Exponent of the singular values."""
    contexts: bool = False
    """Whether to add context vectors to word vectors."""
    features: Features = "word"
    """The kinds of contexts: words, and also bigrams (ngram) or characters."""
    bigram_min_count: int = BIGRAM_MIN_COUNT
    """The smallest count of a bigram."""
    characters: Place = "window"
    """Whose characters are contexts: those of the words of the window, of the word itself (own), or both."""
    depth: int = 6
    """Number of products with M M^T in :func:`truncated_svd`."""
    memory: int = MEMORY
    """Approximate memory for counting, in bytes."""

    def __post_init__(self) -> None:
        check_choices(self)
        at_least_one(self, "dim", "bigram_min_count")
        not_negative(self, "depth")
        above_zero(self, "shift")
        for name in ("smoothing", "power"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(name, getattr(self, name), "must be from 0 to 1")
        bigrams = self.bigram_min_count
        check_features(self.features, self.window.size, characters=self.characters, bigram_min_count=bigrams)

    def solve(self, corpus: Corpus, *, seed: int, report: Report = lambda *_: None) -> Space:
        """Returns the space of ``corpus``.

        Args:
            corpus: the text.
            seed: seed of the noise from which the decomposition starts.
            report: receives the progress of counting and of the decomposition.

        Raises:
            ValueError: the vocabulary has fewer than ``dim`` words, no two words share a window, no two words co-occur
                more often than by chance, or the corpus has no contexts of the ``features``.
        """
        words, name = len(corpus.vocab), corpus_name(corpus)
        if words < self.dim:
            raise SettingError("dim", self.dim, f"must be at most {words}, the number of words of {name}")
        cells, columns = self._counted(corpus, report)
        if len(cells.value) == 0:
            raise ValueError(no_pairs(corpus))
        cells = ppmi(cells, (words, columns), shift=self.shift, smoothing=self.smoothing, memory=self.memory)
        if len(cells.value) == 0:
            raise ValueError(f"{name}: no two words co-occur more than {self.shift:g} times as often as by chance")
        found = truncated_svd(cells, (words, columns), self.dim, seed=seed, depth=self.depth, report=report)
        scale = found.values**self.power
        vectors = (found.left + found.right[:words] if self.contexts else found.left) * scale
        return Space(corpus.vocab, vectors, name=corpus.name)

    def _counted(self, corpus: Corpus, report: Report) -> tuple[Cells, int]:
        """Returns the counts of the contexts of each word, and the number of contexts."""
        if self.features == "word":
            return count_cells(corpus, self.window, memory=self.memory, report=report), len(corpus.vocab)
        min_count, memory, place = self.bigram_min_count, self.memory, self.characters
        contexts = find_contexts(corpus, self.features, min_count=min_count, memory=memory, report=report)
        cells = count_contexts(corpus, self.window, contexts, characters=place, memory=memory, report=report)
        return cells, len(contexts)


def ppmi(
    cells: Cells, shape: tuple[int, int], *, shift: float = 1.0, smoothing: float = 1.0, memory: int = MEMORY
) -> Cells:
    """Returns the cells above 0 of the shifted positive pointwise mutual information with smoothed contexts.

        max(log(P(w, c) / (P(w) P_a(c))) - log(shift), 0),  P_a(c) = #(c)^smoothing / sum over c' of #(c')^smoothing

    with P(w, c) = X[w, c] / sum of X, P(w) = sum of row w / sum of X, and #(c) the sum of column c. ``shape``
    holds the numbers of words and contexts. If the cells take more than a quarter of ``memory`` bytes, they are in a
    temporary file.

    Source: Levy, Goldberg & Dagan 2015, sections 2.1 and 3.2.
    """
    if not len(cells.value):
        return cells
    step = max(memory // 200, 1)
    parts = [slice(start, start + step) for start in range(0, len(cells.value), step)]
    rows, columns = np.zeros(shape[0]), np.zeros(shape[1])
    for part in parts:
        rows += np.bincount(cells.row[part], cells.value[part], shape[0])
        columns += np.bincount(cells.column[part], cells.value[part], shape[1])
    row_log, column_log = (np.log(np.where(sums > 0, sums, 1)) for sums in (rows, columns))  # an empty row has no cell
    constant = np.log(np.sum(columns[columns > 0] ** smoothing)) - np.log(shift)

    def pieces() -> Iterator[Cells]:
        for part in parts:
            row, column = cells.row[part], cells.column[part]
            value = np.log(cells.value[part]) + (constant - row_log[row] - smoothing * column_log[column])
            above = value > 0
            yield Cells(row[above], column[above], value[above].astype(np.float32))

    return keep_cells(pieces(), memory // 4)


def truncated_svd(
    cells: Cells, shape: tuple[int, int], dim: int, *, seed: int, depth: int = 6, report: Report = lambda *_: None
) -> Factors:
    """Returns the ``dim`` largest singular values of the matrix A of ``cells``, (v, c), and their vectors.

    It uses a block Krylov subspace:

        K = [A G, (A A^T) A G, ..., (A A^T)^depth A G], with G normal noise of dim / 2 columns;  Q = orth(K);
        Q^T A = R diag(s) V^T by the ordinary SVD;  A is approximately (Q R) diag(s) V^T

    Each block is orthogonalised twice against the blocks before it. A small matrix is decomposed directly.

    Sources: Musco & Musco 2015, algorithm 2; Golub & Van Loan 2013, section 10.3.

    Raises:
        ValueError: ``dim`` is above the number of rows or columns.
    """
    words, columns = shape
    if dim > min(shape):
        raise ValueError(f"{words} rows and {columns} columns have no {dim} singular values")
    block = -(-dim // 2)
    if (depth + 1) * block < dim or 2 * (depth + 1) * block >= min(shape):
        whole = np.zeros(shape)
        whole[cells.row, cells.column] = cells.value
        left, values, right = np.linalg.svd(whole, full_matrices=False)
        return Factors(*_single(left[:, :dim], values[:dim], right[:dim].T))
    rng = np.random.default_rng(seed)
    with ThreadPoolExecutor(usable_cores()) as pool:
        parts = _row_parts(cells, shape, usable_cores())

        def times(x: Float32[np.ndarray, "c b"]) -> Float32[np.ndarray, "v b"]:
            return np.concatenate(list(pool.map(lambda part: part[1] @ x, parts)))

        def transposed(y: Float32[np.ndarray, "v b"]) -> Float32[np.ndarray, "c b"]:
            products = pool.map(lambda part: part[1].T @ y[part[0]], parts)
            return sum(products, start=np.zeros((columns, y.shape[1]), np.float32))

        last = np.linalg.qr(times(rng.standard_normal((columns, block), np.float32)))[0]
        basis = last
        for power in range(depth):
            report("decomposing", power, depth + 1)
            last = times(transposed(last))
            for _ in range(2):
                last = np.linalg.qr(last - basis @ (basis.T @ last))[0]
            basis = np.hstack([basis, last])
        report("decomposing", depth, depth + 1)
        basis = np.linalg.qr(basis)[0]  # if A has no more directions, a block repeats old ones
        right, square = np.linalg.qr(transposed(basis))
    inner, values, outer = np.linalg.svd(square.T.astype(np.float64))
    report("decomposing", depth + 1, depth + 1)
    left, right = basis @ inner[:, :dim].astype(np.float32), right @ outer[:dim].T.astype(np.float32)
    return Factors(*_single(left, values[:dim], right))


def _single(*arrays: Float[np.ndarray, "..."] | Float64[np.ndarray, "..."]) -> list[Float32[np.ndarray, "..."]]:
    """Returns arrays in single precision, contiguous."""
    return [np.ascontiguousarray(array, np.float32) for array in arrays]


def _row_parts(cells: Cells, shape: tuple[int, int], count: int) -> Sequence[tuple[slice, sp.csr_array]]:
    """Returns the matrix of ``cells`` in ``count`` blocks of rows with about as many cells each; they share memory."""
    words, columns = shape
    starts = np.searchsorted(cells.row, np.arange(words + 1))
    edges = np.searchsorted(starts, np.linspace(0, starts[-1], count + 1)[1:-1])
    edges = np.unique([0, *edges.tolist(), words])
    parts: list[tuple[slice, sp.csr_array]] = []
    for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        held = slice(int(starts[first]), int(starts[stop]))
        pointers = (starts[first : stop + 1] - starts[first]).astype(np.int32)
        data = (cells.value[held], cells.column[held], pointers)
        parts.append((slice(first, stop), sp.csr_array(data, shape=(stop - first, columns))))
    return parts
