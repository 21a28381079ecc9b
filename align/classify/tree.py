"""The Huffman tree of labels for hierarchical softmax, node for node as fastText builds it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, Int32


class LabelPaths(NamedTuple):
    """The inner nodes on the path of each label, from the leaf to the root, and the branch at each: 1 or -1."""

    node: Int32[np.ndarray, "l p"]
    branch: Float32[np.ndarray, "l p"]


def label_paths(counts: Int[np.ndarray, " l"]) -> LabelPaths:
    """Returns the paths of labels, given how many texts have each, the most frequent first.

    The two trees with the smallest counts are merged until a single tree is left. Inner node k is the k-th to be made.
    The larger child has branch 1. If a label and an inner node have the same count, the inner node is merged first.

    Args:
        counts: the count of each label, descending.

    Returns:
        The paths.

    Raises:
        ValueError: there are fewer than two labels.

    Example:
        >>> label_paths(np.array([4, 2, 1])).branch.tolist()
        [[1.0, 0.0], [1.0, -1.0], [-1.0, -1.0]]

    Source: the official library, ``HierarchicalSoftmaxLoss``.
    But: ``text.huffman`` decides ties as word2vec does, numbers nodes from the root, and takes counts in any order.
    """
    size = len(counts)
    if size < 2:
        raise ValueError(f"{size} labels: at least two were expected")
    weight = [*np.asarray(counts).tolist(), *[0] * (size - 1)]
    parent, branch = [-1] * (2 * size - 1), [0] * (2 * size - 1)
    leaf, inner = size - 1, size
    for made in range(size, 2 * size - 1):
        for side in (-1, 1):
            if leaf >= 0 and (inner >= made or weight[leaf] < weight[inner]):
                child, leaf = leaf, leaf - 1
            else:
                child, inner = inner, inner + 1
            weight[made] += weight[child]
            parent[child], branch[child] = made, side
    paths = [_up(label, parent, branch) for label in range(size)]
    longest = max(map(len, paths))
    padded = np.array([path + [(size, 0)] * (longest - len(path)) for path in paths])
    return LabelPaths((padded[:, :, 0] - size).astype(np.int32), padded[:, :, 1].astype(np.float32))


def _up(at: int, parent: list[int], branch: list[int]) -> list[tuple[int, int]]:
    """Returns the nodes above ``at``, from the lowest to the root, and the branch taken at each."""
    path: list[tuple[int, int]] = []
    while parent[at] >= 0:
        path.append((parent[at], branch[at]))
        at = parent[at]
    return path
