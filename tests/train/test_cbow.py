"""CBOW: its loss and gradient against plain loops, its masses, and topics found again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.cbow import CBOW, ContinuousBag, bag_of, window_sums
from align.train.noise import noise_of
from tests.train.plain import Found, batch, close, logistic, ours, pairs, tables
from tests.train.topics import by_topic, topics

KEY = jax.random.key(4)
WORDS, DIM, WINDOW, GROUP = 12, 5, 3, 8


def objective(*, mean: bool, fixed: bool = False) -> ContinuousBag:
    noise = noise_of(np.arange(WORDS, 0, -1))
    return ContinuousBag(noise, None, None, WORDS, DIM, WINDOW, fixed, mean, 5, GROUP, 4, 24.0)


def plain(made: dict[str, np.ndarray], text, noise, *, mean: bool, fixed: bool) -> tuple[Found, dict[str, np.ndarray]]:
    """The loss and its gradient, and the mass of every row of the batch."""
    grads = {name: np.zeros_like(table) for name, table in made.items()}
    word, context = made["word"], made["context"]
    tokens = np.asarray(text.tokens)
    masses = {"word": np.zeros(tokens.shape), "context": np.zeros(tokens.shape), "noise": np.zeros(noise.shape)}
    value = 0.0
    near: dict[tuple[int, int], dict[int, float]] = {}
    for part, t, other, weight in pairs(text, WINDOW, fixed=fixed):
        near.setdefault((part, t), {})[other] = weight
    for (part, t), weights in near.items():
        total = sum(weights.values()) if mean else 1.0
        h = sum(weight / total * word[tokens[part, other]] for other, weight in weights.items())
        slope = np.zeros(DIM)
        terms = [(tokens[part, t], 1.0, 1.0, ("context", (part, t)))]
        group = t // GROUP
        terms += [(row, -1.0, 5 / 4, ("noise", (part, group, n))) for n, row in enumerate(noise[part, group])]
        mass = 0.0
        for row, sign, share, (kind, place) in terms:
            loss, by_score = logistic(h, context[row], sign)
            value += share * loss
            slope += share * by_score * context[row]
            grads["context"][row] += share * by_score * h
            masses[kind][place] += share * abs(by_score)
            mass += share * abs(by_score)
        for other, weight in weights.items():
            grads["word"][tokens[part, other]] += weight / total * slope
            masses["word"][part, other] += weight / total * mass
    return Found(value, grads), masses


@pytest.mark.parametrize(("mean", "fixed"), [(True, False), (False, False), (True, True)])
def test_loss_gradient_and_masses_are_those_of_plain_loops(mean: bool, fixed: bool) -> None:
    text, model = batch(WORDS), objective(mean=mean, fixed=fixed)
    made = tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    noise = np.stack([np.asarray(part) for part in ids["context"][1]])
    expected, masses = plain(made, text, noise, mean=mean, fixed=fixed)
    close(found, expected)
    for kind, tree in zip(("word", "context", "noise"), (told.mass["word"], *told.mass["context"]), strict=True):
        np.testing.assert_allclose(np.stack(tree), masses[kind], atol=4e-3 * masses[kind].max())
    assert float(told.terms) == len({(part, t) for part, t, _, _ in pairs(text, WINDOW)})


def test_a_mean_of_equal_vectors_is_that_vector_and_nothing_is_nothing() -> None:
    weight = jnp.array([[0.0, 1.0], [0.5, 1.0], [0.0, 0.0]])
    bag = bag_of(weight, mean=True)
    np.testing.assert_allclose(window_sums(jnp.ones((3, 2)), bag.weight, 1), [[1, 1], [1, 1], [0, 0]])
    np.testing.assert_array_equal(bag.some, [1, 1, 0])
    np.testing.assert_array_equal(bag_of(weight, mean=False).weight, weight)


@pytest.mark.parametrize(("mean", "rate"), [(True, 0.1), (False, 0.02)])
def test_words_of_a_topic_come_together(mean: bool, rate: float) -> None:
    model = CBOW(dim=10, window=3, epochs=8, sample=0.0, mean=mean, rate=rate, group=64, shared=16)
    space = model.train(topics(), seed=1)
    assert by_topic(space) > 0.95


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="cap above 0"):
        CBOW(cap=0.0)
    with pytest.raises(ValueError, match="at least 1"):
        CBOW(shared=0)
