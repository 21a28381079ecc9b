"""Agreement of an axis with people: the correlation of projections with the ratings of a survey."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from align.catalogue import resolve
from align.checks import finite_number
from align.evaluate.correlation import Intervals, bootstrap, pearson, spearman
from align.evaluate.rating_columns import is_heading, named_rating
from align.evaluate.resampling import RESAMPLES
from align.evaluate.score import defined
from align.meaning.axes import Axis, lookup, project, rows_of
from align.space import Space

DIMENSIONS = {"valence": "V.Mean.Sum", "arousal": "A.Mean.Sum", "dominance": "D.Mean.Sum"}
"""The dimensions of Warriner, Kuperman, Brysbaert 2013, and their columns."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Words rated by people: one number per word, on the scale of the survey.

    Raises:
        ValueError: the numbers of words and ratings differ, or a rating is not finite.
    """

    name: str
    words: tuple[str, ...]
    ratings: Float[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.ratings):
            raise ValueError(f"{self.name}: {len(self.words)} words but {len(self.ratings)} ratings")
        if not np.isfinite(self.ratings).all():
            raise ValueError(f"{self.name}: a rating is not a finite number")

    def __len__(self) -> int:
        return len(self.words)

    def without_names(self) -> "Survey":
        """Returns the survey without words that begin with a capital letter, which are proper names."""
        rows = [i for i, word in enumerate(self.words) if not word[:1].isupper()]
        return Survey(f"{self.name} without names", tuple(self.words[i] for i in rows), self.ratings[rows])


@dataclass(frozen=True, eq=False)
class Agreement:
    """Ratings of the covered words and their projections; ``unseen`` are the words that the space lacks."""

    name: str
    words: tuple[str, ...]
    ratings: Float[np.ndarray, " n"]
    projections: Float[np.ndarray, " n"]
    total: int
    unseen: tuple[str, ...]

    @property
    def covered(self) -> int:
        """Number of words that the correlations use."""
        return len(self.words)

    def intervals(self, *, seed: int, resamples: int = RESAMPLES) -> Intervals:
        """Returns 95 % percentile-bootstrap intervals of both correlations, over covered words."""
        return bootstrap(self.ratings, self.projections, seed=seed, resamples=resamples)

    def as_json(self, *, seed: int) -> dict[str, Any]:
        """Returns the correlations, their intervals, and the coverage as JSON values; None where undefined."""
        intervals = self.intervals(seed=seed)
        return {
            "name": self.name,
            "pearson": defined(pearson(self.ratings, self.projections)),
            "spearman": defined(spearman(self.ratings, self.projections)),
            "covered": self.covered,
            "total": self.total,
            "intervals": {
                "pearson": [defined(end) for end in intervals.pearson],
                "spearman": [defined(end) for end in intervals.spearman],
            },
            "unseen": list(self.unseen),
        }


def agreement(space: Space, axis: Axis, survey: Survey) -> Agreement:
    """Returns the projections of a survey's words on an axis, with their ratings.

    Args:
      space: the space of the axis.
      axis: made by ``align.meaning.axes.fit_axis``.
      survey: words and ratings; a word that the space lacks is left out, but counted in ``total``.

    Returns:
      The agreement. Its methods compute Pearson's and Spearman's correlations and their intervals.

    Source: Kozlowski, Taddy, Evans 2019, "Validating cultural dimensions".
    """
    rows = lookup(space, survey.words)
    covered = rows >= 0
    words = tuple(word for word, inside in zip(survey.words, covered, strict=True) if inside)
    unseen = tuple(word for word, inside in zip(survey.words, covered, strict=True) if not inside)
    projections = project(axis, np.asarray(space.vectors[rows[covered]], np.float32))
    return Agreement(survey.name, words, survey.ratings[covered], projections, len(survey), unseen)


def read_survey(path: str | os.PathLike[str], *, name: str = "") -> Survey:
    """Reads a survey from lines ``word TAB rating``; the first line may be a heading, such as ``word TAB score``.

    Raises:
        ValueError: a line is not a word and a number, a word occurs twice, the heading names a rating in a later
            column, or there is no word; names file and line.
        OSError: the file cannot be read.
    """
    file = Path(path)
    found: dict[str, float] = {}
    heading = False
    for number, columns in rows_of(file):
        where = f"{file}:{number}"
        rating = finite_number(columns[1]) if len(columns) >= 2 and columns[0] else None
        if not found and not heading and is_heading(columns, 1):
            heading = True
            if (named_rating(columns, 1, where) or 1) != 1:
                raise ValueError(
                    f"{where}: the heading names a rating in a later column; 'word<TAB>rating' was expected"
                )
        elif rating is None:
            hint = "" if found or heading else ", nor a heading such as 'word<TAB>score'"
            raise ValueError(f"{where}: {chr(9).join(columns)[:60]!r} is not 'word<TAB>rating'{hint}")
        elif columns[0] in found:
            raise ValueError(f"{where}: {columns[0]!r} occurs twice; one rating per word was expected")
        else:
            found[columns[0]] = rating
    if not found:
        raise ValueError(f"{file}: holds no rating; lines 'word<TAB>rating' were expected")
    return Survey(name or file.name, tuple(found), np.array(list(found.values())))


def find_survey(source: str, axis: str) -> Survey:
    """Returns the survey in a file, or a survey of the catalogue: ``occupations-women`` or ``warriner``.

    Args:
      source: a file of lines ``word TAB rating``, or a name from the catalogue.
      axis: the name of the axis. It chooses the dimension of ``warriner``.

    Returns:
      The survey.

    Raises:
      KeyError: neither a file nor a name.
      ValueError: a line is not a word and a number, a word occurs twice, or ``warriner`` does not rate the axis.
      OSError: the file cannot be read.
    """
    path = resolve(source)
    if Path(source).exists() or source not in ("occupations-women", "warriner"):
        return read_survey(path, name=source)
    if source == "occupations-women":
        return occupations(path)
    if axis not in DIMENSIONS:
        raise ValueError(f"warriner: rates {', '.join(DIMENSIONS)}, not {axis}")
    return norms(path, axis)


def occupations(path: str | os.PathLike[str]) -> Survey:
    """Reads the shares of men in occupations, in per cent, from the catalogue's ``occupations-women``.

    The file has the percentage of women. The built-in gender axis points to men, so a rating is 100 minus it.
    """
    shares: dict[str, float] = json.loads(Path(path).read_text(encoding="utf-8"))
    words = tuple(shares)
    return Survey("men in occupations", words, 100.0 - np.array([float(shares[word]) for word in words]))


def norms(path: str | os.PathLike[str], dimension: str) -> Survey:
    """Reads the mean ratings of ``valence``, ``arousal`` or ``dominance`` from the catalogue's ``warriner``.

    Raises:
        KeyError: the dimension is none of these.
        ValueError: the file lacks the column.
    """
    column = DIMENSIONS[dimension]
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows: Sequence[dict[str, str]] = list(csv.DictReader(file))
    if not rows or column not in rows[0]:
        raise ValueError(f"{path}: has no column {column!r}")
    kept = {row["Word"]: float(row[column]) for row in rows if row["Word"]}
    return Survey(f"Warriner {dimension}", tuple(kept), np.array(list(kept.values())))
