"""The words of a space nearest to a word, or to a vector made of words."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.retrieval import top_k, unit_rows
from align.space import Space


class Near(NamedTuple):
    """A word and its cosine to the query."""

    word: str
    score: float


def nearest(space: Space, word: str, k: int = 10) -> list[Near]:
    """Returns the k words nearest to ``word`` by cosine, best first, without ``word`` itself.

    A word whose vector is all zeros has no neighbours and is nobody's neighbour.

    Raises:
      KeyError: ``word`` is not in the vocabulary and has no units.

    >>> from align import Space, Vocab
    >>> space = Space(Vocab(["one", "two", "three"]), np.array([[1, 0], [1, 1], [0, 1]], np.float32))
    >>> nearest(space, "one", k=1)
    [Near(word='two', score=0.7071067690849304)]
    """
    return nearest_to(space, space[word], k, leave_out=(word,))


def nearest_to(space: Space, vector: Float[np.ndarray, " d"], k: int = 10, leave_out: Iterable[str] = ()) -> list[Near]:
    """Returns the k words nearest to a ``vector`` of shape (d,) by cosine, without those in ``leave_out``."""
    query = unit_rows(np.asarray(vector, np.float32)[None])
    found = top_k(query, space.unit, k, exclude=space.vocab.ids(leave_out)[None])
    pairs = zip(found.ids[0], found.scores[0], strict=True)
    return [Near(space.vocab.words[int(row)], float(score)) for row, score in pairs if row >= 0]
