"""Huffman's tree of a vocabulary: each word a leaf, the frequent ones near the root."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int8, Int32


class Tree(NamedTuple):
    """The way from the root to each word: ``node[w, j]`` is the j-th inner node of it, ``turn[w, j]`` what is next.

    ``turn`` is 1 or -1 for the two children, 0 behind the end of the path, where ``node`` is 0. Inner nodes are
    numbered by falling count, 0 the root, v - 2 the rarest; the count of a node is that of all words below it.
    """

    node: Int32[np.ndarray, "v l"]
    turn: Int8[np.ndarray, "v l"]
    counts: Int[np.ndarray, " nodes"]

    @property
    def lengths(self) -> Int[np.ndarray, " v"]:
        """How many inner nodes stand above each word."""
        return np.abs(self.turn).sum(1, dtype=np.int64)


def huffman_tree(counts: Int[np.ndarray, " v"]) -> Tree:
    """Join the two rarest of all trees until one is left: sum_w count_w length_w is the least that a binary tree has.

    Of trees equally rare a word goes before a joined tree, and the word that stands last in the vocabulary first.
    Time and memory O(v log v). Source: D. A. Huffman, A Method for the Construction of Minimum-Redundancy Codes, Proc.
    IRE 1952; the two queues, both sorted, are J. van Leeuwen's (ICALP 1976).

    Raises:
        ValueError: fewer than two words, or counts that are below 1.

    >>> huffman_tree(np.array([4, 2, 1])).turn.tolist()
    [[-1, 0], [1, -1], [1, 1]]
    """
    if len(counts) < 2:
        raise ValueError(f"a vocabulary of {len(counts)} word{'s' * (len(counts) != 1)}: at least 2 are needed")
    if counts.min() < 1:
        raise ValueError(f"word {int(counts.argmin())} has count {counts.min()}: must be at least 1")
    size = len(counts)
    order = np.argsort(-counts, kind="stable")
    parent, side, joined = _join(counts[order[::-1]].tolist())
    above, turn = np.array(parent), np.array(side, np.int8)
    at = np.arange(size)
    nodes: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    root = 2 * size - 2
    while (at < root).any():  # from the leaves up, all at once
        inner = at < root
        nodes.append(np.where(inner, root - above[at], -1))
        turns.append(np.where(inner, turn[at], 0))
        at = np.where(inner, above[at], root)
    return _from_the_root(np.stack(nodes, 1), np.stack(turns, 1), order, np.array(joined[::-1]))


def _join(rising: list[int]) -> tuple[list[int], list[int], list[int]]:
    """The parent of every tree, its side there, and the counts of those that were joined, in order; leaves first."""
    size = len(rising)
    count = [*rising, *[0] * (size - 1)]
    parent, side = [2 * size - 2] * (2 * size - 1), [1] * (2 * size - 1)
    leaf, tree = 0, size
    for made in range(size, 2 * size - 1):
        pair: list[int] = []
        for _ in range(2):
            if leaf < size and (tree == made or count[leaf] <= count[tree]):
                pair.append(leaf)
                leaf += 1
            else:
                pair.append(tree)
                tree += 1
        count[made] = count[pair[0]] + count[pair[1]]
        parent[pair[0]] = parent[pair[1]] = made
        side[pair[1]] = -1
    return parent, side, count[size:]


def _from_the_root(
    node: Int[np.ndarray, "v l"], turn: Int8[np.ndarray, "v l"], order: Int[np.ndarray, " v"], counts: np.ndarray
) -> Tree:
    """Turn paths that lead from the rarest words up into paths that lead from the root to the words in their order."""
    length = (turn != 0).sum(1)
    step = np.arange(node.shape[1])
    at = np.maximum(length[:, None] - 1 - step, 0)
    on = step < length[:, None]
    down = np.where(on, np.take_along_axis(node, at, 1), 0).astype(np.int32)
    turned = np.where(on, np.take_along_axis(turn, at, 1), 0).astype(np.int8)
    place = np.empty(len(order), np.int64)
    place[order[::-1]] = np.arange(len(order))
    return Tree(down[place], turned[place], counts)
