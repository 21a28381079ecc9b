"""A picture of a transport plan: the words of two documents side by side, joined by lines."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from align.fonts import drawable
from align.meaning.documents.flow import Travel
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.text.chinese import has_hanzi

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEAR, _FAR = 0.4, 1.35
"""Distances drawn in the darkest and in the lightest shade."""
_WORDS = 24


def draw_travels(travels: Sequence[Travel], path: str | os.PathLike[str], *, title: str, words: int = _WORDS) -> None:
    """Draws the words of two documents in two columns; the width of a line is the mass, its shade the distance.

    Args:
      travels: the plan, from ``align.meaning.documents.flow.travels``.
      path: the PNG to write.
      title: a line above the picture.
      words: number of words to draw of each document, those with the most mass; lines join drawn words only.

    Raises:
      ValueError: the name does not end in ``.png``.
      OSError: the picture cannot be written.
    """
    left, right = (_heaviest(travels, side, words) for side in (0, 1))
    flow = np.array([[0.0] * len(right) for _ in left])
    for one in travels:
        if one.word in left and one.to in right:
            flow[left.index(one.word), right.index(one.to)] += one.mass
    centres = (flow @ np.arange(len(right))) / np.maximum(flow.sum(axis=1), 1e-12)
    left = [left[i] for i in np.argsort(centres, kind="stable")]
    height = max(2.6, 0.27 * max(len(left), len(right)) + 0.9)
    with sheet(path, 6.4, height) as figure:
        _draw(figure.subplots(), travels, (left, right), title)


def _draw(axes: "Axes", travels: Sequence[Travel], sides: tuple[list[str], list[str]], title: str) -> None:
    """Draws both columns and the travels between them."""
    heights = [dict(zip(side, np.linspace(1.0, 0.0, len(side) + 2)[1:-1], strict=True)) for side in sides]
    heaviest = max(one.mass for one in travels)
    for one in sorted(travels, key=lambda travel: travel.mass):
        if one.word in heights[0] and one.to in heights[1]:
            shade = float(np.clip((_FAR - one.distance) / (_FAR - _NEAR), 0.12, 1.0))
            ends = [heights[0][one.word], heights[1][one.to]]
            axes.plot([0.0, 1.0], ends, color="#3d4c5c", alpha=shade, linewidth=0.5 + 5.0 * one.mass / heaviest)
    for x, side, alignment in ((-0.03, heights[0], "right"), (1.03, heights[1], "left")):
        for word, y in side.items():
            colour = CHINESE if has_hanzi(word) else ENGLISH
            style: dict[str, Any] = {"ha": alignment, "va": "center_baseline", "color": colour, "size": 10}
            axes.text(x, float(y), drawable(word), parse_math=False, **style)
            axes.plot([0.0 if x < 0 else 1.0], [y], "o", color=colour, markersize=3)
    axes.set_title(drawable(title), loc="left", parse_math=False)
    axes.set_xlabel("line width: mass · shade: the darker, the nearer the two words", color=SOFT)
    axes.set(xlim=(-0.45, 1.45), ylim=(0.0, 1.0), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _heaviest(travels: Sequence[Travel], side: int, words: int) -> list[str]:
    """Returns the words of one side with the most mass, in the order of their first travel."""
    masses: dict[str, float] = {}
    for one in travels:
        word = one.to if side else one.word
        masses[word] = masses.get(word, 0.0) + one.mass
    kept = set(sorted(masses, key=lambda word: -masses[word])[:words])
    return [word for word in masses if word in kept]
