"""Unsupervised alignment: the best of many starts without pairs, and self-learning from there."""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from align.bilingual.mapping import Pairs
from align.bilingual.method import Fitted, MappingTask, PairUse, Watch, ignore
from align.bilingual.unsupervised.adversarial import Adversary
from align.bilingual.unsupervised.chance import compare_with_chance
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.checks import at_least


@dataclass(frozen=True)
class Unsupervised:
    """A map without a dictionary: the best of several starts (``trials``), then self-learning.

    There are three kinds of starts: identically spelt words, if there are any; annealed starts (``starts``); and
    adversarial starts (``adversarial``). The result is compared with chance (``method.Quality``).

    Args:
        restarts: the number of annealed starts. If there are many identically spelt words, a quarter of it is used.
        adversarial: the number of adversarial starts; 0 by default, because they have found no map on real spaces.
        spelling: whether to use identically spelt words. If not, only vectors are used.
        learning: settings of the self-learning.

    Raises:
        ValueError: a negative number of starts, or none at all.

    Example:
        >>> Unsupervised(restarts=2).restarts
        2
        >>> Unsupervised(restarts=0)
        Traceback (most recent call last):
        align.checks.SettingError: restarts and adversarial, together 0: must be at least 1
    """

    uses_pairs: ClassVar[PairUse] = "none"

    restarts: int = 8
    adversarial: int = 0
    spelling: bool = True
    learning: SelfLearning = field(default_factory=SelfLearning)

    def __post_init__(self) -> None:
        at_least(self.restarts, 0, "restarts")
        at_least(self.adversarial, 0, "adversarial")
        at_least(self.restarts + self.adversarial, 1, "restarts and adversarial, together")

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Finds a map without the pairs of ``task``.

        Args:
            task: the vectors and the identically spelt words; its pairs are not used.
            seed: seed of all random numbers.
            watch: receives each start, with minus its quality as the loss, then the rounds of self-learning.

        Raises:
            ValueError: a language has fewer than 3 words.
        """
        x, y = task.x, task.y
        if min(len(x), len(y)) < 3:
            raise ValueError(
                f"{len(x)} and {len(y)} words with a vector; without pairs, each language needs at least 3"
            )
        spelt = task.identical_pairs if self.spelling else Pairs.none()
        more = [partial(Adversary().pairs, x, y, seed=seed + i) for i in range(self.adversarial)]
        alone = task.with_pairs(Pairs.none())
        found = self.learning.choose(alone, spelt, self.restarts, more=more, seed=seed, watch=watch)
        return Fitted(found.alignment, self, quality=compare_with_chance(x, y, found.rotation, seed=seed, watch=watch))
