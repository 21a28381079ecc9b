"""The order and the probabilities: the loss compared with loops, numpy with JAX, fitted odds with true odds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from align.bilingual.reranking.network import Listwise, Network, Training, score, train_head
from align.bilingual.reranking.ordering import fit_odds, probabilities, scores

QUICK = Training(hidden=8, steps=150, size=64, networks=2)


def planted(queries: int = 300, k: int = 6, m: int = 4):
    rng = np.random.default_rng(5)
    features = rng.normal(size=(queries, k, m)).astype(np.float32) * np.array([1, 5, 1, 0.1], np.float32) + 3
    hidden = features[:, :, 0] + np.abs(features[:, :, 1] - 3) / 5 + 0.3 * rng.normal(size=(queries, k))
    gold = hidden == hidden.max(axis=1, keepdims=True)
    gold[::5] = False
    return features, gold


def test_the_loss_is_that_of_plain_loops() -> None:
    features, gold = planted(5)
    gold[0, 2] = gold[0, 3] = True
    objective = Listwise(jnp.asarray(features), jnp.asarray(gold), 3, 0.0)
    shapes = ((4,), (4, 3), (3,), (3,))
    rng = np.random.default_rng(6)
    network = Network(*(jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes))
    asked = jnp.asarray([0, 1, 2])
    found = objective.loss({}, network, asked, key=jax.random.key(0)).value
    expected = 0.0
    for q in (0, 1, 2):
        value = [float(score(network, jnp.asarray(features[q : q + 1]))[0, c]) for c in range(6)]
        total = sum(np.exp(value[c]) for c in range(6))
        expected += np.log(total) - np.log(sum(np.exp(value[c]) for c in range(6) if gold[q, c]))
    np.testing.assert_allclose(found, expected / 3, rtol=1e-4)


def test_a_planted_order_is_learned_and_numpy_scores_as_jax_does() -> None:
    features, gold = planted()
    head = train_head(features[:200], gold[:200], QUICK, seed=0)
    made = scores(head, features[200:])
    some = gold[200:].any(axis=1)
    hit = np.take_along_axis(gold[200:], made.argmax(axis=1)[:, None], axis=1)[some]
    assert hit.mean() > 0.5 > 3 / 12
    standard = jnp.asarray(np.clip((features[200:] - head.mean) / head.scale, -5, 5))
    each = [score(Network(*(jnp.asarray(part[i]) for part in head.weights)), standard) for i in range(2)]
    np.testing.assert_allclose(made, np.mean(each, axis=0), atol=1e-4)


def test_without_a_right_candidate_nothing_can_be_learned() -> None:
    features, gold = planted(10)
    with pytest.raises(ValueError, match="no training word"):
        train_head(features, gold & False, QUICK, seed=0)


def test_the_odds_are_the_likeliest_and_keep_the_order() -> None:
    rng = np.random.default_rng(3)
    scored = rng.normal(size=(40_000, 5)).astype(np.float32)
    ranks = rng.integers(0, 5000, 40_000)
    share = scored - np.log(np.exp(scored).sum(axis=1, keepdims=True))
    truth = expit(-0.5 + 1.5 * share - 0.2 * (np.log(ranks + 50.0) - 8)[:, None])
    odds = fit_odds(scored, ranks, rng.random(truth.shape) < truth)
    np.testing.assert_allclose(odds, [-0.5, 1.5, -0.2], atol=0.15)
    features, gold = planted(20)
    head = train_head(features, gold, QUICK, seed=0)._replace(odds=odds)
    made = probabilities(head, scored[:10], ranks[:10])
    np.testing.assert_array_equal(np.argsort(-made, axis=1), np.argsort(-scored[:10], axis=1))
    np.testing.assert_allclose(made, truth[:10], atol=0.1)
