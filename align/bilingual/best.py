"""`best`: what the table of methods says wins: an ensemble of regressions, and a second stage that re-ranks."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, Watch
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.kernel import Ensemble
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.retrieval import CSLSIndex

_POOL = 20_000


@dataclass(frozen=True)
class Best:
    """Kernel ridge regressions with canonical correlation (``first``), re-ranked (``second``), where pairs suffice.

    The pairs of fewer than ``few`` source words are not enough to tell a regression from chance, and words written
    alike are often no translations: ``seeds`` then finds more pairs, and ``nothing`` where there are none; nothing is
    re-ranked. From ``few`` to ``many`` words the two are tried out on the rarest of them (``rival``).
    """

    first: Ensemble = field(default_factory=Ensemble)
    second: Reranking = field(default_factory=Reranking)
    seeds: SelfLearning = field(default_factory=SelfLearning)
    nothing: Unsupervised = field(default_factory=Unsupervised)
    few: int = 300
    many: int = 4000

    def suited(self, pairs: Pairs, *, alike: bool) -> "Best | SelfLearning | Unsupervised":
        """What is fitted on ``pairs``, which with ``alike`` are words written alike."""
        if not len(pairs.source):
            return self.nothing
        return self.seeds if alike or len(np.unique(pairs.source)) < self.few else self

    def rival(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> "Best | SelfLearning":
        """This, or ``seeds`` where these put more right translations first, both fitted without the rarest fifth.

        That fifth of the source words is asked, and so are their translations the other way (``hits``).
        """
        words = np.unique(pairs.source)
        if len(words) >= self.many:
            return self
        held = np.isin(pairs.source, words[-max(1, len(words) // 5) :])
        given, asked = (Pairs(*(part[some] for part in pairs)) for some in (~held, held))
        learned = self.seeds.fit(x, y, given, seed=seed, watch=watch)
        fitted = self.first.fit(x, y, given, seed=seed)
        return self.seeds if hits(learned, x, y, asked) > hits(fitted, x, y, asked) else self

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


def hits(alignment: Alignment, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], asked: Pairs) -> float:
    """The share of the words in ``asked``, of either side, whose first candidate by CSLS is one of their translations.

    The candidates, and the neighbours of CSLS, are the 20,000 most frequent words of the other side.
    """
    index = CSLSIndex.build(alignment.place_source(x[:_POOL]), alignment.place_target(y[:_POOL]))
    numbers = asked.numbers()
    right = total = 0
    for side, (place, vectors) in enumerate(((alignment.place_source, x), (alignment.place_target, y))):
        words = np.unique(numbers[:, side])
        points = place(vectors[words])
        first = (index.transpose() if side else index).nearest_to(points, 1).ids[:, 0]
        known = set(map(tuple, numbers[:, [side, 1 - side]].tolist()))
        right += sum(pair in known for pair in zip(words.tolist(), first.tolist(), strict=True))
        total += len(words)
    return right / max(1, total)
