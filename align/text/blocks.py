"""Blocks of consecutive texts, for work in threads: the arrays of a block fit into the cache of a processor."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
from jaxtyping import Int

from align.cores import usable_cores

BLOCK = 1 << 16
"""The usual number of words or features in a block."""
Item = TypeVar("Item")
Result = TypeVar("Result")


def by_block(
    work: Callable[[int, int], Result], starts: Int[np.ndarray, " n_and_1"], *, size: int = BLOCK
) -> list[Result]:
    """Returns the results of ``work`` on blocks of texts, in order; several threads share the blocks.

    Args:
        work: called with the first text of a block and the first after it.
        starts: the start of each text, and the end of the last one.
        size: the length of a block, at most, unless a single text is longer.

    Example:
        >>> by_block(lambda first, end: (first, end), np.array([0, 2, 3, 9, 10]), size=4)
        [(0, 2), (2, 3), (3, 4)]
    """
    cuts, n = [0], len(starts) - 1
    while cuts[-1] < n:
        end = int(np.searchsorted(starts, starts[cuts[-1]] + size, side="right")) - 1
        cuts.append(min(max(end, cuts[-1] + 1), n))
    return in_threads(lambda block: work(*block), list(pairwise(cuts)))


def in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Returns the result of ``work`` for each item, in order, with a thread for each core."""
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(usable_cores()) as pool:
        return list(pool.map(work, items))
