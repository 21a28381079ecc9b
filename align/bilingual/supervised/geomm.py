"""The geometry-aware bilinear model: scores x U B V' y, fitted to all pairs of training words."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, one_view
from align.bilingual.method import ClosedForm


def bilinear(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m e"], crossed: Float[np.ndarray, "d e"], ridge: float
) -> Float[np.ndarray, "d e"]:
    """Returns the M that minimises |x M y' - T|^2 + ridge |M|^2, in closed form.

    The gradient is zero where (x'x) M (y'y) + ridge M = x' T y. With x'x = Q diag(a) Q' and y'y = R diag(c) R',
    M = Q N R', N_ij = (Q' x' T y R)_ij / (a_i c_j + ridge).

    Args:
        x: source vectors, shape (n, d).
        y: target vectors, shape (m, e).
        crossed: x' T y, shape (d, e); T itself, n x m, is not needed.
        ridge: the penalty, above 0.

    Raises:
        ValueError: ``ridge`` is not above 0.
    """
    if ridge <= 0:
        raise ValueError(f"ridge {ridge}: must be above 0")
    (a, q), (c, r) = (np.linalg.eigh(side.T @ side) for side in (x.astype(np.float64), y.astype(np.float64)))
    return q @ (q.T @ crossed @ r / (np.outer(a, c) + ridge)) @ r.T


@dataclass(frozen=True)
class GeoMM(ClosedForm):
    """GeoMM: rotations U and V of the two languages, compared in a common metric B.

    min over orthogonal U, V and positive B of |x U B V' y' - T|^2 + ridge |B|^2, where T_ij = 1 if the training words
    i and j translate each other and 0 otherwise. Words are compared as x U B^1/2 and y V B^1/2.

    Args:
        ridge: the penalty, above 0.

    Source: Jawanpuria et al. 2019, equation 2.
    But: the paper uses gradient descent on the manifold. U B V' can be any matrix, and its norm is |B|, so the minimum
    has a closed form (``bilinear``), whose singular value decomposition gives U, B and V. T ignores the weights of
    pairs, but pairs of weight 0 are left out. So a rare sense of a word counts as much as its main sense.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> GeoMM(ridge=1.0).solve(x, y, pairs).views[0].source.weights.shape
        (2, 2)
    """

    ridge: float = 300.0

    def __post_init__(self) -> None:
        if self.ridge <= 0:
            raise ValueError(f"ridge {self.ridge}: must be above 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        rows, columns = np.unique(np.stack([pairs.source, pairs.target])[:, pairs.weight > 0], axis=1)
        crossed = x[rows].astype(np.float64).T @ y[columns]
        middle = bilinear(x[np.unique(rows)], y[np.unique(columns)], crossed, self.ridge)
        left, stretch, right = np.linalg.svd(middle, full_matrices=False)
        root = np.sqrt(stretch)
        return one_view((left * root).astype(np.float32), (right.T * root).astype(np.float32))
