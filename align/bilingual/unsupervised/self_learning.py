"""Self-learning: a dictionary of a few pairs gives a map, the map a larger dictionary, and so on until it is steady."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, Progress, Watch
from align.bilingual.supervised.linear import Reweighted
from align.bilingual.unsupervised.induction import Stage, rounds, turns
from align.bilingual.unsupervised.refinement import check_sizes
from align.bilingual.unsupervised.trials import Make, best_of, starting_points


@dataclass(frozen=True)
class SelfLearning:
    """Self-learning from a few pairs (Artetxe, Labaka & Agirre 2018, ACL, section 3), then symmetric re-weighting.

    Each round fits ``turns`` on the present pairs and takes every word's nearest by CSLS, in both directions, as the
    next; only the most frequent words take part (the frequency cut-off). A share ``keep`` of the candidates takes part
    in each round, drawn anew: with a tenth, wrong pairs do not hold each other up. The share doubles from stage to
    stage and is 1 in the last; the cut-off goes from a quarter of ``pool`` to ``pool``. The last pairs, mutual
    neighbours, fit the final map, ``Reweighted`` with ``power``.

    From fewer than ``few`` source words, several starts are tried and the best goes on (``trials``): the pairs
    themselves; with ``spelling``, the pairs and the words that both languages write alike, where ``fit`` is told of
    them; and ``restarts`` annealed ones that lean on either (a quarter as many where the words written alike
    are not few).

    But: the paper waits 50 rounds for growth before it doubles the share; a stage here is short and has its number of
    rounds. The dictionary given is used for the first map only, there as here.
    """

    pool: int = 20_000
    keep: float = 0.1
    rounds: int = 5
    sample: int = 4_000
    power: float = 1.0
    few: int = 300
    restarts: int = 4
    spelling: bool = True

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
        alike: Pairs | None = None,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``; ``watch`` is told each round's map and the mean CSLS of what it induces, negated.

        ``alike`` are pairs of words written alike: used beside fewer than ``few`` words, and only with ``spelling``.
        """
        if len(np.unique(pairs.source)) >= self.few or not (self.restarts or self.hints(alike)):
            return self.learn(x, y, pairs, seed=seed, watch=watch)
        return self.choose(x, y, pairs, self.hints(alike), self.restarts, seed=seed, watch=watch)

    def hints(self, alike: Pairs | None) -> Pairs | None:
        """``alike``, if there are some and ``spelling`` is to be looked at."""
        return alike if self.spelling and alike is not None and len(alike.source) else None

    def choose(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        alike: Pairs | None,
        restarts: int,
        *,
        more: Sequence[Make] = (),
        seed: int,
        watch: Watch,
    ) -> Alignment:
        """Try every start, ``restarts`` annealed ones and ``more`` among them, and learn on from the best."""
        given = starting_points(pairs, alike)
        if alike is not None and len(np.unique(alike.source)) >= self.few:
            restarts //= 4
        before = len(given) + len(more) + restarts
        most = before + self.most_rounds()
        best = best_of(x, y, given, restarts, more=more, most=most, seed=seed, watch=watch)
        return self.learn(x, y, best, seed=seed, watch=watch, before=before)

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
        """The shares keep, 2 keep, 4 keep, ... up to one half, then 1; the pools double up to ``pool``, twice at most.

        The first stage, which goes most of the way, is twice as long.
        """
        doublings = max(0, int(np.floor(np.log2(1 / (2 * self.keep)))) + 1)
        shares = [*(self.keep * 2**i for i in range(doublings)), 1.0]
        halvings = max(0, min(2, len(shares) - 2))
        return [
            Stage(max(1, self.pool >> max(0, halvings - i)), share, self.rounds * (2 if i == 0 else 1))
            for i, share in enumerate(shares)
        ]

    def most_rounds(self) -> int:
        """How many rounds there are if none stops early."""
        return sum(stage.rounds for stage in self.plan())
