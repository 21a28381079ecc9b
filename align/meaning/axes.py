"""Axes of meaning: a direction between two poles, such as poor and rich, and the projection of words on it."""

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.encoding import numbered_lines
from align.evaluate.resampling import RESAMPLES, Interval, check_resampling, draws
from align.message import number_of
from align.retrieval import nonzero_rows, unit_rows
from align.space import Space, check_vectors
from align.text.chinese import simplify
from align.text.scripts import Language


class Axis(NamedTuple):
    """A direction in a space, with the pairs of opposites that define it.

    Attributes:
      name: the name of the axis.
      direction: unit vector that points to the positive pole, shape (d,).
      differences: unit-length difference of each used pair, positive minus negative, shape (n, d).
      pairs: the n pairs (positive, negative) of which the space has both words.
      unseen: words of the remaining pairs that have no vector in the space.

    Example:
        >>> differences = np.array([[0, 1]], np.float32)
        >>> axis = Axis("wealth", differences[0], differences, (("rich", "poor"),), ())
        >>> axis
        Axis('wealth', 1 pair)
    """

    name: str
    direction: Float[np.ndarray, " d"]
    differences: Float[np.ndarray, "n d"]
    pairs: tuple[tuple[str, str], ...]
    unseen: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Axis({self.name!r}, {number_of(len(self.pairs), 'pair')})"


class Projection(NamedTuple):
    """The cosine of a word with an axis, with a bootstrap interval over the axis's pairs."""

    word: str
    value: float
    interval: Interval


def fit_axis(space: Space, pairs: Iterable[tuple[str, str]], *, name: str = "axis") -> Axis:
    """Returns the axis that pairs of opposites define in a space.

    direction = (1 / n) sum_i (p_i - m_i) / |p_i - m_i|, scaled to unit length, where p_i and m_i are the unit vectors
    of the positive and the negative word of pair i.

    Args:
      space: any word-vector space.
      pairs: (positive word, negative word); pairs with a word that the space lacks are left out.
      name: the name of the axis, for messages.

    Returns:
      The axis.

    Raises:
      ValueError: the space covers no pair, the two words of a pair have the same direction, or the differences cancel
        out.

    Example:
      >>> from align.text.vocab import Vocab
      >>> space = Space(Vocab(["rich", "poor", "yacht"]), np.array([[3.0, 4.0], [3.0, -4.0], [0.0, 2.0]], np.float32))
      >>> axis = fit_axis(space, [("rich", "poor"), ("lavish", "frugal")])
      >>> axis.direction.tolist(), axis.unseen
      ([0.0, 1.0], ('lavish', 'frugal'))

    Source: Kozlowski, Taddy, Evans 2019, "Constructing cultural dimensions".
    """
    listed = list(pairs)
    rows = lookup(space, [word for pair in listed for word in pair]).reshape(-1, 2)
    covered: Bool[np.ndarray, " n"] = np.min(rows, axis=1, initial=0) >= 0
    unseen = [
        word for pair, row in zip(listed, rows, strict=True) for word, at in zip(pair, row, strict=True) if at < 0
    ]
    if not covered.any():
        raise ValueError(f"{name}: none of its {len(listed)} pairs is covered by {space.name or 'the space'}")
    positive, negative = (unit_rows(np.asarray(space.vectors[side], np.float64)) for side in rows[covered].T)
    differences = unit_rows(positive.astype(np.float64) - negative)
    if not nonzero_rows(differences).all():
        pair = listed[int(np.flatnonzero(covered)[~nonzero_rows(differences)][0])]
        raise ValueError(f"{name}: {' and '.join(map(repr, pair))} have the same direction; opposites were expected")
    mean = differences.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        raise ValueError(f"{name}: the differences of its pairs cancel out; an axis needs a direction")
    used = tuple(pair for pair, inside in zip(listed, covered, strict=True) if inside)
    return Axis(name, (mean / length).astype(np.float32), differences, used, tuple(dict.fromkeys(unseen)))


def project(axis: Axis, vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, " q"]:
    """Returns the cosine of each vector with an axis: near 1 at the positive pole, near -1 at the negative one.

    Args:
      axis: an axis of the space that the vectors come from.
      vectors: shape (q, d), of any length.

    Returns:
      Cosines, shape (q,).

    Example:
      >>> differences = np.array([[0, 1]], np.float32)
      >>> axis = Axis("wealth", differences[0], differences, (("rich", "poor"),), ())
      >>> project(axis, np.array([[0, 2]], np.float32)).tolist()
      [1.0]
    """
    return (unit_rows(vectors) @ axis.direction).astype(np.float64)


def resampled_projections(
    axis: Axis, vectors: Float[np.ndarray, "q d"], *, seed: int, resamples: int = RESAMPLES
) -> Float[np.ndarray, "b q"]:
    """Returns the projections on axes that are built from pairs drawn with replacement.

    Args:
      axis: an axis of the space that the vectors come from.
      vectors: shape (q, d), of any length.
      seed: seed of the bootstrap.
      resamples: number b of resampled axes, at least 1.

    Returns:
      Cosines, shape (b, q). A resample whose differences cancel out gives NaN.

    Raises:
      ValueError: if resamples < 1.
    """
    check_resampling(resamples, 0.95)
    unit = unit_rows(vectors).astype(np.float64)
    scores = axis.differences.astype(np.float64) @ unit.T
    products = axis.differences.astype(np.float64) @ axis.differences.T
    parts: list[Float[np.ndarray, "b q"]] = []
    for drawn in draws(len(axis.differences), resamples, seed):
        lengths = np.sqrt(np.maximum(np.einsum("bn,nm,bm->b", drawn, products, drawn, optimize=True), 0.0))
        parts.append((drawn @ scores) / np.where(lengths > 1e-9, lengths, np.nan)[:, None])
    return np.concatenate(parts)


