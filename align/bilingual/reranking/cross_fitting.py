"""Cross-fitting: features of training words from a first stage fitted without their pairs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.features import NAMES, candidate_features
from align.bilingual.reranking.first_stage import (
    POOL,
    FirstStageIndex,
    HeldOut,
    LanguageSide,
    candidates,
    first_stage_index,
    spelling_input,
    surroundings,
)
from align.bilingual.reranking.grams import Grams, grams_of
from align.bilingual.reranking.held_out import HeldOutImages
from align.bilingual.reranking.spelling import SpellingSettings, fit_spelling
from align.bilingual.supervised.kernel import Ensemble

GoldAnswers = Mapping[int, frozenset[int]]
"""The gold answers of each query, as row numbers."""


class LanguageWords(NamedTuple):
    """The words of one language by frequency, with their normalised vectors and their n-grams."""

    words: Sequence[str]
    vectors: Float[np.ndarray, "v d"]
    grams: Grams


class CandidateFeatures(NamedTuple):
    """Queries with the features of their candidates, and which candidates are gold answers.

    Attributes:
      ranks: row numbers of the queries in the vocabulary, shape (q,).
      fold: fold number of each query, shape (q,).
      features: the features ``NAMES`` of the k candidates of each query, shape (q, k, m).
      gold: which candidates are gold answers, shape (q, k).
    """

    ranks: Int[np.ndarray, " q"]
    fold: Int[np.ndarray, " q"]
    features: Float[np.ndarray, "q k m"]
    gold: Bool[np.ndarray, "q k"]

    @staticmethod
    def none(k: int) -> "CandidateFeatures":
        """Returns an empty set of queries with k candidates each."""
        whole = np.zeros(0, np.int64)
        return CandidateFeatures(whole, whole, np.zeros((0, k, len(NAMES)), np.float32), np.zeros((0, k), bool))


class Fold(NamedTuple):
    """One part of the training words of a language, and the words whose pairs its first stage may not use.

    Args:
      side: the language of the queries, 0 (source) or 1 (target).
      queries: some of the words ``held_out``.
      folds: the number of the fold that each query is assigned to.
      held_out: the words of this language whose pairs are left out.
      hidden: words of the other language whose pairs are also left out.
      training: all training words of this language.
      other_training: all training words of the other language.
    """

    side: int
    queries: Int[np.ndarray, " a"]
    folds: Int[np.ndarray, " a"]
    held_out: Int[np.ndarray, " h"]
    hidden: Int[np.ndarray, " o"]
    training: Int[np.ndarray, " n"]
    other_training: Int[np.ndarray, " m"]

    def fitted(self, numbers: Int[np.ndarray, "p 2"]) -> Bool[np.ndarray, " p"]:
        """Returns which pairs the first stage of this fold is fitted on, shape (p,).

        Args:
          numbers: source and target row of each pair, shape (p, 2).
        """
        return ~(np.isin(numbers[:, self.side], self.held_out) | np.isin(numbers[:, 1 - self.side], self.hidden))


def make_fold(
    numbers: Int[np.ndarray, "p 2"], side: int, number: int, *, folds: int, max_queries: int, hide: bool, seed: int
) -> Fold:
    """Assigns the training words of ``side`` to folds at random, and returns one of the folds.

    Args:
      numbers: source and target row of each training pair, shape (p, 2).
      side: the language of the queries, 0 (source) or 1 (target).
      number: the fold to return, from 0.
      folds: the number of folds.
      max_queries: largest number of queries; if the fold has more words, they are drawn at random.
      hide: whether to hide a random 1 / ``folds`` of the other language's training words.
      seed: seed of all random numbers.
    """
    training, others, assigned, draw = _assigned(numbers, side, folds=folds, seed=seed)
    mine = assigned == number
    queries = np.sort(draw.permutation(training[mine])[:max_queries])
    hidden = others[draw.integers(0, folds, len(others)) == number] if hide else others[:0]
    return Fold(side, queries, np.full(len(queries), number), training[mine], hidden, training, others)


def make_rare_fold(numbers: Int[np.ndarray, "p 2"], side: int, *, folds: int, max_queries: int, seed: int) -> Fold:
    """Returns the fold that hides the rarest 1 / ``folds`` of the other language's training words.

    The words of ``side`` that have a translation among them are held out, and are the queries. They keep the fold
    numbers that :func:`make_fold` assigns. The arguments are those of :func:`make_fold`.
    """
    training, others, assigned, draw = _assigned(numbers, side, folds=folds, seed=seed)
    hidden = others[len(others) - len(others) // folds :]
    held_out = np.unique(numbers[np.isin(numbers[:, 1 - side], hidden), side])
    queries = np.sort(draw.permutation(held_out)[:max_queries])
    return Fold(side, queries, assigned[np.searchsorted(training, queries)], held_out, hidden, training, others)


class _Assignment(NamedTuple):
    """The training words of a language with the fold of each, those of the other language, and the random generator."""

    training: Int[np.ndarray, " n"]
    others: Int[np.ndarray, " m"]
    folds: Int[np.ndarray, " n"]
    draw: np.random.Generator


def _assigned(numbers: Int[np.ndarray, "p 2"], side: int, *, folds: int, seed: int) -> _Assignment:
    """Assigns the training words of ``side`` to folds at random."""
    draw = np.random.default_rng([seed, side])
    training, others = np.unique(numbers[:, side]), np.unique(numbers[:, 1 - side])
    return _Assignment(training, others, draw.integers(0, folds, len(training)), draw)


class FoldIndex(NamedTuple):
    """A fold's first stage, with the fold's language as its source.

    ``rows`` are the row numbers, in the vocabularies, of the words of the fold's language and of the other language.
    """

    fold: Fold
    first_stage: FirstStageIndex
    rows: tuple[Int[np.ndarray, " v"], Int[np.ndarray, " w"]]

    def features(self, gold: GoldAnswers, among: Bool[np.ndarray, " w"] | None, k: int) -> CandidateFeatures:
        """Returns the features of the fold's queries that have a gold answer.

        If fewer than k words may be candidates, the result has no queries.

        Args:
          gold: the gold answers of each training word, as row numbers of the vocabularies.
          among: which words of the other language may be candidates, shape (w,); None means all.
          k: number of candidates of each query.
        """
        answered = np.array([bool(gold[int(word)]) for word in self.fold.queries], bool)
        queries = self.fold.queries[answered]
        if not len(queries) or k > (len(self.rows[1]) if among is None else among.sum()):
            return CandidateFeatures.none(k)
        local = np.searchsorted(self.rows[0], queries)
        ids = candidates(self.first_stage, local, k, among)
        found = self.rows[1][ids]
        is_gold = [[int(c) in gold[int(word)] for c in line] for word, line in zip(queries, found, strict=True)]
        features = candidate_features(self.first_stage, local, ids)
        return CandidateFeatures(queries, self.fold.folds[answered], features, np.array(is_gold, bool))


def fit_fold(
    words: tuple[LanguageWords, LanguageWords],
    pairs: Pairs,
    fold: Fold,
    first: Ensemble,
    settings: SpellingSettings,
    *,
    pool: int,
) -> FoldIndex:
    """Returns the first stage of ``fold``.

    It contains all training words, the ``POOL`` most frequent words of the fold's language and the ``pool`` most
    frequent words of the other.

    Args:
      words: the words of both languages.
      pairs: all training pairs.
      fold: the fold, which says which pairs to leave out.
      first: settings of the first stage.
      settings: settings of the regression on spelling.
      pool: the number of most frequent words of the other language that may be candidates.

    Raises:
      ValueError: no pair is left to fit on.
    """
    numbers, side = pairs.numbers(), fold.side
    fitted = fold.fitted(numbers)
    if not fitted.any():
        raise ValueError("a fold has no pairs left to fit its first stage on; more pairs are needed")
    mine = np.union1d(fold.training, np.arange(min(POOL, len(words[side].words))))
    theirs = np.union1d(fold.other_training, np.arange(min(pool, len(words[1 - side].words))))
    rows = (theirs, mine) if side else (mine, theirs)
    local = np.stack([np.searchsorted(rows[i], numbers[fitted, i]) for i in (0, 1)], axis=1)
    some = _some(words[0], rows[0]), _some(words[1], rows[1])
    x, y = some[0].vectors, some[1].vectors
    alignment = first.solve(x, y, Pairs(local[:, 0], local[:, 1], pairs.weight[fitted]))
    points = alignment.place_source(x), alignment.place_target(y)
    queries = np.searchsorted(mine, fold.queries)
    near = (None, queries) if side else (queries, None)
    index = build_index(some, rows, local, points, settings, near=near)
    return FoldIndex(fold, index.transpose() if side else index, (mine, theirs))


def build_index(
    words: tuple[LanguageWords, LanguageWords],
    ranks: tuple[Int[np.ndarray, " v"], Int[np.ndarray, " w"]],
    pairs: Int[np.ndarray, "p 2"],
    points: tuple[Float[np.ndarray, "v j"], Float[np.ndarray, "w j"]],
    settings: SpellingSettings,
    *,
    held_out: tuple[HeldOutImages, HeldOutImages] | None = None,
    near: tuple[Int[np.ndarray, " _q"] | None, Int[np.ndarray, " _c"] | None] = (None, None),
) -> FirstStageIndex:
    """Returns the index of an ``Ensemble``'s points: three views, x -> y, y -> x and canonical directions.

    ``held_out`` are the images of the training words of both languages under regressions fitted without their own
    pairs. Without it, no training word may be a query. ``near`` are the words of both languages that may be queries or
    candidates; None means all. The surroundings of other words are NaN.
    """
    d, e, j = words[0].vectors.shape[1], words[1].vectors.shape[1], points[0].shape[1]
    first, second, third = slice(0, e), slice(e, e + d), slice(e + d, j)
    own, image = (second, first), (first, second)
    sides: list[LanguageSide] = []
    for i, one in enumerate(words):
        pool = points[1 - i][:POOL]
        away = HeldOut.none(image[i].stop - image[i].start)
        if held_out is not None:
            moved = points[i][held_out[i].rows]
            moved[:, image[i]] = held_out[i].images * np.float32(3**-0.5)
            away = HeldOut(held_out[i].rows, moved[:, image[i]].copy(), surroundings(moved, pool))
        around = surroundings(points[i], pool, near[i])
        row_of = {word: row for row, word in enumerate(one.words)}
        sides.append(
            LanguageSide(one.words, row_of, ranks[i], points[i], own[i], image[i], third, around, one.grams, away)
        )
    (left, source), (right, target) = (np.unique(pairs[:, i], return_inverse=True) for i in (0, 1))
    one, other, leave_out = spelling_input(sides[0], left), spelling_input(sides[1], right), held_out is not None
    forward = fit_spelling(one, other, source, target, settings, held_out=leave_out)
    backward = fit_spelling(other, one, target, source, settings, held_out=leave_out)
    forward, backward = (
        forward._replace(anchors=left[forward.anchors]),
        backward._replace(anchors=right[backward.anchors]),
    )
    return first_stage_index(sides[0], sides[1], pairs, forward, backward)


def gold_answers(numbers: Int[np.ndarray, "p 2"], side: int, known: Int[np.ndarray, " n"] | None = None) -> GoldAnswers:
    """Returns the translations of each word of ``side``; with ``known``, only those that are in ``known``."""
    found: dict[int, set[int]] = {int(word): set() for word in numbers[:, side]}
    for pair in numbers if known is None else numbers[np.isin(numbers[:, 1 - side], known)]:
        found[int(pair[side])].add(int(pair[1 - side]))
    return {word: frozenset(words) for word, words in found.items()}


def language_words(words: Sequence[str], vectors: Float[np.ndarray, "v d"], *, chinese: bool) -> LanguageWords:
    """Returns one language with its n-grams: of 1 and 2 characters in Chinese, of 2 to 4 letters otherwise."""
    return LanguageWords(words, vectors, grams_of(words, *((1, 2) if chinese else (2, 4))))


def _some(words: LanguageWords, rows: Int[np.ndarray, " n"]) -> LanguageWords:
    return LanguageWords([words.words[int(row)] for row in rows], words.vectors[rows], words.grams)
