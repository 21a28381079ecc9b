"""Leave-one-out ridge regression: predictions for training words from fits without their own pairs.

A ridge regression is a linear smoother, f = H y. The prediction at x_i of the regression without (x_i, y_i) is
(f_i - h_i y_i) / (1 - h_i), where h_i = H_ii is the leverage of x_i.

Source: Rifkin & Lippert 2007, section 3; Hastie, Tibshirani & Friedman 2009, equation 7.64.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Kernel, Mapping
from align.bilingual.supervised.kernel import KernelRidge
from align.bilingual.supervised.ridge import Targets, kernel, leverages
from align.retrieval import unit_rows


class HeldOutImages(NamedTuple):
    """Training words and their unit images under a regression fitted without their own pairs."""

    rows: Int[np.ndarray, " n"]
    images: Float[np.ndarray, "n e"]


def held_out_images(
    x: Float[np.ndarray, "v d"], wanted: Targets, settings: KernelRidge, fitted: Mapping | None = None
) -> HeldOutImages:
    """Returns the leave-one-out images of the words that ``settings.regression(x, wanted)`` is fitted on.

    ``fitted`` is that regression, if it is known.
    """
    fitted = fitted if isinstance(fitted, Kernel) else settings.regression(x, wanted)
    anchors, weights = np.asarray(fitted.anchors), np.asarray(fitted.weights)
    square = kernel(anchors, anchors, settings.width)
    rows = wanted.rows[: settings.fitted_words(len(wanted.rows))]
    cells = square if len(rows) == len(anchors) else kernel(unit_rows(x[rows]), anchors, settings.width)
    share = leverages(cells, square, settings.ridge)[:, None]
    return HeldOutImages(rows, unit_rows(cells @ weights - share * wanted.mean[: len(rows)]))
