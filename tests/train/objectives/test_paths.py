"""Products of neighbours with the nodes on the way to a token, and their slopes, against plain products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.objectives.paths import path_scores

T, NODES = 9, 4


@pytest.mark.parametrize("dim", [5, 16, 104])
@pytest.mark.parametrize("at", [(-3, -1, 1, 3), (0,)])
def test_scores_and_slopes_are_those_of_plain_products(dim: int, at: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    word, nodes = rng.normal(size=(T, dim)), rng.normal(size=(T, NODES, dim))
    slope = rng.normal(size=(T, len(at), NODES))
    scores, to_word, to_nodes = np.zeros(slope.shape), np.zeros(word.shape), np.zeros(nodes.shape)
    for t, c, j in np.ndindex(*slope.shape):
        other = t + at[c]
        if 0 <= other < T:
            scores[t, c, j] = word[other] @ nodes[t, j]
            to_word[other] += slope[t, c, j] * nodes[t, j]
            to_nodes[t, j] += slope[t, c, j] * word[other]
    found, back = jax.vjp(lambda *x: path_scores(*x, at), jnp.float32(word), jnp.float32(nodes))
    np.testing.assert_allclose(found, scores, atol=1e-4)
    for ours, plain in zip(back(jnp.float32(slope)), (to_word, to_nodes), strict=True):
        np.testing.assert_allclose(ours, plain, atol=1e-4)
