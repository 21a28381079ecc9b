"""The figure of a concept: each language's plane, the cosines after mapping, and both languages on one plane."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from align.meaning.geometry import Plane, pca_plane
from align.plotting import CHINESE, ENGLISH, INK, SOFT, Labels, frame, label, sheet
from experiments.homework.shapes import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FAR = 2.5
_SHRUNK = 0.62
_UPRIGHT = 2
"""The largest number of characters of a label that is not rotated."""


class FramedPoints(NamedTuple):
    """Points of a plane, with outliers moved to the edge of the frame.

    Attributes:
        points: the coordinates to draw.
        far: the true distance from the centre divided by the drawn distance; 1 for a point that was not moved.
    """

    points: Float[np.ndarray, "q 2"]
    far: Float[np.ndarray, " q"]

    @property
    def moved(self) -> Bool[np.ndarray, " q"]:
        """Whether each point was moved."""
        return self.far > 1


def framed(points: Float[np.ndarray, "q 2"]) -> FramedPoints:
    """Moves outliers onto a frame around the other points, along their direction from the centre.

    The distance of a point is the larger of its two coordinates, relative to the median point. An outlier is farther
    than ``_FAR`` times the 75 % quantile of the distances. Points are moved only if that enlarges the picture of the
    others much.
    """
    middle = np.median(points, axis=0)
    reach = np.abs(points - middle).max(axis=1)
    limit = _FAR * float(np.quantile(reach, 0.75))
    inside = reach[reach <= limit]
    if limit <= 0 or not len(inside) or inside.max() > _SHRUNK * reach.max():
        return FramedPoints(points, np.ones(len(points)))
    edge = 1.25 * float(inside.max())
    far = np.where(reach > limit, reach / edge, 1.0)
    return FramedPoints(middle + (points - middle) / far[:, None], far)


def draw_concept(one: Comparison, path: Path, *, joined: bool) -> Path:
    """Draws four panels: each language's plane, the cosines after mapping, both languages with aligned centres."""
    shown = one.shown
    english, chinese = [pair[0] for pair in shown.pairs], [pair[1] for pair in shown.pairs]
    with sheet(path, 11.0, 11.4) as figure:
        ((first, second), (third, fourth)) = figure.subplots(2, 2)
        _draw_words(first, english, one.planes[0], f"English ({shown.english.name})", ENGLISH, joined=joined)
        title = f"Chinese ({shown.chinese.name})"
        _draw_words(second, chinese, one.planes[1], title, CHINESE, joined=joined, order=one.order)
        draw_cosines(third, one, english, chinese)
        draw_both(fourth, one, english, chinese)
    return path


def _draw_words(
    axes: "Axes", words: Sequence[str], plane: Plane, title: str, colour: str,
    *, joined: bool, order: tuple[int, int] = (0, 1),
) -> None:  # fmt: skip
    """Draws the words of one language on their plane; ``joined`` adds a line through them in their order."""
    fit = framed(plane.points)
    lines = list(np.stack([fit.points[:-1], fit.points[1:]], axis=1)) if joined else []
    for i, line in enumerate(lines):
        outside = fit.moved[i] or fit.moved[i + 1]
        axes.plot(*line.T, color=SOFT, linewidth=0.8, zorder=1, linestyle=":" if outside else "-")
    frame(axes, Plane(fit.points, plane.shares), title, order)
    _points(axes, fit, Labels(words, fit.points, [colour] * len(words)), 11.0, lines)


def draw_both(axes: "Axes", one: Comparison, english: Sequence[str], chinese: Sequence[str]) -> None:
    """Draws both languages after mapping, with aligned centres and a line from each word to its translation."""
    plane = pca_plane(np.concatenate([one.x - one.x.mean(axis=0), one.y - one.y.mean(axis=0)]))
    fit = framed(plane.points)
    count = len(english)
    lines = list(np.stack([fit.points[:count], fit.points[count:]], axis=1))
    for i, line in enumerate(lines):
        outside = fit.moved[i] or fit.moved[count + i]
        axes.plot(*line.T, color=SOFT, linewidth=0.9, zorder=1, linestyle=":" if outside else "-")
    frame(axes, Plane(fit.points, plane.shares), "Both languages, English mapped, centres aligned")
    labels = Labels([*english, *chinese], fit.points, [ENGLISH] * count + [CHINESE] * count)
    _points(axes, fit, labels, 10.0, lines)


def _points(
    axes: "Axes", fit: FramedPoints, labels: Labels, size: float, lines: Sequence[Float[np.ndarray, "2 2"]]
) -> None:
    """Draws dots with their words; a word outside the frame is a hollow triangle with its relative distance."""
    inside, colours = ~fit.moved, labels.colours
    axes.scatter(*fit.points[inside].T, c=np.array(colours)[inside].tolist(), s=16, linewidths=0, zorder=3)
    for i in np.flatnonzero(fit.moved):
        axes.scatter(
            *fit.points[i], marker="^", facecolors="white", edgecolors=colours[int(i)], s=42, linewidths=1.2, zorder=3
        )
    named = [f"{word} ({far:.1f}×)" if far > 1 else word for word, far in zip(labels.texts, fit.far, strict=True)]
    label(axes, labels._replace(texts=named), size=size, lines=lines)


def draw_cosines(axes: "Axes", one: Comparison, english: Sequence[str], chinese: Sequence[str]) -> None:
    """Draws the cosine of every mapped English word with every Chinese word; a mark shows the largest of each row."""
    cosines = one.x @ one.y.T
    axes.imshow(cosines, cmap="Blues", aspect="equal", vmin=float(cosines.min()), vmax=float(cosines.max()) * 1.15)
    best = cosines.argmax(axis=1)
    for row, column in enumerate(best):
        right = int(column) == row
        axes.plot(
            column, row, "o" if right else "x", color="white" if right else CHINESE, markersize=5, markeredgewidth=1.6
        )
    axes.set_xticks(range(len(chinese)), list(chinese), rotation_mode="anchor", color=CHINESE)
    for text in axes.get_xticklabels():
        if len(text.get_text()) > _UPRIGHT:
            text.set(rotation=60, ha="right")
    axes.set_yticks(range(len(english)), list(english), color=ENGLISH)
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    axes.set_title("Cosines after mapping: ○ nearest is right, × wrong", loc="left", color=INK)
