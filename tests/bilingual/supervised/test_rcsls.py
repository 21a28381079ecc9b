"""The relaxed CSLS loss compared with loops over the words, its gradient with finite differences; its accuracy."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import Progress
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.supervised.rcsls import RCSLS, PairNumbers, RelaxedCSLS
from align.retrieval import unit_rows
from align.train.batchers.random import cumulative_weights
from tests.bilingual.worlds import task_of

RNG = np.random.default_rng(0)
X, Y = unit_rows(RNG.normal(size=(12, 4)).astype(np.float32)), unit_rows(RNG.normal(size=(11, 3)).astype(np.float32))
SOURCE, TARGET = np.array([0, 0, 3, 7]), np.array([1, 2, 2, 5])
W = RNG.normal(size=(4, 3)).astype(np.float32)
KEY = jax.random.key(0)


def relaxed(k: int = 3) -> RelaxedCSLS:
    """Every word of the other language is in a pair's list, so that the k best of all are meant."""
    lists = [jnp.asarray(np.tile(np.arange(len(side)), (4, 1))) for side in (X, Y)]
    return RelaxedCSLS(*map(jnp.asarray, (X, Y, SOURCE, TARGET)), lists[0], lists[1], jnp.asarray(W), k)


def naive(weights: np.ndarray, batch: list[int], k: int) -> float:
    """Equation 6 of the paper, word by word."""
    x, y, total = X.astype(np.float64), Y.astype(np.float64), 0.0
    for i in batch:
        one, other = x[SOURCE[i]], y[TARGET[i]]
        total -= 2 * one @ weights @ other
        total += np.mean(sorted(one @ weights @ word for word in y)[-k:])
        total += np.mean(sorted(word @ weights @ other for word in x)[-k:])
    return total / len(batch)


@eqx.filter_jit
def loss_and_gradient(objective: RelaxedCSLS, batch: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.value_and_grad(lambda weights: objective.loss({}, weights, batch, key=KEY).value)(objective.start)


@pytest.mark.parametrize("k", [1, 3])
def test_the_loss_and_its_gradient_are_those_of_the_formula(k: int) -> None:
    batch = [0, 2, 3, 3]
    found, gradient = loss_and_gradient(relaxed(k), jnp.array(batch))
    start = W.astype(np.float64)
    assert float(found) == pytest.approx(naive(start, batch, k), rel=1e-5)
    for seed in range(5):
        way = np.random.default_rng(seed).normal(size=W.shape)
        ends = [naive(start + step * way, batch, k) for step in (1e-5, -1e-5)]
        assert np.sum(np.asarray(gradient) * way) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-5)


def test_pairs_are_drawn_by_their_weight() -> None:
    weight = np.array([1, 0, 3, 4], np.float32)
    batches = PairNumbers(cumulative=cumulative_weights(weight), size=4000)
    drawn = np.asarray(batches.batch((), jnp.int32(0), key=KEY))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 4000, weight / 8, atol=0.03)
    with pytest.raises(ValueError, match="weights with sum 0"):
        cumulative_weights(np.zeros(3, np.float32))


def stretched(words: int = 300, dim: int = 12, noise: float = 0.7, most: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """A noisy rotation with some directions stretched, as unit rows: a rotation alone leaves hubs."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(words, dim))
    y = (x @ np.linalg.qr(rng.normal(size=(dim, dim)))[0] + noise * rng.normal(size=(words, dim))) * np.linspace(
        0.2, most, dim
    )
    return unit_rows(x.astype(np.float32)), unit_rows(y.astype(np.float32))


def hits(alignment: Alignment, x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> float:
    scores = alignment.place_source(x[rows]) @ alignment.place_target(y).T
    return float((scores.argmax(axis=1) == rows).mean())


def test_it_lowers_its_loss_over_all_words_and_keeps_what_procrustes_finds() -> None:
    x, y = stretched()
    pairs, test = Pairs(np.arange(200), np.arange(200), np.ones(200, np.float32)), np.arange(200, 300)
    told: list[Progress] = []
    quick = RCSLS(steps=40, rounds=4, size=64, near=20, rate=3e-3)
    learned, turned = quick.fit(task_of(x, y, pairs), watch=told.append).alignment, Procrustes().solve(x, y, pairs)

    def loss(alignment: Alignment) -> float:
        products = x @ np.asarray(alignment.views[0].source.weights) @ y.T  # pyright: ignore
        means = [np.sort(side, axis=1)[:200, -10:].mean() for side in (products, products.T)]
        return float(sum(means) - 2 * np.diag(products)[:200].mean())

    assert loss(learned) < loss(turned) - 0.02
    assert hits(learned, x, y, test) >= hits(turned, x, y, test)
    assert [(progress.step, progress.steps) for progress in told] == [(10 * i, 40) for i in range(1, 5)]
    again, other = (quick.fit(task_of(x, y, pairs), seed=seed).alignment for seed in (0, 1))
    np.testing.assert_array_equal(again.place_source(x), learned.place_source(x))
    assert not np.array_equal(other.place_source(x), learned.place_source(x))


def test_the_neighbours_are_looked_up_anew_every_round(monkeypatch: pytest.MonkeyPatch) -> None:
    from align.bilingual.supervised import rcsls

    images: list[np.ndarray] = []

    def watched(image: np.ndarray, *rest):
        images.append(image.copy())
        return look_up(image, *rest)

    look_up = rcsls.hard_negatives
    monkeypatch.setattr(rcsls, "hard_negatives", watched)
    x, y = stretched(40)
    pairs = Pairs(np.arange(30), np.arange(30), np.ones(30, np.float32))
    RCSLS(steps=6, rounds=3, size=8, near=5).fit(task_of(x, y, pairs))
    assert len(images) == 3
    assert not np.allclose(images[0], images[1])
    assert not np.allclose(images[1], images[2])


@pytest.mark.parametrize("wrong", ["steps", "rounds", "size", "near", "pool", "k"])
def test_sizes_of_nothing_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        replace(RCSLS(), **{wrong: 0})
