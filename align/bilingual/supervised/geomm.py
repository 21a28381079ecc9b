"""The geometry-aware bilinear model: scores x U B V' y, fitted to the whole table of translations and others."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, ClosedForm, Linear, Pairs, View


def bilinear(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m e"], crossed: Float[np.ndarray, "d e"], ridge: float
) -> Float[np.ndarray, "d e"]:
    """The M that minimises |x M y' - T|^2 + ridge |M|^2, in closed form; ``crossed`` is x' T y.

    The gradient is zero where (x'x) M (y'y) + ridge M = x' T y. With x'x = Q diag(a) Q' and y'y = R diag(c) R',
    M = Q N R', N_ij = (Q' x' T y R)_ij / (a_i c_j + ridge).

    Raises:
        ValueError: ``ridge`` is not above 0.
    """
    if ridge <= 0:
        raise ValueError(f"ridge {ridge} is to be above 0")
    (a, q), (c, r) = (np.linalg.eigh(side.T @ side) for side in (x.astype(np.float64), y.astype(np.float64)))
    return q @ (q.T @ crossed @ r / (np.outer(a, c) + ridge)) @ r.T


@dataclass(frozen=True)
class GeoMM(ClosedForm):
    """GeoMM (Jawanpuria et al. 2019, equation 2): languages turned by U and V, and compared under a common metric B.

    min over orthogonal U, V and positive B of |x U B V' y' - T|^2 + ``ridge`` |B|^2, T_ij = 1 where the training words
    i and j translate each other and 0 elsewhere; words are then compared as x U B^1/2 and y V B^1/2.
    But: the paper descends on the manifold; U B V', of norm |B|, is any matrix, so the minimum has a closed form
    (``bilinear``), and its singular value decomposition is U B V'. T is 0 or 1 whatever a pair weighs, unless that is
    0, and however often it stands there. What it cannot do: tell a rare sense of a word from its main one.
    """

    ridge: float = 300.0

    def __post_init__(self) -> None:
        if self.ridge <= 0:
            raise ValueError(f"ridge {self.ridge} is to be above 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        rows, columns = np.unique(np.stack([pairs.source, pairs.target])[:, pairs.weight > 0], axis=1)
        crossed = x[rows].astype(np.float64).T @ y[columns]
        middle = bilinear(x[np.unique(rows)], y[np.unique(columns)], crossed, self.ridge)
        left, stretch, right = np.linalg.svd(middle, full_matrices=False)
        root = np.sqrt(stretch)
        source, target = (left * root).astype(np.float32), (right.T * root).astype(np.float32)
        return Alignment((View(Linear(jnp.asarray(source)), Linear(jnp.asarray(target))),))
