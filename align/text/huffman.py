"""Huffman code of a vocabulary: short paths for frequent words."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int8, Int32


class Tree(NamedTuple):
    """The paths from the root of a Huffman tree to its v leaves, which are the words.

    Attributes:
        node: inner node at each position of a word's path, from the root; 0 after the end of the path. Inner nodes are
            numbered by descending count, from 0 (the root) to v - 2.
        branch: the child of that node on the path: 1 or -1; 0 after the end of the path.
        counts: sum of the counts of all words below each inner node.
    """

    node: Int32[np.ndarray, "v l"]
    branch: Int8[np.ndarray, "v l"]
    counts: Int[np.ndarray, " nodes"]

    @property
    def lengths(self) -> Int[np.ndarray, " v"]:
        """Number of inner nodes on the path of each word."""
        return np.abs(self.branch).sum(1, dtype=np.int64)


def huffman_tree(counts: Int[np.ndarray, " v"]) -> Tree:
    """Builds the Huffman tree of a vocabulary, which minimises sum_w count_w length_w over all binary trees.

    The two trees with the smallest counts are merged until one tree is left. In a tie, a single word comes before
    a merged tree, and a later word of the vocabulary before an earlier word. Time and memory are O(v log v).

    Args:
        counts: number of occurrences of each word, shape (v,).

    Returns:
        The paths of all words.

    Raises:
        ValueError: there are fewer than two words, or a count is below 1.

    Example:
        >>> huffman_tree(np.array([4, 2, 1])).branch.tolist()
        [[-1, 0], [1, -1], [1, 1]]

    Source: D. A. Huffman, A Method for the Construction of Minimum-Redundancy Codes, Proc. IRE 1952; the method of two
    sorted queues is by J. van Leeuwen (ICALP 1976).
    """
    if len(counts) < 2:
        raise ValueError(f"a vocabulary of {len(counts)} word{'s' * (len(counts) != 1)}: at least 2 are needed")
    if counts.min() < 1:
        raise ValueError(f"word {int(counts.argmin())} has count {counts.min()}: must be at least 1")
    size = len(counts)
    order = np.argsort(-counts, kind="stable")
    parent, side, merged = _merge(counts[order[::-1]].tolist())
    above, branch = np.array(parent), np.array(side, np.int8)
    at = np.arange(size)
    nodes: list[np.ndarray] = []
    branches: list[np.ndarray] = []
    root = 2 * size - 2
    while (at < root).any():  # all paths at the same time, from the leaves up
        inner = at < root
        nodes.append(np.where(inner, root - above[at], -1))
        branches.append(np.where(inner, branch[at], 0))
        at = np.where(inner, above[at], root)
    return _from_the_root(np.stack(nodes, 1), np.stack(branches, 1), order, np.array(merged[::-1]))


def _merge(ascending: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Returns the parent and the branch of every tree (leaves first), and the counts of merged trees in order."""
    size = len(ascending)
    count = [*ascending, *[0] * (size - 1)]
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
    node: Int[np.ndarray, "v l"], branch: Int8[np.ndarray, "v l"], order: Int[np.ndarray, " v"], counts: np.ndarray
) -> Tree:
    """Reverses paths from the leaves to the root, and sorts them in the order of the vocabulary."""
    length = (branch != 0).sum(1)
    step = np.arange(node.shape[1])
    at = np.maximum(length[:, None] - 1 - step, 0)
    on = step < length[:, None]
    down = np.where(on, np.take_along_axis(node, at, 1), 0).astype(np.int32)
    down_branch = np.where(on, np.take_along_axis(branch, at, 1), 0).astype(np.int8)
    place = np.empty(len(order), np.int64)
    place[order[::-1]] = np.arange(len(order))
    return Tree(down[place], down_branch[place], counts)
