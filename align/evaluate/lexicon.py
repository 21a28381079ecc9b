"""Bilingual lexicon induction: precision at k and MRR, over covered words and over all words."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.dictionary.dictionary import Dictionary, forms, is_latin, word_keys
from align.bilingual.translator import Retrieval, Translator
from align.evaluate.score import Score, defined, shown
from align.progress import Report, running_total
from align.search import gold_ranks
from align.text.vocab import Vocab

DEPTHS = (1, 5, 10)
_ROWS = 256
BANDS = (0, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The rank of the best gold answer of every covered source word of a dictionary.

    Args:
      name: name of the dictionary.
      rows: row numbers of the covered words, shape (q,).
      ranks: 1-based rank of the best gold answer among all candidates, shape (q,).
      total: number of source words of the dictionary; forms of the same word of the vocabulary count once.
      latin: number of pairs without a Chinese character.
      probability: the probability of the first candidate, shape (q,), or None if the translator estimates none.

    Example:
      >>> found = Lexicon("muse", rows=np.array([0, 5]), ranks=np.array([1, 4]), total=4)
      >>> found
      Lexicon('muse', 2 of 4 words covered)
      >>> found.precision(1).value, found.precision(1).over_all, found.mrr().value
      (0.5, 0.25, 0.625)
    """

    name: str
    rows: Int[np.ndarray, " q"]
    ranks: Int[np.ndarray, " q"]
    total: int
    latin: int = 0
    probability: Float[np.ndarray, " q"] | None = None

    def __repr__(self) -> str:
        return f"Lexicon({self.name!r}, {len(self.ranks):,} of {self.total:,} words covered)"

    def calibration_error(self, bins: int = 10) -> float | None:
        """Returns the expected calibration error of the first candidates' probabilities; None without probabilities.

        ECE = sum over bins b of n_b / n |accuracy in b - mean probability in b|, with ``bins`` bins of equal width.

        Source: Guo et al. 2017, equation 3.
        """
        if self.probability is None or not len(self.ranks):
            return None
        place = np.minimum((self.probability * bins).astype(np.int64), bins - 1)
        excess = np.bincount(place, (self.ranks == 1) - self.probability.astype(np.float64), bins)
        return float(np.abs(excess).sum() / len(self.ranks))

    def precision(self, k: int) -> Score:
        """Returns P@k: the share of words with a gold answer among the first k candidates."""
        return Score(f"p@{k}", _mean(self.ranks <= k), len(self.ranks), self.total)

    def mrr(self) -> Score:
        """Returns the mean reciprocal rank of the best gold answer."""
        return Score("mrr", _mean(1 / self.ranks), len(self.ranks), self.total)

    def scores(self) -> tuple[Score, ...]:
        """Returns P@1, P@5, P@10 and MRR."""
        return (*(self.precision(k) for k in DEPTHS), self.mrr())

    def bands(self, edges: Sequence[int] = BANDS) -> list[tuple[str, "Lexicon"]]:
        """Returns the results by frequency rank of the source word, without empty bands."""
        bounds = [*edges, max(int(self.rows.max(initial=0)) + 1, edges[-1] + 1)]
        parts: list[tuple[str, Lexicon]] = []
        for low, high in pairwise(bounds):
            inside = (self.rows >= low) & (self.rows < high)
            if inside.any():
                band = Lexicon(self.name, self.rows[inside], self.ranks[inside], int(inside.sum()))
                parts.append((f"{low + 1:,} to {high:,}", band))
        return parts

    def as_json(self) -> dict[str, Any]:
        """Returns name, coverage, and each score as ``{"covered": x, "all": y}`` from 0 to 1, None if undefined."""
        return {
            "name": self.name,
            "covered": len(self.ranks),
            "total": self.total,
            "latin": self.latin,
            **{
                score.name: {"covered": defined(score.value), "all": defined(score.over_all)} for score in self.scores()
            },
            **({} if self.probability is None else {"calibration_error": self.calibration_error()}),
        }

    def __str__(self) -> str:
        """Returns one line: the scores over covered words in percent, and the coverage."""
        figures = "  ".join(f"{s.name.upper()} {shown(100 * s.value, 1)}" for s in self.scores())
        return f"{self.name}: {figures}  ({len(self.ranks):,} of {self.total:,} words covered)"


