"""Linear mappings in closed form: orthogonal Procrustes, least squares, and whitening with re-weighting."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, ClosedForm, Identity, Linear, Pairs, View


def procrustes(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Float[np.ndarray, "d e"]:
    """The orthogonal W that minimises |x W - y| (Schoenemann 1966; Xing et al. 2015): W = U V', U S V' = svd(x' y).

    Where d and e differ, W is the semi-orthogonal matrix that maximises the inner product tr(W' x' y), with orthonormal
    columns for d > e and orthonormal rows for d < e. But: for d > e this is not the least-squares optimum (|x W|
    is then not constant); with unit rows it is the customary choice.
    """
    left, _, right = np.linalg.svd(x.T.astype(np.float64) @ y.astype(np.float64), full_matrices=False)
    return (left @ right).astype(np.float32)


def least_squares(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"], ridge: float = 0.0
) -> Float[np.ndarray, "d e"]:
    """The W that minimises |x W - y|^2 + ridge |W|^2 (Mikolov et al. 2013, equation 2): (x'x + ridge I) W = x'y.

    Where x'x is singular and ``ridge`` is 0, the smallest such W.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    if ridge > 0:
        return np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y).astype(np.float32)
    return np.linalg.lstsq(x, y, rcond=None)[0].astype(np.float32)


class Canonical(NamedTuple):
    """Both languages whitened, and turned onto each other: the start of canonical correlation and of VecMap's steps.

    ``source`` P and ``target`` Q whiten, the columns of ``left`` U and ``right`` V are the directions that correspond,
    most alike first, and ``correlations`` S says how alike they are, 0 to 1.
    """

    source: Float[np.ndarray, "d d"]
    target: Float[np.ndarray, "e e"]
    left: Float[np.ndarray, "d j"]
    correlations: Float[np.ndarray, " j"]
    right: Float[np.ndarray, "e j"]


def canonical(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Canonical:
    """P = (x'x / n)^-1/2 and Q = (y'y / n)^-1/2; U S V' = svd((x P)' (y Q) / n) (Hotelling 1936; Artetxe et al. 2018).

    Directions in which the pairs hardly vary (under 1e-6 of the largest variance) are left out. But: ``x`` and ``y``
    are not centred here; their vocabularies are.
    """
    p, q = whitening(x), whitening(y)
    left, correlations, right = np.linalg.svd(
        (x.astype(np.float64) @ p).T @ (y.astype(np.float64) @ q) / len(x), full_matrices=False
    )
    return Canonical(p, q, left, np.clip(correlations, 0.0, 1.0), right.T)


def reweighted(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"], power: float = 1.0
) -> tuple[Float[np.ndarray, "d j"], Float[np.ndarray, "e j"]]:
    """Whiten, rotate, re-weight (Artetxe et al. 2018, AAAI, section 3): canonical correlation's directions, weighted.

    The maps are P U S^power and Q V S^power (``canonical``), so that a direction in which the two languages agree (its
    correlation S is high) counts more.
    But: the paper re-weights one side, and de-whitens (``vecmap.VecMap``); here both sides are re-weighted and stay
    whitened.
    """
    found = canonical(x, y)
    weight = found.correlations**power
    source, target = found.source @ found.left * weight, found.target @ found.right * weight
    return source.astype(np.float32), target.astype(np.float32)


def whitening(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """(x'x / n)^-1/2, the inverse taken where the variance is not next to nothing."""
    x64 = x.astype(np.float64)
    variances, axes = np.linalg.eigh(x64.T @ x64 / max(len(x), 1))
    kept = variances > max(variances[-1], 0.0) * 1e-6
    scale = np.where(kept, np.where(kept, variances, 1.0) ** -0.5, 0.0)
    return axes * scale @ axes.T


def weighted(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
    """The rows that ``pairs`` names, times the square root of its weight: a sum of squares then weighs each pair so."""
    root = np.sqrt(pairs.weight)[:, None].astype(np.float32)
    return x[pairs.source] * root, y[pairs.target] * root


@dataclass(frozen=True)
class Procrustes(ClosedForm):
    """Orthogonal Procrustes; the transpose is the other direction, so one map serves both."""

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        return Alignment((View(Linear(jnp.asarray(procrustes(*weighted(x, y, pairs)))), Identity()),))


@dataclass(frozen=True)
class LeastSquares(ClosedForm):
    """Least squares in both directions: x -> y and y -> x are two regressions, and a pair scores their mean cosine.

    But: the literature fits and uses one direction at a time; the mean of both was 2 to 5 points better here.
    """

    ridge: float = 1.0

    def __post_init__(self) -> None:
        if self.ridge < 0:
            raise ValueError(f"ridge {self.ridge} is to be at least 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        a, b = weighted(x, y, pairs)
        forward, backward = least_squares(a, b, self.ridge), least_squares(b, a, self.ridge)
        return Alignment(
            (View(Linear(jnp.asarray(forward)), Identity()), View(Identity(), Linear(jnp.asarray(backward))))
        )


@dataclass(frozen=True)
class Reweighted(ClosedForm):
    """Both languages whitened, rotated onto each other and re-weighted by how well each direction agrees."""

    power: float = 1.0

    def __post_init__(self) -> None:
        if self.power < 0:
            raise ValueError(f"power {self.power} is to be at least 0")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        return Alignment((self.view(x, y, pairs),))

    def view(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> View:
        """The two maps, as the one view they are."""
        source, target = reweighted(*weighted(x, y, pairs), self.power)
        return View(Linear(jnp.asarray(source)), Linear(jnp.asarray(target)))
