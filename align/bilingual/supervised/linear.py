"""Linear maps in closed form: orthogonal Procrustes, least squares, and whitening with re-weighting."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Identity, Linear, Pairs, View, one_view
from align.bilingual.method import ClosedForm


def procrustes(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Float[np.ndarray, "d e"]:
    """Returns the orthogonal W that minimises |x W - y|: W = U V' with U S V' = svd(x' y).

    If d and e differ, W is the semi-orthogonal matrix that maximises tr(W' x' y): its columns are orthonormal for d >
    e, its rows for d < e.

    Args:
        x: source vectors of n pairs, shape (n, d).
        y: target vectors of the same pairs, shape (n, e).

    Returns:
        W, shape (d, e).

    Source: Schoenemann 1966; Xing et al. 2015.
    But: for d > e this is not the least-squares optimum, because |x W| is not constant. It is the customary choice for
    unit rows.
    """
    left, _, right = np.linalg.svd(x.T.astype(np.float64) @ y.astype(np.float64), full_matrices=False)
    return (left @ right).astype(np.float32)


def least_squares(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"], ridge: float = 0.0
) -> Float[np.ndarray, "d e"]:
    """Returns the W that minimises |x W - y|^2 + ridge |W|^2: (x'x + ridge I) W = x'y.

    Args:
        x: source vectors of n pairs, shape (n, d).
        y: target vectors of the same pairs, shape (n, e).
        ridge: the penalty, at least 0. With 0 and a singular x'x, W is the solution with the smallest norm.

    Returns:
        W, shape (d, e).

    Source: Mikolov et al. 2013, equation 2.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    if ridge > 0:
        return np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y).astype(np.float32)
    return np.linalg.lstsq(x, y, rcond=None)[0].astype(np.float32)


class Canonical(NamedTuple):
    """The whitening of both languages, and pairs of corresponding directions.

    Attributes:
        source: P, which whitens the source, shape (d, d).
        target: Q, which whitens the target, shape (e, e).
        left: U, the source directions after whitening, highest correlation first, shape (d, j).
        correlations: S, the correlation of each direction with its counterpart, 0 to 1, shape (j,).
        right: V, the target directions after whitening, shape (e, j).
    """

    source: Float[np.ndarray, "d d"]
    target: Float[np.ndarray, "e e"]
    left: Float[np.ndarray, "d j"]
    correlations: Float[np.ndarray, " j"]
    right: Float[np.ndarray, "e j"]


def canonical(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Canonical:
    """Returns the canonical directions of n pairs.

    P = (x'x / n)^-1/2, Q = (y'y / n)^-1/2, U S V' = svd((x P)' (y Q) / n).
    Directions with less than 1e-6 of the largest variance are left out.

    Args:
        x: source vectors of n pairs, shape (n, d).
        y: target vectors of the same pairs, shape (n, e).

    Source: Hotelling 1936; Artetxe et al. 2018 (AAAI).
    But: ``x`` and ``y`` are not centred here; the spaces that they are taken from usually are.
    """
    p, q = whitening(x), whitening(y)
    left, correlations, right = np.linalg.svd(
        (x.astype(np.float64) @ p).T @ (y.astype(np.float64) @ q) / len(x), full_matrices=False
    )
    return Canonical(p, q, left, np.clip(correlations, 0.0, 1.0), right.T)


def reweighted(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"], power: float = 1.0
) -> tuple[Float[np.ndarray, "d j"], Float[np.ndarray, "e j"]]:
    """Returns the maps P U S^power and Q V S^power of ``canonical``: they whiten, rotate and re-weight.

    Directions in which the two languages correlate strongly (high S) count more.

    Args:
        x: source vectors of n pairs, shape (n, d).
        y: target vectors of the same pairs, shape (n, e).
        power: the exponent of the correlations; 0 leaves plain canonical correlation.

    Returns:
        The source map, shape (d, j), and the target map, shape (e, j), with j at most min(d, e).

    Source: Artetxe et al. 2018 (AAAI), section 3.
    But: the paper re-weights one side and de-whitens (``vecmap.VecMap``); here both sides are re-weighted and stay
    whitened.
    """
    cca = canonical(x, y)
    weight = cca.correlations**power
    source, target = cca.source @ cca.left * weight, cca.target @ cca.right * weight
    return source.astype(np.float32), target.astype(np.float32)


def whitening(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Returns (x'x / n)^-1/2, inverted only in directions with a variance above 1e-6 of the largest."""
    x64 = x.astype(np.float64)
    variances, axes = np.linalg.eigh(x64.T @ x64 / max(len(x), 1))
    kept = variances > max(variances[-1], 0.0) * 1e-6
    scale = np.where(kept, np.where(kept, variances, 1.0) ** -0.5, 0.0)
    return axes * scale @ axes.T


def weighted(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
    """Returns both vectors of each pair times the square root of its weight, which weights a sum of squares."""
    root = np.sqrt(pairs.weight)[:, None].astype(np.float32)
    return x[pairs.source] * root, y[pairs.target] * root


@dataclass(frozen=True)
class Procrustes(ClosedForm):
    """Orthogonal Procrustes. The transpose of the map is its inverse, so a single map serves both directions.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> rotation = Procrustes().solve(x, y, pairs).views[0].source.weights
        >>> bool(np.allclose(x @ rotation, y, atol=1e-5))
        True
    """

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        return one_view(procrustes(*weighted(x, y, pairs)))


@dataclass(frozen=True)
class LeastSquares(ClosedForm):
    """Least squares in both directions: regressions x -> y and y -> x. The score of a pair is the mean of both cosines.

    Args:
        ridge: the penalty on the squared weights, at least 0.

    But: the literature fits one direction at a time.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> forward, backward = LeastSquares(ridge=0.0).solve(x, y, pairs).views
        >>> bool(np.allclose(x @ forward.source.weights, y, atol=1e-5))
        True
    """

    ridge: float = 1.0

    def __post_init__(self) -> None:
        if self.ridge < 0:
            raise ValueError(f"ridge {self.ridge}: must be at least 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        a, b = weighted(x, y, pairs)
        forward, backward = least_squares(a, b, self.ridge), least_squares(b, a, self.ridge)
        return Alignment(
            (View(Linear(jnp.asarray(forward)), Identity()), View(Identity(), Linear(jnp.asarray(backward))))
        )


@dataclass(frozen=True)
class Reweighted(ClosedForm):
    """Both languages whitened, rotated onto each other, and re-weighted by the correlation of each direction.

    Args:
        power: the exponent of the correlations, at least 0.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> view = Reweighted(power=0.5).view(x, y, pairs)
        >>> view.source.weights.shape, view.target.weights.shape
        ((2, 2), (2, 2))
    """

    power: float = 1.0

    def __post_init__(self) -> None:
        if self.power < 0:
            raise ValueError(f"power {self.power}: must be at least 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        return one_view(*reweighted(*weighted(x, y, pairs), self.power))

    def view(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> View:
        """Returns the only view of the alignment."""
        return self.solve(x, y, pairs).views[0]
