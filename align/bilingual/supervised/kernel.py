"""Kernel ridge regression in both directions, and its ensemble with canonical correlation."""

from dataclasses import dataclass, field
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Identity, Kernel, Pairs, View
from align.bilingual.method import ClosedForm
from align.bilingual.supervised.linear import Reweighted
from align.bilingual.supervised.ridge import Factor, Targets, kernel, ridge_factor, ridge_weights, targets
from align.checks import above_zero, at_least_one
from align.retrieval import unit_rows

_MAX_WORDS = 1 << 14


class Regression(NamedTuple):
    """A regression, with the values that its leave-one-out predictions need.

    Args:
        kernel: the regression.
        weights: its weights, shape (m, e).
        cells: kernel values of the n words that it is fitted on with the m anchors, shape (n, m).
        factor: the factor of its normal matrix.
    """

    kernel: Kernel
    weights: Float[np.ndarray, "m e"]
    cells: Float[np.ndarray, "n m"]
    factor: Factor


def two_views(forward: Kernel, backward: Kernel) -> Alignment:
    """Returns the alignment of a regression x -> y and a regression y -> x."""
    return Alignment((View(forward, Identity()), View(Identity(), backward)))


@dataclass(frozen=True)
class KernelRidge(ClosedForm):
    """Kernel ridge regression x -> y and y -> x. The score of a pair is the mean of the two cosines.

    Args:
        width: width of the kernel, above 0.
        ridge: the penalty, above 0.
        max_exact: up to this number of training words, every training word is an anchor.
        anchors: with more training words, the number of most frequent ones that are anchors.

    But: the target of a word with several translations is their mean direction.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> forward, backward = KernelRidge(width=0.5).solve(x, y, pairs).views
        >>> forward.source.anchors.shape
        (4, 2)
    """

    width: float = 0.6
    ridge: float = 0.5
    max_exact: int = 5000
    anchors: int = 3000

    def __post_init__(self) -> None:
        above_zero(self, "width", "ridge")
        at_least_one(self, "max_exact", "anchors")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        forward = self.regression(x, targets(pairs.source, pairs.target, y))
        backward = self.regression(y, targets(pairs.target, pairs.source, x))
        return two_views(forward, backward)

    def fitted_words(self, words: int) -> int:
        """Returns the number of words that a regression is fitted on, given the number of training words."""
        return words if words <= self.max_exact else min(words, _MAX_WORDS)

    def regression(self, x: Float[np.ndarray, "v d"], wanted: Targets) -> Kernel:
        """Returns the regression of ``wanted.mean`` on the rows ``wanted.rows`` of ``x``."""
        return self.factorised(x, wanted).kernel

    def factorised(self, x: Float[np.ndarray, "v d"], wanted: Targets) -> Regression:
        """Returns ``regression(x, wanted)`` with the kernel values and the factor that it is computed from."""
        words = unit_rows(x[wanted.rows])
        every = len(words) <= self.max_exact
        anchors = words if every else words[: self.anchors]
        square = kernel(anchors, anchors, self.width)
        cells = square if every else kernel(words[: self.fitted_words(len(words))], anchors, self.width)
        factor = ridge_factor(cells, square, self.ridge)
        weights = ridge_weights(factor, cells, wanted.mean[: len(cells)])
        made = Kernel(jnp.asarray(anchors), jnp.asarray(weights), jnp.asarray(self.width, jnp.float32))
        return Regression(made, weights, cells, factor)


@dataclass(frozen=True)
class Ensemble(ClosedForm):
    """Kernel ridge regression in both directions and re-weighted canonical correlation: the mean of three cosines.

    Args:
        kernel: settings of the two regressions.
        linear: settings of the canonical correlation.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> len(Ensemble().solve(x, y, pairs).views)
        3
    """

    kernel: KernelRidge = field(default_factory=KernelRidge)
    linear: Reweighted = field(default_factory=Reweighted)

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        return self.joined(self.kernel.solve(x, y, pairs), x, y, pairs)

    def joined(
        self, regressions: Alignment, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs
    ) -> Alignment:
        """Returns the alignment of the two fitted ``regressions`` and canonical correlation, which is fitted here."""
        return Alignment((*regressions.views, self.linear.view(x, y, pairs)))
