"""Batch, stochastic and mini-batch gradient descent on a line through points, with the same number of examples read."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.options import RunOptions
from experiments.report import Cell, Figure, Paragraph, Section, Table

EXAMPLES, EPOCHS, RATE, NOISE = 256, 6, 0.1, 0.5
SIZES = (("batch", EXAMPLES), ("mini-batch of 16", 16), ("stochastic", 1))
COLOURS = (INK, ENGLISH, CHINESE)
START = np.array([-1.0, 2.0])
DRAWS = 2000


class Points(NamedTuple):
    """Examples of a line: ``x`` with a column of ones, shape (n, 2), and ``y``."""

    x: Float[np.ndarray, "n 2"]
    y: Float[np.ndarray, " n"]


def points(*, seed: int, n: int = EXAMPLES) -> Points:
    """Draws n points of y = 1.5 x + 0.5 + noise."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.normal(size=n), np.ones(n)], axis=1)
    return Points(x, x @ np.array([1.5, 0.5]) + rng.normal(scale=NOISE, size=n))


def loss(w: Float[np.ndarray, "*m 2"], data: Points) -> Float[np.ndarray, "*m"]:
    """Returns J(w) = mean over the examples of (w . x - y)^2 / 2."""
    return np.asarray(((w @ data.x.T - data.y) ** 2).mean(axis=-1) / 2)


def gradient(w: Float[np.ndarray, "2"], data: Points) -> Float[np.ndarray, "2"]:
    """Returns dJ/dw = mean over the examples of (w . x - y) x."""
    return (data.x @ w - data.y) @ data.x / len(data.y)


def gradients(w: Float[np.ndarray, "2"], data: Points) -> Float[np.ndarray, "n 2"]:
    """Returns (w . x - y) x, the gradient of each example alone; the gradient of a batch is their mean."""
    return (data.x @ w - data.y)[:, None] * data.x


def descend(
    data: Points, size: int, *, seed: int, epochs: int = EPOCHS, rate: float = RATE
) -> Float[np.ndarray, "n 2"]:
    """Returns the start and the weights after each update; every epoch reads all examples in a new order."""
    rng, w = np.random.default_rng(seed), START
    weights = [w]
    for _ in range(epochs):
        order = rng.permutation(len(data.y))
        for first in range(0, len(order), size):
            rows = order[first : first + size]
            w = w - rate * gradient(w, Points(data.x[rows], data.y[rows]))
            weights.append(w)
    return np.array(weights)


def spread(data: Points, size: int, *, seed: int, draws: int = DRAWS) -> float:
    """Returns the root mean square distance of a batch's gradient from the full gradient, at the start."""
    rng, full, each = np.random.default_rng(seed), gradient(START, data), gradients(START, data)
    parts = np.array([each[rng.choice(len(each), size, replace=False)].mean(axis=0) for _ in range(draws)])
    return float(np.sqrt(((parts - full) ** 2).sum(axis=1).mean()))


def expected_spread(data: Points, size: int) -> float:
    """Returns the exact value of ``spread``: s / sqrt(m) sqrt((n - m) / (n - 1)), with s the spread of one example."""
    each = gradients(START, data)
    single = float(np.sqrt(((each - each.mean(axis=0)) ** 2).sum(axis=1).mean()))
    n = len(data.y)
    return single / size**0.5 * ((n - size) / (n - 1)) ** 0.5


def draw(data: Points, paths: list[Float[np.ndarray, "_ 2"]], path: Path) -> Path:
    """Draws the descent with each batch size, and the loss by examples read; returns the path of the picture."""
    wide, high = np.linspace(-1.4, 2.2, 120), np.linspace(-0.2, 2.8, 100)
    values = loss(np.stack(np.meshgrid(wide, high), axis=-1), data)
    best = np.linalg.lstsq(data.x, data.y)[0]
    with sheet(path, 8.2, 6.4) as figure:
        grid = figure.subplots(2, 2)
        for axes, steps, (name, _), colour in zip(grid.flat, paths, SIZES, COLOURS, strict=False):
            axes.contour(wide, high, values, levels=np.geomspace(0.15, 6, 9), colors=[SOFT], linewidths=0.6)
            dots = {"marker": "o", "markersize": 3} if len(steps) < 200 else {}
            axes.plot(*steps.T, color=colour, linewidth=0.9, zorder=3, **dots)
            axes.scatter(*best, marker="x", color="#4d7c3a", s=40, linewidths=1.6, zorder=4)
            axes.set_title(f"{name}: {len(steps) - 1:,} updates", loc="left")
            axes.set(xlabel="slope w", ylabel="intercept b", xlim=(wide[0], wide[-1]), ylim=(high[0], high[-1]))
            axes.tick_params(length=0, labelsize=8)
        below = grid.flat[3]
        floor = float(loss(best, data))
        for steps, (name, size), colour in reversed(list(zip(paths, SIZES, COLOURS, strict=True))):
            read = np.arange(len(steps)) * size
            below.semilogy(read, loss(steps, data) - floor, color=colour, linewidth=1.2, label=name)
        below.set_title("Loss above the minimum", loc="left")
        below.set_xlabel("examples read")
        below.legend()
        below.tick_params(length=0, labelsize=8)
        below.spines[["top", "right"]].set_visible(False)
    return path


def run(options: RunOptions) -> tuple[Section, ...]:
    """Returns the section on batches."""
    data = points(seed=options.seed)
    paths = [descend(data, size, seed=options.seed) for _, size in SIZES]
    floor = float(loss(np.linalg.lstsq(data.x, data.y)[0], data))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name,
            size,
            len(steps) - 1,
            f"{float(loss(steps[-1], data)) - floor:.1e}",
            f"{float(loss(steps[-(EXAMPLES // size) :], data).mean()) - floor:.1e}",
            spread(data, size, seed=options.seed),
            expected_spread(data, size),
        )
        for (name, size), steps in zip(SIZES, paths, strict=True)
    )
    blocks = (
        Figure(
            draw(data, paths, options.out / "batches.png"),
            f"A line fitted to {EXAMPLES} points: {EPOCHS} passes over the same points with the same rate {RATE:g} "
            "and batches of different size. The cross is the least-squares solution.",
            "Three paths, one smooth and short, one nearly smooth, one jagged; and their losses by examples read.",
        ),
        Table(
            f"After {EPOCHS} passes: the loss above the minimum at the end, and its mean over the last pass. The "
            "spread is the root mean square distance of a batch's gradient from the full gradient at the start, "
            f"measured on {DRAWS:,} batches, and by formula.",
            ("descent", "batch m", "updates", "loss", "loss, last pass", "spread", "by formula"),
            rows,
        ),
        Paragraph(
            "Every batch gives the full gradient on average, with a spread of `s/√m · √((n − m)/(n − 1))` for m of n "
            "examples without replacement. The full batch makes few exact steps. Single examples make many noisy "
            "steps and keep jumping around the minimum unless the rate falls. A mini-batch has most of the progress "
            "and a quarter of the noise (m = 16)."
        ),
    )
    line = ", ".join(f"{name} {row[3]}" for (name, _), row in zip(SIZES, rows, strict=True))
    return (
        Section("Batch, stochastic and mini-batch", blocks, (f"loss above the minimum after {EPOCHS} passes: {line}",)),
    )
