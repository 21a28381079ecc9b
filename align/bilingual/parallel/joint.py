"""Vectors of both languages in a common space, from bilingual text: PPMI of shared contexts, and its SVD."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Float32, Int

from align.bilingual.aligned_pairs import AMOUNT, aligned_pairs
from align.bilingual.mapping import Alignment, Identity, Pairs, View
from align.bilingual.method import ClosedForm, PairUse
from align.bilingual.parallel.alignment import word_alignment
from align.bilingual.parallel.corpus import BilingualText
from align.bilingual.translator import Translator
from align.checks import SettingError, above_zero, at_least_one, not_negative
from align.progress import Report
from align.space import Space
from align.text.cells import Cells
from align.text.cooccurrence import Window, count_cells, falling
from align.text.corpus import Corpus
from align.train.ppmi_svd import ppmi, truncated_svd


class JointSpaces(NamedTuple):
    """Two spaces with the same coordinates, and the translation probabilities of the sentence pairs, shape (v, w)."""

    english: Space
    chinese: Space
    table: sp.csr_array


@dataclass(frozen=True)
class BilingualPPMI:
    """Vectors of English and Chinese words in a common space, from text and sentence pairs.

    Each of the v English and w Chinese words has a row in a matrix M. Its columns are English contexts, then Chinese
    contexts, then k Chinese characters. M is made of PPMI values: E (v, v) and C (w, w) for words and the words around
    them in their own language, X (v, w) and X' (w, v) for words and the words of the translated sentence, H (v, k) for
    English words and the characters of the translated sentence:

        M = [ E + cross D    E A + cross X   characters H ]      A[i, j] = T[i, j] / sum over j of T[i, j]
            [ C B + cross X'    C + cross D'  characters S ]      B[j, i] = T[i, j] / sum over i of T[i, j]

    D and D' are diagonal and make each word a context of itself: D[i, i] is the largest value in row i of X, and
    D'[j, j] the largest in row j of X'. S gives a Chinese word its n distinct characters as contexts: S[j, h]
    is the largest value in column h of H, divided by sqrt(n). So a word without sentence pairs has contexts of its
    translations.

    T holds translation probabilities from the alignment of the sentence pairs (:func:`word_alignment`), plus the pairs
    of a dictionary. A and B replace the neighbours of a word by their translations, as in a pseudo-bilingual corpus, so
    that it also has contexts of the other language. The vectors are U L^power, where M = U L V^T is
    the truncated SVD.

    Sources: Levy, Goldberg & Dagan 2015, sections 2 and 3 (PPMI-SVD); Gouws, Bengio & Corrado 2015 (the words of an
        aligned sentence as contexts); Gouws & Søgaard 2015 (neighbours replaced by their translations).
    But: neighbours are replaced by the mean over their translations, not by a sampled translation.

    Raises:
        SettingError: a setting is out of range.

    Example:
        >>> BilingualPPMI(dim=50).cross
        2.0
    """

    dim: int = 200
    """Dimensions of the vectors."""
    window: Window = field(default_factory=lambda: Window(5, falling))
    """The window in which words are counted together in one language."""
    smoothing: float = 0.75
    """Exponent of the context counts in PMI."""
    power: float = 0.5
    """Exponent of the singular values."""
    cross: float = 2.0
    """The weight of the words of the translated sentence as contexts."""
    characters: float = 4.0
    """The weight of Chinese characters as contexts; with 0 there are none."""
    min_probability: float = 0.02
    """Translation probabilities below this are dropped."""
    depth: int = 3
    """Number of products with M M^T in ``truncated_svd``."""

    def __post_init__(self) -> None:
        at_least_one(self, "dim")
        not_negative(self, "depth", "cross", "characters", "min_probability")
        above_zero(self, "power")
        for name in ("smoothing", "power", "min_probability"):
            if getattr(self, name) > 1:
                raise SettingError(name, getattr(self, name), "must be at most 1")

    def solve(
        self, text: BilingualText, known: Pairs | None = None, *, seed: int = 0, report: Report = lambda *_: None
    ) -> JointSpaces:
        """Returns the spaces of the words of ``text``.

        Args:
            text: bilingual text.
            known: pairs of a dictionary, as row numbers of both vocabularies; None: no dictionary.
            seed: seed of the random start of the decomposition.
            report: is called with the progress.

        Raises:
            ValueError: ``dim`` is above the number of words, a language has fewer than two, or no two words share a
              window or a sentence pair.
        """
        sizes = len(text.english.vocab), len(text.chinese.vocab)
        if min(sizes) < 2:
            raise ValueError(f"the texts have {sizes[0]} English and {sizes[1]} Chinese words; two of each are needed")
        if self.dim > sum(sizes):
            raise SettingError("dim", self.dim, f"the texts have {sum(sizes)} words, and dim can be at most that")
        table = word_alignment(*text.parallel, sizes, report=report)
        table.data[table.data < self.min_probability] = 0
        table.eliminate_zeros()
        matrix = self.matrix(text, _with_pairs(table, known), report)
        cells = _cells(matrix)
        if not len(cells.value):
            raise ValueError("no two words occur together more often than by chance; more text is needed")
        shape = sum(sizes), sum(sizes) + len(text.characters.names)
        found = truncated_svd(cells, shape, self.dim, seed=seed, depth=self.depth, report=report)
        vectors = found.left * found.values**self.power
        return JointSpaces(
            Space(text.english.vocab, vectors[: sizes[0]], name="joint English"),
            Space(text.chinese.vocab, vectors[sizes[0] :], name="joint Chinese"),
            table,
        )

    def matrix(self, text: BilingualText, table: sp.csr_array, report: Report = lambda *_: None) -> sp.csr_array:
        """Returns the matrix M of ``text``, shape (v + w, v + w + k); ``table`` is T, shape (v, w)."""
        english, chinese = (self._around(corpus, report) for corpus in (text.english, text.chinese))
        sizes = len(text.english.vocab), len(text.chinese.vocab)
        beside = self._ppmi(text.together, sizes), self._ppmi(text.together.T.tocsr(), (sizes[1], sizes[0]))
        forward, backward = _by_row(table), _by_row(table.T.tocsr())
        upper = english @ forward + self.cross * beside[0]
        lower = chinese @ backward + self.cross * beside[1]
        english, chinese = english + self.cross * _largest(beside[0]), chinese + self.cross * _largest(beside[1])
        spelt = self._ppmi(text.characters.together, (sizes[0], len(text.characters.names)))
        parts = self.characters * spelt, self.characters * (text.characters.of_words @ _largest(spelt.T.tocsr()))
        matrix = sp.csr_array(sp.block_array([[english, upper, parts[0]], [lower, chinese, parts[1]]]))
        matrix.eliminate_zeros()
        return matrix

    def _around(self, corpus: Corpus, report: Report) -> sp.csr_array:
        """Returns the PPMI of the words of ``corpus`` and the words around them, shape (v, v)."""
        size = len(corpus.vocab)
        cells = count_cells(corpus, self.window, report=report)
        return _matrix(ppmi(cells, (size, size), smoothing=self.smoothing), (size, size))

    def _ppmi(self, counts: sp.csr_array, shape: tuple[int, int]) -> sp.csr_array:
        """Returns the PPMI of a matrix of counts."""
        return _matrix(ppmi(_cells(counts), shape, smoothing=self.smoothing), shape)


def _with_pairs(table: sp.csr_array, known: Pairs | None) -> sp.csr_array:
    """Returns the translation table plus the pairs of a dictionary, each with its weight as value."""
    if known is None:
        return table
    cells = (known.weight.astype(np.float32), (known.source, known.target))
    return sp.csr_array(table + sp.csr_array(cells, shape=table.shape))


def _by_row(table: sp.csr_array) -> sp.csr_array:
    """Returns ``table`` with each row divided by its sum; empty rows stay empty."""
    total = np.asarray(table.sum(axis=1), np.float32).ravel()
    scale: Float32[np.ndarray, " v"] = np.where(total > 0, 1 / np.maximum(total, 1e-12), 0).astype(np.float32)
    return sp.csr_array(sp.diags_array(scale) @ table)


def _largest(matrix: sp.csr_array) -> sp.csr_array:
    """Returns the diagonal matrix of the largest value of each row."""
    values = matrix.max(axis=1).toarray().ravel().astype(np.float32)
    return sp.csr_array(sp.diags_array(values))


def _cells(matrix: sp.csr_array) -> Cells:
    """Returns the stored values of a matrix, sorted by row and column."""
    ordered = matrix.tocsr()
    ordered.sort_indices()
    sizes = np.diff(ordered.indptr)
    rows: Int[np.ndarray, " n"] = np.repeat(np.arange(len(sizes)), sizes)
    return Cells(rows.astype(np.int32), ordered.indices.astype(np.int32), ordered.data.astype(np.float32))


def _matrix(cells: Cells, shape: tuple[int, int]) -> sp.csr_array:
    """Returns cells as a sparse matrix."""
    return sp.csr_array((cells.value, (cells.row, cells.column)), shape=shape)


def word_pairs(joint: JointSpaces, *, min_probability: float = 0.1) -> list[tuple[str, str, float]]:
    """Returns the word pairs with a translation probability of at least ``min_probability``, most probable first.

    A pair is (English word, Chinese word, t(e | z) t(z | e)).
    """
    table = joint.table.tocoo()
    value = np.asarray(table.data, np.float64)
    kept = np.flatnonzero(value >= min_probability)
    order = kept[np.argsort(-value[kept], kind="stable")]
    english, chinese = joint.english.vocab.words, joint.chinese.vocab.words
    rows, columns = np.asarray(table.row)[order].tolist(), np.asarray(table.col)[order].tolist()
    words = [str(english[i]) for i in rows], [str(chinese[j]) for j in columns]
    return list(zip(*words, value[order].tolist(), strict=True))


def with_alignment(translator: Translator, joint: JointSpaces, amount: float = AMOUNT) -> Translator:
    """Returns the translator with a bonus for words that the sentence pairs align.

    The score of a pair is CSLS + ``amount`` sqrt(t(e | z) t(z | e)). A re-ranked score gets ``ALIGNED_WEIGHT`` times
    the bonus. The vocabularies may differ from those of ``joint``; a pair with a word that the translator lacks adds
    nothing.
    """
    words = joint.english.vocab, joint.chinese.vocab
    pairs = aligned_pairs(joint.table, words, (translator.source.vocab, translator.target.vocab), amount)
    details = {**translator.details, "aligned pairs": str(len(pairs.bonus))}
    return replace(translator, details=details, weights={**translator.weights, **pairs.arrays()})


@dataclass(frozen=True)
class SharedCoordinates(ClosedForm):
    """The identity: both spaces already have the same coordinates.

    Example:
        >>> len(SharedCoordinates().solve(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), Pairs.none()).views)
        1
    """

    uses_pairs: ClassVar[PairUse] = "none"

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w d"], pairs: Pairs) -> Alignment:
        """Returns the alignment that leaves the vectors of both languages unchanged."""
        del x, y, pairs
        return Alignment((View(Identity(), Identity()),))
