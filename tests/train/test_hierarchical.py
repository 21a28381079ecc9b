"""Hierarchical softmax: loss and gradient against plain loops, paths and distances drawn, topics found again."""

import jax
import numpy as np
import pytest

from align.text.huffman import huffman_tree
from align.train.hierarchical import CBOWHS, HierarchicalSoftmax, SkipGramHS
from align.train.neighbours import thinned_window
from align.train.paths import paths_of
from tests.train.plain import Found, batch, close, logistic, ours, pairs, tables
from tests.train.topics import by_topic, topics

KEY = jax.random.key(4)
DIM, WINDOW = 5, 2
COUNTS = np.array([300, 200, 12, 9, 7, 7, 5, 4, 3, 3, 3, 3])
LEAST = 3 * int(COUNTS.sum()) // len(COUNTS)  # rarer words count as that frequent


def objective(bag: str, *, top: int = 4, fixed: bool = False) -> HierarchicalSoftmax:
    return HierarchicalSoftmax(paths_of(COUNTS, top), None, None, DIM, WINDOW, fixed, bag, 24.0)


def path(word: int) -> list[tuple[int, int]]:
    """(node, turn) from the root to a word."""
    tree = huffman_tree(np.maximum(COUNTS, LEAST))
    return [(int(n), int(s)) for n, s in zip(tree.node[word], tree.turn[word], strict=True) if s]


def plain(made: dict[str, np.ndarray], text, near: dict, bag: str) -> tuple[Found, np.ndarray, float]:
    """The loss and its gradient; the mass of each token's row; ``near`` has the weights of each token's neighbours."""
    grads = {name: np.zeros_like(table) for name, table in made.items()}
    tokens = np.asarray(text.tokens)
    mass, nodes_mass, value = np.zeros(tokens.shape), np.zeros(len(made["node"])), 0.0
    for (part, t), weights in near.items():
        groups = [[one] for one in weights.items()] if bag == "no" else [list(weights.items())]
        for group in groups:
            total = sum(weight for _, weight in group) if bag != "sum" else 1.0
            share = group[0][1] if bag == "no" else 1.0
            h = sum(weight / total * made["word"][tokens[part, other]] for other, weight in group)
            for node, turn in path(tokens[part, t]):
                loss, by_score = logistic(h, made["node"][node], turn)
                by_score *= share
                value += share * loss
                grads["node"][node] += by_score * h
                nodes_mass[node] += abs(by_score)
                for other, weight in group:
                    grads["word"][tokens[part, other]] += weight / total * by_score * made["node"][node]
                    mass[part, other] += weight / total * abs(by_score)
    return Found(value, grads), mass, nodes_mass


@pytest.mark.parametrize("top", [1, 4, 100])
@pytest.mark.parametrize(("bag", "fixed"), [("no", False), ("no", True), ("mean", False), ("sum", False)])
def test_loss_gradient_and_masses_are_those_of_plain_loops(bag: str, top: int, fixed: bool) -> None:
    text, model = batch(len(COUNTS)), objective(bag, top=top, fixed=fixed)
    made = tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    near: dict[tuple[int, int], dict[int, float]] = {}
    chosen = [thinned_window(WINDOW, part, 2) for part in range(2)]
    assert all(len(one.at) < 2 * WINDOW for one in chosen)
    for part, t, other, weight in pairs(text, WINDOW, fixed=fixed):
        counts = dict(zip(*chosen[part], strict=True))
        share = weight if bag != "no" or fixed else counts.get(other - t, 0.0)
        if share:
            near.setdefault((part, t), {})[other] = share
    expected, mass, nodes = plain(made, text, near, bag)
    close(found, expected)
    np.testing.assert_allclose(np.stack(told.mass["word"]), mass, atol=4e-3 * mass.max())
    below, above = told.mass["node"]
    by_node = np.zeros(len(COUNTS) - 1)
    np.add.at(by_node, np.asarray(ids["node"][1]), np.asarray(above))
    np.add.at(by_node, np.stack([np.asarray(x) for x in ids["node"][0]]), np.stack(below))
    np.testing.assert_allclose(by_node, nodes, atol=4e-3 * nodes.max())
    assert float(told.terms) == pytest.approx(sum(sum(one.values()) if bag == "no" else 1 for one in near.values()))


@pytest.mark.parametrize("top", [1, 3, 11, 50])
def test_paths_are_the_trees_in_two_pieces(top: int) -> None:
    paths = paths_of(COUNTS, top)
    assert paths.top.shape == (12, min(top, 11))
    for word in range(len(COUNTS)):
        above = [(n, int(turn)) for n, turn in enumerate(paths.top[word]) if turn]
        below = [(int(n), int(turn)) for n, turn in zip(paths.node[word], paths.turn[word], strict=True) if turn]
        assert sorted(above + below) == sorted(path(word))


def test_probabilities_of_all_words_add_up_to_one() -> None:
    vector, nodes = np.random.default_rng(0).normal(size=(2, 11, DIM))
    total = sum(
        np.prod([np.exp(-logistic(vector[0], nodes[node], turn)[0]) for node, turn in path(word)])
        for word in range(len(COUNTS))
    )
    assert total == pytest.approx(1)


def test_rare_words_do_not_make_paths_long() -> None:
    counts = np.maximum(2**20 // np.arange(1, 3000) ** 2, 1)
    found = paths_of(counts, 1)
    assert huffman_tree(counts).node.shape[1] > 20
    assert found.turn.shape[1] < 16
    with pytest.raises(ValueError, match="two and once"):
        paths_of(np.array([3, 0]), 1)


@pytest.mark.parametrize("model", [SkipGramHS(dim=10), CBOWHS(dim=10), CBOWHS(dim=10, mean=False, rate=0.02)])
def test_words_of_a_topic_come_together(model: SkipGramHS) -> None:
    settings = {**vars(model), "window": 3, "epochs": 8, "sample": 0.0, "top": 8}
    assert by_topic(type(model)(**settings).train(topics(), seed=1)) > 0.95


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="top 0"):
        SkipGramHS(top=0)
    with pytest.raises(ValueError, match="has those of words only"):
        CBOWHS(vectors="sum")