def _mean(values: Float[np.ndarray, " q"] | Any) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def evaluate(
    translator: Translator,
    dictionary: Dictionary,
    *,
    reverse: bool = False,
    retrieval: Retrieval = "best",
    name: str = "",
    report: Report = lambda *_: None,
) -> Lexicon:
    """Translates every source word of a dictionary and ranks its gold answers.

    Each word counts once, and each of its translations is a gold answer. A word is covered if the translator has it and
    at least one gold answer. Its rank is the rank of the gold answer with the highest score.

    Args:
      translator: the translator to evaluate.
      dictionary: the gold answers.
      reverse: whether the first column of the dictionary is Chinese, the translator's target language.
      retrieval: how candidates are scored.
      name: name of the result; by default the name of the dictionary.
      report: is called with direction and retrieval, the number of words looked up, and the number of words.
    """
    own, other = translator.spaces(reverse=reverse)
    covered = dictionary.covered(own.vocab, other.vocab)
    golds = {own.vocab.index[word]: np.sort(other.vocab.ids(answers)) for word, answers in covered.targets.items()}
    rows = np.array(sorted(golds), np.int64)
    advance = running_total(report, f"{_direction(reverse)}, {retrieval}", len(rows))
    ranks, highest = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.float32)
    for start in range(0, len(rows), _ROWS):
        queries = rows[start : start + _ROWS]
        table = translator.scores(queries, retrieval, reverse=reverse)
        answers = [golds[int(row)] for row in queries]
        gold = np.array([ids[np.argmax(line[ids])] for ids, line in zip(answers, table, strict=True)], np.int64)
        ranks[start : start + _ROWS] = gold_ranks(table.__getitem__, gold, len(other), progress=advance).ranks
        highest[start : start + _ROWS] = np.maximum(table.max(axis=1), 0)
    latin = sum(map(is_latin, dictionary.pairs))
    probability = highest if translator.resolved(retrieval) == "best" else None
    return Lexicon(name or dictionary.name, rows, ranks, _distinct(dictionary.targets, own.vocab), latin, probability)


def _distinct(words: Iterable[str], vocab: Vocab) -> int:
    """Returns the number of words; forms of one word of ``vocab``, and others with the same key, count once."""
    listed = list(words)
    found, key = forms(listed, vocab), word_keys(listed)
    return len({found.get(word, key(word)) for word in listed})


def _direction(reverse: bool) -> str:
    return "zh-en" if reverse else "en-zh"


class Line(NamedTuple):
    """One row of the table of methods."""

    method: str
    direction: str
    retrieval: str
    lexicon: Lexicon


def compare(
    translators: Mapping[str, Translator],
    test: Dictionary,
    reverse_test: Dictionary,
    retrievals: Iterable[Retrieval] = ("nn", "csls", "best"),
    *,
    report: Report = lambda *_: None,
) -> list[Line]:
    """Evaluates every translator in both directions with every retrieval.

    Args:
      translators: translators by name.
      test: the test dictionary, English first.
      reverse_test: the test dictionary of the other direction, Chinese first.
      retrievals: the ways to score candidates; `best` is skipped for a translator without a re-ranker.
      report: as in :func:`evaluate`.

    Example:
      >>> from align.space import Space
      >>> points = np.eye(2, dtype=np.float32)
      >>> english, chinese = Space(Vocab(["horse", "king"]), points), Space(Vocab(["马", "国王"]), points)
      >>> translator = Translator(english, chinese, *np.zeros((2, 2), np.float32))
      >>> test = Dictionary((("king", "国王"),))
      >>> lines = compare({"eye": translator}, test, test.reversed(), ["nn"])
      >>> [(line.direction, line.lexicon.precision(1).value) for line in lines]
      [('en-zh', 1.0), ('zh-en', 1.0)]
    """
    return [
        Line(name, _direction(reverse), how, evaluate(translator, words, reverse=reverse, retrieval=how, report=report))
        for name, translator in translators.items()
        for reverse, words in ((False, test), (True, reverse_test))
        for how in retrievals
        if how != "best" or translator.reranker is not None
    ]
