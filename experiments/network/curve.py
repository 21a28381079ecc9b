"""The universal approximation of a curve by one hidden layer: ReLU units placed by hand, and tanh units trained.

The curve is f(x) = sin(2x) + 0.4 sin(7x) for x from -2 to 2. A sum of n ReLU units is a polyline with n segments. If it
goes through points of the curve, its error is at most max |f''| h^2 / 8, with h the width of a segment. So enough units
reach any error.
Source: Cybenko 1989 and Leshno et al. 1993 for the theorem; the bound is that of linear interpolation.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.progress import count_bar
from experiments.network.activations import RELU, TANH
from experiments.network.layers import Dense, backward, draw_weights, forward
from experiments.options import RunOptions
from experiments.report import Cell, Figure, Paragraph, Section, Table

LOW, HIGH = -2.0, 2.0
GRID = np.linspace(LOW, HIGH, 1001)
UNITS = (4, 8, 16, 32)
TRAINED = (2, 4, 8, 32)
STEPS, RATE, MOMENTUM, POINTS = 8_000, 0.02, 0.9, 100


class Fit(NamedTuple):
    """A network, and its output on ``GRID``."""

    layers: list[Dense]
    output: Float[np.ndarray, " n"]

    @property
    def error(self) -> float:
        """The largest distance from the curve on the grid."""
        return float(np.abs(self.output - curve(GRID)).max())


def curve(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns f(x) = sin(2x) + 0.4 sin(7x)."""
    return np.sin(2 * x) + 0.4 * np.sin(7 * x)


def bend(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns f''(x) = -4 sin(2x) - 19.6 sin(7x)."""
    return -4 * np.sin(2 * x) - 19.6 * np.sin(7 * x)


def placed(units: int) -> Fit:
    """Returns a network of n = ``units`` units whose output is the polyline through n + 1 points of the curve.

    Unit i computes relu(x - x_i) and starts to bend the line at x_i. Its output weight is the change of slope there:
    f(x) ~ f(x_0) + sum_i (s_i - s_{i-1}) relu(x - x_i), where s_i is the slope of segment i and s_{-1} = 0.
    """
    knots = np.linspace(LOW, HIGH, units + 1)
    slopes = np.diff(curve(knots)) / np.diff(knots)
    hidden = Dense(np.ones((units, 1)), -knots[:-1])
    layers = [hidden, Dense(np.diff(slopes, prepend=0.0)[None, :], curve(knots[:1]))]
    return Fit(layers, forward(layers, GRID[:, None], RELU).a[-1][:, 0])


def bound(units: int) -> float:
    """Returns max |f''| h^2 / 8, the bound of the error of the polyline."""
    return float(np.abs(bend(GRID)).max()) * ((HIGH - LOW) / units) ** 2 / 8


def trained(units: int, *, seed: int, steps: int = STEPS) -> Fit:
    """Trains one hidden layer of tanh units by back-propagation with momentum, on ``POINTS`` points."""
    rng = np.random.default_rng(seed)
    layers = draw_weights((1, units, 1), rng)
    layers[0] = Dense(layers[0].w * 3, rng.uniform(-3, 3, units))
    x = (HIGH * np.cos(np.linspace(np.pi, 0, POINTS)))[:, None]  # denser near the ends, as the error is largest there
    y = curve(x)
    moved = [Dense(np.zeros_like(layer.w), np.zeros_like(layer.b)) for layer in layers]
    for _ in range(steps):
        found = backward(layers, forward(layers, x, TANH), y, TANH).layers
        moved = [
            Dense(MOMENTUM * v.w - RATE * g.w, MOMENTUM * v.b - RATE * g.b) for v, g in zip(moved, found, strict=True)
        ]
        layers = [Dense(layer.w + v.w, layer.b + v.b) for layer, v in zip(layers, moved, strict=True)]
    return Fit(layers, forward(layers, GRID[:, None], TANH).a[-1][:, 0])


def draw(rows: list[list[tuple[str, Fit]]], path: Path) -> Path:
    """Draws a row of panels for the placed units and one for the trained units; returns the path."""
    with sheet(path, 9.0, 5.0) as figure:
        grid = figure.subplots(len(rows), len(rows[0]), sharex=True, sharey=True)
        for line, colour, fits in zip(grid, (ENGLISH, CHINESE), rows, strict=True):
            for axes, (title, fit) in zip(line, fits, strict=True):
                axes.plot(GRID, curve(GRID), color=SOFT, linewidth=3.0)
                axes.plot(GRID, fit.output, color=colour, linewidth=1.3)
                axes.set_title(f"{title}\nlargest error {fit.error:.3f}", loc="left", size=9)
                axes.set(xlim=(LOW, HIGH), ylim=(-1.8, 1.8))
                axes.tick_params(length=0, labelsize=8)
                axes.spines[["top", "right"]].set_visible(False)
    return path


def run(options: RunOptions, *, steps: int = STEPS) -> tuple[Section, ...]:
    """Returns the section on universal approximation."""
    by_hand = [placed(units) for units in UNITS]
    by_training: list[Fit] = []
    with count_bar("training", len(TRAINED)) as advance:
        for units in TRAINED:
            by_training.append(trained(units, seed=options.seed, steps=steps))
            advance(1)
    rows: tuple[tuple[Cell, ...], ...] = (
        *(("ReLU, placed", n, 3 * n + 1, fit.error, f"{bound(n):.3f}") for n, fit in zip(UNITS, by_hand, strict=True)),
        *(("tanh, trained", n, 3 * n + 1, fit.error, "–") for n, fit in zip(TRAINED, by_training, strict=True)),
    )
    titles = [[f"{n} ReLU units, placed" for n in UNITS], [f"{n} tanh units, trained" for n in TRAINED]]
    panels = [list(zip(names, fits, strict=True)) for names, fits in zip(titles, (by_hand, by_training), strict=True)]
    blocks = (
        Figure(
            draw(panels, options.out / "curve.png"),
            "One hidden layer fitted to a curve (grey). Above: ReLU units placed by hand. Below: tanh units trained by "
            f"the back-propagation of this page, with momentum, {steps:,} steps.",
            "Eight panels: with more units the output follows the curve more closely.",
        ),
        Paragraph(
            "`f(x) ≈ f(x₀) + Σᵢ (sᵢ − sᵢ₋₁) max(0, x − xᵢ)`, sᵢ the slope from xᵢ to xᵢ₊₁: each ReLU unit bends the "
            "line at its own point xᵢ, and the sum is a polyline through the curve. Its error is at most "
            "`max |f″| h²/8`, h the distance of the points: twice as many units, a quarter of the bound."
        ),
        Table(
            "The largest error, and the bound of the polyline.",
            ("hidden units", "n", "weights", "largest error", "bound"),
            rows,
        ),
        Paragraph(
            "The theorem says that weights exist for every error. It does not say that descent finds them, nor how "
            "many units it takes, nor what the network computes outside the interval."
        ),
    )
    placed_errors, trained_errors = (f"{fits[0].error:.3f} to {fits[-1].error:.3f}" for fits in (by_hand, by_training))
    errors = f"{placed_errors} (placed), {trained_errors} (trained)"
    return (Section("The universal approximation of a curve", blocks, (f"largest error with more units: {errors}",)),)
