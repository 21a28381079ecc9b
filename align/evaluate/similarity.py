"""Word similarity: correlation of the cosines of word pairs with human ratings."""

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from align.checks import finite_number
from align.encoding import UTF8, numbered_lines
from align.evaluate.correlation import Intervals, bootstrap, pearson, spearman
from align.evaluate.rating_columns import is_heading, is_text, named_rating
from align.evaluate.resampling import RESAMPLES
from align.evaluate.score import Score, defined
from align.retrieval import nonzero_rows
from align.space import Space
from align.text.chinese import simplify_all


@dataclass(frozen=True, eq=False)
class RatedPairs:
    """Word pairs with the mean human rating of each, on the scale of the set.

    Raises:
      ValueError: there is not one rating per pair, or a rating is not finite.
    """

    name: str
    words: tuple[tuple[str, str], ...]
    human: Float[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.human):
            raise ValueError(f"{self.name}: {len(self.words)} pairs but {len(self.human)} ratings")
        if not np.isfinite(self.human).all():
            raise ValueError(f"{self.name}: a rating is not a finite number")

    def __len__(self) -> int:
        return len(self.words)

    def part(self, name: str, rows: slice) -> "RatedPairs":
        """Returns the pairs in ``rows``, under another name."""
        return RatedPairs(name, self.words[rows], self.human[rows])


@dataclass(frozen=True, eq=False)
class Similarity:
    """Human ratings and cosines of the covered pairs of a set.

    Args:
      name: name of the set.
      human: ratings, shape (n,).
      cosines: cosines of the same pairs, shape (n,).
      total: number of pairs of the set. A pair is covered if the space has a nonzero vector of both words.
      unseen: words of the set that have no vector.
      built: words of the set whose vectors are built from sub-word units.
    """

    name: str
    human: Float[np.ndarray, " n"]
    cosines: Float[np.ndarray, " n"]
    total: int
    unseen: tuple[str, ...] = ()
    built: tuple[str, ...] = ()

    @property
    def covered(self) -> int:
        """The number of covered pairs."""
        return len(self.human)

    @property
    def spearman(self) -> Score:
        """Spearman's rho over covered pairs; NaN if ratings or cosines are constant."""
        return Score(self.name, spearman(self.human, self.cosines), self.covered, self.total)

    @property
    def pearson(self) -> Score:
        """Pearson's r over covered pairs; NaN if ratings or cosines are constant."""
        return Score(self.name, pearson(self.human, self.cosines), self.covered, self.total)

    def intervals(self, *, seed: int, resamples: int = RESAMPLES, level: float = 0.95) -> Intervals:
        """Returns percentile-bootstrap intervals of both coefficients over covered pairs."""
        return bootstrap(self.human, self.cosines, seed=seed, resamples=resamples, level=level)

    def as_json(self, *, seed: int, resamples: int = RESAMPLES) -> dict[str, Any]:
        """Returns name, coverage, numbers of unseen and built words, coefficients and intervals; None: undefined."""
        intervals = self.intervals(seed=seed, resamples=resamples)
        return {
            "name": self.name,
            "covered": self.covered,
            "total": self.total,
            "unseen": len(self.unseen),
            "built": len(self.built),
            "spearman": defined(self.spearman.value),
            "pearson": defined(self.pearson.value),
            "intervals": {
                "spearman": [defined(end) for end in intervals.spearman],
                "pearson": [defined(end) for end in intervals.pearson],
            },
        }


def similarity(space: Space, pairs: RatedPairs, *, fold_case: bool = True, build: bool = True) -> Similarity:
    """Returns the ratings of ``pairs`` with the cosines <x, y> / (|x| |y|) of their words in ``space``.

    A pair is covered if both words have a vector that is not zero. ``space.restrict(300_000)`` gives the usual limit.

    Args:
      space: the space.
      pairs: the rated pairs.
      fold_case: whether words that differ only in case count as the same word, with the vector of the most frequent.
      build: whether words outside the vocabulary get vectors from ``space.units``.

    Raises:
      ValueError: a word's vector holds NaN or infinity.

    Source: gensim's ``evaluate_word_pairs``, which gives the same numbers.
    But: white space around a word is ignored (for gensim ``' cash'`` is unseen). Cosines are in double precision, so
    pairs of equal words are tied (in gensim rounding decides their order).
    """
    key = str.casefold if fold_case else str
    index: dict[str, int] = {}
    for row, word in enumerate(space.vocab.words):
        index.setdefault(key(word), row)
    unseen = list(dict.fromkeys(word for pair in pairs.words for word in pair if key(word) not in index))
    made = {key(word): vector for word, vector in space.build(unseen if build else ()).items()}
    index |= {word: len(space) + i for i, word in enumerate(made)}
    rows = np.array([[index.get(key(word), -1) for word in pair] for pair in pairs.words], np.int64).reshape(-1, 2)
    used = np.unique(rows[rows >= 0])
    vectors = np.asarray(space.vectors[used[used < len(space)]], np.float64)
    vectors = np.concatenate([vectors, *(vector[None] for vector in made.values())])
    with_vector = used[nonzero_rows(vectors)]
    covered = np.isin(rows, with_vector).all(axis=1)
    left, right = (vectors[np.searchsorted(used, side)] for side in rows[covered].T)
    lengths = np.sqrt(np.einsum("nd,nd->n", left, left) * np.einsum("nd,nd->n", right, right))
    cosines = np.einsum("nd,nd->n", left, right) / lengths
    if not np.isfinite(cosines).all():
        first, second = pairs.words[int(np.flatnonzero(covered)[np.argmin(np.isfinite(cosines))])]
        raise ValueError(
            f"{space.name}: the cosine of {first!r} and {second!r} is not a number; finite vectors expected"
        )
    missing = tuple(word for word in unseen if key(word) not in index)
    built = tuple(word for word in unseen if key(word) in index)
    return Similarity(pairs.name, pairs.human[covered], cosines, len(pairs), missing, built)


