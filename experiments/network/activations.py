"""Activation functions and their derivatives, drawn, and compared with finite differences and with ``jax.grad``."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from experiments.options import RunOptions
from experiments.report import Figure, Paragraph, Section, Table

STEP = 1e-6
LEAK = 0.1
GRID = np.linspace(-4.0, 4.0, 400)
"""The points of the drawings and the comparisons; 0, where ReLU has no derivative, is not one of them."""
Curve = Callable[[Float[np.ndarray, "*n"]], Float[np.ndarray, "*n"]]


class Activation(NamedTuple):
    """An activation function, its derivative, both as text, and the function in JAX."""

    name: str
    formula: str
    derivative_formula: str
    function: Curve
    derivative: Curve
    in_jax: Callable[[Float[Array, "*n"]], Float[Array, "*n"]]


def sigmoid(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns 1 / (1 + exp(-x)).

    >>> float(sigmoid(np.zeros(())))
    0.5
    """
    return np.asarray(1 / (1 + np.exp(-x)))


def _sigmoid_slope(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    return sigmoid(x) * (1 - sigmoid(x))


def _silu_slope(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    return sigmoid(x) + x * _sigmoid_slope(x)


SIGMOID = Activation("sigmoid", "1 / (1 + e^−x)", "φ(x) (1 − φ(x))", sigmoid, _sigmoid_slope, jax.nn.sigmoid)
TANH = Activation("tanh", "(e^x − e^−x) / (e^x + e^−x)", "1 − φ(x)²", np.tanh, lambda x: 1 - np.tanh(x) ** 2, jnp.tanh)
RELU = Activation(
    "ReLU",
    "max(0, x)",
    "1 if x > 0, else 0",
    lambda x: np.maximum(0.0, x),
    lambda x: np.where(x > 0, 1.0, 0.0),
    jax.nn.relu,
)
LEAKY = Activation(
    "leaky ReLU",
    f"x if x > 0, else {LEAK} x",
    f"1 if x > 0, else {LEAK}",
    lambda x: np.where(x > 0, x, LEAK * x),
    lambda x: np.where(x > 0, 1.0, LEAK),
    lambda x: jax.nn.leaky_relu(x, LEAK),
)
SOFTPLUS = Activation(
    "softplus", "log(1 + e^x)", "1 / (1 + e^−x)", lambda x: np.logaddexp(0.0, x), sigmoid, jax.nn.softplus
)
SILU = Activation("SiLU", "x σ(x)", "σ(x) + x σ(x) (1 − σ(x))", lambda x: x * sigmoid(x), _silu_slope, jax.nn.silu)
ACTIVATIONS = (SIGMOID, TANH, RELU, LEAKY, SOFTPLUS, SILU)


class SlopeErrors(NamedTuple):
    """The largest difference of a derivative from finite differences and from ``jax.grad``."""

    by_finite_differences: float
    by_jax: float


def errors(one: Activation, at: Float[np.ndarray, " n"] = GRID) -> SlopeErrors:
    """Returns the largest differences of the derivative from (phi(x + h) - phi(x - h)) / 2h and from ``jax.grad``."""
    ours = one.derivative(at)
    steps = (one.function(at + STEP) - one.function(at - STEP)) / (2 * STEP)
    with jax.enable_x64(True):
        theirs = np.asarray(jax.grad(lambda x: one.in_jax(x).sum())(jnp.asarray(at)))
    return SlopeErrors(float(np.abs(ours - steps).max()), float(np.abs(ours - theirs).max()))


def draw(path: Path) -> Path:
    """Draws every function and its derivative; returns the path."""
    with sheet(path, 8.2, 4.8) as figure:
        grid = figure.subplots(2, 3, sharex=True)
        for axes, one in zip(grid.flat, ACTIVATIONS, strict=True):
            axes.axhline(0, color=SOFT, linewidth=0.6)
            axes.axvline(0, color=SOFT, linewidth=0.6)
            axes.plot(GRID, one.function(GRID), color=ENGLISH, linewidth=1.8)
            slopes = one.derivative(GRID)
            for side in (GRID < 0, GRID > 0):  # not joined at 0, where a derivative may jump
                axes.plot(GRID[side], slopes[side], color=CHINESE, linewidth=1.4, linestyle="--")
            axes.set_title(one.name, loc="left")
            axes.set(xlim=(-4, 4), ylim=(-1.2, 2.2))
            axes.tick_params(length=0, labelsize=8)
            axes.spines[["top", "right"]].set_visible(False)
    return path


def run(options: RunOptions) -> tuple[Section, ...]:
    """Returns the section on activation functions."""
    found = [errors(one) for one in ACTIVATIONS]
    rows = tuple(
        (
            one.name,
            one.formula,
            one.derivative_formula,
            float(one.derivative(GRID).max()),
            f"{e.by_finite_differences:.0e}",
            f"{e.by_jax:.0e}",
        )
        for one, e in zip(ACTIVATIONS, found, strict=True)
    )
    worst = max(e.by_jax for e in found)
    blocks = (
        Figure(
            draw(options.out / "activations.png"),
            "Six activation functions φ (blue) and their derivatives φ′ (red, dashed).",
            "Six panels with a function and its derivative: " + ", ".join(one.name for one in ACTIVATIONS) + ".",
        ),
        Table(
            f"Each function and its derivative. The last two columns are the largest difference of the written "
            f"derivative from finite differences (h = {STEP:g}) and from `jax.grad` at {len(GRID)} points.",
            ("name", "φ(x)", "φ′(x)", f"max φ′ from {GRID[0]:g} to {GRID[-1]:g}", "finite differences", "jax.grad"),
            rows,
        ),
        Paragraph(
            "Back-propagation multiplies by φ′ once for each layer. The derivative of the sigmoid is at most ¼: ten "
            f"layers multiply the gradient by at most `¼¹⁰ = {0.25**10:.0e}`, so the first layers hardly learn. ReLU "
            "multiplies by 1 where it is active, but a neuron that is inactive on every example gets no gradient."
        ),
    )
    return (
        Section(
            "Activation functions and their derivatives", blocks, (f"largest difference from jax.grad {worst:.0e}",)
        ),
    )
