"""Pearson's and Spearman's correlation, with percentile-bootstrap intervals."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Real

from align.evaluate.resampling import Interval, check_resampling, draws, quantiles

_CONSTANT = 1e-12


class Intervals(NamedTuple):
    """An interval for each coefficient, from the same resamples."""

    pearson: Interval
    spearman: Interval


def pearson(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Returns Pearson's r = sum (x - mean x)(y - mean y) / (|x - mean x| |y - mean y|).

    It is NaN if x or y is constant, or has fewer than two values.

    Source: Pearson 1896, p. 265.

    >>> round(pearson(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])), 6)
    0.5
    """
    return float(_pearson(_standard(x), _standard(y), np.ones((1, len(x))))[0])


def spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Returns Spearman's rho: Pearson's r of the ranks, where equal values have the mean of their ranks.

    It is NaN if x or y is constant.

    Source: Spearman 1904; Kendall & Gibbons 1990, chapter 3, for ties.
    But: 1 - 6 sum d^2 / (n (n^2 - 1)) is not used, because it equals rho only if no value occurs twice.

    >>> round(spearman(np.array([1.0, 10, 100]), np.array([3.0, 5, 4])), 6)
    0.5
    """
    return pearson(ranks(x), ranks(y))


def ranks(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Returns the rank of every value, from 1; equal values have the mean of their ranks.

    >>> ranks(np.array([30.0, 10, 30]))
    array([2.5, 1. , 2.5])
    """
    return _resampled_ranks(_Groups.of(x), np.ones((1, len(x)), np.int64))[0]


class _Groups(NamedTuple):
    """Groups of equal values: the group of each value, numbered by ascending value, and the sorted order."""

    group: Int[np.ndarray, " n"]
    order: Int[np.ndarray, " n"]
    starts: Int[np.ndarray, " groups"]

    @classmethod
    def of(cls, x: Float[np.ndarray, " n"]) -> "_Groups":
        _, starts, group = np.unique(np.sort(x), return_index=True, return_inverse=True)
        order = np.argsort(x, kind="stable")
        back = np.empty(len(x), np.int64)
        back[order] = group
        return cls(back, order, starts)


def bootstrap(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    *,
    seed: int,
    resamples: int = 2000,
    level: float = 0.95,
) -> Intervals:
    """Returns percentile-bootstrap intervals of both coefficients, from pairs drawn with replacement.

    A resample of n pairs is a row w: the number of times that each pair was drawn. Its Pearson's r is weighted by w.
    The rank of a value is the weight of smaller values plus (the weight of equal values + 1) / 2, so values are sorted
    only once. Resamples in which x or y is constant have no coefficient and are left out; if all are, the ends are NaN.

    Args:
      x: values, shape (n,).
      y: values of the same items, shape (n,).
      seed: seed of the draws.
      resamples: number of resamples, at least 1.
      level: the coverage of the intervals, between 0 and 1.

    Raises:
      ValueError: fewer than one resample, or a level outside 0..1.

    Source: Efron & Tibshirani 1993, section 13.3.
    """
    check_resampling(resamples, level)
    if len(x) == 0:
        nowhere = Interval(np.nan, np.nan)
        return Intervals(nowhere, nowhere)
    plain_x, plain_y, groups_x, groups_y = _standard(x), _standard(y), _Groups.of(x), _Groups.of(y)
    found: list[Float[np.ndarray, "2 b"]] = []
    for drawn in draws(len(x), resamples, seed):
        ranks_x, ranks_y = _resampled_ranks(groups_x, drawn), _resampled_ranks(groups_y, drawn)
        found.append(np.stack([_pearson(plain_x, plain_y, drawn), _pearson(ranks_x, ranks_y, drawn)]))
    of_pearson, of_spearman = np.concatenate(found, axis=1)
    return Intervals(quantiles(of_pearson, level), quantiles(of_spearman, level))


def _standard(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Returns ``x`` in float64 with mean 0 and, unless it is constant, variance 1."""
    x = x.astype(np.float64)
    if not len(x) or (x == x[0]).all():
        return np.zeros(len(x))
    x = x / np.abs(x).max()
    x = x - x.mean()
    return x / x.std()


def _pearson(
    x: Float[np.ndarray, "*rows n"], y: Float[np.ndarray, "*rows n"], weights: Real[np.ndarray, "b n"]
) -> Float[np.ndarray, " b"]:
    """Returns Pearson's r for each row of weights; NaN if x or y is constant under them."""
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1)
    dx = x - (weights * x).sum(axis=1, keepdims=True) / total
    dy = y - (weights * y).sum(axis=1, keepdims=True) / total
    wx = weights * dx
    xx, yy = np.einsum("bn,bn->b", wx, dx), np.einsum("bn,bn,bn->b", weights, dy, dy)
    undefined = (xx <= _CONSTANT * total[:, 0]) | (yy <= _CONSTANT * total[:, 0])
    r = np.einsum("bn,bn->b", wx, dy) / np.sqrt(np.where(undefined, 1.0, xx * yy))
    return np.where(undefined, np.nan, np.clip(r, -1.0, 1.0))


def _resampled_ranks(groups: _Groups, drawn: Int[np.ndarray, "b n"]) -> Float[np.ndarray, "b n"]:
    """Returns the rank of every value in each resample; ties have the mean of their ranks."""
    if not drawn.shape[1]:
        return np.zeros(drawn.shape)
    sizes = np.add.reduceat(drawn[:, groups.order], groups.starts, axis=1)
    mean = np.cumsum(sizes, axis=1) - (sizes - 1) / 2
    return mean[:, groups.group]
