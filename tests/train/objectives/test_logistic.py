"""The logistic loss compared with jax.nn's: its value, and the error of its approximate derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.objectives.logistic import log_loss, pull

SCORES = jnp.linspace(-30, 30, 20_001)


def test_the_value_is_exact() -> None:
    weight = jnp.linspace(0, 3, len(SCORES))
    value, _ = log_loss(SCORES, weight)
    expected = -np.sum(np.asarray(weight, np.float64) * np.asarray(jax.nn.log_sigmoid(SCORES), np.float64))
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_the_pull_is_within_its_bound_and_never_outside_the_weight() -> None:
    found = pull(SCORES, jnp.full(len(SCORES), 2.0))
    np.testing.assert_allclose(found, 2 * jax.nn.sigmoid(-SCORES), atol=2 * 7e-4)
    assert (found >= 0).all()
    assert (found <= 2).all()
    near = jnp.abs(SCORES) < 2
    np.testing.assert_allclose(found[near], 2 * jax.nn.sigmoid(-SCORES)[near], atol=1e-6)


def test_the_derivative_is_minus_the_pull() -> None:
    weight = jnp.linspace(0, 3, len(SCORES))
    slope = jax.grad(lambda scores: 5 * log_loss(scores, weight)[0])(SCORES)
    np.testing.assert_allclose(slope, -5 * pull(SCORES, weight), rtol=1e-6)
    exact = jax.grad(lambda scores: -5 * jnp.sum(weight * jax.nn.log_sigmoid(scores)))(SCORES)
    np.testing.assert_allclose(slope, exact, atol=5 * 3 * 7e-4)


def test_far_scores_pull_not_at_all_or_wholly() -> None:
    np.testing.assert_allclose(pull(jnp.array([-1e30, 1e30, 0.0]), jnp.ones(3)), [1, 0, 0.5], atol=7e-4)