def project_words(
    space: Space, axis: Axis, words: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES, level: float = 0.95
) -> list[Projection]:
    """Returns the projection of each word on an axis, with percentile-bootstrap intervals over the axis's pairs.

    The intervals of an axis of a single pair are NaN: resamples of one pair say nothing about other pairs.

    Args:
      space: the space of the axis.
      axis: made by ``fit_axis``.
      words: words that the space has a vector for.
      seed: seed of the bootstrap.
      resamples: number of bootstrap resamples, at least 1.
      level: share of the resampled projections inside an interval, between 0 and 1.

    Returns:
      One projection per word, in the order of ``words``.

    Raises:
      KeyError: a word has no vector (the message names the nearest spellings), or a vector of zeros.
      ValueError: if resamples < 1 or level is not between 0 and 1.

    Source: intervals: Efron & Tibshirani 1993, section 13.3.
    """
    check_resampling(resamples, level)
    if not len(words):
        return []
    check_vectors(space, words)
    vectors = space.of(words)
    ends = np.full((2, len(words)), np.nan)
    if len(axis.differences) > 1:
        drawn = resampled_projections(axis, vectors, seed=seed, resamples=resamples)
        ends = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    values = project(axis, vectors)
    return [
        Projection(word, float(value), Interval(float(low), float(high)))
        for word, value, low, high in zip(words, values, *ends, strict=True)
    ]


def lookup(space: Space, words: Sequence[str]) -> Int[np.ndarray, " q"]:
    """Returns the row of each word; -1 if the space has no vector for it, or a vector of zeros.

    A word also matches if it differs in case, in its Chinese script, or in ``_`` for a blank.

    Args:
      space: any word-vector space.
      words: the q words.

    Returns:
      Row numbers, shape (q,).
    """
    index = space.vocab.index
    folded: dict[str, int] = {}
    for row, word in enumerate(space.vocab.words):
        folded.setdefault(word.casefold(), row)

    def row_of(word: str) -> int:
        for form in (word, simplify(word), word.replace(" ", "_")):
            row = index.get(form, folded.get(form.casefold(), -1))
            if row >= 0:
                return row
        return -1

    rows = np.array([row_of(word) for word in words], np.int64)
    rows[rows >= 0] = np.where(nonzero_rows(np.asarray(space.vectors[rows[rows >= 0]])), rows[rows >= 0], -1)
    return rows


def axis_names() -> tuple[str, ...]:
    """Returns the names of the built-in axes."""
    return tuple(dict.fromkeys(name for name, _, _ in _built_in()))


def axis_pairs(source: str | os.PathLike[str], language: Language) -> list[tuple[str, str]]:
    """Returns the pairs of a built-in axis in one language, or the pairs in a file.

    Args:
      source: the name of a built-in axis, or a TSV of lines ``positive TAB negative``.
      language: ``en`` or ``zh``; chooses the word list of a built-in axis.

    Returns:
      Pairs (positive, negative).

    Raises:
      KeyError: neither a built-in name nor a file.
      ValueError: a line of the file is not two words, or the file has no pair; names file and line.
      OSError: the file cannot be read.

    Example:
      >>> axis_pairs("affluence", "zh")[:2]
      [('富', '穷'), ('富裕', '贫穷')]
    """
    name = os.fspath(source)
    found = [pair for axis, spoken, pair in _built_in() if axis == name and spoken == language]
    if found:
        return found
    path = Path(name).expanduser()
    if path.is_dir():
        raise ValueError(f"{name}: is a folder; a TSV of lines 'positive<TAB>negative' was expected")
    if not path.exists():
        near = difflib.get_close_matches(name, axis_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise KeyError(f"{name!r} is neither a file nor a built-in axis ({', '.join(axis_names())}){hint}")
    return read_pairs_of_opposites(path)


def read_pairs_of_opposites(path: Path) -> list[tuple[str, str]]:
    """Returns the pairs of a TSV of lines ``positive TAB negative``; raises ValueError with file and line."""
    pairs: list[tuple[str, str]] = []
    for number, columns in rows_of(path):
        if len(columns) != 2 or not all(columns):
            raise ValueError(f"{path}:{number}: {chr(9).join(columns)[:60]!r} is not 'positive<TAB>negative'")
        pairs.append((columns[0], columns[1]))
    if not pairs:
        raise ValueError(f"{path}: holds no pair; lines 'positive<TAB>negative' were expected")
    return pairs


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the tab-separated columns of each line, except blank lines and lines that begin with #."""
    for number, line in numbered_lines(path, option=""):
        if line.strip() and not line.startswith("#"):
            yield number, [column.strip() for column in line.split("\t")]


def _built_in() -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Yields axis, language and pair of each line of the built-in list."""
    for _, (axis, language, positive, negative) in rows_of(built_in_file("axes.tsv")):
        yield axis, language, (positive, negative)


def built_in_file(name: str) -> Path:
    """Returns the path of a word list, in the installed package or in ``data/`` of the source tree."""
    package = Path(str(files("align")))
    installed = package / "data" / name
    return installed if installed.is_file() else package.parent / "data" / name
