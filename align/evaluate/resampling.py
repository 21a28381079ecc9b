"""How sure a sample makes a figure: percentile-bootstrap intervals, from resamples that are counts of draws."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

_BLOCK_CELLS = 1 << 20


class Interval(NamedTuple):
    """The lower and the upper end of an interval."""

    low: float
    high: float


def check_resampling(resamples: int, level: float) -> None:
    """Raise ValueError for fewer than one resample, or a level outside 0..1."""
    if resamples < 1:
        raise ValueError(f"{resamples} resamples: at least 1 was expected")
    if not 0 < level < 1:
        raise ValueError(f"a level of {level}: a number between 0 and 1 was expected")


def draws(n: int, resamples: int, seed: int) -> Iterator[Int[np.ndarray, "b n"]]:
    """How often each of ``n`` things is drawn in ``n`` draws with replacement, a resample a row, in blocks of rows."""
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK_CELLS // n)
    for start in range(0, resamples, rows):
        b = min(rows, resamples - start)
        drawn = rng.integers(n, size=(b, n)) + n * np.arange(b)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * n).reshape(b, n)


def quantiles(values: Float[np.ndarray, " b"], level: float) -> Interval:
    """The ends that ``level`` of the values lie between, those that are NaN left out; NaN where that is all."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def mean_interval(
    values: Shaped[np.ndarray, " n"], *, seed: int, resamples: int = 2000, level: float = 0.95
) -> Interval:
    """The percentile-bootstrap interval of a mean of numbers, or of truths as 0 and 1; NaN of no value.

    Raises:
        ValueError: fewer than one resample, or a level outside 0..1.

    Source: Efron & Tibshirani 1993, section 13.3.
    """
    check_resampling(resamples, level)
    if len(values) == 0:
        return Interval(np.nan, np.nan)
    means = [drawn @ values.astype(np.float64) / len(values) for drawn in draws(len(values), resamples, seed)]
    return quantiles(np.concatenate(means), level)
