"""Bilingual lexicon induction: how often the right translation is found, over covered words and over all."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.dictionary.dictionary import Dictionary, forms, is_latin
from align.bilingual.translator import Retrieval, Translator
from align.evaluate.score import Score, defined
from align.progress import Report, running_total
from align.search import gold_ranks
from align.text.vocab import Vocab

DEPTHS = (1, 5, 10)
_ROWS = 256
BANDS = (0, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The place of the best right answer of every covered source word of a dictionary.

    ``rows`` are the covered words' frequency ranks (from 0), ``ranks`` the place, from 1, of the first right answer
    among all candidates; ``total`` counts every source word of the dictionary, those that the translator has as one
    word once, and ``latin`` its pairs without a Chinese character. ``probability`` is what the translator gives the
    candidate that it puts first, where it gives one.
    """

    name: str
    rows: Int[np.ndarray, " q"]
    ranks: Int[np.ndarray, " q"]
    total: int
    latin: int = 0
    probability: Float[np.ndarray, " q"] | None = None

    def calibration_error(self, bins: int = 10) -> float | None:
        """The expected calibration error: by how much the probability of the first candidate is wrong, on the whole.

        ECE = sum over bins b of n_b / n |share of right answers in b - mean probability in b|, the words sorted by
        their probability into ``bins`` bins of equal width (Guo et al. 2017, equation 3). None without probabilities.
        """
        if self.probability is None or not len(self.ranks):
            return None
        place = np.minimum((self.probability * bins).astype(np.int64), bins - 1)
        excess = np.bincount(place, (self.ranks == 1) - self.probability.astype(np.float64), bins)
        return float(np.abs(excess).sum() / len(self.ranks))

    def precision(self, k: int) -> Score:
        """P@k: the share of words with a right answer among the first ``k``."""
        return Score(f"p@{k}", _mean(self.ranks <= k), len(self.ranks), self.total)

    def mrr(self) -> Score:
        """The mean of one over the place of the first right answer."""
        return Score("mrr", _mean(1 / self.ranks), len(self.ranks), self.total)

    def scores(self) -> tuple[Score, ...]:
        """P@1, P@5, P@10 and MRR."""
        return (*(self.precision(k) for k in DEPTHS), self.mrr())

    def bands(self, edges: Sequence[int] = BANDS) -> list[tuple[str, "Lexicon"]]:
        """The same by the source word's frequency rank; bands without a word are left out."""
        bounds = [*edges, max(int(self.rows.max(initial=0)) + 1, edges[-1] + 1)]
        parts: list[tuple[str, Lexicon]] = []
        for low, high in pairwise(bounds):
            inside = (self.rows >= low) & (self.rows < high)
            if inside.any():
                band = Lexicon(self.name, self.rows[inside], self.ranks[inside], int(inside.sum()))
                parts.append((f"{low + 1:,} to {high:,}", band))
        return parts

    def as_json(self) -> dict[str, Any]:
        """``name``, ``covered``, ``total``, ``latin`` and each score as ``{"covered": x, "all": y}`` in 0 to 1."""
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
        """One line: the scores over covered words, and the coverage."""
        told = "  ".join(f"{s.name.upper()} {100 * s.value:.1f}" for s in self.scores())
        return f"{self.name}: {told}  ({len(self.ranks):,} of {self.total:,} words covered)"


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
    """Look up every source word of ``dictionary`` and see where its first right answer stands.

    A word counts once, with all its translations as right answers. It is covered where the translator has the word and
    at least one of its answers. With ``reverse`` the dictionary's first column is the translator's target language.
    Where several answers are covered, the one with the best score is the one whose place counts. ``report`` is called
    with the direction and retrieval, how many words are looked up, and of how many.
    """
    one, other, _, _ = translator.side(reverse=reverse)
    covered = dictionary.covered(one.vocab, other.vocab)
    golds = {one.vocab.index[word]: np.sort(other.vocab.ids(answers)) for word, answers in covered.targets.items()}
    rows = np.array(sorted(golds), np.int64)
    looked_up = running_total(report, f"{_direction(reverse)}, {retrieval}", len(rows))
    ranks, surest = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.float32)
    for start in range(0, len(rows), _ROWS):
        asked = rows[start : start + _ROWS]
        table = translator.scores(asked, retrieval, reverse=reverse)
        right = [golds[int(row)] for row in asked]
        expected = np.array([ids[np.argmax(line[ids])] for ids, line in zip(right, table, strict=True)], np.int64)
        ranks[start : start + _ROWS] = gold_ranks(table.__getitem__, expected, len(other), progress=looked_up).ranks
        surest[start : start + _ROWS] = np.maximum(table.max(axis=1), 0)
    latin = sum(map(is_latin, dictionary.pairs))
    sure = surest if translator.resolved(retrieval) == "best" else None
    return Lexicon(name or dictionary.name, rows, ranks, _distinct(dictionary.targets, one.vocab), latin, sure)


def _distinct(words: Iterable[str], vocab: Vocab) -> int:
    """How many words these are, those counted once that are one word of ``vocab``, or lack there but for their case."""
    listed = list(words)
    found = forms(listed, vocab)
    return len({found.get(word, word.casefold()) for word in listed})


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
    """Every translator in both directions with every retrieval, on the same two test dictionaries.

    Of ``retrievals`` those are left out that a translator has not: ``best`` without a re-ranker.
    """
    return [
        Line(name, _direction(reverse), how, evaluate(translator, words, reverse=reverse, retrieval=how, report=report))
        for name, translator in translators.items()
        for reverse, words in ((False, test), (True, reverse_test))
        for how in retrievals
        if how != "best" or translator.reranker is not None
    ]
