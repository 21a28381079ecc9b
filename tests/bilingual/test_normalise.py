"""Normalisation: the steps in order and iterated, and the same normalisation of new vectors."""

import numpy as np
import pytest

from align.bilingual.normalise import Normaliser, normaliser
from align.retrieval import unit_rows

X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32) + 2


def lengths(x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x, axis=1)


def test_unit() -> None:
    np.testing.assert_allclose(lengths(normaliser(X, ("unit",))(X)), 1, rtol=1e-6)


def test_centre() -> None:
    np.testing.assert_allclose(normaliser(X, ("centre",))(X), X - X.mean(axis=0), atol=1e-5)


def test_the_default_is_unit_centre_unit() -> None:
    one = unit_rows(X)
    np.testing.assert_allclose(normaliser(X)(X), unit_rows(one - one.mean(axis=0)), atol=1e-5)


def test_centring_twice_with_units_between() -> None:
    steps = ("centre", "unit", "centre", "unit")
    made = normaliser(X, steps)
    one = unit_rows(X - X.mean(axis=0))
    np.testing.assert_allclose(made(X), unit_rows(one - one.mean(axis=0)), atol=1e-5)
    assert len(made.means) == 2


def test_no_step_changes_nothing() -> None:
    np.testing.assert_array_equal(normaliser(X, ())(X), X)


def test_new_vectors_get_the_means_of_the_vocabulary() -> None:
    made = normaliser(X)
    np.testing.assert_allclose(made(X[3:5]), made(X)[3:5], atol=1e-6)
    other = X[:1] * 7  # the length of a vector does not matter
    np.testing.assert_allclose(made(other), made(X[:1]), atol=1e-6)


def test_the_vectors_are_left_as_they_are() -> None:
    before = X.copy()
    normaliser(X, ("centre", "unit"))(X)
    np.testing.assert_array_equal(X, before)


def test_what_is_no_step_is_named() -> None:
    with pytest.raises(
        ValueError, match="'center' is not a normalisation; expected a list of unit, centre and iterate, or none"
    ):
        normaliser(X, ("unit", "center"))
    with pytest.raises(ValueError, match="1 means for the steps unit; expected one per centre"):
        Normaliser(("unit",), (X[0],))
    with pytest.raises(ValueError, match="0 means for the steps centre, centre"):
        Normaliser(("centre", "centre"))
    with pytest.raises(ValueError, match="must be written out"):
        Normaliser(("iterate",))


def test_iterating_ends_with_unit_rows_of_mean_zero() -> None:
    """The rounds written out, in double precision; and what they are for: both properties at once."""
    made = normaliser(X, ("iterate",))
    rows = X.astype(np.float64)
    for _ in range(5):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows - rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(made(X), rows, atol=1e-5)
    np.testing.assert_allclose(lengths(made(X)), 1, rtol=1e-6)
    once = normaliser(X)(X)
    assert np.linalg.norm(made(X).mean(axis=0)) < 0.05 * np.linalg.norm(once.mean(axis=0))
    assert made.steps == ("unit", "centre") * 5 + ("unit",)
