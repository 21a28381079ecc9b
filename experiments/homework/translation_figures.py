"""Figures of the part on translation: learning curves, P@k by word frequency, kinds of mistakes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.homework.learning import MLP_KEY, LearningCurves
from experiments.homework.translation_tables import PLACES, BandScores, in_place, place_name
from experiments.mistakes import KINDS, SortedAnswers
from experiments.translation_scores import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINEAR = {
    "procrustes": (INK, (0, (5, 2))),
    "least-squares": ("#a8741a", (0, (1.5, 1.5))),
    "reweighted": ("#4f7f4f", (0, (4, 1.5, 1, 1.5))),
}
_PLAIN = {
    "other form": "right, in another form of the word",
    "in its definition": "the word is in the answer's definition",
    "opposite": "an opposite",
    "near-synonym": "close in meaning to a right answer",
    "same characters": "shares a character or stem with it",
    "hub": "a hub: the answer to many words",
    "same topic": "same topic as a right answer",
    "other": "none of these",
}
_GRID, _SHADE, _NOTE = "#e6e9ec", "#e9ecef", "#4a525a"
_SHADES = ("#1f5f8b", "#6a9cbf", "#b3cde0", "#dfe5ea")


def draw_learning(learning: LearningCurves, path: Path) -> Path:
    """Draws three panels: the training loss, P@1 by step, and P@1 by number of training words."""
    with sheet(path, 11.0, 3.9) as figure:
        loss, steps, words = figure.subplots(1, 3)
        loss.plot(*np.array(learning.losses).T, color=ENGLISH, linewidth=1.5)
        loss.set_title("Training loss", loc="left")
        loss.set_ylabel(f"loss per pair, mean of {learning.losses[0][0]} steps")
        _by_step(steps, learning)
        _by_words(words, learning)
        shares = [share for one in learning.accuracies for share in (one.seen, one.unseen)]
        top = 100 * max(*shares, *(share for one in learning.by_size for share in one.shares.values()))
        for axes in (steps, words):
            axes.set_ylim(0, top * 1.06)
            axes.set_ylabel(f"P@1 among {learning.candidates:,} words, %")
        for axes in (loss, steps):
            axes.set_xlim(-0.02 * learning.accuracies[-1].step, 1.03 * learning.accuracies[-1].step)
            axes.set_xlabel("training step")
        for axes in (loss, steps, words):
            axes.xaxis.set_major_formatter("{x:,.0f}")
            _plain(axes)
        figure.legend(*steps.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return path


def _by_step(axes: "Axes", learning: LearningCurves) -> None:
    at = [one.step for one in learning.accuracies]
    network = (
        ("MLP, training words", SOFT, [one.seen for one in learning.accuracies]),
        ("MLP, test words", ENGLISH, [one.unseen for one in learning.accuracies]),
    )
    for name, colour, shares in network:
        axes.plot(at, [100 * share for share in shares], "o-", color=colour, markersize=4, linewidth=1.4, label=name)
    for name, (colour, dashes) in _LINEAR.items():
        value = 100 * learning.by_size[-1].shares[name]
        axes.axhline(value, color=colour, linewidth=1.2, linestyle=dashes, label=f"{TITLES[name]}, test words")
    axes.set_title("P@1 by training step", loc="left")


def _by_words(axes: "Axes", learning: LearningCurves) -> None:
    counts = [one.words for one in learning.by_size]
    for name, (colour, dashes) in {**_LINEAR, MLP_KEY: (ENGLISH, "-")}.items():
        values = [100 * one.shares[name] for one in learning.by_size]
        axes.plot(counts, values, marker="o", color=colour, markersize=4, linewidth=1.4, linestyle=dashes)
    axes.set_title("Test P@1 by number of training words", loc="left")
    axes.set_xlabel("English words in training")
    axes.set_xlim(0, counts[-1] * 1.05)


def _plain(axes: "Axes") -> None:
    axes.grid(axis="y", color=_GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)


def draw_bands(scores: Sequence[BandScores], path: Path) -> Path:
    """Draws P@1 (with its 95% interval), P@5 and P@10 of every band; a grey band marks training words."""
    with sheet(path, 9.0, 4.3) as figure:
        axes = figure.subplots()
        seen = sum(one.band.role == "training" for one in scores)
        unseen = np.arange(seen, len(scores))
        axes.axvspan(-0.5, seen - 0.5, color=_SHADE, linewidth=0)
        for left, words in ((-0.45, "grey: training words, seen"), (seen - 0.45, "white: words not seen in training")):
            axes.text(left, 97, words, va="top", fontsize=9, color=_NOTE)
        for k, colour, width in ((10, "#b3cde0", 1.2), (5, "#6a9cbf", 1.2), (1, ENGLISH, 1.7)):
            values = np.array([100 * one.mlp.precision(k).value for one in scores])
            for part, style in ((np.arange(seen), ":"), (unseen, "-")):
                axes.plot(part, values[part], color=colour, linewidth=width, linestyle=style)
            axes.plot(
                np.arange(len(scores)), values, "o", color=colour, markersize=5, label=f"MLP, P@{k}", linestyle="none"
            )
        for at, one in enumerate(scores):
            axes.plot([at, at], [100 * x for x in wilson(one.mlp.ranks <= 1)], color=ENGLISH, linewidth=1.2)
        procrustes = [100 * one.procrustes.precision(1).value for one in scores]
        axes.plot(
            range(len(scores)),
            procrustes,
            "D",
            color="none",
            markeredgecolor=INK,
            markersize=7,
            label="Procrustes, P@1",
        )
        axes.set_xticks(range(len(scores)), [_band_name(one) for one in scores], fontsize=8)
        axes.set_xlim(-0.5, len(scores) - 0.5)
        axes.set_ylim(0, 100)
        axes.set_ylabel("right answers, % of words")
        axes.set_xlabel("covered English words, from frequent to rare")
        _plain(axes)
        figure.legend(loc="outside upper center", ncols=4)
    return path


def _band_name(one: BandScores) -> str:
    return f"{one.band.first:,}–\n{one.band.last:,}\n{one.band.role}"


def wilson(hits: "np.ndarray") -> tuple[float, float]:
    """Returns the 95% interval of a share (Wilson 1927): (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n).

    >>> [round(x, 3) for x in wilson(np.array([True, False]))]
    [0.095, 0.905]
    """
    n, p, z = len(hits), float(np.mean(hits)), 1.959964
    middle, reach = p + z * z / (2 * n), z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)


def draw_mistakes(both: Sequence[SortedAnswers], path: Path) -> Path:
    """Draws a panel for each direction with a bar for each kind: its share of mistakes, by rank of the right answer."""
    with sheet(path, 10.0, 3.9) as figure:
        panels = figure.subplots(1, 2, sharey=True, sharex=True)
        for axes, found, colour in zip(panels, both, (ENGLISH, CHINESE), strict=True):
            total = max(1, len(found.mistakes))
            left = np.zeros(len(KINDS))
            for place, shade in zip(PLACES, _SHADES, strict=True):
                counts = [sum(in_place(m.answer.place, place) for m in found.of(kind.name)) for kind in KINDS]
                width = 100 * np.array(counts) / total
                axes.barh(range(len(KINDS)), width, left=left, color=shade, height=0.68, label=place_name(place))
                left += width
            for row, value in enumerate(left):
                axes.text(value + 0.7, row, str(len(found.of(KINDS[row].name))), va="center", fontsize=8.5)
            way = "Chinese to English" if found.reverse else "English to Chinese"
            axes.set_title(f"{way}: {len(found.mistakes):,} of {len(found.answers):,} wrong", loc="left", color=colour)
            axes.set_yticks(range(len(KINDS)), [_PLAIN.get(kind.name, kind.name) for kind in KINDS])
            axes.set_ylim(len(KINDS) - 0.5, -0.5)
            axes.set_xlabel("% of the wrong answers")
            axes.tick_params(length=0, labelsize=9)
            axes.spines[["top", "right", "left"]].set_visible(False)
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4, title="rank of the first right answer")
    return path
