"""Unsupervised alignment: many starts from nothing, the best by its own measure, and self-learning from there."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, Watch
from align.bilingual.refinement import check_sizes
from align.bilingual.selflearning import SelfLearning
from align.bilingual.trials import best_of


@dataclass(frozen=True)
class Unsupervised:
    """A map without a dictionary: the best of ``restarts`` annealed starts (``starts``, ``trials``), then ``learning``.

    Pairs, where there are some, make one more start, and the others lean on them.
    """

    restarts: int = 8
    learning: SelfLearning = field(default_factory=SelfLearning)

    def __post_init__(self) -> None:
        check_sizes(self, (self.restarts,))

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Find a map; ``watch`` is told of each start by its quality, negated, then of the rounds of self-learning.

        Raises:
            ValueError: fewer than 3 words on a side.
        """
        if min(len(x), len(y)) < 3:
            raise ValueError(f"{len(x)} and {len(y)} words; at least 3 a side are needed to tell shapes apart")
        before = self.restarts + (len(pairs.source) > 0)
        most = before + self.learning.most_rounds()
        best = best_of(x, y, pairs, self.restarts, most=most, seed=seed, watch=watch)
        return self.learning.learn(x, y, best, seed=seed, watch=watch, before=before)
