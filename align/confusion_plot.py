"""A picture of a confusion matrix: which labels are taken for which."""

import os
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from align.fonts import drawable
from align.plotting import sheet

_MAX_LABELS = 30


def draw_confusion(
    confusion: Int[np.ndarray, "l l"], labels: Sequence[str], path: str | os.PathLike[str], *, title: str
) -> None:
    """Draws a confusion matrix: a row for each gold label, a column for each predicted label.

    The shade of a cell is its share of the row; the number in it is the count. If there are more than 30
    labels, the 30 with the most gold texts are drawn.

    Args:
        confusion: number of texts of each gold label (row) and predicted label (column), shape (l, l).
        labels: the names of the l labels.
        path: the PNG to write.
        title: a line above the picture.

    Raises:
        ValueError: the name does not end in ``.png``.
        OSError: the picture cannot be written.
    """
    chosen = np.sort(np.argsort(-confusion.sum(1), kind="stable")[:_MAX_LABELS])
    counts = confusion[np.ix_(chosen, chosen)]
    names = [drawable(str(labels[i])) for i in chosen.tolist()]
    share = counts / np.maximum(confusion[chosen].sum(1, keepdims=True), 1)
    side = max(3.2, 0.36 * len(names) + 1.8)
    with sheet(path, side, side) as figure:
        axes = figure.subplots()
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
        axes.set_yticks(range(len(names)), names, parse_math=False)
        axes.set_xlabel("predicted")
        axes.set_ylabel("gold")
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, size=7)
        axes.set_title(drawable(title), loc="left", parse_math=False)
