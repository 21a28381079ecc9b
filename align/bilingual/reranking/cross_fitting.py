"""What the second stage learns from: training words asked of a first stage that was fitted without their pairs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.features import NAMES, evidence
from align.bilingual.reranking.first_stage import POOL, Side, Stage, candidates, lexeme, staged, surroundings
from align.bilingual.reranking.grams import Grams, grams_of
from align.bilingual.reranking.spelling import Settings, fit_spelling
from align.bilingual.supervised.kernel import Ensemble

Answers = Mapping[int, frozenset[int]]


class Words(NamedTuple):
    """One language before the first stage: words by frequency, their normalised vectors, their n-grams."""

    words: Sequence[str]
    vectors: Float[np.ndarray, "v d"]
    grams: Grams


class Asked(NamedTuple):
    """Words that were asked, with their evidence: rank, part, candidates' evidence and which of them are right."""

    ranks: Int[np.ndarray, " q"]
    part: Int[np.ndarray, " q"]
    evidence: Float[np.ndarray, "q k m"]
    right: Bool[np.ndarray, "q k"]


class Fold(NamedTuple):
    """One part of the training words of side 0 (source) or 1 (target), and what its first stage does not see.

    ``asked`` are some of the words ``held``, whose pairs are left out; the pairs of ``hidden``, words of the other
    side, are left out too. ``learned`` and ``others`` are all the training words of this side and of the other.
    """

    side: int
    part: int
    asked: Int[np.ndarray, " a"]
    held: Int[np.ndarray, " h"]
    hidden: Int[np.ndarray, " o"]
    learned: Int[np.ndarray, " n"]
    others: Int[np.ndarray, " m"]

    def kept(self, numbers: Int[np.ndarray, "p 2"]) -> Bool[np.ndarray, " p"]:
        """Which pairs its first stage is fitted on."""
        return ~(np.isin(numbers[:, self.side], self.held) | np.isin(numbers[:, 1 - self.side], self.hidden))


def deal(
    numbers: Int[np.ndarray, "p 2"], side: int, part: int, *, parts: int, most: int, hide: bool, seed: int
) -> Fold:
    """Part ``part`` of the words of ``side``, dealt at random; ``most`` of them at most are asked.

    With ``hide`` as large a share of the other side's words, drawn at random, is hidden.
    """
    draw = np.random.default_rng([seed, side])
    learned, others = np.unique(numbers[:, side]), np.unique(numbers[:, 1 - side])
    mine = draw.integers(0, parts, len(learned)) == part
    asked = np.sort(draw.permutation(learned[mine])[:most])
    hidden = others[draw.integers(0, parts, len(others)) == part] if hide else others[:0]
    return Fold(side, part, asked, learned[mine], hidden, learned, others)


class Staged(NamedTuple):
    """A fold's first stage, turned so that it is asked from the fold's side, and its words' numbers in the vocabulary.

    ``rows`` has those of the fold's side and those of the other.
    """

    fold: Fold
    stage: Stage
    rows: tuple[Int[np.ndarray, " v"], Int[np.ndarray, " w"]]

    def ask(self, answers: Answers, among: Bool[np.ndarray, " w"] | None, k: int) -> Asked:
        """The fold's words that have one of the ``answers``, with their ``k`` candidates ``among`` the other side.

        Nothing is asked where fewer than ``k`` words are candidates.
        """
        asked = np.array([word for word in self.fold.asked if answers[int(word)]], np.int64)
        if not len(asked) or k > (len(self.rows[1]) if among is None else among.sum()):
            return nothing(k)
        at = np.searchsorted(self.rows[0], asked)
        ids = candidates(self.stage, at, k, among)
        found = self.rows[1][ids]
        right = [[int(c) in answers[int(word)] for c in line] for word, line in zip(asked, found, strict=True)]
        part = np.full(len(asked), self.fold.part)
        return Asked(asked, part, evidence(self.stage, at, ids), np.array(right, bool))


