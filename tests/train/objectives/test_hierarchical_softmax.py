"""Hierarchical softmax: loss, gradient and masses against plain loops, with every encoder; and its paths."""

import jax
import numpy as np
import pytest

from align.text.huffman import huffman_tree
from align.train.objectives.hierarchical_softmax import HierarchicalSoftmax
from align.train.objectives.paths import paths_of
from align.train.objectives.window import WindowObjective
from tests.train.plain import ENCODERS, Term, batch, by_row, close, encoder, logistic, ours, plain, predictions, tables

KEY = jax.random.key(4)
DIM, WINDOW = 5, 2
COUNTS = np.array([300, 200, 12, 9, 7, 7, 5, 4, 3, 3, 3, 3])
LEAST = 3 * int(COUNTS.sum()) // len(COUNTS)  # rarer words count as that frequent


def path(word: int) -> list[tuple[int, int]]:
    """(node, branch) from the root to a word."""
    tree = huffman_tree(np.maximum(COUNTS, LEAST))
    return [(int(n), int(s)) for n, s in zip(tree.node[word], tree.branch[word], strict=True) if s]


@pytest.mark.parametrize(("name", "top"), [*((name, 4) for name in ENCODERS), ("word", 1), ("sum", 100)])
def test_loss_gradient_and_masses_are_those_of_plain_loops(name: str, top: int) -> None:
    text = batch(len(COUNTS))
    inputs = encoder(name, words=len(COUNTS), dim=DIM, window=WINDOW)
    model = WindowObjective(inputs, HierarchicalSoftmax(paths_of(COUNTS, top)), 24.0)
    made = tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    tokens = np.asarray(text.tokens)

    def terms(one, h):
        for node, branch in path(tokens[one.part, one.target]):
            loss, slope = logistic(h, made["node"][node], branch)
            yield Term("node", node, slope, loss)

    expected = plain(made, text, list(predictions(text, WINDOW, name)), terms)
    close(found, expected.found)
    np.testing.assert_allclose(np.stack(told.mass["word"]), expected.token_mass, atol=4e-3 * expected.token_mass.max())
    by_node = by_row(ids["node"], told.mass["node"], len(COUNTS) - 1)
    np.testing.assert_allclose(by_node, expected.row_mass["node"], atol=4e-3 * by_node.max())
    assert float(told.terms) == pytest.approx(expected.terms)


@pytest.mark.parametrize("top", [1, 3, 11, 50])
def test_paths_are_those_of_the_tree_in_two_pieces(top: int) -> None:
    paths = paths_of(COUNTS, top)
    assert paths.top.shape == (12, min(top, 11))
    for word in range(len(COUNTS)):
        above = [(n, int(branch)) for n, branch in enumerate(paths.top[word]) if branch]
        below = [(int(n), int(s)) for n, s in zip(paths.node[word], paths.branch[word], strict=True) if s]
        assert sorted(above + below) == sorted(path(word))


def test_probabilities_of_all_words_add_up_to_one() -> None:
    vector, nodes = np.random.default_rng(0).normal(size=(2, 11, DIM))
    total = sum(
        np.prod([np.exp(-logistic(vector[0], nodes[node], branch)[0]) for node, branch in path(word)])
        for word in range(len(COUNTS))
    )
    assert total == pytest.approx(1)


def test_rare_words_do_not_make_paths_long() -> None:
    counts = np.maximum(2**20 // np.arange(1, 3000) ** 2, 1)
    found = paths_of(counts, 1)
    assert huffman_tree(counts).node.shape[1] > 20
    assert found.branch.shape[1] < 16


@pytest.mark.parametrize(
    ("counts", "told"),
    [([7], "a vocabulary of 1 word: at least 2 are needed"), ([3, 0], "word 1 has count 0: must be at least 1")],
)
def test_a_tree_needs_two_words_that_occur(counts: list[int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        paths_of(np.array(counts), 1)
