"""Hubness: a few words are among the nearest neighbours of very many others."""

import numpy as np
from jaxtyping import Float, Int


def occurrences(ids: Int[np.ndarray, "q k"], candidates: int) -> Int[np.ndarray, " v"]:
    """Returns N_k: for each candidate, the number of queries that have it among their k nearest neighbours.

    Source: Radovanovic et al. 2010, section 3.
    """
    return np.bincount(ids[ids >= 0], minlength=candidates)


def skewness(counts: Int[np.ndarray, " v"] | Float[np.ndarray, " v"]) -> float:
    """Returns the skewness E[(N - mean)^3] / sd^3 of N_k; NaN if all counts are equal.

    It is near 0 if every word is a neighbour about equally often, and large if there are hubs.

    Source: Radovanovic et al. 2010, equation 1.

    >>> round(skewness(np.array([0, 0, 0, 4])), 4)
    1.1547
    """
    away = counts - counts.mean() if len(counts) else np.zeros(1)
    spread = np.sqrt(np.mean(away**2))
    return float(np.mean(away**3) / spread**3) if spread > 0 else float("nan")
