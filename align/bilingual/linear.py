"""Linear mappings in closed form: orthogonal Procrustes and least squares."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Linear, Pairs, Watch


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


def weighted(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
    """The rows that ``pairs`` names, times the square root of its weight: a sum of squares then weighs each pair so."""
    root = np.sqrt(pairs.weight)[:, None].astype(np.float32)
    return x[pairs.source] * root, y[pairs.target] * root


@dataclass(frozen=True)
class Procrustes:
    """Orthogonal Procrustes; the transpose is the other direction, so one map serves both."""

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``, at once: nothing is drawn at random, so ``seed`` has no effect."""
        del seed, watch
        return Alignment(Linear(jnp.asarray(procrustes(*weighted(x, y, pairs)))))


@dataclass(frozen=True)
class LeastSquares:
    """Least squares in both directions: x -> y and y -> x are two regressions, and a pair scores their mean cosine.

    But: the literature fits and uses one direction at a time; the mean of both was 2 to 5 points better here.
    """

    ridge: float = 1.0

    def __post_init__(self) -> None:
        if self.ridge < 0:
            raise ValueError(f"ridge {self.ridge} is to be at least 0")

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``, at once: nothing is drawn at random, so ``seed`` has no effect."""
        del seed, watch
        a, b = weighted(x, y, pairs)
        forward, backward = least_squares(a, b, self.ridge), least_squares(b, a, self.ridge)
        return Alignment(Linear(jnp.asarray(forward)), Linear(jnp.asarray(backward)))
