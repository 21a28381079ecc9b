"""`best`: what the table of methods says wins: an ensemble of regressions, and a second stage that re-ranks."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.kernel import Ensemble
from align.bilingual.mapping import Alignment, Pairs, Watch
from align.bilingual.reranking.training import Reranking
from align.bilingual.selflearning import SelfLearning
from align.bilingual.unsupervised import Unsupervised


@dataclass(frozen=True)
class Best:
    """Kernel ridge regressions with canonical correlation (``first``), re-ranked (``second``), where pairs suffice.

    Fewer than ``few`` pairs are not enough to tell a regression from chance, and words written alike are often no
    translations: ``seeds`` then finds more pairs, and ``nothing`` where there are none; nothing is re-ranked.
    """

    first: Ensemble = field(default_factory=Ensemble)
    second: Reranking = field(default_factory=Reranking)
    seeds: SelfLearning = field(default_factory=SelfLearning)
    nothing: Unsupervised = field(default_factory=Unsupervised)
    few: int = 1000

    def suited(self, pairs: Pairs, *, alike: bool) -> "Best | SelfLearning | Unsupervised":
        """What is fitted on ``pairs``, which with ``alike`` are words written alike."""
        if not len(pairs.source):
            return self.nothing
        return self.seeds if alike or len(pairs.source) < self.few else self

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
        return self.first.fit(x, y, pairs, seed=seed, watch=watch)
