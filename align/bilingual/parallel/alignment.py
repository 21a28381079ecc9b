"""Word alignment of sentence pairs: the probability that an English and a Chinese word are translations."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float64, Int, Int32

from align.progress import Report

MAX_SENTENCE = 60
"""Sentence pairs with more words on a side are left out: they have many word pairs, and each tells little."""
ROUNDS = 5
"""Rounds of expectation maximisation."""
_STEP = 1 << 12
"""How many sentence pairs are processed at once."""
_PRIOR = 0.5
"""Number added to the denominators of t."""


class _Side(NamedTuple):
    """Sentences as one array of row numbers; sentence i is ``ids[starts[i]:starts[i + 1]]``."""

    ids: Int32[np.ndarray, " t"]
    starts: Int[np.ndarray, " n_and_1"]

    def lengths(self) -> Int[np.ndarray, " n"]:
        """Returns the number of words of each sentence."""
        return np.diff(self.starts)

    def take(self, rows: Int[np.ndarray, " m"]) -> "_Side":
        """Returns the sentences ``rows``."""
        lengths = self.lengths()[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        offsets = np.repeat(self.starts[rows] - starts[:-1], lengths)
        return _Side(self.ids[np.arange(starts[-1]) + offsets], starts)


class _Links(NamedTuple):
    """All pairs of an English and a Chinese word that some sentence pairs contain, with repetitions.

    ``cell`` is the number of each pair among the distinct pairs of the text. ``source`` and ``target`` are the
    positions of its words in the two sides of the text; expected counts are normalised for each position.
    """

    cell: Int32[np.ndarray, " k"]
    source: Int32[np.ndarray, " k"]
    target: Int32[np.ndarray, " k"]


def word_alignment(
    english: Int32[np.ndarray, " t"],
    chinese: Int32[np.ndarray, " u"],
    shape: tuple[int, int],
    *,
    rounds: int = ROUNDS,
    report: Report = lambda *_: None,
) -> sp.csr_array:
    """Returns t(e | z) t(z | e) of each English word e and Chinese word z that share a sentence pair.

    The two tables are IBM model 1 in both directions, by expectation maximisation:

        c(e, z) = sum over sentence pairs and their positions of t(e | z) / sum over z' of the sentence of t(e | z')
        t(e | z) = c(e, z) / (sum over e' of c(e', z) + 0.5)

    Args:
        english: words by number, -1 at the end of each sentence, other negative numbers for words to ignore.
        chinese: the same for the other side.
        shape: the sizes of the English and of the Chinese vocabulary.
        rounds: rounds of expectation maximisation.
        report: is called with the number of finished rounds.

    Returns:
        A matrix of ``shape`` with values from 0 to 1.

    Raises:
        ValueError: the numbers of sentences differ, or no sentence pair has a word on each side.

    Source: Brown et al. 1993, "The mathematics of statistical machine translation", section 4.1. The product of both
        directions: Liang, Taskar and Klein 2006, "Alignment by agreement", in its simplest form.
    But: there is no empty word; 0.5 is added to the denominators, so that the only candidate for a rare word does not
        get probability 1.
    """
    sides = _side(english), _side(chinese)
    if len(sides[0].starts) != len(sides[1].starts):
        raise ValueError(f"{len(sides[0].starts) - 1:,} English and {len(sides[1].starts) - 1:,} Chinese sentences")
    lengths = [side.lengths() for side in sides]
    usable = np.flatnonzero((np.minimum(*lengths) > 0) & (np.maximum(*lengths) <= MAX_SENTENCE))
    if not len(usable):
        raise ValueError(f"no sentence pair has 1 to {MAX_SENTENCE} words of the vocabularies on each side")
    one, other = (side.take(usable) for side in sides)
    cells = np.unique(np.concatenate([np.unique(keys) for keys, _, _ in _links(one, other, shape[1])]))
    parts = [
        _Links(np.searchsorted(cells, keys).astype(np.int32), source, target)
        for keys, source, target in _links(one, other, shape[1])
    ]
    row, column = (cells // shape[1]).astype(np.int32), (cells % shape[1]).astype(np.int32)
    tables = [np.ones(len(cells)), np.ones(len(cells))]
    for done in range(rounds):
        report("aligning words", done, rounds)
        counts = _expected(parts, tables)
        for i, (given, size) in enumerate(((column, shape[1]), (row, shape[0]))):
            tables[i] = counts[i] / (np.bincount(given, counts[i], size) + _PRIOR)[given]
    report("aligning words", rounds, rounds)
    return sp.csr_array(((tables[0] * tables[1]).astype(np.float32), (row, column)), shape=shape)


def _side(ids: Int32[np.ndarray, " t"]) -> _Side:
    """Returns the sentences of a text, without negative numbers."""
    ends = np.flatnonzero(ids == -1)
    words = np.cumsum(ids >= 0)
    starts = np.concatenate([[0], words[ends]]) if len(ends) else np.zeros(1, np.int64)
    return _Side(ids[ids >= 0], starts)


def _links(one: _Side, other: _Side, columns: int) -> Iterator[tuple[Int[np.ndarray, " k"], ...]]:
    """Yields the word pairs of ``_STEP`` sentence pairs at a time: their keys and the positions of both words.

    The key of words i and j is i * ``columns`` + j.
    """
    counts = one.lengths(), other.lengths()
    for start in range(0, len(counts[0]), _STEP):
        rows = np.arange(start, min(start + _STEP, len(counts[0])))
        left, right = counts[0][rows], counts[1][rows]
        sizes = left * right
        sentence = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        source = (one.starts[rows] - one.starts[start])[sentence] + within // right[sentence]
        target = (other.starts[rows] - other.starts[start])[sentence] + within % right[sentence]
        words = one.ids[one.starts[start] + source].astype(np.int64), other.ids[other.starts[start] + target]
        yield words[0] * columns + words[1], source.astype(np.int32), target.astype(np.int32)


def _expected(parts: list[_Links], tables: list[Float64[np.ndarray, " c"]]) -> list[Float64[np.ndarray, " c"]]:
    """Returns the expected counts c of each cell: those given by t(e | z), and those given by t(z | e)."""
    counts = [np.zeros(len(table)) for table in tables]
    for part in parts:
        for i, position in enumerate((part.source, part.target)):
            weight = tables[i][part.cell]
            weight /= np.bincount(position, weight)[position]
            counts[i] += np.bincount(part.cell, weight, len(counts[i]))
    return counts
