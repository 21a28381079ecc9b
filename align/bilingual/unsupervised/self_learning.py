"""Self-learning: fits a map to a small dictionary, induces a larger dictionary from the map, and repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import Fitted, MappingTask, PairUse, Progress, Watch, ignore
from align.bilingual.supervised.linear import Reweighted
from align.bilingual.unsupervised.induction import OrthogonalPair, Stage, orthogonal_pair, rounds
from align.bilingual.unsupervised.trials import Make, best_of, starting_points
from align.checks import at_least


class Learned(NamedTuple):
    """The result of self-learning.

    Attributes:
        alignment: the final, re-weighted map.
        rotation: the orthogonal maps that the last pairs fit.
    """

    alignment: Alignment
    rotation: OrthogonalPair


@dataclass(frozen=True)
class SelfLearning:
    """Self-learning from a few pairs, then symmetric re-weighting.

    Each round fits ``orthogonal_pair`` on the current pairs and takes the nearest word of every word by CSLS, in both
    directions, as the next pairs. Only the most frequent words take part. Each round searches a random share of the
    candidates; with a tenth, wrong pairs do not reinforce each other. The share doubles from stage to stage and is 1 in
    the last. The result, ``Reweighted``, is fitted on the mutual neighbours of the last map.

    With fewer than ``few`` source words, several starts are tried and the best continues (``trials``): the pairs; the
    pairs with identically spelt words; and annealed starts that use either.

    Args:
        pool: how many of the most frequent words take part in the last stage; earlier stages use a quarter and a half.
        keep: the share of the candidates in the first stage, above 0 and at most 1.
        rounds: rounds of a stage; the first has twice as many.
        sample: the number of words over which the means of CSLS are taken while the share is below 1.
        power: exponent of the final re-weighting.
        few: with at least this number of source words, the pairs are the only start.
        restarts: the number of annealed starts; a quarter of it with ``few`` or more identically spelt words.
        spelling: whether identically spelt words may be used.

    Source: Artetxe, Labaka & Agirre 2018 (ACL), section 3.
    But: the paper waits 50 rounds for growth before it doubles the share; a stage here is short and has a fixed number
    of rounds. As in the paper, the dictionary is used for the first map alone.

    Example:
        >>> [stage.keep for stage in SelfLearning().plan()]
        [0.1, 0.2, 0.4, 1.0]
        >>> SelfLearning().max_rounds()
        25
    """

    uses_pairs: ClassVar[PairUse] = "required"

    pool: int = 20_000
    keep: float = 0.1
    rounds: int = 5
    sample: int = 4_000
    power: float = 1.0
    few: int = 300
    restarts: int = 4
    spelling: bool = True

    def __post_init__(self) -> None:
        for name in ("pool", "rounds", "sample"):
            at_least(getattr(self, name), 1, name)
        for name in ("few", "restarts"):
            at_least(getattr(self, name), 0, name)
        if not 0 < self.keep <= 1:
            raise ValueError(f"keep {self.keep}: must be above 0 and at most 1")
        if self.power < 0:
            raise ValueError(f"power {self.power}: must be at least 0")

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task``; ``watch`` receives the map of each round and its mean CSLS, negated."""
        spelt = self.usable(task.identical_pairs)
        if task.pairs.source_words() >= self.few or not (self.restarts or len(spelt.source)):
            learned = self.learn(task.x, task.y, task.pairs, seed=seed, watch=watch)
        else:
            learned = self.choose(task, spelt, self.restarts, seed=seed, watch=watch)
        return Fitted(learned.alignment, self)

    def usable(self, identical_pairs: Pairs) -> Pairs:
        """Returns ``identical_pairs``, or none of them without ``spelling``."""
        return identical_pairs if self.spelling else Pairs.none()

    def choose(
        self,
        task: MappingTask,
        identical_pairs: Pairs,
        restarts: int,
        *,
        more: Sequence[Make] = (),
        seed: int,
        watch: Watch,
    ) -> Learned:
        """Tries every start and continues self-learning from the best.

        Args:
            task: the vectors, and the pairs to start from.
            identical_pairs: identically spelt words that may be used.
            restarts: the number of annealed starts.
            more: other starts.
            seed: seed of all random numbers.
            watch: receives the progress.
        """
        x, y = task.x, task.y
        given = starting_points(task.pairs, identical_pairs)
        if identical_pairs.source_words() >= self.few:
            restarts //= 4
        return self.learn(
            x, y, best_of(x, y, given, restarts, more=more, seed=seed, watch=watch), seed=seed, watch=watch
        )

    def learn(
        self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs, *, seed: int, watch: Watch
    ) -> Learned:
        """Runs all rounds of self-learning from ``pairs``."""
        total = self.max_rounds()
        random = np.random.default_rng(seed)
        for step, (found, induced) in enumerate(rounds(x, y, pairs, self.plan(), sample=self.sample, random=random), 1):
            pairs = induced.pairs()
            watch(Progress("self-learning", step, total, -induced.score, found.alignment()))
        found = orthogonal_pair(x, y, pairs)
        matches = found.matches(x[: self.pool], y[: self.pool])
        alignment = found.alignment()
        if len(matches.source):
            alignment = Reweighted(self.power).solve(x, y, matches.pairs())
        watch(Progress("self-learning", total, total, -matches.quality(), alignment))
        return Learned(alignment, found)

    def plan(self) -> list[Stage]:
        """Returns the stages: shares keep, 2 keep, 4 keep, ... up to one half, then 1; pools double up to ``pool``."""
        doublings = max(0, int(np.floor(np.log2(1 / (2 * self.keep)))) + 1)
        shares = [*(self.keep * 2**i for i in range(doublings)), 1.0]
        halvings = max(0, min(2, len(shares) - 2))
        return [
            Stage(max(1, self.pool >> max(0, halvings - i)), share, self.rounds * (2 if i == 0 else 1))
            for i, share in enumerate(shares)
        ]

    def max_rounds(self) -> int:
        """Returns the number of rounds if no stage ends early."""
        return sum(stage.rounds for stage in self.plan())
