"""`best`: what the table of methods says wins: an ensemble of regressions, and a second stage that re-ranks."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.kernel import Ensemble
from align.bilingual.mapping import Alignment, Pairs, Watch
from align.bilingual.reranking.training import Reranking
from align.bilingual.selflearning import SelfLearning


@dataclass(frozen=True)
class Best:
    """Kernel ridge regressions with canonical correlation (``first``), re-ranked; from few pairs, self-learning.

    Fewer than ``few`` pairs are not enough to tell a regression from chance: self-learning then finds more, and nothing
    is re-ranked.
    """

    first: Ensemble = field(default_factory=Ensemble)
    second: Reranking = field(default_factory=Reranking)
    seeds: SelfLearning = field(default_factory=SelfLearning)
    few: int = 1000

    def reranks(self, pairs: Pairs) -> bool:
        """Whether there are pairs enough for both stages."""
        return len(pairs.source) >= self.few

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit the first stage; ``fitting.fit`` then trains the second, which needs the words too."""
        chosen = self.first if self.reranks(pairs) else self.seeds
        return chosen.fit(x, y, pairs, seed=seed, watch=watch)
