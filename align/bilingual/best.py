"""`best`: chooses the most accurate method for the given pairs: a re-ranked ensemble or self-learning."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import Fitted, MappingTask, Method, PairUse, Progress, Watch, ignore
from align.bilingual.reranking.cross_fitting import language_words
from align.bilingual.reranking.held_out import fit_with_held_out
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.kernel import Ensemble
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.retrieval import CSLSIndex

_POOL = 20_000


@dataclass(frozen=True)
class Best:
    """The method that suits the pairs: re-ranked regressions for many pairs, self-learning for few or none.

    Regressions cannot generalise from a few hundred words, and identically spelt words are often not translations. In
    both cases self-learning finds more pairs. Between ``few`` and ``many`` source words, a held-out fifth of them
    decides.

    Args:
        first: the first stage for many pairs: kernel ridge regressions and canonical correlation.
        second: the second stage for many pairs, which re-ranks the candidates of the first.
        seeds: the method for fewer than ``few`` source words, or for identically spelt pairs alone.
        nothing: the method for no pairs.
        few: from this number of source words on, regressions are considered.
        many: from this number of source words on, regressions are used without a trial.

    Example:
        >>> pairs = Pairs.equal(np.arange(3), np.arange(3))
        >>> [type(Best().suited(some, only_identical=False)).__name__ for some in (Pairs.none(), pairs)]
        ['Unsupervised', 'SelfLearning']
    """

    uses_pairs: ClassVar[PairUse] = "optional"

    first: Ensemble = field(default_factory=Ensemble)
    second: Reranking = field(default_factory=Reranking)
    seeds: SelfLearning = field(default_factory=SelfLearning)
    nothing: Unsupervised = field(default_factory=Unsupervised)
    few: int = 300
    many: int = 4000

    def __repr__(self) -> str:
        stages = (self.first, self.second, self.seeds, self.nothing)
        names = ", ".join(type(stage).__name__ for stage in stages)
        return f"Best({names}, few={self.few}, many={self.many})"

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits the method that suits the pairs of ``task``; ``Fitted.method`` names it.

        Raises:
            ValueError: too few words to learn from, or training that diverges.
        """
        method = self.suited(task.pairs, only_identical=task.has_only_identical_pairs())
        if method is self and task.pairs.source_words() < self.many:
            method = self.better_on_held_out(task, seed=seed, watch=watch)
        if method is not self:
            return method.fit(task, seed=seed, watch=watch)
        return self._fit_both_stages(task, seed=seed, watch=watch)

    def suited(self, pairs: Pairs, *, only_identical: bool) -> Method:
        """Returns the method that the number and kind of pairs suggest: ``nothing``, ``seeds`` or this one.

        Args:
            pairs: the translation pairs.
            only_identical: whether all of them are identically spelt words.
        """
        if not len(pairs.source):
            return self.nothing
        return self.seeds if only_identical or pairs.source_words() < self.few else self

    def better_on_held_out(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Method:
        """Returns this method, or self-learning if it translates more held-out words.

        The pairs of the rarest fifth of the source words are held out, and both procedures are fitted on the rest.
        Self-learning is ``seeds`` without restarts, in the trial as in the final fit: the pairs are its only start.
        """
        words = np.unique(task.pairs.source)
        held_out = np.isin(task.pairs.source, words[-max(1, len(words) // 5) :])
        rest = task.with_pairs(task.pairs.take(~held_out))

        def trial(progress: Progress) -> None:
            watch(progress._replace(stage="comparing methods"))

        learning = replace(self.seeds, few=0)
        learned = learning.fit(rest, seed=seed, watch=trial).alignment
        fitted = self.first.solve(rest.x, rest.y, rest.pairs)
        gold = task.pairs.take(held_out)
        return learning if hits(learned, rest.x, rest.y, gold) > hits(fitted, rest.x, rest.y, gold) else self

    def _fit_both_stages(self, task: MappingTask, *, seed: int, watch: Watch) -> Fitted:
        alignment, held_out = fit_with_held_out(self.first, task.x, task.y, task.pairs)
        words = (
            language_words(task.source.words, task.x, chinese=False),
            language_words(task.target.words, task.y, chinese=True),
        )
        points = alignment.place_source(task.x), alignment.place_target(task.y)

        def report(done: int, total: int) -> None:
            watch(Progress("re-ranking", done, total))

        reranker = self.second.train(
            *words, task.pairs, points, self.first, seed=seed, held_out=held_out, report=report
        )
        return Fitted(alignment, self, reranker, points=points)


def hits(alignment: Alignment, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], gold: Pairs) -> float:
    """Returns the share of the words in ``gold``, source and target words, whose best candidate is a gold answer.

    The candidates, and the neighbours of CSLS, are the 20,000 most frequent words of the other side.

    Args:
        alignment: the alignment to score.
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        gold: the pairs to find.
    """
    index = CSLSIndex(alignment.place_source(x[:_POOL]), alignment.place_target(y[:_POOL]))
    numbers = gold.numbers()
    right = total = 0
    for side, (place, vectors) in enumerate(((alignment.place_source, x), (alignment.place_target, y))):
        words = np.unique(numbers[:, side])
        first = (index.transpose() if side else index).nearest_to(place(vectors[words]), 1).ids[:, 0]
        known = set(map(tuple, numbers[:, [side, 1 - side]].tolist()))
        right += sum(pair in known for pair in zip(words.tolist(), first.tolist(), strict=True))
        total += len(words)
    return right / max(1, total)
