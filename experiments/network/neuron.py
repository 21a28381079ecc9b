"""One neuron is a weighted sum and an activation; a layer of neurons is one matrix product."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.plotting import CHINESE, ENGLISH, INK, sheet
from experiments.network.activations import sigmoid
from experiments.options import RunOptions
from experiments.report import Figure, Paragraph, Section, Table

INPUT = np.array([1.0, 0.5])
WEIGHTS = np.array([[1.5, 1.0], [-1.0, 1.2], [0.3, -1.5]])
BIASES = np.array([-1.5, -1.0, -1.5])
REACH = 2.5
COLOURS = (ENGLISH, CHINESE, "#4d7c3a")


class OneNeuron(NamedTuple):
    """The terms w_i x_i of a neuron, its sum z = sum_i w_i x_i + b, and its output a = sigmoid(z)."""

    terms: Float[np.ndarray, " d"]
    z: float
    a: float


def neuron(x: Float[np.ndarray, " d"], w: Float[np.ndarray, " d"], b: float) -> OneNeuron:
    """Returns the steps of one neuron with the sigmoid.

    >>> neuron(np.array([1.0, 2.0]), np.array([2.0, -1.0]), 0.0).a
    0.5
    """
    terms = w * x
    z = float(terms.sum()) + b
    return OneNeuron(terms, z, float(sigmoid(np.asarray(z))))


def layer(
    x: Float[np.ndarray, "*b d"], weights: Float[np.ndarray, "e d"], biases: Float[np.ndarray, " e"]
) -> Float[np.ndarray, "*b e"]:
    """Returns sigmoid(x W^T + b) for one input or for a batch of inputs."""
    return sigmoid(x @ weights.T + biases)


def draw(path: Path) -> Path:
    """Draws the output of one neuron on the plane of its inputs, and the lines of a layer; returns the path."""
    side = np.linspace(-REACH, REACH, 160)
    plane = np.stack(np.meshgrid(side, side), axis=-1)
    outputs = layer(plane.reshape(-1, 2), WEIGHTS, BIASES).reshape(len(side), len(side), -1)
    with sheet(path, 8.4, 4.0) as figure:
        one, all_of_them = figure.subplots(1, 2)
        shades = one.contourf(side, side, outputs[..., 0], levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.75)
        bar = figure.colorbar(shades, ax=one, ticks=[0, 0.5, 1], shrink=0.85)
        bar.ax.tick_params(length=0, labelsize=8)
        one.set_title("One neuron: a = σ(w·x + b)", loc="left")
        all_of_them.set_title("A layer of three: the lines w·x + b = 0", loc="left")
        for axes, shown in ((one, (0,)), (all_of_them, (0, 1, 2))):
            for i in shown:
                w, b, colour = WEIGHTS[i], BIASES[i], INK if axes is one else COLOURS[i]
                axes.contour(side, side, plane @ w + b, levels=[0], colors=[colour], linewidths=1.4)
                foot = -b * w / (w @ w)
                arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", tuple(foot + 0.5 * w), tuple(foot), arrowprops=arrow)
                tip = foot + 0.5 * w + 0.2 * w / np.linalg.norm(w)
                name = "w" if axes is one else f"w{'₁₂₃'[i]}"
                axes.annotate(name, tuple(tip), color=colour, ha="center", va="center")
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="x₁", ylabel="x₂", aspect="equal")
            axes.tick_params(length=0, labelsize=8)
    return path


def run(options: RunOptions) -> tuple[Section, ...]:
    """Returns the section on one neuron and on a layer."""
    found = [neuron(INPUT, w, float(b)) for w, b in zip(WEIGHTS, BIASES, strict=True)]
    matrix = layer(INPUT, WEIGHTS, BIASES)
    worst = max(abs(one.a - float(a)) for one, a in zip(found, matrix, strict=True))
    rng = np.random.default_rng(options.seed)
    many, second = rng.normal(size=(5, 2)), rng.normal(size=(2, 3))
    batch = float(np.abs(layer(many, WEIGHTS, BIASES) - [layer(x, WEIGHTS, BIASES) for x in many]).max())
    folded = float(np.abs(many @ WEIGHTS.T @ second.T - many @ (second @ WEIGHTS).T).max())
    rows = tuple(
        (f"{i + 1}", *(float(v) for v in (*WEIGHTS[i], BIASES[i], *one.terms)), one.z, one.a, float(matrix[i]))
        for i, one in enumerate(found)
    )
    blocks = (
        Figure(
            draw(options.out / "neuron.png"),
            "Left: the output of one neuron for every input. It is ½ on the line w·x + b = 0 and grows in the "
            "direction of w. Right: every neuron of a layer has its own line.",
            "Two planes of inputs: shades from 0 to 1 across a line, and three lines with their arrows.",
        ),
        Paragraph(
            "A neuron computes `z = Σᵢ wᵢ xᵢ + b` and `a = σ(z)`. A layer has a row of W for each neuron: "
            "`a = σ(W x + b)`."
        ),
        Table(
            f"Three neurons on the input x = ({INPUT[0]:g}, {INPUT[1]:g}), one at a time, and as the matrix product "
            "(last column).",
            ("neuron", "w₁", "w₂", "b", "w₁x₁", "w₂x₂", "z", "σ(z)", "σ(W x + b)"),
            rows,
        ),
        Paragraph(
            f"The two computations differ by at most {worst:.0e}. A batch of inputs is one product too, "
            f"`σ(X Wᵀ + b)`; it differs from the inputs one by one by at most {batch:.0e}. Without an activation "
            "between them, two layers are one: `V (W x) = (V W) x` "
            f"(largest difference {folded:.0e})."
        ),
    )
    return (
        Section(
            "One neuron, and a layer as a matrix",
            blocks,
            (f"neurons one by one and the matrix product differ by at most {worst:.0e}",),
        ),
    )
