"""The figure of one relation: two analogies as parallelograms, and every pair along the relation's direction."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from align.plotting import CHINESE, ENGLISH, INK, SOFT, Labels, label, sheet
from align.retrieval import unit_rows
from align.space import Space
from experiments.homework.relations import Finding, Pair

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANALOGIES = {"en": (("king", "queen"), ("son", "daughter")), "zh": (("国王", "王后"), ("儿子", "女儿"))}
"""The second pair of each analogy; the first is the relation's first pair (man, woman; 男人, 女人)."""
_QUIET = "#59616b"
_SHAPE = 0.74
"""Height of an analogy's panel, divided by its width."""


def draw_relation(finding: Finding, path: Path) -> Path:
    """Draws a panel for each analogy (left), and the projection of every pair onto the mean offset of the others."""
    language = finding.cover.relation.language
    colour, pairs, space = ENGLISH if language == "en" else CHINESE, finding.cover.pairs, finding.cover.space
    shown = shown_analogies(finding)
    with sheet(path, 10.0, 7.4) as figure:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.15))
        for row, pair in enumerate(shown):
            cosine = float(finding.parallel.cosines[0, pairs.index(pair)])
            draw_analogy(figure.add_subplot(grid[row, 0]), space, pairs[0], pair, cosine=cosine, colour=colour)
        wide = figure.add_subplot(grid[:, 1 if shown else slice(None)])
        _draw_pairs(wide, pairs, pair_projections(finding), f"{finding.cover.name}: all {len(pairs)} pairs", colour)
    return path


def shown_analogies(finding: Finding) -> list[Pair]:
    """Returns the second pair of each analogy that the figure shows."""
    return [pair for pair in ANALOGIES[finding.cover.relation.language] if pair in finding.cover.pairs[1:]]


def parallelogram(vectors: Float[np.ndarray, "4 d"]) -> Float[np.ndarray, "5 2"]:
    """Returns a, b, c, d and the predicted point c + (b - a) on the plane of both offsets.

    The plane is spanned by b - a (to the right) and the part of d - c that is orthogonal to it. Both offsets keep their
    lengths and the angle between them; the distance from a to c is shortened.
    """
    a, b, c, d = vectors.astype(np.float64)
    right = (b - a) / np.linalg.norm(b - a)
    rest = (d - c) - ((d - c) @ right) * right
    up = rest / max(float(np.linalg.norm(rest)), 1e-12)
    points = np.stack([a, b, c, d, c + b - a]) - a
    return np.stack([points @ right, points @ up], axis=1)


def draw_analogy(axes: "Axes", space: Space, first: Pair, second: Pair, *, cosine: float, colour: str) -> None:
    """Draws both offsets as arrows, and the predicted position of the second word of the second pair."""
    points = parallelogram(space.unit[space.vocab.ids((*first, *second))])
    gap = max(0.0, 0.45 - abs(float(points[2, 1])))
    points[2:, 1] += gap if points[2, 1] >= 0 else -gap
    a, b, c, d, predicted = points
    for start, end, dashes, shade in ((a, b, "-", colour), (c, d, "-", colour), (c, predicted, (0, (3, 2)), _QUIET)):
        arrow = {"arrowstyle": "-|>", "color": shade, "linewidth": 1.3, "linestyle": dashes, "shrinkA": 3, "shrinkB": 4}
        axes.annotate("", tuple(end), tuple(start), arrowprops=arrow, zorder=2)
    axes.scatter(*points[:4].T, c=colour, s=20, linewidths=0, zorder=3)
    axes.scatter(*predicted, marker="x", c=_QUIET, s=42, linewidths=1.6, zorder=3)
    axes.set_title(
        f"{first[0]} → {first[1]}, {second[0]} → {second[1]}: cosine of the offsets {cosine:.2f}".replace("-", "−"),
        loc="left", fontsize=10,
    )  # fmt: skip
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (low + high) / 2
    width, height = (high - low) * 0.68
    width = max(float(width), float(height) / _SHAPE)
    height = _SHAPE * width
    axes.set(xlim=(x - width, x + width), ylim=(y - height, y + height), xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    names = (*first, *second, f"{second[0]} + ({first[1]} − {first[0]})")
    label(
        axes, Labels(names, points, (*[colour] * 4, _QUIET)), size=10.0, lines=[points[:2], points[2:4], points[[2, 4]]]
    )


def pair_projections(finding: Finding) -> Float[np.ndarray, "n 2"]:
    """Projects both words of each pair onto the mean offset of the other pairs, relative to the pair's midpoint.

    The direction does not include the pair's own offset, so a projection can be negative.
    """
    space = finding.cover.space
    rows = space.vocab.ids([word for pair in finding.cover.pairs for word in pair]).reshape(-1, 2)
    first, second = space.unit[rows[:, 0]].astype(np.float64), space.unit[rows[:, 1]].astype(np.float64)
    offsets = unit_rows(second - first)
    others = unit_rows(offsets.sum(axis=0) - offsets)
    half = np.sum((second - first) * others, axis=1) / 2
    return np.stack([-half, half], axis=1)


def _draw_pairs(axes: "Axes", pairs: Sequence[Pair], ends: Float[np.ndarray, "n 2"], title: str, colour: str) -> None:
    """Draws a row for each pair, the largest projection on top: an arrow from the first word to the second."""
    order = np.argsort(-ends[:, 1], kind="stable")
    reach = float(np.abs(ends).max())
    for row, i in enumerate(order):
        (start, end), (first, second) = ends[i], pairs[int(i)]
        shade = colour if end > start else INK
        axes.annotate(
            "", (end, row), (start, row),
            arrowprops={"arrowstyle": "-|>", "color": shade, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        axes.text(-1.12 * reach, row, first, ha="right", va="center", fontsize=7.5, color=shade)
        axes.text(1.12 * reach, row, second, ha="left", va="center", fontsize=7.5, color=shade)
    axes.axvline(0, color=SOFT, linewidth=0.8, zorder=0)
    axes.set(xlim=(-2.0 * reach, 2.0 * reach), ylim=(len(pairs) - 0.3, -0.7), yticks=[])
    axes.set_xticks([-reach, 0, reach], [f"−{reach:.1f}", "0", f"{reach:.1f}"])
    axes.set_xlabel("position along the mean offset of the other pairs, from the pair's midpoint")
    axes.set_title(title, loc="left", fontsize=10)
    axes.tick_params(length=0, labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
