"""Percentile-bootstrap intervals, from resamples given as counts of draws."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

RESAMPLES = 2000
"""The usual number of resamples."""
_BLOCK_CELLS = 1 << 20


class Interval(NamedTuple):
    """The lower and upper end of an interval."""

    low: float
    high: float


def check_resampling(resamples: int, level: float) -> None:
    """Raises ValueError for fewer than one resample, or a level outside 0..1."""
    if resamples < 1:
        raise ValueError(f"resamples {resamples}: must be at least 1")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: must be between 0 and 1")


def draws(n: int, resamples: int, seed: int) -> Iterator[Int[np.ndarray, "b n"]]:
    """Yields blocks of resamples, one per row: the number of times that each of ``n`` items is drawn in ``n`` draws."""
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK_CELLS // n)
    for start in range(0, resamples, rows):
        b = min(rows, resamples - start)
        drawn = rng.integers(n, size=(b, n)) + n * np.arange(b)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * n).reshape(b, n)


def quantiles(values: Float[np.ndarray, " b"], level: float) -> Interval:
    """Returns the interval that holds the middle share ``level`` of the values, without NaN; NaN if there are none."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def mean_interval(
    values: Shaped[np.ndarray, " n"], *, seed: int, resamples: int = 2000, level: float = 0.95
) -> Interval:
    """Returns the percentile-bootstrap interval of the mean of numbers or truth values; NaN if there are none.

    Raises:
      ValueError: fewer than one resample, or a level outside 0..1.

    Source: Efron & Tibshirani 1993, section 13.3.
    """
    check_resampling(resamples, level)
    if len(values) == 0:
        return Interval(np.nan, np.nan)
    means = [drawn @ values.astype(np.float64) / len(values) for drawn in draws(len(values), resamples, seed)]
    return quantiles(np.concatenate(means), level)
