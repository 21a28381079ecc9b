"""The chain rule on one neuron, and back-propagation through a network, compared with ``jax.grad``."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.network.activations import ACTIVATIONS, TANH
from experiments.network.layers import (
    STEP,
    Dense,
    ForwardPass,
    Gradients,
    backward,
    by_finite_differences,
    by_jax,
    draw_weights,
    forward,
    largest_difference,
    loss_of,
)
from experiments.options import RunOptions
from experiments.report import Cell, Figure, Heading, Paragraph, Section, Table, signed

SIZES = ((2, 3, 1), (4, 8, 3), (4, 8, 8, 8, 3))
BATCH = 6
X, W, B, Y = 1.5, 0.8, -0.4, 0.0
"""Input, weight, bias and target of the chain of one neuron."""


def chain() -> Table:
    """Returns the chain rule for J = (sigmoid(w x + b) - y)^2 / 2, factor by factor."""
    z = W * X + B
    a = float(1 / (1 + np.exp(-z)))

    def loss(w: Float[Array, ""], b: Float[Array, ""]) -> Float[Array, ""]:
        return (jax.nn.sigmoid(w * X + b) - Y) ** 2 / 2

    with jax.enable_x64(True):
        by_w, by_b = (float(slope) for slope in jax.grad(loss, argnums=(0, 1))(jnp.asarray(W), jnp.asarray(B)))
    outer, inner = a - Y, a * (1 - a)
    rows: tuple[tuple[Cell, ...], ...] = (
        ("J = ½ (a − y)²", (a - Y) ** 2 / 2, "∂J/∂a = a − y", outer, "–"),
        ("a = σ(z)", a, "∂a/∂z = a (1 − a)", inner, "–"),
        ("z = w x + b", z, "∂J/∂z = ∂J/∂a · ∂a/∂z", outer * inner, "–"),
        ("w", W, "∂J/∂w = ∂J/∂z · x", outer * inner * X, f"{by_w:.3f}"),
        ("b", B, "∂J/∂b = ∂J/∂z · 1", outer * inner, f"{by_b:.3f}"),
    )
    return Table(
        f"One neuron with x = {X:g} and y = {Y:g}. Values are computed from the bottom to the top, derivatives from "
        "the top to the bottom.",
        ("quantity", "value", "derivative", "value of it", "jax.grad"),
        rows,
        marked=(3, 4),
    )


def draw(layers: list[Dense], passed: ForwardPass, found: Gradients, path: Path) -> Path:
    """Draws a network with one example: values on the nodes, dJ/dz under them, and dJ/dW on the edges."""
    with sheet(path, 8.0, 4.2) as figure:
        axes = figure.subplots()
        heights = [np.linspace(1, -1, state.shape[1]) * (state.shape[1] - 1) / 2 for state in passed.a]
        for i, layer in enumerate(layers):
            for (to, here), weight in np.ndenumerate(layer.w):
                ends = (heights[i][here], heights[i + 1][to])
                slope = float(found.layers[i].w[to, here])
                axes.plot((2 * i, 2 * i + 2), ends, color=SOFT, linewidth=0.6 + 1.6 * abs(weight), zorder=1)
                part = 0.22 if i == 0 else 0.4  # before the edges cross
                y = ends[0] + part * (ends[1] - ends[0])
                box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
                text = f"{slope:+.2f}".replace("-", "−")
                axes.text(2 * i + 2 * part, y, text, color=CHINESE, size=8, ha="center", va="center", bbox=box)
        for i, state in enumerate(passed.a):
            for row, y in enumerate(heights[i]):
                axes.scatter([2 * i], [y], s=1100, color="white", edgecolors=ENGLISH, linewidths=1.4, zorder=3)
                value = signed(state[0, row])
                axes.text(2 * i, y, value, color=INK, size=10, ha="center", va="center", zorder=4)
                if i:
                    error = f"δ = {found.delta[i - 1][0, row]:+.2f}".replace("-", "−")
                    axes.text(2 * i, y - 0.33, error, color=CHINESE, size=9, ha="center", va="top", zorder=4)
            axes.text(2 * i, 1.5, ("input x", "hidden a = tanh(z)", "output a = z")[i], ha="center", size=10)
        axes.set(xlim=(-0.5, 4.6), ylim=(-1.6, 1.7))
        axes.set_axis_off()
    return path


def comparison(*, seed: int, sizes_of: tuple[tuple[int, ...], ...] = SIZES) -> Table:
    """Returns a row for each network: the largest difference of the gradients from both checks."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Cell, ...]] = []
    for activation in ACTIVATIONS:
        for sizes in sizes_of:
            layers = draw_weights(sizes, rng)
            x, y = rng.normal(size=(BATCH, sizes[0])), rng.normal(size=(BATCH, sizes[-1]))
            ours = backward(layers, forward(layers, x, activation), y, activation).layers
            largest = max(float(np.abs(array).max()) for layer in ours for array in layer)
            steps, theirs = (
                largest_difference(ours, way(layers, x, y, activation)) for way in (by_finite_differences, by_jax)
            )
            shape = "–".join(map(str, sizes))
            rows.append(
                (
                    activation.name,
                    shape,
                    sum(a.size for one in ours for a in one),
                    largest,
                    f"{steps:.0e}",
                    f"{theirs:.0e}",
                )
            )
    return Table(
        f"The largest difference of back-propagation by hand from finite differences (h = {STEP:g}) and from "
        f"`jax.grad`, over all weights and biases, on {BATCH} random examples.",
        ("activation", "neurons", "weights", "largest gradient", "finite differences", "jax.grad"),
        tuple(rows),
    )


def run(options: RunOptions, *, sizes_of: tuple[tuple[int, ...], ...] = SIZES) -> tuple[Section, ...]:
    """Returns the section on the chain rule and back-propagation."""
    layers = draw_weights(SIZES[0], np.random.default_rng(options.seed))
    x, y = np.array([[1.0, -0.5]]), np.array([[1.0]])
    passed = forward(layers, x, TANH)
    table = comparison(seed=options.seed, sizes_of=sizes_of)
    worst = max(float(str(row[-1])) for row in table.rows)
    blocks = (
        Figure(
            draw(layers, passed, backward(layers, passed, y, TANH), options.out / "backprop.png"),
            f"One example with target y = {y[0, 0]:g} and loss {loss_of(passed.a[-1], y):.3f}. Forward, from left to "
            "right: the values in the circles. Backward, in red: δ = ∂J/∂z of each neuron, and on each edge the "
            "gradient of its weight, which is the δ at its right end times the value at its left end. Thicker edges "
            "have larger weights.",
            "A network with two inputs, three hidden neurons and one output, with values, errors and gradients.",
        ),
        Heading("The chain rule"),
        chain(),
        Heading("Back-propagation"),
        Paragraph(
            "The last layer, with `J = ½ |a − y|²`: `δ_L = a_L − y`. "
            "The layer before: `δ_l = (W_{l+1}ᵀ δ_{l+1}) ⊙ φ′(z_l)`."
        ),
        Paragraph("The gradients: `∂J/∂W_l = δ_l a_{l−1}ᵀ` and `∂J/∂b_l = δ_l`; for a batch, their mean."),
        table,
    )
    return (Section("The chain rule and back-propagation", blocks, (f"largest difference from jax.grad {worst:.0e}",)),)
