"""Kernel ridge regression in both directions, and its ensemble with canonical correlation."""

from dataclasses import dataclass, field

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, ClosedForm, Identity, Kernel, Pairs, View
from align.bilingual.supervised.linear import Reweighted
from align.bilingual.supervised.ridge import Targets, kernel, ridge_weights, targets
from align.retrieval import unit_rows

_MOST_PAIRS = 1 << 14


@dataclass(frozen=True)
class KernelRidge(ClosedForm):
    """Kernel ridge regression x -> y and y -> x; a pair scores the mean of the two cosines.

    ``width`` of the kernel, ``ridge`` of the penalty. Up to ``most`` words are all anchors; of more, the ``anchors`` of
    lowest row number, the most frequent. But: the target of a word of several translations is their mean direction.
    """

    width: float = 0.6
    ridge: float = 0.5
    most: int = 5000
    anchors: int = 3000

    def __post_init__(self) -> None:
        if self.width <= 0 or self.ridge <= 0 or min(self.most, self.anchors) < 1:
            raise ValueError(f"{self}: width and ridge above 0 and at least one anchor were expected")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        forward = self.regression(x, targets(pairs.source, pairs.target, y))
        backward = self.regression(y, targets(pairs.target, pairs.source, x))
        return Alignment((View(forward, Identity()), View(Identity(), backward)))

    def fitted_words(self, words: int) -> int:
        """Returns how many of so many training words, the most frequent, a regression is fitted on."""
        return words if words <= self.most else min(words, _MOST_PAIRS)

    def regression(self, x: Float[np.ndarray, "v d"], wanted: Targets) -> Kernel:
        """The regression of ``wanted`` on the rows of ``x`` that it names."""
        words = unit_rows(x[wanted.rows])
        whole = len(words) <= self.most
        anchors = words if whole else words[: self.anchors]
        square = kernel(anchors, anchors, self.width)
        cells = square if whole else kernel(words[: self.fitted_words(len(words))], anchors, self.width)
        weights = ridge_weights(cells, square, wanted.mean[: len(cells)], self.ridge)
        return Kernel(jnp.asarray(anchors), jnp.asarray(weights), jnp.asarray(self.width, jnp.float32))


@dataclass(frozen=True)
class Ensemble(ClosedForm):
    """Kernel ridge regression in both directions and re-weighted canonical correlation: the mean of three cosines."""

    kernel: KernelRidge = field(default_factory=KernelRidge)
    linear: Reweighted = field(default_factory=Reweighted)

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        views = self.kernel.solve(x, y, pairs).views
        return Alignment((*views, self.linear.view(x, y, pairs)))