def nothing(k: int) -> Asked:
    """No word at all."""
    return Asked(
        np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, k, len(NAMES)), np.float32), np.zeros((0, k), bool)
    )


def first_stage(
    words: tuple[Words, Words], pairs: Pairs, fold: Fold, first: Ensemble, settings: Settings, *, pool: int, seed: int
) -> Staged:
    """The first stage of ``fold``: ``POOL`` most frequent words of its side, ``pool`` of the other, and all trained.

    Raises:
        ValueError: no pair is left to fit on.
    """
    numbers, side = pairs.numbers(), fold.side
    kept = fold.kept(numbers)
    if not kept.any():
        raise ValueError("no pair is left to fit the first stage of a part on; more pairs were expected")
    mine = np.union1d(fold.learned, np.arange(min(POOL, len(words[side].words))))
    theirs = np.union1d(fold.others, np.arange(min(pool, len(words[1 - side].words))))
    rows = (theirs, mine) if side else (mine, theirs)
    local = np.stack([np.searchsorted(rows[i], numbers[kept, i]) for i in (0, 1)], axis=1)
    some = _some(words[0], rows[0]), _some(words[1], rows[1])
    x, y = some[0].vectors, some[1].vectors
    alignment = first.fit(x, y, Pairs(local[:, 0], local[:, 1], pairs.weight[kept]), seed=seed)
    stage = stage_of(some, rows, local, (alignment.place_source(x), alignment.place_target(y)), settings)
    return Staged(fold, stage.turned() if side else stage, (mine, theirs))


def stage_of(
    words: tuple[Words, Words],
    ranks: tuple[Int[np.ndarray, " v"], Int[np.ndarray, " w"]],
    pairs: Int[np.ndarray, "p 2"],
    points: tuple[Float[np.ndarray, "v j"], Float[np.ndarray, "w j"]],
    settings: Settings,
) -> Stage:
    """The stage of an ``Ensemble``'s points: three views, x -> y, y -> x and canonical directions."""
    d, e, j = words[0].vectors.shape[1], words[1].vectors.shape[1], points[0].shape[1]
    first, second, third = slice(0, e), slice(e, e + d), slice(e + d, j)
    own, image = (second, first), (first, second)
    sides: list[Side] = []
    for i in (0, 1):
        near = surroundings(points[i], points[1 - i][:POOL])
        one = words[i]
        index = {word: row for row, word in enumerate(one.words)}
        sides.append(Side(one.words, index, ranks[i], points[i], own[i], image[i], third, *near, one.grams))
    (left, source), (right, target) = (np.unique(pairs[:, i], return_inverse=True) for i in (0, 1))
    one, other = lexeme(sides[0], left), lexeme(sides[1], right)
    forward = fit_spelling(one, other, source, target, settings)
    backward = fit_spelling(other, one, target, source, settings)
    forward, backward = (
        made._replace(anchors=rows[made.anchors]) for made, rows in ((forward, left), (backward, right))
    )
    return staged(sides[0], sides[1], pairs, forward, backward)


def answers_of(numbers: Int[np.ndarray, "p 2"], side: int, known: Int[np.ndarray, " n"] | None = None) -> Answers:
    """What each word of ``side`` translates to, of ``known`` words only where those are given."""
    found: dict[int, set[int]] = {int(word): set() for word in numbers[:, side]}
    for pair in numbers if known is None else numbers[np.isin(numbers[:, 1 - side], known)]:
        found[int(pair[side])].add(int(pair[1 - side]))
    return {word: frozenset(words) for word, words in found.items()}


def words_of(words: Sequence[str], vectors: Float[np.ndarray, "v d"], *, chinese: bool) -> Words:
    """One language, with n-grams of 1 and 2 characters (Chinese) or of 2 to 4 letters."""
    return Words(words, vectors, grams_of(words, *((1, 2) if chinese else (2, 4))))


def _some(words: Words, rows: Int[np.ndarray, " n"]) -> Words:
    return Words([words.words[int(row)] for row in rows], words.vectors[rows], words.grams)
