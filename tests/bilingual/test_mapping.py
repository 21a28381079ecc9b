"""Mappings and the common space: a pair's inner product there is its score."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import erf

from align.bilingual import mapping
from align.bilingual.mapping import KINDS, Alignment, Identity, Kernel, Linear, Mapping, Residual, View, images
from align.retrieval import unit_rows

RNG = np.random.default_rng(0)
X, Y = (RNG.normal(size=shape).astype(np.float32) for shape in ((20, 5), (15, 3)))


def residual(d: int, e: int, h: int = 4, seed: int = 1) -> Residual:
    keys = jax.random.split(jax.random.key(seed), 4)
    shapes = ((d, e), (d, h), (h,), (h, e))
    return Residual(*(jax.random.normal(key, shape) for key, shape in zip(keys, shapes, strict=True)))


def kernel(d: int, e: int) -> Kernel:
    anchors = unit_rows(RNG.normal(size=(7, d)).astype(np.float32))
    return Kernel(jnp.asarray(anchors), jnp.asarray(RNG.normal(size=(7, e)), jnp.float32), jnp.asarray(0.5))


MAPPINGS: dict[str, tuple[Mapping, Mapping]] = {
    "linear": (Linear(residual(5, 3).weights), Linear(residual(3, 5).weights)),
    "residual": (residual(5, 3), residual(3, 5)),
    "kernel": (kernel(5, 3), kernel(3, 5)),
}


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1 - cdist(a, b, "cosine")


def test_every_kind_is_tried() -> None:
    assert {kind: type(pair[0]) for kind, pair in MAPPINGS.items()} | {"identity": Identity} == KINDS


@pytest.mark.parametrize("kind", MAPPINGS)
def test_every_mapping_takes_rows_one_by_one(kind: str) -> None:
    forward, _ = MAPPINGS[kind]
    whole = images(forward, X)
    assert whole.shape == (20, 3)
    for i in (0, 7, 19):
        np.testing.assert_allclose(np.asarray(forward(jnp.asarray(X[i : i + 1])))[0], whole[i], rtol=1e-4, atol=1e-5)
    assert images(forward, X[:0]).shape == (0, 3)


@pytest.mark.parametrize("kind", MAPPINGS)
@pytest.mark.parametrize("rows", [1, 7, 20])
def test_blocks_change_nothing(kind: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    forward, _ = MAPPINGS[kind]
    whole = images(forward, X)
    monkeypatch.setattr(mapping, "_ROWS", rows)
    np.testing.assert_allclose(images(forward, X), whole, rtol=1e-4, atol=1e-5)


def test_a_residual_is_its_formula() -> None:
    made = residual(5, 3)
    w, a, bias, b = (np.asarray(part, np.float64) for part in (made.weights, made.inner, made.bias, made.outer))
    inside = X @ a + bias
    tanh = 0.5 * inside * (1 + np.tanh(np.sqrt(2 / np.pi) * (inside + 0.044715 * inside**3)))
    np.testing.assert_allclose(images(made, X), X @ w + tanh @ b, rtol=1e-4, atol=1e-4)
    exact = 0.5 * inside * (1 + erf(inside / np.sqrt(2)))  # gelu itself, of which jax takes the tanh form
    np.testing.assert_allclose(images(made, X), X @ w + exact @ b, atol=0.02)


def test_a_mask_silences_hidden_units() -> None:
    made = residual(5, 3)
    np.testing.assert_allclose(made(jnp.asarray(X), jnp.zeros((1, 4))), X @ np.asarray(made.weights), atol=1e-5)
    np.testing.assert_allclose(made(jnp.asarray(X), jnp.ones((20, 4))), images(made, X), rtol=1e-4, atol=1e-5)


def both(kind: str) -> Alignment:
    forward, backward = MAPPINGS[kind]
    return Alignment((View(forward, Identity()), View(Identity(), backward)))


@pytest.mark.parametrize("kind", MAPPINGS)
def test_one_map_scores_the_cosine_of_the_image(kind: str) -> None:
    forward, _ = MAPPINGS[kind]
    alignment = Alignment((View(forward, Identity()),))
    scores = alignment.place_source(X) @ alignment.place_target(Y).T
    np.testing.assert_allclose(scores, cosines(images(forward, X), Y), atol=1e-5)


@pytest.mark.parametrize("kind", MAPPINGS)
def test_two_maps_score_the_mean_of_both_cosines(kind: str) -> None:
    alignment = both(kind)
    source, target = alignment.place_source(X), alignment.place_target(Y)
    expected = (cosines(images(MAPPINGS[kind][0], X), Y) + cosines(X, images(MAPPINGS[kind][1], Y))) / 2
    np.testing.assert_allclose(source @ target.T, expected, atol=1e-5)
    for points in (source, target):
        assert points.dtype == np.float32
        assert points.shape[1] == 8
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, rtol=1e-5)


def test_a_view_counts_as_its_weight_says() -> None:
    (forward, backward), (other, _) = MAPPINGS["linear"], MAPPINGS["residual"]
    views = (View(forward, Identity(), 3.0), View(Identity(), backward, 0.5), View(other, Identity()))
    alignment = Alignment(views)
    source, target = alignment.place_source(X), alignment.place_target(Y)
    first, second, third = (cosines(images(view.source, X), images(view.target, Y)) for view in views)
    np.testing.assert_allclose(source @ target.T, (3 * first + 0.5 * second + third) / 4.5, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(source, axis=1), 1, rtol=1e-5)
    assert source.dtype == target.dtype == np.float32


def test_a_word_without_a_vector_scores_nothing() -> None:
    none = np.zeros((1, 5), np.float32)
    for alignment in (Alignment((View(MAPPINGS["linear"][0], Identity()),)), both("linear")):
        points = alignment.place_source(none)
        assert np.isfinite(points).all()
        np.testing.assert_array_equal(points @ alignment.place_target(Y).T, np.zeros((1, 15)))


def test_lengths_of_vectors_do_not_matter() -> None:
    alignment = both("linear")
    np.testing.assert_allclose(alignment.place_source(3 * X), alignment.place_source(X), atol=1e-5)
    np.testing.assert_allclose(alignment.place_target(unit_rows(Y)), alignment.place_target(Y), atol=1e-5)
