"""Hubness: whether a few words are among the nearest of very many others."""

import numpy as np
from jaxtyping import Float, Int


def occurrences(ids: Int[np.ndarray, "q k"], candidates: int) -> Int[np.ndarray, " v"]:
    """N_k: among the k nearest of how many queries each of the ``candidates`` is (Radovanovic et al. 2010)."""
    return np.bincount(ids.ravel(), minlength=candidates)


def skewness(counts: Int[np.ndarray, " v"] | Float[np.ndarray, " v"]) -> float:
    """The third standardised moment E[(N - mean)^3] / sd^3 of N_k; NaN where all are equal.

    0 where words share the neighbourhoods evenly, large where hubs have them (Radovanovic et al. 2010, equation 1).

    >>> round(skewness(np.array([0, 0, 0, 4])), 4)
    1.1547
    """
    away = counts - counts.mean() if len(counts) else np.zeros(1)
    spread = np.sqrt(np.mean(away**2))
    return float(np.mean(away**3) / spread**3) if spread > 0 else float("nan")
