"""Sorting of integer keys with the place that each came from, and counts of equal keys."""

import numpy as np
from jaxtyping import Int64, Integer

_BITS = 63


def sorted_keys(keys: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Returns the keys in ascending order; sorts in place."""
    keys.sort()
    return keys


def sorted_places(keys: Int64[np.ndarray, " n"]) -> tuple[Int64[np.ndarray, " n"], Integer[np.ndarray, " n"]]:
    """Returns non-negative keys in ascending order, and the place in ``keys`` that each came from.

    Key and place are sorted as one number if 63 bits hold both, which is three times as fast as an argsort.

    Example:
      >>> keys, places = sorted_places(np.array([7, 5, 7]))
      >>> keys.tolist(), places.tolist()
      ([5, 7, 7], [1, 0, 2])
    """
    bits = len(keys).bit_length()
    if int(keys.max(initial=0)).bit_length() + bits > _BITS:
        order = np.argsort(keys, kind="stable")
        return keys[order], order
    packed = (keys << bits) | np.arange(len(keys))
    packed.sort()
    return packed >> bits, packed & ((1 << bits) - 1)


def runs(
    keys: Int64[np.ndarray, " n"], times: Int64[np.ndarray, " n"] | None = None
) -> tuple[Int64[np.ndarray, " k"], Int64[np.ndarray, " k"]]:
    """Returns the distinct keys of a sorted list, and how often each occurs.

    Args:
      keys: in ascending order.
      times: how often each entry counts; by default once.

    Example:
      >>> found, counts = runs(np.array([5, 7, 7]))
      >>> found.tolist(), counts.tolist()
      ([5, 7], [1, 2])
    """
    if not len(keys):
        return keys, keys
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    counts = np.diff(np.append(first, len(keys))) if times is None else np.add.reduceat(times, first)
    return keys[first], counts
