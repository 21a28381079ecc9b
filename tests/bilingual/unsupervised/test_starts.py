"""Starts from nothing: profiles against loops, transport against scipy's linear programme, annealing on a rotation."""

import numpy as np
import pytest
from scipy.optimize import linprog

from align.bilingual.unsupervised.induction import orthogonal_pair
from align.bilingual.unsupervised.starts import (
    Start,
    anneal,
    flattened,
    hint,
    principal,
    profiles,
    similarity,
    transport,
)
from align.retrieval import unit_rows
from tests.bilingual.unsupervised.test_refinement import world
from tests.bilingual.unsupervised.test_self_learning import first


def drawn(v: int, d: int, seed: int = 0) -> np.ndarray:
    """Unit vectors with skewed axes of different variance, so that the neighbourhood of each word is unique."""
    rng = np.random.default_rng(seed)
    return unit_rows((rng.gamma(1.0, size=(v, d)) * np.linspace(1, 3, d) - 1).astype(np.float32))


def naive_profiles(x: np.ndarray, columns: list[int], hops: int, near: int) -> np.ndarray:
    def standard(f: np.ndarray) -> np.ndarray:
        return (f - f.mean(axis=0)) / f.std(axis=0)

    rows = [sorted(float(a @ b) for j, b in enumerate(x) if j != i) for i, a in enumerate(x)]
    layers = [standard(np.array([[row[c] for c in columns] for row in rows]))]
    nearest = [
        sorted((j for j in range(len(x)) if j != i), key=lambda j: -float(x[i] @ x[j]))[:near] for i in range(len(x))
    ]
    for _ in range(hops):
        layers.append(standard(np.array([layers[-1][some].mean(axis=0) for some in nearest])))
    return np.hstack(layers)


def test_profiles_are_those_of_plain_loops() -> None:
    x = drawn(30, 4)
    expected = naive_profiles(x, [0, 14, 25, 28], 2, 3)
    found = profiles(x, hops=2, near=3, points=6)
    # of 29 others: quantiles 0, 14 and 28 evenly; 29 less 1, 3.8 and 14.5, rounded down
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_profiles_are_invariant_under_rotation() -> None:
    x = drawn(60, 6)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    np.testing.assert_allclose(profiles((x @ turn).astype(np.float32)), profiles(x), atol=0.01)


def test_the_hint_is_highest_for_the_word_itself() -> None:
    x = drawn(80, 6)
    order = np.random.default_rng(2).permutation(80)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(6, 6)))[0]
    for flatten in ((0.0,), (1.0, 0.5)):
        scores = hint(x[order], (x @ turn).astype(np.float32), 80, flatten)
        np.testing.assert_array_equal(scores.argmax(axis=1), order)
        np.testing.assert_allclose(scores.max(axis=1), 0, atol=1e-2)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_flattening_raises_variances_to_what_is_left_of_the_power(power: float) -> None:
    x = drawn(200, 5)
    before = np.linalg.eigvalsh(x.T.astype(np.float64) @ x / 200)
    made = flattened(x, power)
    np.testing.assert_allclose(np.linalg.eigvalsh(made.T @ made / 200), before ** (1 - power), rtol=1e-3)


def test_principal_axes_are_those_of_largest_variance() -> None:
    x = drawn(200, 5)
    centred = x - x.mean(axis=0)
    expected = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    np.testing.assert_allclose(np.abs(principal(x, 2)), np.abs(unit_rows(expected)), atol=1e-3)


@pytest.mark.parametrize(("v", "w"), [(6, 6), (4, 8)])
def test_a_cold_plan_is_the_best_assignment(v: int, w: int) -> None:
    rng = np.random.default_rng(4)
    scores = rng.random((v, w)).astype(np.float32)
    plan = transport(scores, 0.01, rounds=2000)
    np.testing.assert_allclose(plan.sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(plan.sum(axis=0), v / w, atol=1e-2)
    sums = np.vstack([np.kron(np.eye(v), np.ones(w)), np.kron(np.ones(v), np.eye(w))])
    best = linprog(-scores.ravel(), A_eq=sums, b_eq=[1.0] * v + [v / w] * w).fun
    assert np.sum(plan * scores) == pytest.approx(-best, abs=0.05)
    even = transport(scores, 1e4)
    np.testing.assert_allclose(even, 1 / w, atol=1e-3)


def test_similarity_is_the_cosine_without_rows_and_columns_that_are_high_throughout() -> None:
    x, y, _ = world(50, 8, 0.1)
    scores = similarity(x, y, orthogonal_pair(x, y, first(50)))
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(scores.mean(axis=1), 0, atol=1e-4)
    assert float(scores.std()) == pytest.approx(0.5, abs=1e-3)
    assert np.mean(scores.argmax(axis=1) == np.arange(50)) > 0.9


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("stretch", [0.0, 1.0])
def test_annealing_finds_a_planted_rotation_from_a_hint(seed: int, stretch: float) -> None:
    x = drawn(300, 12, seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    y = unit_rows((x @ turn + 0.08 * rng.normal(size=x.shape)).astype(np.float32))
    prior = hint(x, y, 300, (0.0,))
    before = np.mean(prior.argmax(axis=1) == np.arange(300))
    found = anneal(x, y, prior, Start(dims=12, stretch=stretch), steps=20)
    after = np.mean(found.pairs.target[:300] == np.arange(300))
    assert before < 0.7
    assert after > 0.9
    lost = anneal(
        x, y, rng.normal(size=prior.shape).astype(np.float32), Start(dims=12, weight=0.0, stretch=stretch), steps=3
    )
    assert lost.objective < found.objective


def test_a_stretched_step_follows_gromov_wasserstein() -> None:
    """One round from a plan T: the best column of each row is that of the cosines of X U S^(1/2) and Y V S^(1/2)."""
    x, y = drawn(40, 5, 0), drawn(30, 5, 1)
    prior = np.random.default_rng(2).normal(size=(40, 30)).astype(np.float32)
    found = anneal(x, y, prior, Start(dims=5, weight=0.0, stretch=1.0), steps=1)
    a, b, plan = principal(x, 5), principal(y, 5), transport(prior, 0.2)
    left, size, right = np.linalg.svd(a.T @ plan @ b)
    inner = (a @ left * size) @ (b @ right.T).T
    np.testing.assert_allclose(inner, a @ a.T @ plan @ b @ b.T, rtol=1e-3, atol=1e-4)
    lengths = [np.linalg.norm(rows * np.sqrt(size), axis=1) for rows in (a @ left, b @ right.T)]
    assert (found.pairs.target[:40] == (inner / np.outer(*lengths)).argmax(axis=1)).all()