def read_rated_pairs(path: str | os.PathLike[str], *, name: str = "", encoding: str = UTF8) -> RatedPairs:
    """Returns the rated word pairs in a file: two words per line, then columns, one of which is the rating.

    Columns are separated by tabs (several count as one), else by commas (with quotation marks as in csv), else by white
    space. Blank lines and lines beginning with ``#`` are skipped. The first line may be a heading. Its column with a
    known name, such as ``score`` or ``Human (mean)``, is the rating. Without a heading, the rating is the first column
    of numbers; text may precede it. So WordSim-353 (tab or comma), SimLex-999 (the original with its part of speech,
    and gensim's), MEN, RW (whose single ratings follow their mean), RG-65 and the Chinese sets are read as they are.
    Chinese words are simplified.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line does not have two words and a number, or does not decode; it is unclear which column is the
            rating (the message names file and line); or there is no pair.
    """
    file = Path(path)
    words: list[str] = []
    human: list[float] = []
    heading: list[str] = []
    place = width = None
    for number, line in numbered_lines(file, encoding=encoding, option="--set-encoding"):
        if not line.strip() or line.startswith("#"):
            continue
        where, shown = f"{file}:{number}", repr(line.strip()[:60])
        columns = _columns(line, where)
        if not heading and not words and is_heading(columns, 2):
            heading, width, place = columns, len(columns), named_rating(columns, 2, where)
            continue
        if not all(columns[:2]) or all(finite_number(column) is None for column in columns[2:]):
            hint = "" if words or heading else ", nor a heading such as 'word1<TAB>word2<TAB>score'"
            raise ValueError(f"{where}: {shown} is not two words and a number{hint}")
        if not words and not heading and "," in line and "\t" not in line:
            width = len(columns)
        if width is not None and len(columns) > width:
            raise ValueError(
                f"{where}: {shown} has {len(columns)} columns; {width} were expected, as in the first line"
            )
        place = _place(columns, where, heading=bool(heading)) if place is None else place
        rating = finite_number(columns[place]) if place < len(columns) else None
        if rating is None or not (heading or all(map(is_text, columns[2:place]))):
            raise ValueError(f"{where}: {shown} has no rating in column {place + 1}; a number was expected")
        words += columns[:2]
        human.append(rating)
    if not human:
        raise ValueError(f"{file}: holds no pair; lines 'word<TAB>word<TAB>rating' were expected")
    simple = simplify_all(words)
    pairs = tuple(zip(simple[::2], simple[1::2], strict=True))
    return RatedPairs(name or file.name, pairs, np.array(human))


def _place(columns: list[str], where: str, *, heading: bool) -> int:
    """Returns the column of the rating, from 0, in the first line of data, where no name gives it."""
    numbers = [place for place in range(2, len(columns)) if finite_number(columns[place]) is not None]
    if heading and len(numbers) > 1:
        raise ValueError(
            f"{where}: {len(numbers)} columns hold numbers; the heading was expected to call one of them 'score'"
        )
    return numbers[0]


def _columns(line: str, where: str) -> list[str]:
    """Returns the columns of a line, without the white space around them."""
    if "\t" in line:
        return [column.strip() for column in re.split(r"\t+", line)]
    if "," not in line:
        return line.split()
    try:
        (row,) = csv.reader([line.strip()], strict=True, skipinitialspace=True)
    except csv.Error as error:
        raise ValueError(f"{where}: {line.strip()[:60]!r} cannot be read as csv ({error})") from error
    return [column.strip() for column in row]
