"""Neighbours: scores over windows and their slopes against loops; how much each neighbour counts; thinned windows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.objectives.windows import (
    neighbour_weights,
    shifted,
    thinned_window,
    transposed,
    whole_window,
    window_offsets,
    window_scores,
)
from tests.train.plain import batch, pairs

WINDOWS = [(-1, 1), window_offsets(3), (-2, -1, 1, 2), (-4, -1, 1, 4), (0,)]


def at(x: np.ndarray, t: int) -> np.ndarray:
    """Row t, zeros outside."""
    return x[t] if 0 <= t < len(x) else np.zeros_like(x[0])


def loops(centre: np.ndarray, context: np.ndarray, window) -> np.ndarray:
    return np.array([[centre[t] @ at(context, t + k) for k in window] for t in range(len(centre))])


@pytest.mark.parametrize("dim", [1, 7, 32, 50])
@pytest.mark.parametrize("window", WINDOWS)
def test_scores_and_their_slopes_are_those_of_loops(dim: int, window) -> None:
    rng = np.random.default_rng(0)
    centre, context = rng.normal(size=(2, 9, dim))
    slope = rng.normal(size=(9, len(window)))
    scores, back = jax.vjp(
        lambda x, y: window_scores(x, y, window), jnp.asarray(centre, jnp.float32), jnp.asarray(context, jnp.float32)
    )
    np.testing.assert_allclose(scores, loops(centre, context, window), atol=1e-4)
    to_centre, to_context = np.zeros_like(centre), np.zeros_like(context)
    for t in range(9):
        for j, k in enumerate(window):
            to_centre[t] += slope[t, j] * at(context, t + k)
            if 0 <= t + k < 9:
                to_context[t + k] += slope[t, j] * centre[t]
    for ours, theirs in zip(back(jnp.asarray(slope, jnp.float32)), (to_centre, to_context), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("window", WINDOWS)
def test_shifted_and_transposed_are_what_they_say(window) -> None:
    x = np.arange(1, 8)
    seen = shifted(jnp.asarray(x), window)
    for k, column in zip(window, seen, strict=True):
        assert column.tolist() == [int(at(x, t + k)) for t in range(7)]
    slope = np.random.default_rng(0).normal(size=(7, len(seen))).astype(np.float32)
    for j, (k, column) in enumerate(zip(window, transposed(jnp.asarray(slope), window), strict=True)):
        np.testing.assert_array_equal(column, [at(slope, t - k)[j] for t in range(7)])


@pytest.mark.parametrize("fixed", [False, True])
def test_neighbours_count_by_distance_within_their_sentence(fixed: bool) -> None:
    text, window = batch(9), 3
    expected = np.zeros((2, 16, 2 * window))
    for part, t, other, weight in pairs(text, window, fixed=fixed):
        expected[part, t, window_offsets(window).index(other - t)] = weight
    assert (expected == 0).any()
    for part in range(2):
        np.testing.assert_allclose(
            neighbour_weights(text, part, whole_window(window, fixed=fixed)), expected[part], atol=1e-6
        )


@pytest.mark.parametrize(("window", "parts"), [(1, 1), (2, 2), (2, 4), (3, 4), (5, 4), (8, 4), (10, 4), (5, 1)])
def test_thinned_windows_are_the_whole_in_the_mean(window: int, parts: int) -> None:
    whole = whole_window(window, fixed=False)
    chosen = [thinned_window(window, part, parts) for part in range(parts)]
    mean = dict.fromkeys(whole.offsets, 0.0)
    for one in chosen:
        assert one.offsets == tuple(-k for k in reversed(one.offsets))
        assert list(one.offsets) == sorted(set(one.offsets))
        for k, count in zip(*one, strict=True):
            mean[k] += count / parts
    np.testing.assert_allclose([mean[k] for k in whole.offsets], whole.weights, rtol=1e-6)


def test_a_thinned_window_takes_its_weights_and_only_its_distances() -> None:
    text, chosen = batch(9), thinned_window(5, 3, 4)
    assert chosen.offsets == (-5, -3, -1, 1, 3, 5)
    found = np.asarray(neighbour_weights(text, 1, chosen))
    same = {(t, other - t) for part, t, other, _ in pairs(text, 5) if part == 1}
    expected = [[count if (t, k) in same else 0.0 for k, count in zip(*chosen, strict=True)] for t in range(16)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
