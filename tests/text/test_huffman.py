"""Huffman trees: as short as with heapq, complete, nodes sorted by count; paths lead from the root to the words."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.text.huffman import Tree, huffman_tree

COUNTS = st.lists(st.integers(1, 40), min_size=2, max_size=40)


def shortest(counts: list[int]) -> int:
    """Returns the minimum of sum of count times length, by a heap: each merge adds the merged count."""
    heap = list(counts)
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        total += joined
        heapq.heappush(heap, joined)
    return total


def codes(tree: Tree) -> list[tuple[int, ...]]:
    """Returns the branches of each word without the padding."""
    return [tuple(row[: int(n)]) for row, n in zip(tree.branch.tolist(), tree.lengths, strict=True)]


@given(COUNTS)
def test_it_is_as_short_as_the_heaps_and_complete(counts: list[int]) -> None:
    tree = huffman_tree(np.array(counts))
    assert (np.array(counts) * tree.lengths).sum() == shortest(counts)
    assert (0.5**tree.lengths).sum() == 1  # Kraft: no leaf is free
    words = codes(tree)
    assert all(one != other[: len(one)] for one in words for other in words if one is not other)


@given(COUNTS)
def test_paths_follow_the_branches_and_nodes_are_numbered_by_count(counts: list[int]) -> None:
    tree = huffman_tree(np.array(counts))
    node_of: dict[tuple[int, ...], int] = {}
    below = np.zeros(len(counts) - 1, np.int64)
    for word, code in enumerate(codes(tree)):
        path = tree.node[word, : len(code)].tolist()
        assert path[0] == 0
        assert (tree.branch[word, len(code) :] == 0).all()
        assert (tree.node[word, len(code) :] == 0).all()
        for j, node in enumerate(path):
            assert node_of.setdefault(code[:j], node) == node
            below[node] += counts[word]
    assert sorted(node_of.values()) == list(range(len(counts) - 1))
    np.testing.assert_array_equal(below, tree.counts)
    assert (np.diff(tree.counts) <= 0).all()
    assert tree.counts[0] == sum(counts)


def test_the_textbook_example() -> None:
    """Cormen et al., figure 16.5: lengths 1, 3, 3, 3, 4, 4 for counts 45, 16, 13, 12, 9, 5."""
    tree = huffman_tree(np.array([45, 16, 13, 12, 9, 5]))
    assert tree.lengths.tolist() == [1, 3, 3, 3, 4, 4]
    assert tree.counts.tolist() == [100, 55, 30, 25, 14]


def test_a_vocabulary_has_one_tree_in_any_order_of_its_words() -> None:
    counts = np.array([3, 9, 1, 7, 2])
    tree, again = huffman_tree(counts), huffman_tree(counts)
    for ours, theirs in zip(tree, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    order = np.argsort(-counts)
    ranked = huffman_tree(counts[order])
    np.testing.assert_array_equal(ranked.node, tree.node[order])
    np.testing.assert_array_equal(ranked.branch, tree.branch[order])


def test_deep_and_flat_trees() -> None:
    deep = huffman_tree(2 ** np.arange(20)[::-1])
    assert deep.lengths.tolist() == [*range(1, 20), 19]
    flat = huffman_tree(np.full(64, 5))
    assert set(flat.lengths.tolist()) == {6}


@pytest.mark.parametrize("counts", [[], [3], [3, 0]])
def test_no_tree_of_less_than_two_words(counts: list[int]) -> None:
    with pytest.raises(ValueError, match=r"at least 2 are needed|word 1 has count 0: must be at least 1"):
        huffman_tree(np.array(counts, np.int64))
