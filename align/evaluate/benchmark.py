"""Benchmark of mapping methods: scores in both directions by every retrieval, with times and hubness."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit, training_pairs
from align.bilingual.method import Method
from align.bilingual.normalise import DEFAULT
from align.bilingual.translator import RETRIEVALS, Retrieval
from align.evaluate.hubness import occurrences, skewness
from align.evaluate.lexicon import DEPTHS, Line, compare
from align.evaluate.resampling import Interval, mean_interval
from align.progress import Report
from align.space import Space

NEAREST = 10


class Row(NamedTuple):
    """The result of one method, direction and retrieval.

    Args:
      line: the scores.
      training_seconds: time of ``fit``: the map, the points of both vocabularies, and the means of CSLS.
      retrieval_seconds: time to find the 10 nearest candidates of every test word.
      hubness: skewness of N_10.
    """

    line: Line
    training_seconds: float
    retrieval_seconds: float
    hubness: float

    def scores(self) -> dict[str, float]:
        """Returns P@1, P@5, P@10 and MRR over covered words, by name."""
        return {score.name: score.value for score in self.line.lexicon.scores()}

    def intervals(self, *, seed: int) -> dict[str, Interval]:
        """Returns the 95 % bootstrap interval of each score over covered test words."""
        ranks = self.line.lexicon.ranks
        parts = {f"p@{k}": ranks <= k for k in DEPTHS} | {"mrr": 1 / ranks}
        return {name: mean_interval(part, seed=seed) for name, part in parts.items()}

    def as_json(self, *, seed: int) -> dict[str, Any]:
        """Returns all values by name; undefined values are None."""
        bands = {
            name: {"p@1": band.precision(1).value, "words": band.total} for name, band in self.line.lexicon.bands()
        }
        return {
            **self.line.lexicon.as_json(),
            "method": self.line.method,
            "direction": self.line.direction,
            "retrieval": self.line.retrieval,
            "intervals": {
                name: None if np.isnan(ends.low) else [ends.low, ends.high]
                for name, ends in self.intervals(seed=seed).items()
            },
            "bands": bands,
            "training_seconds": self.training_seconds,
            "retrieval_seconds": self.retrieval_seconds,
            "hubness": None if np.isnan(self.hubness) else self.hubness,
        }


def evaluate_method(
    name: str,
    method: Method,
    source: Space,
    target: Space,
    cut: Split,
    *,
    retrievals: Sequence[Retrieval] = RETRIEVALS,
    normalise: Sequence[str] = DEFAULT,
    seed: int = 0,
    report: Report = lambda *_: None,
) -> list[Row]:
    """Fits ``method`` on the training part of ``cut`` and evaluates it on both test parts.

    Args:
      name: name of the method.
      method: the method.
      source: the English space.
      target: the Chinese space.
      cut: training and test words.
      retrievals: how candidates are scored; each gives rows of its own.
      normalise: normalisation steps of both spaces.
      seed: seed of the fit.
      report: receives the progress.

    Returns:
      A row for each direction and retrieval, English to Chinese first.

    Raises:
      ValueError: as in ``fitting.fit``.
    """
    begun = time.perf_counter()
    pairs = training_pairs(method, cut.train)
    made = fit(source, target, pairs, method, normalise=normalise, seed=seed, report=report)
    spent = time.perf_counter() - begun
    rows: list[Row] = []
    for how in retrievals:
        for line in compare({name: made}, cut.test, cut.reverse_test, (how,), report=report):
            reverse = line.direction == "zh-en"
            begun = time.perf_counter()
            found = made.nearest(line.lexicon.rows, NEAREST, how, reverse=reverse)
            seconds = time.perf_counter() - begun
            counts = occurrences(found.ids, len(made.source if reverse else made.target))
            rows.append(Row(line, spent, seconds, skewness(counts)))
    return sorted(rows, key=lambda row: row.line.direction)


def best(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Returns the highest value of each (direction, score) among ``rows``."""
    found: dict[tuple[str, str], float] = {}
    for row in rows:
        for name, value in row.scores().items():
            key = (row.line.direction, name)
            found[key] = max(value, found.get(key, value))
    return found
