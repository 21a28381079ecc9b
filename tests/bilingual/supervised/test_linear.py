"""The closed forms compared with scipy, numpy and scikit-learn, and tested as minima of their losses."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import Ridge

from align.bilingual.mapping import Pairs, images
from align.bilingual.supervised.linear import (
    LeastSquares,
    Procrustes,
    Reweighted,
    least_squares,
    procrustes,
    reweighted,
    weighted,
)
from align.retrieval import unit_rows


def planted(n: int, d: int, e: int, seed: int = 0, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    y = x @ rng.normal(size=(d, e)) + noise * rng.normal(size=(n, e))
    return x.astype(np.float32), y.astype(np.float32)


def every(count: int, weight: np.ndarray | None = None) -> Pairs:
    return Pairs(np.arange(count), np.arange(count), np.ones(count) if weight is None else weight)


@pytest.mark.parametrize(("n", "d"), [(50, 6), (6, 6), (500, 40)])
def test_procrustes_is_scipys(n: int, d: int) -> None:
    x, y = planted(n, d, d)
    expected, _ = orthogonal_procrustes(x.astype(np.float64), y.astype(np.float64))
    np.testing.assert_allclose(procrustes(x, y), expected, atol=1e-6)


@pytest.mark.parametrize(("n", "d", "e"), [(60, 8, 5), (60, 5, 8), (3, 6, 6), (3, 8, 5), (3, 5, 8), (1, 4, 4)])
def test_procrustes_of_any_shape_is_semi_orthogonal_and_best(n: int, d: int, e: int) -> None:
    x, y = planted(n, d, e)
    turn = procrustes(x, y).astype(np.float64)
    small = turn.T @ turn if d >= e else turn @ turn.T
    np.testing.assert_allclose(small, np.eye(min(d, e)), atol=1e-6)
    cross = x.T.astype(np.float64) @ y
    # no semi-orthogonal matrix has a larger inner product than the sum of the singular values
    assert np.sum(turn * cross) == pytest.approx(np.linalg.norm(cross, "nuc"), rel=1e-5)
    rng = np.random.default_rng(1)
    for _ in range(20):
        other, _ = np.linalg.qr(rng.normal(size=(max(d, e), min(d, e))))
        assert np.sum((other if d >= e else other.T) * cross) < np.sum(turn * cross)


@pytest.mark.parametrize("d", [4, 7])
def test_procrustes_finds_a_planted_rotation(d: int) -> None:
    rng = np.random.default_rng(2)
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    x = rng.normal(size=(30, d)).astype(np.float32)
    np.testing.assert_allclose(procrustes(x, (x @ turn).astype(np.float32)), turn, atol=1e-5)


@pytest.mark.parametrize(("n", "d", "e"), [(60, 8, 5), (60, 5, 8), (3, 6, 4)])
def test_least_squares_is_numpys(n: int, d: int, e: int) -> None:
    x, y = planted(n, d, e)
    expected = np.linalg.lstsq(x.astype(np.float64), y.astype(np.float64), rcond=None)[0]
    np.testing.assert_allclose(least_squares(x, y), expected, atol=1e-5)


def test_least_squares_of_repeated_columns_is_the_smallest() -> None:
    x, y = planted(40, 3, 4)
    doubled = np.concatenate([x, x], axis=1)
    found = least_squares(doubled, y)
    np.testing.assert_allclose(found[:3], found[3:], atol=1e-5)
    np.testing.assert_allclose(doubled @ found, x @ least_squares(x, y), atol=1e-4)


@pytest.mark.parametrize("ridge", [0.1, 1.0, 30.0])
@pytest.mark.parametrize(("n", "d", "e"), [(60, 8, 5), (3, 6, 4)])
def test_ridge_is_scikit_learns(n: int, d: int, e: int, ridge: float) -> None:
    x, y = planted(n, d, e)
    peer = Ridge(alpha=ridge, fit_intercept=False).fit(x.astype(np.float64), y.astype(np.float64))
    np.testing.assert_allclose(least_squares(x, y, ridge), peer.coef_.T, atol=1e-5)


def test_a_weight_counts_as_that_many_pairs() -> None:
    x, y = planted(10, 3, 3)
    weight = np.array([1, 2, 0, 1, 3, 1, 1, 2, 1, 1], np.float32)
    times = np.repeat(np.arange(10), weight.astype(int))
    a, b = weighted(x, y, every(10, weight))
    np.testing.assert_allclose(procrustes(a, b), procrustes(x[times], y[times]), atol=1e-5)
    np.testing.assert_allclose(least_squares(a, b, 0.5), least_squares(x[times], y[times], 0.5), atol=1e-5)


def test_procrustes_serves_both_directions_with_one_map() -> None:
    x, y = planted(40, 5, 5)
    alignment = Procrustes().solve(x, y, every(40))
    assert len(alignment.views) == 1
    scores = alignment.place_source(x) @ alignment.place_target(y).T
    back = unit_rows(y @ procrustes(y, x)) @ unit_rows(x).T
    np.testing.assert_allclose(scores, back.T, atol=1e-5)


def test_least_squares_are_two_regressions() -> None:
    x, y = planted(40, 5, 3)
    pairs = Pairs(np.arange(20), np.arange(20)[::-1].copy(), np.ones(20))
    alignment = LeastSquares(ridge=0.5).solve(x, y, pairs)
    there, back = alignment.views[0].source, alignment.views[1].target
    forward = Ridge(alpha=0.5, fit_intercept=False).fit(x[:20], y[:20][::-1]).coef_.T
    backward = Ridge(alpha=0.5, fit_intercept=False).fit(y[:20], x[:20][::-1]).coef_.T
    np.testing.assert_allclose(images(there, x), x @ forward, atol=1e-4)
    np.testing.assert_allclose(images(back, y), y @ backward, atol=1e-4)


def test_a_negative_ridge_is_refused() -> None:
    with pytest.raises(ValueError, match="ridge -1"):
        LeastSquares(ridge=-1.0)


def test_reweighted_directions_are_canonical_correlations() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 6)).astype(np.float32)
    y = (x[:, :4] @ rng.normal(size=(4, 4)) + rng.normal(size=(400, 4))).astype(np.float32)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    p, q = reweighted(x, y, 0.0)
    a, b = x @ p, y @ q
    np.testing.assert_allclose(a.T @ a / 400, np.eye(4), atol=1e-3)
    np.testing.assert_allclose(b.T @ b / 400, np.eye(4), atol=1e-3)
    expected = [np.corrcoef(*pair)[0, 1] for pair in zip(*(c.T for c in CCA(4).fit_transform(x, y)), strict=True)]
    np.testing.assert_allclose(np.diag(a.T @ b) / 400, expected, atol=2e-3)
    once, _ = reweighted(x, y, 1.0)
    np.testing.assert_allclose(once, p * np.array(expected), atol=5e-3)


def test_reweighting_leaves_out_what_does_not_vary() -> None:
    x, y = planted(40, 5, 5)
    p, q = reweighted(np.hstack([x, np.zeros((40, 2), np.float32)]), y)
    assert np.isfinite(p).all()
    np.testing.assert_array_equal(p[5:], 0)
    np.testing.assert_allclose(p[:5], reweighted(x, y)[0], atol=1e-4)
    assert np.isfinite(q).all()
    with pytest.raises(ValueError, match="power -1"):
        Reweighted(power=-1.0)
