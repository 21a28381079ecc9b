"""Training of the re-ranker: features by cross-fitting, a head per direction, calibrated probabilities."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.cross_fitting import (
    CandidateFeatures,
    Fold,
    LanguageWords,
    build_index,
    fit_fold,
    gold_answers,
    make_fold,
    make_rare_fold,
)
from align.bilingual.reranking.features import NAMES
from align.bilingual.reranking.held_out import HeldOutImages
from align.bilingual.reranking.network import Training, train_head
from align.bilingual.reranking.ordering import Head, Weights, fit_odds, scores
from align.bilingual.reranking.reranker import Reranker
from align.bilingual.reranking.spelling import SpellingSettings
from align.bilingual.supervised.kernel import Ensemble


@dataclass(frozen=True)
class Reranking:
    """The settings of the second stage, and its training by cross-fitting.

    The training words of a language are assigned to ``folds`` folds. The features of the words of a fold come from a
    first stage fitted without their pairs; their candidates are the ``pool`` most frequent words of the other language
    and its training words. At least two folds are used, and more until there are ``queries`` queries.

    From the second language to the first, all gold answers are training words, and a network would learn to recognise
    training words. So a random share 1 / ``folds`` of the answers is hidden from the first stage, and the candidates
    are the training words, hidden or not. Up to half of the queries come from one more fold, which hides the rarest
    answers: their candidates are the hidden words and the words in no pair. So in both cases, a candidate is not more
    likely to be a gold answer because it is a training word. To limit what the network still learns about training
    words, ``trust`` times the CSLS of the first stage is added to its scores.

    Args:
      folds: number of folds.
      k: number of candidates to re-rank.
      pool: number of most frequent words that are candidates even if they are in no pair.
      queries: number of queries per direction to train on.
      trust: weight of CSLS, as above.
      network: settings of the networks.
      spelling: settings of the regression on spelling.
    """

    folds: int = 4
    k: int = 40
    pool: int = 20_000
    queries: int = 2500
    trust: float = 20.0
    network: Training = field(default_factory=Training)
    spelling: SpellingSettings = field(default_factory=SpellingSettings)

    def train(
        self,
        source: LanguageWords,
        target: LanguageWords,
        pairs: Pairs,
        points: tuple[Float[np.ndarray, "v j"], Float[np.ndarray, "w j"]],
        first: Ensemble,
        *,
        seed: int,
        held_out: tuple[HeldOutImages, HeldOutImages],
        report: Callable[[int, int], object] = lambda *_: None,
    ) -> Reranker:
        """Returns the re-ranker over a first stage.

        Args:
          source: words of the first language.
          target: words of the second language.
          pairs: the training pairs.
          points: the points of both languages' words under ``first``, fitted on all ``pairs``.
          first: the settings of the first stage.
          seed: seed of the folds and the networks.
          held_out: images of the training words of both languages under ``first`` fitted without their own pairs.
          report: receives the steps done and the number of steps.

        Raises:
          ValueError: no training word has a gold answer among its candidates.
        """
        numbers, words = pairs.numbers(), (source, target)
        used = [self.used_folds(len(np.unique(numbers[:, side]))) for side in (0, 1)]
        steps = sum(used) + 4
        heads: list[Head] = []
        done = 0
        for side in (0, 1):
            parts: list[CandidateFeatures] = []
            share = self.queries // 2 if side else self.queries
            for number in range(used[side]):
                limit = -(-share // used[side])
                fold = make_fold(numbers, side, number, folds=self.folds, max_queries=limit, hide=side == 1, seed=seed)
                parts.append(self._features(words, pairs, first, fold, rare=False))
                done += 1
                report(done, steps)
            if side:
                fold = make_rare_fold(numbers, side, folds=self.folds, max_queries=share, seed=seed)
                parts.append(self._features(words, pairs, first, fold, rare=True))
                done += 1
                report(done, steps)
            examples = CandidateFeatures(*map(np.concatenate, zip(*parts, strict=True)))
            heads.append(self._head(examples, trust=self.trust if side else 0.0, seed=seed))
            done += 1
            report(done, steps)
        ranks = np.arange(len(source.words)), np.arange(len(target.words))
        index = build_index(words, ranks, numbers, points, self.spelling, held_out=held_out)
        report(steps, steps)
        return Reranker(index, heads[0], heads[1], self.k)

    def used_folds(self, words: int) -> int:
        """Returns the number of folds of ``words`` training words that the queries need."""
        return min(self.folds, max(2, -(-self.queries * self.folds // max(words, 1))))

    def _features(
        self, words: tuple[LanguageWords, LanguageWords], pairs: Pairs, first: Ensemble, fold: Fold, *, rare: bool
    ) -> CandidateFeatures:
        """Returns the queries of one fold, with their features; ``rare`` marks the fold of the rarest answers."""
        numbers, side = pairs.numbers(), fold.side
        if not len(fold.queries) or not fold.fitted(numbers).any():
            return CandidateFeatures.none(self.k)
        fitted = fit_fold(words, pairs, fold, first, self.spelling, pool=self.pool)
        if side == 0:
            return fitted.features(gold_answers(numbers, side), None, self.k)
        training = np.isin(fitted.rows[1], fold.other_training)
        if not rare:
            return fitted.features(gold_answers(numbers, side), training, self.k)
        hidden = np.isin(fitted.rows[1], fold.hidden)
        return fitted.features(gold_answers(numbers, side, fold.hidden), hidden | ~training, self.k)

    def _head(self, examples: CandidateFeatures, *, trust: float, seed: int) -> Head:
        """Returns networks trained on all queries, with odds fitted on networks that have not seen the query.

        If those networks rank fewer gold answers first than the first stage does, CSLS alone decides the order.
        """
        halves = examples.fold % 2 == 0
        held_out = np.zeros(examples.gold.shape, np.float32)
        for half in (halves, ~halves):
            if not examples.gold[~half].any():
                return _csls_head(examples)
            part = train_head(examples.features[~half], examples.gold[~half], self.network, seed=seed)
            held_out[half] = scores(_trusting(part, trust), examples.features[half])
        first = np.take_along_axis(examples.gold, held_out.argmax(axis=1)[:, None], axis=1)
        if first.mean() < examples.gold[:, 0].mean():
            return _csls_head(examples)
        head = _trusting(train_head(examples.features, examples.gold, self.network, seed=seed), trust)
        return head._replace(odds=fit_odds(held_out, examples.ranks, examples.gold))


def _trusting(head: Head, trust: float) -> Head:
    """Returns ``head`` with ``trust`` times the candidate's CSLS added to its scores, up to a constant."""
    column = NAMES.index("csls")
    linear = head.weights.linear.copy()
    linear[:, column] += np.float32(trust) * head.scale[column]
    return head._replace(weights=head.weights._replace(linear=linear))


def _csls_head(examples: CandidateFeatures) -> Head:
    """Returns a head that keeps the order of CSLS, with the odds of its best candidate."""
    mean, scale = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    linear = np.zeros((1, len(NAMES)), np.float32)
    linear[0, NAMES.index("csls")] = 20.0
    none = np.zeros((1, len(NAMES), 0), np.float32), np.zeros((1, 0), np.float32), np.zeros((1, 0), np.float32)
    head = Head(mean, scale, Weights(linear, *none), np.zeros(3, np.float32))
    return head._replace(odds=fit_odds(scores(head, examples.features), examples.ranks, examples.gold))
