"""The closed form compared with descent on the paper's manifold, and with its equation in loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from align.bilingual.mapping import Pairs, images
from align.bilingual.supervised.geomm import GeoMM, bilinear

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(9, 4)).astype(np.float32), RNG.normal(size=(8, 3)).astype(np.float32)
PAIRS = Pairs(np.array([0, 1, 1, 2, 4, 5, 7]), np.array([0, 1, 2, 2, 3, 5, 6]), np.ones(7, np.float32))


def loss(middle: np.ndarray, ridge: float) -> float:
    """|x U B V' y' - T|^2 + ridge |B|^2 in loops over the training words."""
    known = set(zip(PAIRS.source.tolist(), PAIRS.target.tolist(), strict=True))
    rest = sum(
        (X[i].astype(np.float64) @ middle @ Y[j] - ((i, j) in known)) ** 2
        for i in sorted(set(PAIRS.source.tolist()))
        for j in sorted(set(PAIRS.target.tolist()))
    )
    return rest + ridge * np.sum(middle**2)


def fitted(ridge: float) -> np.ndarray:
    view = GeoMM(ridge).solve(X, Y, PAIRS).views[0]
    return images(view.source, np.eye(4, dtype=np.float32)) @ images(view.target, np.eye(3, dtype=np.float32)).T


def test_descent_on_the_manifold_ends_at_the_closed_form() -> None:
    """U and V as QR factors, B as L L', the paper's parameters; from where no direction points the wrong way."""
    x, y = X[np.unique(PAIRS.source)], Y[np.unique(PAIRS.target)]
    table = np.zeros((len(x), len(y)), np.float32)
    ranks = [np.unique(side, return_inverse=True)[1] for side in (PAIRS.source, PAIRS.target)]
    table[ranks[0], ranks[1]] = 1
    left, _, right = np.linalg.svd(x.T @ table @ y, full_matrices=False)
    start = np.concatenate([part.ravel() for part in (left, right.T, np.eye(3))])

    @jax.jit
    @jax.value_and_grad
    def value(flat: jax.Array) -> jax.Array:
        u, v, root = flat[:12].reshape(4, 3), flat[12:21].reshape(3, 3), flat[21:].reshape(3, 3)
        metric = root @ root.T
        (u, r), (v, s) = jnp.linalg.qr(u), jnp.linalg.qr(v)
        u, v = u * jnp.sign(jnp.diag(r)), v * jnp.sign(jnp.diag(s))
        return jnp.sum((x @ u @ metric @ v.T @ y.T - table) ** 2) + 0.5 * jnp.sum(metric**2)

    def both(flat: np.ndarray) -> tuple[float, np.ndarray]:
        at, grad = value(flat)
        return float(at), np.asarray(grad, np.float64)

    begun = start + 0.2 * np.random.default_rng(0).normal(size=30)
    found = minimize(both, begun, jac=True, method="L-BFGS-B").fun
    ours = loss(fitted(0.5), 0.5)
    assert both(begun)[0] > ours + 1
    assert found == pytest.approx(ours, rel=2e-3)
    assert ours <= found + 1e-4


def test_any_other_point_has_a_larger_loss() -> None:
    middle = fitted(1.0).astype(np.float64)
    for seed in range(20):
        away = np.random.default_rng(seed).normal(size=middle.shape)
        assert loss(middle + 1e-2 * away, 1.0) > loss(middle, 1.0)


def test_a_repeated_pair_counts_once_and_one_of_no_weight_not_at_all() -> None:
    again = Pairs(*(np.concatenate([part, part[:3], part[:1] * 0]) for part in PAIRS))
    once = GeoMM().solve(X, Y, PAIRS)
    np.testing.assert_allclose(GeoMM().solve(X, Y, again).place_source(X), once.place_source(X), atol=1e-5)


def test_a_planted_rotation_is_found() -> None:
    turn = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    x = RNG.normal(size=(80, 6)).astype(np.float32)
    pairs = Pairs(np.arange(60), np.arange(60), np.ones(60, np.float32))
    alignment = GeoMM().solve(x, (x @ turn).astype(np.float32), pairs)
    scores = alignment.place_source(x) @ alignment.place_target((x @ turn).astype(np.float32)).T
    assert scores.argmax(axis=1).tolist() == list(range(80))


def test_a_ridge_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ridge 0\.0"):
        GeoMM(0.0)
    with pytest.raises(ValueError, match="ridge -1"):
        bilinear(X, Y, np.zeros((4, 3)), -1.0)
