"""2-D views of words, with a font that has hanzi and labels that do not collide.

Figures are made without ``pyplot``: no window, no backend chosen, and no setting left behind in the caller's process.
"""

import contextlib
import importlib.util
import os
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from jaxtyping import Float

from align.atomic import replacing
from align.labels import LEADER, place
from align.meaning.geometry import Plane, pca_plane
from align.retrieval import unit_rows
from align.space import Space
from align.text.chinese import has_hanzi

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

ENGLISH, CHINESE, SOFT, INK = "#1f5f8b", "#b5382a", "#9aa3ad", "#1d2126"
DPI = 300


class Labels(NamedTuple):
    """Texts to set beside points, each in its colour."""

    texts: Sequence[str]
    points: Float[np.ndarray, "q 2"]
    colours: Sequence[str]


def hanzi_font() -> Path:
    """The file of a font with hanzi: zhplot's Noto Sans SC (SIL Open Font License).

    But: zhplot is located, not imported; importing it changes matplotlib's default font for the whole process.

    Raises:
        FileNotFoundError: zhplot or its font is not installed.
    """
    spec = importlib.util.find_spec("zhplot")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the hanzi font is missing: the package zhplot, which holds it, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "fonts" / "NotoSansSC-Regular.ttf"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: the hanzi font is missing from the installed zhplot")
    return path


@cache
def _hanzi_family() -> str:
    """The name of the font family with hanzi, made known to matplotlib."""
    from matplotlib import font_manager

    path = hanzi_font()
    font_manager.fontManager.addfont(path)
    return font_manager.get_font(path).family_name


@contextlib.contextmanager
def sheet(path: str | os.PathLike[str], width: float | int, height: float | int) -> Generator["Figure"]:
    """Yield an empty figure (inches) in the house style; it is saved as a PNG at 300 dpi when the block ends well.

    The file appears whole or not at all. Fonts and sizes hold inside the block only.

    Raises:
        ValueError: the name does not end in ``.png``.
        OSError: the file cannot be written.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"{os.fspath(path)}: a picture is written as PNG; a name that ends in .png was expected")
    style: dict[Any, Any] = {
        "font.family": [_hanzi_family(), "DejaVu Sans"],
        "font.size": 10,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.titlesize": 11,
        "axes.labelsize": 9,
        "axes.linewidth": 0.8,
        "axes.unicode_minus": True,
        "text.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 9,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        _save(figure, path)


def _save(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write the figure as a PNG with a palette of 256 colours: no difference that shows, and a third of the size."""
    from PIL import Image

    canvas = cast("FigureCanvasAgg", figure.canvas)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = drawn.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    with replacing(path) as temporary:
        picture.save(temporary, format="png", dpi=(DPI, DPI))


def frame(axes: "Axes", plane: Plane, title: str, order: tuple[int, int] = (0, 1)) -> None:
    """Title and axis labels of a plane of principal components, in a square with equal units on both axes.

    There are no ticks: the units mean nothing. ``order`` says which component stands on each axis, from 0.
    """
    axes.set_title(title, loc="left")
    axes.set_xlabel(f"component {order[0] + 1} ({plane.shares[0]:.0%} of the variance)")
    axes.set_ylabel(f"component {order[1] + 1} ({plane.shares[1]:.0%})")
    axes.set_xticks([])
    axes.set_yticks([])
    low, high = plane.points.min(axis=0), plane.points.max(axis=0)
    reach = max(float((high - low).max()), 1e-9) * 0.62
    (x, y) = (low + high) / 2
    axes.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
    axes.set_aspect("equal", adjustable="box")


def label(axes: "Axes", labels: Labels, *, size: float = 10.0, lines: Sequence[Float[np.ndarray, "2 2"]] = ()) -> None:
    """Set each text beside its point where it covers no other text, point or line (``lines``: end points).

    A text that had to go farther is joined to its point by a thin line. Call it last: it measures the finished axes.
    """
    from matplotlib.patheffects import withStroke

    figure = cast("Figure", axes.figure)
    halo = [withStroke(linewidth=2.0, foreground="white")]
    texts = [
        axes.text(
            x, y, text, color=colour, size=size, ha="center", va="center_baseline", in_layout=False, path_effects=halo
        )
        for text, (x, y), colour in zip(labels.texts, labels.points, labels.colours, strict=True)
    ]
    figure.draw_without_rendering()
    scale, inverse = 72.0 / figure.dpi, axes.transData.inverted()
    extents = [text.get_window_extent() for text in texts]
    ends = np.asarray(lines, float).reshape(-1, 2)
    sizes = np.array([[box.width, box.height] for box in extents]) * scale
    points = axes.transData.transform(labels.points) * scale
    centres, distances = place(
        points,
        sizes,
        lines=axes.transData.transform(ends).reshape(-1, 2, 2) * scale if len(ends) else np.zeros((0, 2, 2)),
        frame=np.array(axes.get_window_extent().extents) * scale,
    )
    edges = np.clip(points, centres - sizes / 2, centres + sizes / 2)
    for i, text in enumerate(texts):
        text.set_position(tuple(inverse.transform(centres[i] / scale)))
        if distances[i] > LEADER:
            ends = np.stack([labels.points[i], inverse.transform(edges[i] / scale)])
            axes.plot(*ends.T, color=text.get_color(), linewidth=0.5, alpha=0.6, zorder=2)


