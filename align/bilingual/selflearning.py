"""Self-learning: a dictionary of a few pairs gives a map, the map a larger dictionary, and so on until it is steady."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.bilingual.induction import Stage, rounds, turns
from align.bilingual.linear import Reweighted
from align.bilingual.mapping import Alignment, Pairs, Progress, Watch
from align.bilingual.refinement import check_sizes
from align.bilingual.trials import best_of


@dataclass(frozen=True)
class SelfLearning:
    """Self-learning from a few pairs (Artetxe, Labaka & Agirre 2018, ACL, section 3), then symmetric re-weighting.

    Each round fits ``turns`` on the present pairs and takes every word's nearest by CSLS, in both directions, as the
    next; only the ``pool`` most frequent words take part (the frequency cut-off). The share of the candidates that
    take part in a round goes from ``keep`` to 1, doubling, at most ``rounds`` rounds each. The last pairs, mutual
    neighbours, fit the final map, ``Reweighted`` with ``power``. From fewer than ``few`` source words, ``restarts``
    annealed starts that lean on the pairs are tried beside the pairs themselves, and the best goes on (``trials``).
    But: the paper waits 50 rounds for growth before it doubles the share; a stage here is short. The dictionary
    given is used for the first map only, there as here.
    """

    pool: int = 20_000
    keep: float = 0.5
    rounds: int = 6
    sample: int = 4_000
    power: float = 0.5
    few: int = 300
    restarts: int = 4

    def __post_init__(self) -> None:
        check_sizes(self, (self.pool, self.rounds, self.sample))
        if not 0 < self.keep <= 1 or min(self.power, self.few, self.restarts) < 0:
            raise ValueError(f"{self}: keep in (0, 1], and power, few and restarts from 0 were expected")

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``; ``watch`` is told each round's map and the mean CSLS of what it induces, negated."""
        restarts = self.restarts if len(np.unique(pairs.source)) < self.few else 0
        if not restarts:
            return self.learn(x, y, pairs, seed=seed, watch=watch)
        most = restarts + 1 + self.most_rounds()
        best = best_of(x, y, pairs, restarts, most=most, seed=seed, watch=watch)
        return self.learn(x, y, best, seed=seed, watch=watch, before=restarts + 1)

    def learn(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int,
        watch: Watch,
        before: int = 0,
    ) -> Alignment:
        """The rounds of self-learning and the final map; ``before`` steps have been told to ``watch``."""
        most = before + self.most_rounds()
        random = np.random.default_rng(seed)
        for step, (found, induced) in enumerate(rounds(x, y, pairs, self.plan(), sample=self.sample, random=random), 1):
            pairs = induced.pairs()
            watch(Progress(before + step, most, -induced.score, found.alignment()))
        found = turns(x, y, pairs)
        matches = found.matches(x[: self.pool], y[: self.pool])
        few = len(matches.source) == 0
        alignment = found.alignment() if few else Reweighted(self.power).fit(x, y, matches.pairs())
        watch(Progress(most, most, -matches.quality(), alignment))
        return alignment

    def plan(self) -> list[Stage]:
        """The shares keep, 2 keep, 4 keep, ..., 1."""
        doublings = int(np.ceil(np.log2(1 / self.keep)))
        return [Stage(self.pool, min(1.0, self.keep * 2**i), self.rounds) for i in range(doublings + 1)]

    def most_rounds(self) -> int:
        """How many rounds there are if none stops early."""
        return sum(stage.rounds for stage in self.plan())
