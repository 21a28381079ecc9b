"""Negative sampling: loss, gradient and masses against plain loops, with every encoder."""

import jax
import numpy as np
import pytest

from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.noise import noise_of
from align.train.objectives.window import WindowObjective
from tests.train.plain import ENCODERS, Term, batch, by_row, close, encoder, logistic, ours, plain, predictions, tables

KEY = jax.random.key(4)
WORDS, DIM, WINDOW, GROUP, NEGATIVES, SHARED = 12, 5, 2, 8, 5, 4


def objective(name: str) -> WindowObjective:
    output = NegativeSampling(noise_of(np.arange(WORDS, 0, -1)), WORDS, NEGATIVES, GROUP, SHARED)
    return WindowObjective(encoder(name, words=WORDS, dim=DIM, window=WINDOW), output, 64.0)


@pytest.mark.parametrize("name", [name for name in ENCODERS if "thinned" not in name])
def test_loss_gradient_and_masses_are_those_of_plain_loops(name: str) -> None:
    text, model = batch(WORDS), objective(name)
    made = tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    noise = np.stack([np.asarray(part) for part in ids["context"][1]])
    tokens = np.asarray(text.tokens)

    def terms(one, h):
        rows = [(int(tokens[one.part, one.target]), 1.0, 1.0)]
        rows += [(int(row), -1.0, NEGATIVES / SHARED) for row in noise[one.part, one.place // GROUP]]
        for row, sign, share in rows:
            loss, slope = logistic(h, made["context"][row], sign)
            yield Term("context", row, share * slope, share * loss)

    expected = plain(made, text, list(predictions(text, WINDOW, name)), terms)
    close(found, expected.found)
    np.testing.assert_allclose(np.stack(told.mass["word"]), expected.token_mass, atol=4e-3 * expected.token_mass.max())
    by_context = by_row(ids["context"], told.mass["context"], WORDS)
    np.testing.assert_allclose(by_context, expected.row_mass["context"], atol=4e-3 * by_context.max())
    assert float(told.terms) == pytest.approx(expected.terms)


def test_a_noise_word_equal_to_the_word_to_predict_counts_with_both_signs() -> None:
    """A vocabulary of one word: every noise word equals it, and at score 0 the gradient is not 0 but (k - 1) / 2."""
    text = batch(1)
    output = NegativeSampling(noise_of(np.array([5])), 1, NEGATIVES, GROUP, SHARED)
    model = WindowObjective(encoder("mean", words=1, dim=DIM, window=WINDOW), output, 64.0)
    made = {"word": np.ones((1, DIM)), "context": np.zeros((1, DIM))}
    found, _, told = ours(model, made, text, key=KEY)
    np.testing.assert_allclose(found.grads["context"], (NEGATIVES - 1) / 2 * float(told.terms), rtol=1e-4)
