"""The flow of an optimal transport plan between two documents, word by word."""

from typing import NamedTuple

import numpy as np

from align.meaning.documents.bags import Bags
from align.meaning.documents.transport import solve, word_distances


class Travel(NamedTuple):
    """Mass of one word that a transport plan moves to another word, over a distance."""

    word: str
    to: str
    mass: float
    distance: float

    @property
    def cost(self) -> float:
        """Mass times distance: the contribution to the distance between the documents."""
        return self.mass * self.distance


def travels(x: Bags, i: int, y: Bags, j: int) -> list[Travel]:
    """Returns the travels of an optimal plan from document i of x to document j of y, the costliest first.

    Their costs sum to the Word Mover's Distance of the two documents.

    Args:
      x: documents.
      i: a document of x.
      y: documents of the same space or of a space with the same dimensions.
      j: a document of y.

    Returns:
      One travel for each pair of words with mass between them; words that stay in place are included.

    Raises:
      ValueError: one of the documents is empty.

    Source: Kusner et al. 2015, figure 1.
    """
    (rows, a), (columns, b) = x[i], y[j]
    if not len(rows) or not len(columns):
        raise ValueError(f"document {i + 1 if not len(rows) else j + 1} has no word that the space knows")
    costs = word_distances(x.space.unit[rows].astype(np.float64), y.space.unit[columns].astype(np.float64))
    if x.space is y.space:
        costs[rows[:, None] == columns] = 0.0
    flow = solve(a, b, np.ascontiguousarray(costs, np.float64), flow=True).flow
    found = [
        Travel(
            x.space.vocab.words[int(rows[m])],
            y.space.vocab.words[int(columns[n])],
            float(flow[m, n]),
            float(costs[m, n]),
        )
        for m, n in zip(*np.nonzero(flow > 1e-9), strict=True)
    ]
    return sorted(found, key=lambda travel: (-travel.cost, travel.word, travel.to))
