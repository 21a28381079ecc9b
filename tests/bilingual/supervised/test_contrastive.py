"""The contrastive loss of two linear maps compared with loops, its gradient with finite differences; its accuracy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress
from align.bilingual.supervised.contrastive import Bilateral, Contrastive, LinearPair
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.supervised.negatives import known_pairs
from align.bilingual.supervised.pair_batches import PairBatch
from tests.bilingual.supervised.test_rcsls import hits, stretched
from tests.bilingual.worlds import task_of

PAIRS = Pairs(np.array([0, 0, 1, 2, 3, 4]), np.array([0, 1, 1, 3, 2, 5]), np.ones(6, np.float32))
BATCH = PairBatch(jnp.array([0, 1, 2, 4, 3, 0, 8, 1]), jnp.array([0, 1, 3, 5, 1, 7, 5, 6]))
"""Four pairs, then four neighbours, among them known translations of the pairs' words (0-1, 1-1, 4-5)."""
KNOWN = set(zip(PAIRS.source.tolist(), PAIRS.target.tolist(), strict=True))
RNG = np.random.default_rng(1)
X, Y, A, B = (RNG.normal(size=shape).astype(np.float32) for shape in ((9, 4), (8, 3), (4, 3), (3, 3)))
TEMPERATURE = 0.3


def naive(a: np.ndarray, b: np.ndarray) -> float:
    """The formula of ``Bilateral`` with loops, in double precision."""
    source, target = (np.asarray(side).tolist() for side in BATCH)

    def score(i: int, j: int) -> float:
        one, other = X[source[i]] @ a, Y[target[j]] @ b
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)) / TEMPERATURE

    total = 0.0
    for i in range(4):
        forward = [j for j in range(8) if j != i and (source[i], target[j]) not in KNOWN]
        backward = [j for j in range(8) if j != i and (source[j], target[i]) not in KNOWN]
        own = np.exp(score(i, i))
        rest = sum(np.exp(score(i, j)) for j in forward) + sum(np.exp(score(j, i)) for j in backward)
        total -= np.log(own / (own + rest))
    return total / 4


@eqx.filter_jit
def loss_and_gradient(objective: Bilateral) -> tuple[jax.Array, LinearPair]:
    return jax.value_and_grad(lambda maps: objective.loss({}, maps, BATCH, key=jax.random.key(0)).value)(
        objective.start
    )


def test_the_loss_and_its_gradient_are_those_of_the_formula() -> None:
    maps = LinearPair(jnp.asarray(A), jnp.asarray(B))
    found, gradient = loss_and_gradient(
        Bilateral(jnp.asarray(X), jnp.asarray(Y), known_pairs(PAIRS), maps, 4, TEMPERATURE)
    )
    a, b = A.astype(np.float64), B.astype(np.float64)
    assert float(found) == pytest.approx(naive(a, b), rel=1e-5)
    for seed in range(5):
        one, other = (np.random.default_rng(seed).normal(size=side.shape) for side in (a, b))
        ends = [naive(a + step * one, b + step * other) for step in (1e-5, -1e-5)]
        way = np.sum(np.asarray(gradient.source) * one) + np.sum(np.asarray(gradient.target) * other)
        assert way == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-5)


def test_it_beats_procrustes_if_a_rotation_is_not_enough() -> None:
    x, y = stretched(dim=6, noise=0.05, most=8.0)
    pairs, test = Pairs(np.arange(200), np.arange(200), np.ones(200, np.float32)), np.arange(200, 300)
    told: list[Progress] = []
    learned = Contrastive(steps=60, size=64, near=20, rate=1e-2).fit(task_of(x, y, pairs), watch=told.append).alignment
    assert hits(learned, x, y, test) > hits(Procrustes().solve(x, y, pairs), x, y, test) + 0.1
    assert [(progress.step, progress.steps) for progress in told] == [(6 * i, 60) for i in range(1, 11)]
    assert told[-1].loss < told[0].loss


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"size": 0}, {"near": 0}, {"pool": 0}, {"hard": -1}, {"temperature": 0.0}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Contrastive(**wrong)
