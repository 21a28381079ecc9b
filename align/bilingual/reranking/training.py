"""How the second stage is trained: every training word is asked of a first stage that never saw its pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.cross_fitting import Asked, Fold, Words, answers_of, deal, first_stage, nothing, stage_of
from align.bilingual.reranking.features import NAMES
from align.bilingual.reranking.network import Training, train_head
from align.bilingual.reranking.ordering import Head, Weights, fit_odds, scores
from align.bilingual.reranking.reranker import Reranker
from align.bilingual.reranking.spelling import Settings
from align.bilingual.supervised.kernel import Ensemble

Report = Callable[[int, int], object]


@dataclass(frozen=True)
class Reranking:
    """The settings of the second stage.

    The training words are dealt into ``parts``; those of each are asked of a first stage fitted without their pairs,
    among the ``pool`` most frequent words of the other side and its training words. Parts are asked, two at least,
    until some ``asked`` words of a direction have been.

    From the second language to the first all right answers are training words, which a network would learn to tell
    from others. So as large a share of the answers, drawn at random, is hidden from that first stage, and each word is
    asked twice: among training words alone, hidden or not; and among the hidden ones and words in no pair, no rarer
    than training words. In neither does having been trained on, or being frequent, say anything of being right. What
    is still learned of training words is held down by ``trust`` times the first stage's CSLS, added to the scores.
    """

    parts: int = 4
    k: int = 40
    pool: int = 20_000
    asked: int = 2500
    trust: float = 10.0
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
        report: Report = lambda *_: None,
    ) -> Reranker:
        """The re-ranker over the first stage ``first``, whose points fitted on all ``pairs`` are ``whole``.

        Raises:
            ValueError: no training word finds a right answer among its candidates.
        """
        numbers = pairs.numbers()
        rounds = [self.rounds(len(np.unique(numbers[:, side]))) for side in (0, 1)]
        steps = sum(rounds) + 3
        heads: list[Head] = []
        done = 0
        for side in (0, 1):
            gathered: list[Asked] = []
            for part in range(rounds[side]):
                most = -(-self.asked // rounds[side])
                fold = deal(numbers, side, part, parts=self.parts, most=most, hide=side == 1, seed=seed)
                gathered += self._ask((source, target), pairs, first, fold, seed=seed)
                done += 1
                report(done, steps)
            asked = Asked(*map(np.concatenate, zip(*gathered, strict=True)))
            heads.append(self._head(asked, trust=self.trust if side else 0.0, seed=seed))
            done += 1
            report(done, steps)
        ranks = np.arange(len(source.words)), np.arange(len(target.words))
        stage = stage_of((source, target), ranks, numbers, whole, self.spelling)
        report(steps, steps)
        return Reranker(stage, heads[0], heads[1], self.k)

    def rounds(self, words: int) -> int:
        """How many of the parts of so many words are asked."""
        return min(self.parts, max(2, -(-self.asked * self.parts // max(words, 1))))

    def _ask(
        self, words: tuple[Words, Words], pairs: Pairs, first: Ensemble, fold: Fold, *, seed: int
    ) -> Sequence[Asked]:
        """Ask the words of one part, from one side."""
        numbers, side = pairs.numbers(), fold.side
        if not fold.kept(numbers).any():
            return [nothing(self.k)]
        staged = first_stage(words, pairs, fold, first, self.spelling, pool=self.pool, seed=seed)
        answers = answers_of(numbers, side)
        if side == 0:
            return [staged.ask(answers, None, self.k)]
        theirs = staged.rows[1]
        trained, hidden = np.isin(theirs, fold.others), np.isin(theirs, fold.hidden)
        unpaired = ~trained & (theirs < fold.others.max())
        among = staged.ask(answers, trained, self.k)
        return [among, staged.ask(answers_of(numbers, side, fold.hidden), hidden | unpaired, self.k)]

    def _head(self, asked: Asked, *, trust: float, seed: int) -> Head:
        """Networks trained on all that was asked; the odds from networks that had not seen the word.

        Where these put fewer right candidates first than the first stage does, its CSLS alone decides the order.
        """
        halves = asked.part % 2 == 0
        unseen = np.zeros(asked.right.shape, np.float32)
        for half in (halves, ~halves):
            if not asked.right[~half].any():
                return _by_csls(asked)
            part = train_head(asked.evidence[~half], asked.right[~half], self.network, seed=seed)
            unseen[half] = scores(_trusting(part, trust), asked.evidence[half])
        first = np.take_along_axis(asked.right, unseen.argmax(axis=1)[:, None], axis=1)
        if first.mean() < asked.right[:, 0].mean():
            return _by_csls(asked)
        head = _trusting(train_head(asked.evidence, asked.right, self.network, seed=seed), trust)
        return head._replace(odds=fit_odds(unseen, asked.ranks, asked.right))


def _trusting(head: Head, trust: float) -> Head:
    """The head whose scores are ``trust`` times the candidate's CSLS higher, but for what all candidates share."""
    column = NAMES.index("csls")
    linear = head.weights.linear.copy()
    linear[:, column] += np.float32(trust) * head.scale[column]
    return head._replace(weights=head.weights._replace(linear=linear))


def _by_csls(asked: Asked) -> Head:
    """A head that keeps the first stage's order; it has the odds of its being right."""
    mean, scale = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    linear = np.zeros((1, len(NAMES)), np.float32)
    linear[0, NAMES.index("csls")] = 20.0
    none = np.zeros((1, len(NAMES), 0), np.float32), np.zeros((1, 0), np.float32), np.zeros((1, 0), np.float32)
    head = Head(mean, scale, Weights(linear, *none), np.zeros(3, np.float32))
    return head._replace(odds=fit_odds(scores(head, asked.evidence), asked.ranks, asked.right))
