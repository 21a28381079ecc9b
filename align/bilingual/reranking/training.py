"""How the second stage is trained: every training word is asked of a first stage that never saw its pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.kernel import Ensemble
from align.bilingual.mapping import Pairs
from align.bilingual.reranking.evidence import NAMES, evidence
from align.bilingual.reranking.grams import Grams, grams_of
from align.bilingual.reranking.network import Training, train_head
from align.bilingual.reranking.ordering import Head, Weights, fit_odds, scores
from align.bilingual.reranking.reranker import Reranker
from align.bilingual.reranking.spelling import Settings, fit_spelling
from align.bilingual.reranking.stage import POOL, Side, Stage, candidates, lexeme, staged, surroundings

_FREQUENCY = ("rank", "rank of candidate", "rank difference", "rank distance")
Tell = Callable[[int, int], object]


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


@dataclass(frozen=True)
class Reranking:
    """The settings of the second stage.

    The training words are dealt into ``parts``; those of each are asked of a first stage fitted without their pairs,
    among the ``pool`` most frequent words of the other side and its training words; at most ``asked`` a direction.
    From the second language to the first all right answers are training words, which a network would learn to tell
    from others: there only training words are candidates, and as large a share of them, drawn at random, is left out of
    the first stage's pairs too, so that having been trained on says nothing of being right.
    """

    parts: int = 4
    k: int = 40
    pool: int = 20_000
    asked: int = 5000
    network: Training = field(default_factory=Training)
    spelling: Settings = field(default_factory=Settings)

    def train(
        self,
        source: Words,
        target: Words,
        pairs: Pairs,
        whole: tuple[Float[np.ndarray, "v j"], Float[np.ndarray, "w j"]],
        first: Ensemble,
        *,
        seed: int,
        tell: Tell = lambda *_: None,
    ) -> Reranker:
        """The re-ranker over the first stage ``first``, whose points fitted on all ``pairs`` are ``whole``.

        Raises:
            ValueError: no training word finds a right answer among its candidates.
        """
        steps = 2 * self.parts + 3
        heads: list[Head] = []
        done = 0
        for reverse in (False, True):
            gathered: list[Asked] = []
            for part in range(self.parts):
                gathered.append(self._ask(source, target, pairs, first, part, reverse=reverse, seed=seed))
                done += 1
                tell(done, steps)
            asked = Asked(*(np.concatenate(parts) for parts in zip(*gathered, strict=True)))
            heads.append(self._head(asked, blind=_FREQUENCY if reverse else (), seed=seed))
            done += 1
            tell(done, steps)
        numbers = np.stack([pairs.source, pairs.target], axis=1)
        ranks = np.arange(len(source.words)), np.arange(len(target.words))
        stage = _stage((source, target), ranks, numbers, whole, self.spelling)
        tell(steps, steps)
        return Reranker(stage, heads[0], heads[1], self.k)

    def _ask(
        self, source: Words, target: Words, pairs: Pairs, first: Ensemble, part: int, *, reverse: bool, seed: int
    ) -> Asked:
        """Ask the words of one part, in one direction."""
        numbers = np.stack([pairs.source, pairs.target], axis=1)
        side = int(reverse)
        learned = np.unique(numbers[:, side])
        draw = np.random.default_rng([seed, side])
        parts = draw.integers(0, self.parts, len(learned))
        chosen = np.isin(np.arange(len(learned)), draw.permutation(len(learned))[: self.asked])
        held = learned[parts == part]
        asked = learned[(parts == part) & chosen]
        kept = ~np.isin(numbers[:, side], held)
        if reverse:
            others = np.unique(numbers[:, 0])
            kept &= ~np.isin(numbers[:, 0], others[draw.integers(0, self.parts, len(others)) == part])
        if not kept.any() or not len(asked):
            empty = np.zeros((0, self.k, len(NAMES)), np.float32)
            return Asked(np.zeros(0, np.int64), np.zeros(0, np.int64), empty, np.zeros((0, self.k), bool))
        pools = POOL, 0 if reverse else self.pool
        rows = [
            np.union1d(np.unique(numbers[:, i]), np.arange(min(pools[int(i != side)], len(words.words))))
            for i, words in enumerate((source, target))
        ]
        local = np.stack([np.searchsorted(rows[i], numbers[kept, i]) for i in (0, 1)], axis=1)
        some = [_some(words, at) for words, at in zip((source, target), rows, strict=True)]
        x, y = some[0].vectors, some[1].vectors
        alignment = first.fit(x, y, Pairs(local[:, 0], local[:, 1], pairs.weight[kept]), seed=seed)
        points = alignment.place_source(x), alignment.place_target(y)
        stage = _stage((some[0], some[1]), (rows[0], rows[1]), local, points, self.spelling)
        stage = stage.turned() if reverse else stage
        at = np.searchsorted(rows[side], asked)
        ids = candidates(stage, at, self.k)
        answers: dict[int, set[int]] = {}
        for pair in numbers:
            answers.setdefault(int(pair[side]), set()).add(int(pair[1 - side]))
        right = [
            [int(rows[1 - side][c]) in answers[int(row)] for c in line] for row, line in zip(asked, ids, strict=True)
        ]
        return Asked(asked, np.full(len(asked), part), evidence(stage, at, ids), np.array(right, bool))

    def _head(self, asked: Asked, *, blind: Sequence[str], seed: int) -> Head:
        """Networks trained on all that was asked; the odds from networks that had not seen the word.

        Where these put fewer right candidates first than the first stage does, its CSLS alone decides the order. The
        evidence ``blind`` is not looked at: the training words of the second language are translations of frequent
        words of the first, which would teach that all answers are frequent.
        """
        halves = asked.part % 2 == 0
        unseen = np.zeros(asked.right.shape, np.float32)
        for half in (halves, ~halves):
            if not asked.right[~half].any():
                return _by_csls(asked)
            trained = train_head(
                asked.evidence[~half], asked.right[~half], self.network, blind=_columns(blind), seed=seed
            )
            unseen[half] = scores(trained, asked.evidence[half])
        first = np.take_along_axis(asked.right, unseen.argmax(axis=1)[:, None], axis=1)
        if first.mean() < asked.right[:, 0].mean():
            return _by_csls(asked)
        head = train_head(asked.evidence, asked.right, self.network, blind=_columns(blind), seed=seed)
        return head._replace(odds=fit_odds(unseen, asked.ranks, asked.right))


def _columns(names: Sequence[str]) -> list[int]:
    return [NAMES.index(name) for name in names]


def _by_csls(asked: Asked) -> Head:
    """A head that keeps the first stage's order; it has the odds of its being right."""
    mean, scale = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    linear = np.zeros((1, len(NAMES)), np.float32)
    linear[0, NAMES.index("csls")] = 20.0
    none = np.zeros((1, len(NAMES), 0), np.float32), np.zeros((1, 0), np.float32), np.zeros((1, 0), np.float32)
    head = Head(mean, scale, Weights(linear, *none), np.zeros(3, np.float32))
    return head._replace(odds=fit_odds(scores(head, asked.evidence), asked.ranks, asked.right))


def words_of(words: Sequence[str], vectors: Float[np.ndarray, "v d"], *, chinese: bool) -> Words:
    """One language, with n-grams of 1 and 2 characters (Chinese) or of 2 to 4 letters."""
    return Words(words, vectors, grams_of(words, *((1, 2) if chinese else (2, 4))))


def _some(words: Words, rows: Int[np.ndarray, " n"]) -> Words:
    return Words([words.words[int(row)] for row in rows], words.vectors[rows], words.grams)


def _stage(
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
