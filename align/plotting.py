"""2-D views of words, with a font that has hanzi and labels that do not overlap.

Figures are made without ``pyplot``: no window opens, no backend is chosen, and no setting of the process changes.
"""

import contextlib
import os
from collections.abc import Collection, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from jaxtyping import Float

from align.atomic import replacing
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.query import known_queries
from align.bilingual.translator import Translator
from align.fonts import drawable, families
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
    """Texts to place next to points of shape (q, 2), each with its colour."""

    texts: Sequence[str]
    points: Float[np.ndarray, "q 2"]
    colours: Sequence[str]


@contextlib.contextmanager
def sheet(path: str | os.PathLike[str], width: float | int, height: float | int) -> Generator["Figure"]:
    """Yields an empty figure, and saves it as a PNG at 300 dpi if the block ends without an error.

    The file appears whole or not at all. Fonts and sizes apply inside the block only.

    Args:
      path: the PNG to write.
      width: inches.
      height: inches.

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
        "font.family": families(),
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
    """Writes the figure as a PNG with 256 colours, which takes a third of the space and looks the same."""
    from PIL import Image

    canvas = cast("FigureCanvasAgg", figure.canvas)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = drawn.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    with replacing(path) as temporary:
        picture.save(temporary, format="png", dpi=(DPI, DPI))


def frame(axes: "Axes", plane: Plane, title: str, order: tuple[int, int] = (0, 1)) -> None:
    """Sets the title and axis labels of a plane of principal components, with equal units on both axes.

    The axes have no ticks, because the units have no meaning. ``order`` gives the component on each axis, from 0.
    """
    axes.set_title(drawable(title), loc="left", parse_math=False)
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
    """Places each text next to its point so that it covers no other text, point or line.

    A thin line joins a text to its point if they are far apart. A ``$`` is drawn as a dollar sign, and a character that
    the fonts lack as its code point. Call this last, because it measures the finished axes.

    Args:
      axes: the axes, with all points and lines drawn.
      labels: the texts.
      size: font size in points.
      lines: end points of drawn lines, which texts must not cover.
    """
    from matplotlib.patheffects import withStroke

    figure = cast("Figure", axes.figure)
    halo = [withStroke(linewidth=2.0, foreground="white")]
    texts = [
        axes.text(
            x,
            y,
            drawable(text),
            color=colour,
            size=size,
            ha="center",
            va="center_baseline",
            in_layout=False,
            path_effects=halo,
            parse_math=False,
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
    """Draws words as labelled dots on a plane, English blue and Chinese red; ``path`` joins them in order."""
    lines = list(np.stack([plane.points[:-1], plane.points[1:]], axis=1)) if path else []
    _draw_words(axes, Labels(words, plane.points, _colours(words)), lines)
    frame(axes, plane, title, order)
    label(axes, Labels(words, plane.points, _colours(words)), size=11.0, lines=lines)


def _draw_words(axes: "Axes", words: Labels, lines: Sequence[Float[np.ndarray, "2 2"]]) -> None:
    """Draws the dots of words, and lines under them."""
    for line in lines:
        axes.plot(*line.T, color=SOFT, linewidth=0.9, zorder=1)
    axes.scatter(*words.points.T, c=words.colours, s=16, linewidths=0, zorder=3)


def draw_pairs(
    axes: "Axes",
    pairs: Sequence[tuple[str, str]],
    english: Float[np.ndarray, "q d"],
    chinese: Float[np.ndarray, "q d"],
    title: str,
) -> None:
    """Draws translation pairs on a common plane of both languages; a line joins each pair.

    Args:
      axes: where to draw.
      pairs: q pairs (English word, Chinese word).
      english: vectors of the English words, mapped, shape (q, d).
      chinese: vectors of the Chinese words, shape (q, d).
      title: the title.
    """
    words = [first for first, _ in pairs] + [second for _, second in pairs]
    colours = [ENGLISH] * len(pairs) + [CHINESE] * len(pairs)
    plane = pca_plane(np.concatenate([english, chinese]))
    joined = np.stack([plane.points[: len(pairs)], plane.points[len(pairs) :]], axis=1)
    _draw_labelled(axes, Labels(words, plane.points, colours), plane, list(joined), title)


def _draw_labelled(
    axes: "Axes", words: Labels, plane: Plane, lines: Sequence[Float[np.ndarray, "2 2"]], title: str
) -> None:
    """Draws words with their labels and lines on a plane."""
    _draw_words(axes, words, lines)
    frame(axes, plane, title)
    label(axes, words, size=10.0, lines=lines)


def draw_offsets(axes: "Axes", pairs: Sequence[tuple[str, str]], vectors: Float[np.ndarray, "m d"], title: str) -> None:
    """Draws an arrow from the first word of each pair to the second, on the plane of all these words.

    Arrows that are parallel on the plane may differ in the directions that it does not show.

    Args:
      axes: where to draw.
      pairs: q pairs of words.
      vectors: rows of the first words, then rows of the second words, shape (m, d), m = 2 q.
      title: the title.
    """
    plane = pca_plane(vectors)
    starts, ends = plane.points[: len(pairs)], plane.points[len(pairs) :]
    words = [first for first, _ in pairs] + [second for _, second in pairs]
    colours = _colours(words)
    for start, end, colour in zip(starts, ends, colours, strict=False):
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 0.9, "alpha": 0.75, "shrinkA": 2, "shrinkB": 3}
        axes.annotate("", tuple(end), tuple(start), arrowprops=arrow, zorder=2)
    axes.scatter(*plane.points.T, c=colours, s=14, linewidths=0, zorder=3)
    frame(axes, plane, title)
    label(axes, Labels(words, plane.points, colours), size=10.0, lines=list(np.stack([starts, ends], axis=1)))


def plot(
    model: Space | Translator,
    words: Sequence[str],
    path: str | os.PathLike[str],
    *,
    title: str = "",
    pairs: Collection[tuple[str, str]] = (),
) -> Plane:
    """Draws words on the plane of their first two principal components, as a PNG.

    The vectors are scaled to unit length. A word named twice is drawn once. Words of a translator are drawn in its
    common space, where words of one language lie nearer to each other than to their translations; so if both languages
    have two or more words, each language is centred first. A line joins the words of each pair in ``pairs``.

    Args:
      model: a space, which may hold words of both languages, or a translator.
      words: the words to draw, at least two different ones.
      path: the PNG to write.
      title: the title; if it is empty, the name of the space.
      pairs: translation pairs, English and Chinese, to join if both words are drawn; only for a translator.

    Returns:
      The plane, with a row for each word; for a translator, the English words come first.

    Raises:
      ValueError: fewer than two different words, or a name that does not end in ``.png``.
      KeyError: a word without a vector; the message names words of similar spelling.
      OSError: the picture cannot be written.

    Example:
      >>> import tempfile
      >>> from align.text.vocab import Vocab
      >>> space = Space(Vocab(["马", "牛", "驴"]), np.eye(3, dtype=np.float32))
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     plane = plot(space, ["马", "牛", "驴"], f"{folder}/animals.png")
      >>> plane.points.shape
      (3, 2)
    """
    if isinstance(model, Translator):
        return _plot_translator(model, words, path, title, pairs)
    words = list(dict.fromkeys(words))
    plane = pca_plane(unit_rows(model.of(words)))
    with sheet(path, 6.4, 6.6) as figure:
        draw_plane(figure.subplots(), words, plane, title or model.name)
    return plane


def _plot_translator(
    translator: Translator,
    words: Sequence[str],
    path: str | os.PathLike[str],
    title: str,
    pairs: Collection[tuple[str, str]],
) -> Plane:
    """Draws words of both languages in the common space of a translator."""
    queries = known_queries(translator, words)
    english = list(dict.fromkeys(query.form for query in queries if not query.reverse))
    chinese = list(dict.fromkeys(query.form for query in queries if query.reverse))
    sides = [unit_rows(translator.source.of(english)), unit_rows(translator.target.of(chinese))]
    centred = len(english) > 1 and len(chinese) > 1
    plane = pca_plane(np.concatenate([units - units.mean(axis=0) for units in sides] if centred else sides))
    rows = [
        (english.index(en), len(english) + chinese.index(zh)) for en, zh in pairs if en in english and zh in chinese
    ]
    shown = Labels([*english, *chinese], plane.points, [ENGLISH] * len(english) + [CHINESE] * len(chinese))
    title = title or f"{translator.source.name} and {translator.target.name}{', each centred' if centred else ''}"
    with sheet(path, 6.4, 6.6) as figure:
        _draw_labelled(figure.subplots(), shown, plane, [plane.points[[i, j]] for i, j in rows], title)
    return plane


def attested_pairs(cedict: Cedict, words: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the pairs of an English and a Chinese word among ``words`` that CC-CEDICT has.

    Example:
      >>> from align.bilingual.dictionary.cedict import parse_cedict
      >>> cedict = parse_cedict("馬 马 [ma3] /horse/", "one line")
      >>> attested_pairs(cedict, ["horse", "cow", "马"])
      [('horse', '马')]
    """
    english, chinese = [word for word in words if not has_hanzi(word)], [word for word in words if has_hanzi(word)]
    return [(en, zh) for en in english for zh in chinese if cedict.attests(en, zh)]


def _colours(words: Sequence[str]) -> list[str]:
    """Returns red for a word with hanzi, blue for any other."""
    return [CHINESE if has_hanzi(word) else ENGLISH for word in words]
