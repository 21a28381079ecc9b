"""Full softmax: loss, gradient and bounds of the masses against plain loops, with every encoder; blocks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.objectives import full_softmax
from align.train.objectives.full_softmax import FullSoftmax, log_partition
from align.train.objectives.window import WindowObjective
from tests.train.plain import ENCODERS, Term, batch, close, encoder, ours, plain, predictions, tables

KEY = jax.random.key(4)
WORDS, DIM, WINDOW = 12, 5, 3


def likely(vector: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """P(j | c) of every word j."""
    found = np.array([np.exp(context @ vector) for context in contexts])
    return found / found.sum()


@pytest.mark.parametrize("name", [name for name in ENCODERS if "thinned" not in name])
def test_loss_and_gradient_are_those_of_plain_loops_and_masses_are_bounds(name: str) -> None:
    text = batch(WORDS)
    model = WindowObjective(encoder(name, words=WORDS, dim=DIM, window=WINDOW), FullSoftmax(WORDS), 64.0)
    made = tables(model)
    found, _, told = ours(model, made, text, key=KEY)
    tokens = np.asarray(text.tokens)

    def terms(one, h):
        p, target = likely(h, made["context"]), int(tokens[one.part, one.target])
        for word in range(WORDS):
            yield Term("context", word, p[word] - (word == target), -np.log(p[word]) if word == target else 0.0)

    expected = plain(made, text, list(predictions(text, WINDOW, name)), terms)
    close(found, expected.found)
    bounds = (np.stack(told.mass["word"]), expected.token_mass), (told.mass["context"], expected.row_mass["context"])
    for bound, exact in bounds:
        assert (np.asarray(bound) >= 0.999 * exact).all()
        assert bound.sum() <= 2.5 * exact.sum()
    assert float(told.terms) == pytest.approx(expected.terms)


def test_the_gradient_of_one_pair_is_the_lectures() -> None:
    """By finite differences in double precision: d/d v_c of -log P(o | c) is -(u_o - sum_j P(j | c) u_j)."""
    rng = np.random.default_rng(0)
    vector, contexts, outside = rng.normal(size=DIM), rng.normal(size=(WORDS, DIM)), 3
    step = 1e-5 * np.eye(DIM)
    numeric = [
        (np.log(likely(vector - e, contexts)[outside]) - np.log(likely(vector + e, contexts)[outside])) / 2e-5
        for e in step
    ]
    told = jax.grad(lambda x: log_partition(x[None], jnp.ones(1), jnp.asarray(contexts))[0] - x @ contexts[outside])
    np.testing.assert_allclose(told(jnp.asarray(vector)), numeric, rtol=1e-4)
    np.testing.assert_allclose(numeric, likely(vector, contexts) @ contexts - contexts[outside], rtol=1e-6)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors, contexts = (jnp.asarray(rng.normal(size=(n, DIM)), jnp.float32) for n in (24, WORDS))
    weight = jnp.asarray(rng.random(24), jnp.float32)
    whole = log_partition(vectors, weight, contexts)
    monkeypatch.setattr(full_softmax, "_BLOCK_SCORES", 7 * WORDS)  # six tokens a block
    blocks = log_partition(vectors, weight, contexts)
    for one, other in zip(whole, blocks, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert float(whole[1].sum()) == pytest.approx(float(weight.sum()), rel=1e-5)
