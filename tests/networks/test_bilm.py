"""Characters and layers against naive loops, and the number of parameters of the published model."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.networks.bilm import PUBLISHED, BiLMSizes, init_bilm
from align.networks.char_cnn import init_char_cnn
from align.networks.lstm import run_lstms
from align.networks.mixture import Mixture

KEY = jax.random.key(0)


def test_a_word_is_read_as_by_naive_loops() -> None:
    network = init_char_cnn(9, 3, ((1, 2), (3, 4)), 1, 5, key=KEY)
    network = eqx.tree_at(lambda one: one.highways[0].bias, network, 0.1 * jnp.arange(12.0))
    words = np.array([[1, 7, 2, 0, 0], [1, 5, 6, 8, 2]], np.int32)
    letters = np.asarray(network.letters)
    for word, found in zip(words, np.asarray(network(jnp.asarray(words))), strict=True):
        x = np.array([letters[c] if c else np.zeros(3) for c in word])
        features = []
        for convolution in network.convolutions:
            kernel, bias = np.asarray(convolution.kernel), np.asarray(convolution.bias)
            for f in range(kernel.shape[2]):
                places = range(len(x) - len(kernel) + 1)
                best = max(sum(x[p + j] @ kernel[j, :, f] for j in range(len(kernel))) for p in places)
                features.append(max(best + bias[f], 0))
        features = np.array(features)
        z = features @ np.asarray(network.highways[0].weight) + np.asarray(network.highways[0].bias)
        gate = 1 / (1 + np.exp(-z[6:]))
        features = gate * np.maximum(z[:6], 0) + (1 - gate) * features
        np.testing.assert_allclose(found, features @ np.asarray(network.projection), atol=1e-5)


def test_the_layers_are_two_chains_of_lstms_with_a_residual_connection() -> None:
    model = init_bilm(BiLMSizes(4, 6, 2, 3, ((1, 4),), 1), 9, key=KEY)
    x = tuple(jax.random.normal(jax.random.fold_in(KEY, i), (5, 2, 4)) for i in (0, 1))
    resets = tuple(jnp.zeros((5, 2), bool).at[3, 1].set(True) for _ in x)
    zeros = model.zeros(2)
    layers, after = model(x, resets, zeros)
    for way, lstms in enumerate((model.forward, model.backward)):
        (first,), (last,) = run_lstms(lstms[:1], [x[way]], [resets[way]], [zeros[way][0]])
        (second,), _ = run_lstms(lstms[1:], [first], [resets[way]], [zeros[way][1]])
        np.testing.assert_allclose(layers[0][way], first, atol=1e-6)
        np.testing.assert_allclose(layers[1][way], second + first, atol=1e-6)
        np.testing.assert_allclose(after[way][0].cell, last.cell, atol=1e-6)


def test_the_published_model_has_93_6_million_parameters() -> None:
    """In its table of 262 characters; 374 MB of float32, and three times as much again with gradients and Adam."""
    shapes = eqx.filter_eval_shape(init_bilm, PUBLISHED, 262, key=KEY)
    sizes = [leaf.size for leaf in jax.tree.leaves(shapes)]
    assert sum(sizes) == 93_600_864
    lstm = 4 * ((512 + 512 + 1) * 4 * 4096 + 4096 * 512)
    assert sum(leaf.size for side in (shapes.forward, shapes.backward) for leaf in jax.tree.leaves(side)) == lstm


def test_a_mixture_is_the_weighted_sum_of_layers() -> None:
    rng = np.random.default_rng(0)
    layers, scores = rng.normal(size=(3, 4, 2)).astype(np.float32), np.array([0.0, 1, -1], np.float32)
    mixture = Mixture(jnp.asarray(scores), jnp.asarray(2.0))
    weights = np.exp(scores) / np.exp(scores).sum()
    expected = 2 * sum(weight * layer for weight, layer in zip(weights, layers, strict=True))
    np.testing.assert_allclose(mixture(jnp.asarray(layers)), expected, rtol=1e-5)
    assert Mixture.uniform(3).weights.tolist() == pytest.approx([1 / 3] * 3)
