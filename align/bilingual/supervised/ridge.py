"""The arithmetic of kernel ridge regression, in numpy: targets, kernel values, weights."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.largest import slices
from align.retrieval import unit_rows

_ROWS = 1 << 10
_DIAGONAL = 0.05
_CELLS = 1 << 20
"""Kernel values of a block, 4 MB, which stay in the processor's cache."""


class Targets(NamedTuple):
    """Regression targets: the training words of one side, and the mean direction of each word's translations.

    Attributes:
        rows: row numbers of the words, ascending, shape (n,).
        mean: unit vectors, shape (n, e).
    """

    rows: Int[np.ndarray, " n"]
    mean: Float[np.ndarray, "n e"]


def targets(source: Int[np.ndarray, " p"], target: Int[np.ndarray, " p"], y: Float[np.ndarray, "w e"]) -> Targets:
    """Returns each source word once, with the normalised weighted sum of its translations' unit vectors.

    A word that translates m source words has weight m^-1/2, because it is less specific to each.

    Args:
        source: source row of each pair, shape (p,).
        target: target row of each pair, shape (p,).
        y: target vectors, shape (w, e).
    """
    rows, place = np.unique(source, return_inverse=True)
    weight = (np.bincount(target)[target] ** -0.5).astype(np.float32)
    mean = np.zeros((len(rows), y.shape[1]), np.float32)
    np.add.at(mean, place, unit_rows(y[target]) * weight[:, None])
    return Targets(rows, unit_rows(mean))


def kernel(x: Float[np.ndarray, "b d"], anchors: Float[np.ndarray, "n d"], width: float) -> Float[np.ndarray, "b n"]:
    """Returns k(x, a) = exp((cos(x, a) - 1) / width) of unit rows, a Gaussian of their distance."""
    cells = np.empty((len(x), len(anchors)), np.result_type(x, anchors))
    for rows in slices(len(x), max(1, _CELLS // max(len(anchors), 1))):
        block = np.matmul(x[rows], anchors.T, out=cells[rows])
        block -= 1
        block /= width
        np.exp(block, out=block)
    return cells


class Factor(NamedTuple):
    """The Cholesky factor of a ridge regression: L L' = M, in the lower triangle of ``lower``.

    If every word is an anchor, M = A + ridge I. With fewer anchors, M = K'K + ridge A + .05 I.
    """

    lower: Float[np.ndarray, "m m"]
    every: bool


def ridge_factor(cells: Float[np.ndarray, "n m"], anchors: Float[np.ndarray, "m m"], ridge: float) -> Factor:
    """Returns the factor that :func:`ridge_weights` and :func:`leverages` share.

    Args:
      cells: K, kernel of the n words with the m anchors; equal to ``anchors`` if every word is an anchor.
      anchors: A, kernel of the anchors with each other.
      ridge: the penalty, above 0.

    Raises:
      numpy.linalg.LinAlgError: the matrix is not positive definite, or holds NaN.
    """
    from scipy.linalg import cholesky  # late: a saved translator does not need it

    every = len(cells) == len(anchors)
    if every:
        both = anchors + ridge * np.eye(len(anchors), dtype=anchors.dtype)
    else:
        both = _normal_matrix(cells, anchors, ridge)
    # the transpose of a symmetric matrix has the order of LAPACK, so no copy is made; LAPACK finds NaN itself
    return Factor(cholesky(both.T, lower=True, overwrite_a=True, check_finite=False), every)


def ridge_weights(
    factor: Factor, cells: Float[np.ndarray, "n m"], y: Float[np.ndarray, "n e"]
) -> Float[np.ndarray, "m e"]:
    """Returns the weights B that minimise |K B - Y|^2 + ridge tr(B' A B): (K'K + ridge A) B = K'Y.

    If the anchors are the words themselves, K = A and B = (A + ridge I)^-1 Y is kernel ridge regression. With fewer
    anchors it is the subset of regressors.

    Args:
        factor: the factor of K and A.
        cells: K, kernel values of the n words with the m anchors, shape (n, m).
        y: Y, the targets, shape (n, e).

    Source: Saunders et al. 1998, equation 12; Rasmussen & Williams 2006, section 8.3.1.
    But: with fewer anchors .05 is added to the diagonal, more than the rounding error of the float32 sums.
    """
    from scipy.linalg import cho_solve

    wanted = y if factor.every else cells.T @ y
    return cho_solve((factor.lower, True), wanted, check_finite=False).astype(np.float32)


def _normal_matrix(
    cells: Float[np.ndarray, "n m"], anchors: Float[np.ndarray, "m m"], ridge: float
) -> Float[np.ndarray, "m m"]:
    """Returns K'K + ridge A with .05 added to the diagonal."""
    both = ridge * anchors.astype(np.float64) + _DIAGONAL * np.eye(len(anchors))
    for start in range(0, len(cells), _ROWS):
        block = cells[start : start + _ROWS]
        both += block.T @ block
    return both


def leverages(factor: Factor, cells: Float[np.ndarray, "n m"], ridge: float) -> Float[np.ndarray, " n"]:
    """Returns the leverage h_i, between 0 and 1, of each of the n words that ``ridge_weights`` is fitted on.

    Args:
      factor: the factor of K and A.
      cells: K, kernel values of the n words with the m anchors, shape (n, m).
      ridge: the penalty.
    """
    from scipy.linalg import get_lapack_funcs, solve_triangular

    if factor.every:  # H = K (K + ridge I)^-1, so h_i = 1 - ridge ((K + ridge I)^-1)_ii
        invert: Any = get_lapack_funcs("trtri", (factor.lower,))
        inverse, _ = invert(factor.lower, lower=1)
        return (1 - ridge * np.einsum("mn,mn->n", inverse, inverse)).astype(np.float32)
    found = np.empty(len(cells), np.float32)
    for start in range(0, len(cells), _ROWS):  # H = K M^-1 K', so h_i = |L^-1 k_i|^2 with M = L L'
        half = solve_triangular(factor.lower, cells[start : start + _ROWS].T, lower=True, check_finite=False)
        found[start : start + _ROWS] = np.einsum("mb,mb->b", half, half)
    return found
