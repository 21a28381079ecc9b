"""Translator: two vocabularies in one common space, saved as one memory-mapped file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.aligned_pairs import AlignedIndex, AlignedPairs, pairs_in
from align.bilingual.candidates import Candidate, Translations
from align.bilingual.translator_file import TranslatorParts, read_parts, write_parts
from align.checks import at_least
from align.inverted_softmax import normalisers
from align.progress import Advance
from align.retrieval import CSLSIndex, below_probabilities, check_sides, nonzero_rows, top_k, unit_rows
from align.search import Neighbours
from align.space import Space, unknown
from align.text.chinese import has_hanzi

if TYPE_CHECKING:
    from align.bilingual.reranking.reranker import Reranker

Retrieval = Literal["best", "csls", "nn", "inverted-softmax"]
RETRIEVALS: tuple[Retrieval, ...] = get_args(Retrieval)
RERANKER = "rerank."
"""Prefix of the re-ranker's arrays among a translator's ``weights``."""
SHARPNESS, SAMPLE = 10.0, 5000
"""Inverted softmax: its sharpness b, and the number of words of the other language, evenly spaced by frequency, over
which it is normalised."""


@dataclass(frozen=True, eq=False)
class Translator:
    """English and Chinese words as unit vectors of one common space, searched in both directions.

    Args:
      source: English words and their points, unit rows of shape (v, j). A word without a vector has a row of zeros.
      target: Chinese words and their points, unit rows of shape (w, j).
      source_means: r of CSLS for each English word, shape (v,); None if r is computed where needed.
      target_means: r of CSLS for each Chinese word, shape (w,), or None with ``source_means``.
      details: how the translator was made, as strings: method, settings, dictionary, seed.
      weights: the arrays of the mapping, the re-ranker (named ``RERANKER``...) and aligned pairs (``ALIGNED``...).

    Raises:
      ValueError: the dimensions of the two spaces differ, or the number of means is wrong.

    >>> from align import Space, Vocab
    >>> points = np.eye(2, dtype=np.float32)
    >>> english, chinese = Space(Vocab(["horse", "king"]), points), Space(Vocab(["马", "国王"]), points)
    >>> Translator(english, chinese, *np.zeros((2, 2), np.float32)).translate(["king", "马"], k=1)
    [[Candidate('国王', 2.000, rank=2)], [Candidate('horse', 2.000, rank=1)]]
    """

    source: Space
    target: Space
    source_means: Float[np.ndarray, " v"] | None = None
    target_means: Float[np.ndarray, " w"] | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        means = (mean for mean in (self.source_means, self.target_means) if mean is not None)
        check_sides(self.source.vectors, self.target.vectors, *means)

    def __repr__(self) -> str:
        return f"Translator({self.source!r}, {self.target!r}, method={self.details.get('method', '')})"

    @property
    def by_chance(self) -> bool:
        """Whether the mapping was found without a dictionary and is no better than a mapping between shuffled words."""
        return self.details.get("chance") == "1"

    def direction(self, word: str) -> Literal["en-zh", "zh-en"]:
        """Returns the direction of ``word``: by vocabulary if only one has it, else by its script."""
        known_source, known_target = word in self.source, word in self.target
        if known_source != known_target:
            return "en-zh" if known_source else "zh-en"
        return "zh-en" if has_hanzi(word) else "en-zh"

    def translate(
        self, words: Sequence[str], k: int = 5, retrieval: Retrieval = "best", reverse: bool | None = None
    ) -> Translations:
        """Returns the k best candidates of each word, best first.

        Args:
          words: words of either vocabulary.
          k: number of candidates per word.
          retrieval: `best` re-ranks if the translator has a re-ranker, and is CSLS otherwise; `csls`, `nn` (cosine) and
            `inverted-softmax` sort by that score. `best` and `csls` include the bonus of aligned pairs.
          reverse: True if all words are Chinese, False if they are English; None decides by :meth:`direction`.

        Returns:
          A list of candidates per word, which notebooks show as a table. It is empty for a word without a vector, and
          short where there are fewer than k candidates. An unseen word is built from its parts where its space has
          sub-word units; it is never re-ranked, but `best` gives its candidates probabilities.

        Raises:
          KeyError: a word is not in the vocabulary; the message names similar spellings.
          ValueError: ``k`` is below 1, ``retrieval`` is unknown, or ``words`` is a string.
        """
        if isinstance(words, str):
            raise ValueError(f"{words!r} is a string; a list of words was expected")  # noqa: TRY004
        at_least(k, 1, "k")
        sides = [self.direction(word) == "zh-en" if reverse is None else reverse for word in words]
        answers: list[list[Candidate]] = [[] for _ in words]
        for backward in set(sides):
            places = [i for i, side in enumerate(sides) if side is backward]
            space = self.target if backward else self.source
            made = space.build(words[i] for i in places)
            for i in places:
                if words[i] in made:
                    answers[i] = self._of_built(made[words[i]], k, retrieval, reverse=backward)
            places = [i for i in places if words[i] not in made]
            if not places:
                continue
            rows = np.array([_row(space, words[i]) for i in places])
            found = self.nearest(rows, k, retrieval, reverse=backward)
            ranked = self.resolved(retrieval) == "best"
            for i, candidates in zip(places, self._candidates(found, reverse=backward, ranked=ranked), strict=True):
                answers[i] = candidates
        return Translations(words, answers)

    def translate_mean(
        self, words: Sequence[str], k: int = 5, retrieval: Retrieval = "best", *, reverse: bool = False
    ) -> list[Candidate]:
        """Returns the k candidates nearest to the mean of the points of ``words``, such as the words of a phrase.

        The score of ``best`` is CSLS too, because the re-ranker works on single words only.

        Args:
          words: words of the source vocabulary, or of the target vocabulary with ``reverse``.
          k: number of candidates.
          retrieval: as in :meth:`translate`.
          reverse: whether the words are Chinese.

        Raises:
          KeyError: a word is not in the vocabulary.
          ValueError: ``k`` is below 1, or there is no word.
        """
        at_least(k, 1, "k")
        if not words:
            raise ValueError("the mean of no words: at least one was expected")
        space = self.target if reverse else self.source
        rows = np.array([_row(space, word) for word in words])
        return self._of_point(space.vectors[rows].mean(axis=0), k, retrieval, reverse=reverse)

    def _of_point(
        self, point: Float[np.ndarray, " j"], k: int, retrieval: Retrieval, *, reverse: bool
    ) -> list[Candidate]:
        """Returns the k candidates nearest to a point of the common space; ``best`` is CSLS."""
        query, index = unit_rows(point[None]), self._index(reverse=reverse)
        if self.resolved(retrieval) in ("csls", "best"):
            found = index.nearest_to(query, k)
        else:
            found = top_k(query, index.target, k, penalty=self._penalty(retrieval, reverse=reverse))
        return self._candidates(found, reverse=reverse, ranked=False)[0]

    def _of_built(
        self, point: Float[np.ndarray, " j"], k: int, retrieval: Retrieval, *, reverse: bool
    ) -> list[Candidate]:
        """Returns the k candidates nearest to the point of an unseen word; `best` is CSLS with probabilities."""
        if self.resolved(retrieval) != "best" or (odds := self._built_odds[reverse]) is None:
            return self._of_point(point, k, retrieval, reverse=reverse)

        from align.bilingual.reranking.built_words import POOL, built_probabilities

        index = self._index(reverse=reverse)
        found = index.nearest_to(unit_rows(point[None]), max(k, POOL))
        shares = built_probabilities(odds, found.scores, len(index.source))
        return self._candidates(Neighbours(found.ids[:, :k], shares[:, :k]), reverse=reverse, ranked=True)[0]

    @cached_property
    def _built_odds(self) -> "list[Float[np.ndarray, '3'] | None]":
        """The odds of built English and of built Chinese words; None if units or the re-ranker are missing."""
        from align.bilingual.placed_units import PlacedUnits
        from align.bilingual.reranking.built_words import built_odds

        return [
            built_odds(self.reranker, space.vocab, space.units, self._index(reverse=reverse))
            if self.reranker is not None and isinstance(space.units, PlacedUnits)
            else None
            for space, reverse in ((self.source, False), (self.target, True))
        ]

    def _candidates(self, found: Neighbours, *, reverse: bool, ranked: bool) -> list[list[Candidate]]:
        """Returns the neighbours of each query as candidates; with ``ranked``, their scores are probabilities."""
        other = self.source if reverse else self.target
        words = other.vocab.words

        def probability(score: float) -> float | None:
            if self.by_chance:
                return 1 / max(len(other), 1)
            return max(score, 0.0) if ranked else None

        return [
            [
                Candidate(words[int(row)], float(score), int(row) + 1, probability(float(score)))
                for row, score in zip(ids, scores, strict=True)
                if row >= 0
            ]
            for ids, scores in zip(found.ids, found.scores, strict=True)
        ]

    def nearest(
        self, rows: Int[np.ndarray, " q"], k: int, retrieval: Retrieval = "best",
        *, reverse: bool = False, progress: Advance | None = None,
    ) -> Neighbours:  # fmt: skip
        """Returns the k best rows of the other vocabulary for each of the words ``rows``.

        Args:
          rows: row numbers of the source vocabulary, or of the target vocabulary with ``reverse``, shape (q,).
          k: number of candidates per word.
          retrieval: as in :meth:`translate`.
          reverse: whether the words are Chinese.
          progress: receives the number of words finished, block by block.

        Returns:
          Neighbours, ``ids`` and ``scores`` of shape (q, k); ids -1 if there are fewer candidates.
        """
        retrieval = self.resolved(retrieval)
        index = self._index(reverse=reverse)
        if retrieval == "csls":
            return index.nearest(rows, k, progress=progress)
        if retrieval != "best" or self.reranker is None:
            penalty = self._penalty(retrieval, reverse=reverse)
            return top_k(index.source[rows], index.target, k, penalty=penalty, progress=progress)
        found = self.reranker.rerank(rows, reverse=reverse, aligned=pairs_in(index), progress=progress)
        return found.first(k, lambda count: index.nearest(rows, count))

    def scores(
        self, rows: Int[np.ndarray, " q"], retrieval: Retrieval = "best", *, reverse: bool = False
    ) -> Float[np.ndarray, "q v"]:
        """Returns the scores of the words ``rows`` with all v words of the other vocabulary, shape (q, v).

        With `best`, the score of a re-ranked candidate is its probability; all others have scores below 0, in the order
        of CSLS. A word without a vector has the score -inf. The arguments are those of :meth:`nearest`; pass few rows
        per call to bound memory.
        """
        retrieval = self.resolved(retrieval)
        index = self._index(reverse=reverse)
        if retrieval == "csls":
            return index.scores(rows)
        if retrieval == "best" and self.reranker is not None:
            found = self.reranker.rerank(rows, reverse=reverse, aligned=pairs_in(index))
            scores = below_probabilities(index.scores(rows))
            query, place = np.nonzero(found.ids >= 0)
            scores[query, found.ids[query, place]] = found.probability[query, place]
            return scores
        queries = index.source[rows]
        scores = queries @ index.target.T
        penalty = self._penalty(retrieval, reverse=reverse)
        if penalty is not None:
            scores -= penalty
        scores[:, ~nonzero_rows(index.target)] = -np.inf
        scores[~nonzero_rows(queries)] = -np.inf
        return scores

    def _index(self, *, reverse: bool) -> CSLSIndex:
        return self.index.transpose() if reverse else self.index

    @cached_property
    def index(self) -> CSLSIndex:
        """The CSLS index of English queries; its ``transpose()`` is the index of Chinese queries."""
        below = None if self._means is not None or self.reranker is None else self.reranker.means()
        parts = self.source.vectors, self.target.vectors, self._means
        pairs = AlignedPairs.read(self.weights, (len(self.source), len(self.target)))
        return CSLSIndex(*parts, below=below) if pairs is None else AlignedIndex(*parts, below=below, pairs=pairs)

    @property
    def _means(self) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " w"]] | None:
        one, other = self.source_means, self.target_means
        return None if one is None or other is None else (one, other)

    def _penalty(self, retrieval: Retrieval, *, reverse: bool) -> Float[np.ndarray, " v"] | None:
        """Returns the values to subtract from the candidates' cosines; None for `nn`."""
        if retrieval == "nn":
            return None
        return self._source_normalisers if reverse else self._target_normalisers

    def resolved(self, retrieval: Retrieval) -> Retrieval:
        """Returns ``retrieval``, or `csls` for `best` without a re-ranker; raises ValueError if it is unknown."""
        if retrieval not in RETRIEVALS:
            raise ValueError(f"retrieval {retrieval!r}: must be {' or '.join(RETRIEVALS)}")
        return "csls" if retrieval == "best" and self.reranker is None else retrieval

    @cached_property
    def reranker(self) -> "Reranker | None":
        """The second stage, or None if the translator was made without one.

        Raises:
          ValueError: one of its arrays is missing or has a wrong shape.
        """
        arrays = {name[len(RERANKER) :]: array for name, array in self.weights.items() if name.startswith(RERANKER)}
        if not arrays:
            return None

        from align.bilingual.reranking.reranker import reranker_of

        try:
            return reranker_of(arrays, self.source, self.target)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"the translator's re-ranker is damaged ({error!r})") from error

    @cached_property
    def _source_normalisers(self) -> Float[np.ndarray, " v"]:
        return normalisers(_sample(self.target), self.source.vectors, SHARPNESS)

    @cached_property
    def _target_normalisers(self) -> Float[np.ndarray, " w"]:
        return normalisers(_sample(self.source), self.target.vectors, SHARPNESS)

    def spaces(self, *, reverse: bool) -> tuple[Space, Space]:
        """Returns the space of the queries and the space of the candidates."""
        return (self.target, self.source) if reverse else (self.source, self.target)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the translator to one file, whole or not at all."""
        parts = (self.source, self.target, self.source_means, self.target_means, self.details, self.weights)
        write_parts(path, TranslatorParts(*parts))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Translator":
        """Returns a saved translator; its arrays are views of the memory-mapped file.

        Raises:
          ValueError: the file is not a translator, or was cut short or changed; the message names it.
          OSError: the file cannot be read.
        """
        parts = read_parts(path)
        try:
            return Translator(*parts)
        except ValueError as error:
            raise ValueError(f"{path}: a damaged translator ({error})") from error


def _sample(space: Space) -> Float[np.ndarray, "q d"]:
    return space.vectors[np.unique(np.linspace(0, max(len(space) - 1, 0), SAMPLE).astype(np.int64))]


def _row(space: Space, word: str) -> int:
    row = space.vocab.index.get(word)
    if row is None:
        raise KeyError(unknown(word, space.vocab))
    return row
