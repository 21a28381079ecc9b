"""Gradient descent, momentum and Nesterov on a loss in two dimensions; a learning rate too small, right, too large.

The loss is J(x) = (1 x1^2 + 20 x2^2) / 2, a long valley. A step of gradient descent multiplies x_i by 1 - rate c_i,
with c the two curvatures. It converges if rate < 2 / 20, and fastest with rate 2 / (1 + 20).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.network.rules import Rule, path_of
from experiments.options import RunOptions
from experiments.report import Cell, Figure, Paragraph, Section, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVATURES = np.array([1.0, 20.0])
START = np.array([-4.0, 1.2])
STEPS = 40
LIMIT = float(2 / CURVATURES.max())
BEST = float(2 / CURVATURES.sum())
RULES = (
    Rule("gradient descent", 0.04),
    Rule("momentum", 0.04, 0.7),
    Rule("Nesterov", 0.04, 0.7, ahead=True),
)
RATES = (("too small", 0.005), ("right", BEST), ("too large", 0.103))
COLOURS = (INK, ENGLISH, CHINESE)


def loss(x: Float[np.ndarray, "*n d"]) -> Float[np.ndarray, "*n"]:
    """Returns J = sum_i c_i x_i^2 / 2."""
    return np.asarray((CURVATURES * x**2).sum(axis=-1) / 2)


def gradient(x: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """Returns dJ/dx_i = c_i x_i."""
    return CURVATURES * x


def steps_to(path: Float[np.ndarray, "n d"], share: float = 1e-3) -> str:
    """Returns the number of steps after which the loss stays below ``share`` of its start, or a dash."""
    above = np.flatnonzero(loss(path) >= share * loss(path[0]))
    return "–" if above[-1] == len(path) - 1 else str(above[-1] + 1)


def _path(axes: "Axes", path: Float[np.ndarray, "n d"], title: str, colour: str) -> None:
    """Draws a path on the level lines of the loss, up to its first point outside the panel."""
    wide, high = np.linspace(-5, 2, 200), np.linspace(-2.6, 2.6, 160)
    values = loss(np.stack(np.meshgrid(wide, high), axis=-1))
    axes.contour(wide, high, values, levels=np.geomspace(0.05, 80, 10), colors=[SOFT], linewidths=0.6)
    outside = np.flatnonzero(np.abs(path[:, 1]) > 2.6)
    shown = path[: outside[0] + 1] if len(outside) else path
    axes.plot(*shown.T, color=colour, linewidth=1.0, marker="o", markersize=2.4, zorder=3)
    axes.scatter([0], [0], marker="x", color=INK, s=28, linewidths=1.2, zorder=4)
    axes.set(xlim=(-5, 2), ylim=(-2.6, 2.6))
    axes.set_title(title, loc="left")
    axes.tick_params(length=0, labelsize=8)


def _losses(axes: "Axes", paths: Sequence[Float[np.ndarray, "n d"]], names: Sequence[str], title: str) -> None:
    """Draws the loss against the step, on a logarithmic scale."""
    for path, name, colour in zip(paths, names, COLOURS, strict=True):
        axes.semilogy(np.maximum(loss(path), 1e-12), color=colour, linewidth=1.4, label=name)
    axes.set_title(title, loc="left")
    axes.set_xlabel("step")
    axes.legend()
    axes.tick_params(length=0, labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def draw(paths: Sequence[Float[np.ndarray, "n d"]], titles: Sequence[str], names: Sequence[str], path: Path) -> Path:
    """Draws three paths and their losses in four panels; returns the path of the picture."""
    with sheet(path, 8.2, 6.0) as figure:
        grid = figure.subplots(2, 2).flat
        for axes, points, title, colour in zip(grid, paths, titles, COLOURS, strict=False):
            _path(axes, points, title, colour)
        _losses(figure.axes[-1], paths, names, "The loss by step")
    return path


def rules_section(out: Path) -> Section:
    """Returns the section on the three rules."""
    paths = [path_of(rule, START, gradient, STEPS) for rule in RULES]
    longer = [path_of(rule, START, gradient, 20 * STEPS) for rule in RULES]
    names = [rule.name for rule in RULES]
    formulas = ("v = −η ∇J(x)", "v ← μ v − η ∇J(x)", "v ← μ v − η ∇J(x + μ v)")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (rule.name, formula, rule.rate, rule.momentum, f"{loss(path)[-1]:.1e}", steps_to(long))
        for rule, formula, path, long in zip(RULES, formulas, paths, longer, strict=True)
    )
    counts = ", ".join(f"{name} {row[-1]}" for name, row in zip(names, rows, strict=True))
    blocks = (
        Figure(
            draw(paths, names, names, out / "descent.png"),
            f"Paths on `J = ½ (x₁² + 20 x₂²)` with the same rate {RULES[0].rate:g} from the same start, {STEPS} steps. "
            "The cross is the minimum.",
            "Three paths on level lines, and their losses: the paths with momentum arrive earlier.",
        ),
        Table(
            f"The rules; each then moves `x ← x + v`. The loss after {STEPS} steps, and the steps after which it stays "
            "below a thousandth of its start.",
            ("rule", "velocity", "rate η", "momentum μ", "loss", "steps"),
            rows,
        ),
        Paragraph(
            "Along the valley the gradient is small, and plain descent is slow. Momentum adds up the small steps that "
            "agree, but it overshoots. Nesterov's rule takes the gradient at the point it is about to reach, so it "
            "brakes earlier and swings less."
        ),
    )
    return Section("Gradient descent, momentum and Nesterov", blocks, (f"steps to a thousandth of the loss: {counts}",))


def rates_section(out: Path) -> Section:
    """Returns the section on the learning rate."""
    paths = [path_of(Rule(name, rate), START, gradient, STEPS) for name, rate in RATES]
    titles = [f"{name}: η = {rate:.3f}" for name, rate in RATES]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, rate, *(float(1 - rate * c) for c in CURVATURES), f"{loss(path)[-1]:.1e}")
        for (name, rate), path in zip(RATES, paths, strict=True)
    )
    blocks = (
        Figure(
            draw(paths, titles, titles, out / "rates.png"),
            f"Gradient descent with three learning rates, {STEPS} steps each. The loss of the start is "
            f"{float(loss(START)):.1f}. The last path is drawn until it leaves the panel.",
            "Three paths: one that stops early, one that arrives, one that jumps further and further.",
        ),
        Table(
            f"The factors by which a step multiplies x₁ and x₂, and the loss after {STEPS} steps.",
            ("rate", "η", "1 − η", "1 − 20 η", "loss"),
            rows,
            marked=(1,),
        ),
        Paragraph(
            f"A step multiplies each coordinate by `1 − η cᵢ`. Descent converges if every factor is between −1 and 1: "
            f"`η < 2/20 = {LIMIT:g}`. The best rate makes both factors equally large: `η = 2/(1 + 20) = {BEST:.3f}`."
        ),
    )
    losses = ", ".join(f"{name} {row[-1]}" for (name, _), row in zip(RATES, rows, strict=True))
    return Section("The learning rate", blocks, (f"loss after {STEPS} steps: {losses}",))


def run(options: RunOptions) -> tuple[Section, ...]:
    """Returns the sections on the rules and on the learning rate."""
    return rules_section(options.out), rates_section(options.out)