def draw_plane(
    axes: "Axes", words: Sequence[str], plane: Plane, title: str, *, order: tuple[int, int] = (0, 1), path: bool = False
) -> None:
    """Words as dots with labels on a plane; English blue, Chinese red; ``path`` joins them in their order."""
    colours = _colours(words)
    lines = list(np.stack([plane.points[:-1], plane.points[1:]], axis=1)) if path else []
    for line in lines:
        axes.plot(*line.T, color=SOFT, linewidth=0.8, zorder=1)
    axes.scatter(*plane.points.T, c=colours, s=16, linewidths=0, zorder=3)
    frame(axes, plane, title, order)
    label(axes, Labels(words, plane.points, colours), size=11.0, lines=lines)


def draw_pairs(
    axes: "Axes",
    pairs: Sequence[tuple[str, str]],
    english: Float[np.ndarray, "q d"],
    chinese: Float[np.ndarray, "q d"],
    title: str,
) -> None:
    """Both languages in one space (``english`` already mapped): their common plane, a line joining each pair."""
    plane = pca_plane(np.concatenate([english, chinese]))
    left, right = plane.points[: len(pairs)], plane.points[len(pairs) :]
    lines = list(np.stack([left, right], axis=1))
    for line in lines:
        axes.plot(*line.T, color=SOFT, linewidth=0.9, zorder=1)
    axes.scatter(*left.T, c=ENGLISH, s=16, linewidths=0, zorder=3)
    axes.scatter(*right.T, c=CHINESE, s=16, linewidths=0, zorder=3)
    frame(axes, plane, title)
    words = [one for one, _ in pairs] + [other for _, other in pairs]
    colours = [ENGLISH] * len(pairs) + [CHINESE] * len(pairs)
    label(axes, Labels(words, plane.points, colours), size=10.0, lines=lines)


def draw_offsets(axes: "Axes", pairs: Sequence[tuple[str, str]], vectors: Float[np.ndarray, "m d"], title: str) -> None:
    """An arrow from the first word of each pair to the second, on the plane of all their words.

    ``vectors`` holds the first words' rows, then the second words': m = 2 len(pairs). Arrows that are parallel here may
    point elsewhere in the directions that the plane leaves out.
    """
    plane = pca_plane(vectors)
    starts, ends = plane.points[: len(pairs)], plane.points[len(pairs) :]
    words = [one for one, _ in pairs] + [other for _, other in pairs]
    colours = _colours(words)
    for start, end, colour in zip(starts, ends, colours, strict=False):
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 0.9, "alpha": 0.75, "shrinkA": 2, "shrinkB": 3}
        axes.annotate("", tuple(end), tuple(start), arrowprops=arrow, zorder=2)
    axes.scatter(*plane.points.T, c=colours, s=14, linewidths=0, zorder=3)
    frame(axes, plane, title)
    label(axes, Labels(words, plane.points, colours), size=10.0, lines=list(np.stack([starts, ends], axis=1)))


def plot_words(space: Space, words: Sequence[str], path: str | os.PathLike[str], *, title: str = "") -> Plane:
    """Draw ``words`` of one space (it may hold both languages) on the plane of their two main directions, as a PNG.

    The vectors are taken at unit length. A word named twice is drawn once.

    Raises:
        ValueError: fewer than two different words, or the name does not end in ``.png``.
        KeyError: a word without a vector; the message names the nearest spellings.
        OSError: the picture cannot be written.
    """
    words = list(dict.fromkeys(words))
    plane = pca_plane(unit_rows(space.of(words)))
    with sheet(path, 6.4, 6.6) as figure:
        draw_plane(figure.subplots(), words, plane, title or space.name)
    return plane


def _colours(words: Sequence[str]) -> list[str]:
    """Red for a word with hanzi, blue for any other."""
    return [CHINESE if has_hanzi(word) else ENGLISH for word in words]
