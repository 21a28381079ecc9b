"""A network of several layers: the forward pass, and the gradient of its loss by back-propagation, written out."""

from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from experiments.network.activations import Activation

STEP = 1e-5


class Dense(NamedTuple):
    """The weights of one layer, shape (e, d), and its biases, shape (e,)."""

    w: Float[np.ndarray, "e d"]
    b: Float[np.ndarray, " e"]


class ForwardPass(NamedTuple):
    """The forward pass: z and a of every layer; ``a[0]`` is the input, and ``a[-1]`` equals ``z[-1]``."""

    z: list[Float[np.ndarray, "b _"]]
    a: list[Float[np.ndarray, "b _"]]


class Gradients(NamedTuple):
    """delta = dJ/dz of every layer, and dJ/dW with dJ/db of every layer."""

    delta: list[Float[np.ndarray, "b _"]]
    layers: list[Dense]


def draw_weights(sizes: tuple[int, ...], rng: np.random.Generator) -> list[Dense]:
    """Draws weights with variance 1/d for a layer with d inputs, and small biases."""
    return [Dense(rng.normal(size=(e, d)) / np.sqrt(d), rng.normal(scale=0.1, size=e)) for d, e in pairwise(sizes)]


def forward(layers: list[Dense], x: Float[np.ndarray, "b d"], activation: Activation) -> ForwardPass:
    """Returns z = a_before W^T + b and a = phi(z) of every layer; the last layer has no activation."""
    zs, states = [], [x]
    for i, layer in enumerate(layers, 1):
        z = states[-1] @ layer.w.T + layer.b
        zs.append(z)
        states.append(z if i == len(layers) else activation.function(z))
    return ForwardPass(zs, states)


def loss_of(output: Float[np.ndarray, "b e"], y: Float[np.ndarray, "b e"]) -> float:
    """Returns J = mean over the batch of |output - y|^2 / 2."""
    return float(((output - y) ** 2).sum(axis=1).mean() / 2)


def backward(
    layers: list[Dense], passed: ForwardPass, y: Float[np.ndarray, "b e"], activation: Activation
) -> Gradients:
    """Returns the gradients of J, from the last layer to the first.

    delta_L = (a_L - y) / b for a batch of b examples; delta_l = (delta_{l+1} W_{l+1}) * phi'(z_l);
    dJ/dW_l = delta_l^T a_{l-1}; dJ/db_l = sum of delta_l over the batch.

    Source: Rumelhart, Hinton & Williams 1986.
    """
    delta = [(passed.a[-1] - y) / len(y)]
    for layer, z in zip(layers[:0:-1], passed.z[-2::-1], strict=True):
        delta.insert(0, (delta[0] @ layer.w) * activation.derivative(z))
    made = [Dense(error.T @ before, error.sum(axis=0)) for error, before in zip(delta, passed.a[:-1], strict=True)]
    return Gradients(delta, made)


def by_jax(
    layers: list[Dense], x: Float[np.ndarray, "b d"], y: Float[np.ndarray, "b e"], activation: Activation
) -> list[Dense]:
    """Returns the gradients of J by ``jax.grad`` in float64."""

    def loss(given: list[tuple[Float[Array, "_ _"], Float[Array, " _"]]]) -> Float[Array, ""]:
        a = jnp.asarray(x)
        for i, (w, b) in enumerate(given, 1):
            z = a @ w.T + b
            a = z if i == len(given) else activation.in_jax(z)
        return ((a - jnp.asarray(y)) ** 2).sum(axis=1).mean() / 2

    with jax.enable_x64(True):
        found = jax.jit(jax.grad(loss))([(jnp.asarray(layer.w), jnp.asarray(layer.b)) for layer in layers])
        return [Dense(np.asarray(w), np.asarray(b)) for w, b in found]


def by_finite_differences(
    layers: list[Dense], x: Float[np.ndarray, "b d"], y: Float[np.ndarray, "b e"], activation: Activation
) -> list[Dense]:
    """Returns the finite differences (J(w + h) - J(w - h)) / 2h for every weight and bias w, with h = ``STEP``."""
    made = [Dense(np.zeros_like(layer.w), np.zeros_like(layer.b)) for layer in layers]
    moved = [Dense(layer.w.copy(), layer.b.copy()) for layer in layers]
    for into, arrays in zip(made, moved, strict=True):
        for slopes, values in zip(into, arrays, strict=True):
            for at in np.ndindex(values.shape):
                centre = values[at]
                ends: list[float] = []
                for step in (STEP, -STEP):
                    values[at] = centre + step
                    ends.append(loss_of(forward(moved, x, activation).a[-1], y))
                values[at] = centre
                slopes[at] = (ends[0] - ends[1]) / (2 * STEP)
    return made


def largest_difference(ours: Any, theirs: Any) -> float:
    """Returns the largest absolute difference between two arrays, or between the arrays of two lists or tuples."""
    pairs = zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True)
    return max(float(np.abs(x - y).max()) for x, y in pairs)
