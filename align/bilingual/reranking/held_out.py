"""Leave-one-out ridge regression: predictions for training words from fits without their own pairs.

A ridge regression is a linear smoother, f = H y. The prediction at x_i of the regression without (x_i, y_i) is
(f_i - h_i y_i) / (1 - h_i), where h_i = H_ii is the leverage of x_i.

Source: Rifkin & Lippert 2007, section 3; Hastie, Tibshirani & Friedman 2009, equation 7.64.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Alignment, Kernel, Pairs
from align.bilingual.supervised.kernel import Ensemble, Regression, two_views
from align.bilingual.supervised.ridge import Targets, leverages, targets
from align.retrieval import unit_rows


class HeldOutImages(NamedTuple):
    """Training words and their unit images under a regression fitted without their own pairs."""

    rows: Int[np.ndarray, " n"]
    images: Float[np.ndarray, "n e"]


def held_out_images(fitted: Regression, wanted: Targets, ridge: float) -> HeldOutImages:
    """Returns the leave-one-out images of the words that a regression is fitted on.

    Args:
        fitted: the regression.
        wanted: its training words and targets.
        ridge: its penalty.
    """
    count = len(fitted.cells)
    share = leverages(fitted.factor, fitted.cells, ridge)[:, None]
    return HeldOutImages(wanted.rows[:count], unit_rows(fitted.cells @ fitted.weights - share * wanted.mean[:count]))


def fit_with_held_out(
    first: Ensemble, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs
) -> tuple[Alignment, tuple[HeldOutImages, HeldOutImages]]:
    """Returns ``first.solve(x, y, pairs)``, and the leave-one-out images of the training words of both sides."""
    regressions: list[Kernel] = []
    images: list[HeldOutImages] = []
    for own, other, rows, answers in ((x, y, pairs.source, pairs.target), (y, x, pairs.target, pairs.source)):
        wanted = targets(rows, answers, other)
        fitted = first.kernel.factorised(own, wanted)
        regressions.append(fitted.kernel)
        images.append(held_out_images(fitted, wanted, first.kernel.ridge))
    return first.joined(two_views(*regressions), x, y, pairs), (images[0], images[1])
