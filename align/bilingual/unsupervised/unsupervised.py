"""Unsupervised alignment: many starts from nothing, the best by its own measure, and self-learning from there."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, Watch
from align.bilingual.unsupervised.adversarial import Adversary
from align.bilingual.unsupervised.refinement import check_sizes
from align.bilingual.unsupervised.self_learning import SelfLearning


@dataclass(frozen=True)
class Unsupervised:
    """A map without a dictionary: the best of several starts (``trials``), then ``learning``.

    The starts are the words that both languages write alike, where ``fit`` is told of them, and ``restarts`` annealed
    ones (``starts``; a quarter as many where the words written alike are not few). So spellings are looked at, not
    the vectors alone: ``spelling=False`` leaves them out. Pairs, where there are some, make one more start, and the
    annealed ones lean on them. ``adversarial`` starts (``adversarial.Game``), which look at the vectors alone, can be
    added; none by default, since they have found nothing on real pairs of spaces.
    """

    restarts: int = 8
    adversarial: int = 0
    spelling: bool = True
    learning: SelfLearning = field(default_factory=SelfLearning)

    def __post_init__(self) -> None:
        check_sizes(self, (self.restarts + self.adversarial,))
        if min(self.restarts, self.adversarial) < 0:
            raise ValueError(f"{self}: restarts and adversarial from 0 were expected")

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
        """Find a map; ``watch`` is told of each start by its quality, negated, then of the rounds of self-learning.

        ``alike`` are pairs of words written alike.

        Raises:
            ValueError: fewer than 3 words on a side.
        """
        if min(len(x), len(y)) < 3:
            raise ValueError(f"{len(x)} and {len(y)} words; at least 3 a side are needed to tell shapes apart")
        hints = self.learning.hints(alike) if self.spelling else None
        more = [partial(Adversary().pairs, x, y, seed=seed + i) for i in range(self.adversarial)]
        return self.learning.choose(x, y, pairs, hints, self.restarts, more=more, seed=seed, watch=watch)
