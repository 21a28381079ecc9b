"""Kernel ridge regression's arithmetic, in numpy: what each word translates to, the kernel, the weights."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import cho_factor, cho_solve

from align.retrieval import unit_rows

_ROWS = 1 << 10
_FIRM = 0.05


class Targets(NamedTuple):
    """The words of one side of some pairs, ``rows`` in rising order, and what each translates to on the whole."""

    rows: Int[np.ndarray, " n"]
    mean: Float[np.ndarray, "n e"]


def targets(source: Int[np.ndarray, " p"], target: Int[np.ndarray, " p"], y: Float[np.ndarray, "w e"]) -> Targets:
    """Each source word once, with the unit sum of its translations' unit vectors.

    A translation that serves m source words counts m^-1/2: it says less about each of them.
    """
    rows, place = np.unique(source, return_inverse=True)
    weight = (np.bincount(target)[target] ** -0.5).astype(np.float32)
    mean = np.zeros((len(rows), y.shape[1]), np.float32)
    np.add.at(mean, place, unit_rows(y[target]) * weight[:, None])
    return Targets(rows, unit_rows(mean))


def kernel(x: Float[np.ndarray, "b d"], anchors: Float[np.ndarray, "n d"], width: float) -> Float[np.ndarray, "b n"]:
    """k(x, a) = exp((cos(x, a) - 1) / width) of unit rows: a Gaussian of their distance, |x - a|^2 / (2 width)."""
    cells = x @ anchors.T
    cells -= 1
    cells /= width
    return np.exp(cells, out=cells)


def ridge_weights(
    cells: Float[np.ndarray, "n m"], anchors: Float[np.ndarray, "m m"], y: Float[np.ndarray, "n e"], ridge: float
) -> Float[np.ndarray, "m e"]:
    """The weights B that minimise |K B - Y|^2 + ridge tr(B' A B): (K'K + ridge A) B = K'Y.

    K are the kernel's values of all n words with the m anchors, A those of the anchors among themselves. Where the
    anchors are the words themselves, K = A and B = (A + ridge I)^-1 Y is kernel ridge regression (Saunders et al.
    1998, equation 12); with fewer it is its subset of regressors (Rasmussen & Williams 2006, section 8.3.1).
    But: with fewer anchors .05 is added to the diagonal, more than what sums in float32 are wrong by.
    """
    if len(cells) == len(anchors):
        anchors = anchors + ridge * np.eye(len(anchors), dtype=anchors.dtype)
        return cho_solve(cho_factor(anchors, lower=True, overwrite_a=True), y).astype(np.float32)
    both = ridge * anchors.astype(np.float64) + _FIRM * np.eye(len(anchors))
    for start in range(0, len(cells), _ROWS):
        block = cells[start : start + _ROWS]
        both += block.T @ block
    return cho_solve(cho_factor(both, lower=True, overwrite_a=True), cells.T @ y).astype(np.float32)
