"""Figures of the part on offsets: cosines with their null distributions, and P@1 of analogies."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.homework.relations import LANGUAGES, Answers, Finding, right

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_GREY, _QUIET, _ALPHA = "#d7dbe0", "#59616b", 0.65
_COLOUR = {"en": ENGLISH, "zh": CHINESE}


def draw_nulls(findings: Sequence[Finding], path: Path) -> Path:
    """Draws a panel for each relation: the cosines of its offsets, of random pairs and of shuffled pairs."""
    lines = [[f for f in findings if f.cover.relation.language == language] for language in LANGUAGES]
    rows = [line[i : i + _COLUMNS] for line in lines for i in range(0, len(line), _COLUMNS)]
    with sheet(path, 9.6, 2.15 * len(rows) + 0.6) as figure:
        grid = figure.subplots(len(rows), _COLUMNS, sharex=True, squeeze=False)
        for line, row in zip(grid, rows, strict=True):
            for axes in line[len(row) :]:
                axes.axis("off")
            for axes, finding in zip(line, row, strict=False):
                _draw_null(axes, finding)
            line[0].set_ylabel("density")
        for axes in grid[-1]:
            axes.set_xlabel("cosine of two offsets")
        _null_legend(figure)
    return path


def _draw_null(axes: "Axes", finding: Finding) -> None:
    parallel, colour = finding.parallel, _COLOUR[finding.cover.relation.language]
    edges = np.linspace(-0.6, 1.0, 65).tolist()
    wide = edges if len(parallel.between) >= 150 else edges[::4]
    axes.hist(parallel.random_cosines, edges, density=True, color=_GREY)
    axes.hist(parallel.shuffled_cosines, edges, density=True, histtype="step", color=INK, linewidth=0.9)
    axes.hist(parallel.between, wide, density=True, color=colour, alpha=_ALPHA)
    axes.axvline(parallel.random.value, color=colour, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.set_xlim(-0.6, 1.0)
    axes.set_title(finding.cover.name, loc="left", fontsize=10, pad=16)
    axes.text(
        0, 1.04, f"{len(finding.cover.pairs)} pairs in {finding.cover.space.name}, mean {parallel.random.value:.2f}",
        transform=axes.transAxes, fontsize=8, color=_QUIET,
    )  # fmt: skip
    axes.set_yticks([])
    axes.tick_params(labelsize=8, color=SOFT)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _null_legend(figure: "Figure") -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(color=_GREY, label="random word pairs of similar frequency"),
        Patch(facecolor="none", edgecolor=INK, label="the relation's words, paired at random"),
        *(Patch(color=c, alpha=_ALPHA, label=f"the relation's pairs, {LANGUAGES[key]}") for key, c in _COLOUR.items()),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def draw_answers(findings: Sequence[Finding], path: Path) -> Path:
    """Draws a row for each relation and space: P@1 of each method, as dots on one scale."""
    with sheet(path, 8.4, 0.3 * len(findings) + 1.3) as figure:
        axes = figure.subplots()
        for line, finding in enumerate(findings):
            _draw_answers(axes, line, _COLOUR[finding.cover.relation.language], finding.answers)
            if line and finding.cover.space is not findings[line - 1].cover.space:
                axes.axhline(line - 0.5, color=SOFT, linewidth=0.6)
        axes.set_yticks(range(len(findings)), [f"{f.cover.name}  ({f.cover.space.name})" for f in findings])
        axes.set_ylim(len(findings) - 0.4, -0.6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("share of questions whose first answer is the gold answer (P@1)")
        axes.grid(axis="x", color="#e6e9ec", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, labelsize=8.5)
        axes.spines[["top", "right", "left"]].set_visible(False)
        _answer_legend(figure)
    return path


def _marks(colour: str) -> list[dict[str, Any]]:
    """Returns the marker of each method: c alone, 3CosAdd with question words allowed, 3CosAdd, 3CosMul."""
    looks = (("|", INK, INK, 9.0), ("x", INK, INK, 5.5), ("o", colour, colour, 5.5), ("D", "none", colour, 7.0))
    return [
        {"marker": m, "markerfacecolor": face, "markeredgecolor": edge, "markersize": size, "markeredgewidth": 1.4}
        for m, face, edge, size in looks
    ]


def _draw_answers(axes: "Axes", line: int, colour: str, answers: Answers) -> None:
    values = [right(ranks) for ranks in (answers.nearest, answers.kept, answers.add, answers.mul)]
    axes.plot([min(values), max(values)], [line, line], color=SOFT, linewidth=0.8, zorder=1)
    for value, look in zip(values, _marks(colour), strict=True):
        axes.plot([value], [line], linestyle="none", zorder=3, clip_on=False, **look)


def _answer_legend(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    names = ("c alone, no offset", "3CosAdd, question words allowed", "3CosAdd", "3CosMul")
    marks = zip(names, _marks(INK), strict=True)
    handles = [Line2D([], [], linestyle="none", label=name, **look) for name, look in marks]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8.5)
