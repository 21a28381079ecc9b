"""Permutation tests: a number and its null distribution."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_CELLS = 1 << 22
_ROUNDING = 1e-9
"""Values that differ by less count as equal."""


class Permuted(NamedTuple):
    """A number and its permutation test.

    Args:
      value: the number.
      p: (1 + permutations at least as good) / (1 + permutations).
      low: 2.5 % quantile of the null distribution; NaN without permutations.
      middle: its median.
      high: its 97.5 % quantile.
    """

    value: float
    p: float
    low: float
    middle: float
    high: float


def against_null(value: float, null: Float[np.ndarray, " s"], *, small_is_good: bool = False) -> Permuted:
    """Compares ``value`` with the values ``null`` of s permutations.

    Args:
      value: the number for the data without permutation.
      null: the number after each permutation, shape (s,).
      small_is_good: whether lower values are better.

    Raises:
      ValueError: ``value`` or a value of ``null`` is NaN.

    >>> against_null(0.5, np.array([0.1, 0.2, 0.5])).p
    0.5
    """
    if np.isnan(value) or np.isnan(null).any():
        raise ValueError("a permutation test of NaN: the statistic is undefined for these vectors")
    better = null <= value + _ROUNDING if small_is_good else null >= value - _ROUNDING
    quantiles = np.quantile(null, (0.025, 0.5, 0.975)) if len(null) else (np.nan,) * 3
    low, middle, high = (float(quantile) for quantile in quantiles)
    return Permuted(value, float((1 + better.sum()) / (1 + len(null))), low, middle, high)


def permutation_blocks(permutations: int, cells: int) -> Iterator[slice]:
    """Yields slices of the permutations, in blocks of about 4 million array cells; one permutation needs ``cells``."""
    size = max(1, _CELLS // max(cells, 1))
    return (slice(start, min(start + size, permutations)) for start in range(0, permutations, size))
