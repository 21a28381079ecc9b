"""The words of a space nearest to a word, or to a vector made of words."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.retrieval import top_k, unit_rows
from align.space import Space


class Near(NamedTuple):
    """A word and its cosine to what was asked."""

    word: str
    score: float


def nearest(space: Space, word: str, k: int = 10) -> list[Near]:
    """The ``k`` words nearest to ``word`` by cosine, ``word`` left out; raises KeyError where it has no vector."""
    return nearest_to(space, space[word], k, leave_out=(word,))


def nearest_to(space: Space, vector: Float[np.ndarray, " d"], k: int = 10, leave_out: Iterable[str] = ()) -> list[Near]:
    """The ``k`` words nearest to ``vector`` by cosine, the words ``leave_out`` left out, best first."""
    query = unit_rows(np.asarray(vector, np.float32)[None])
    exclude = space.vocab.ids(leave_out)[None]
    found = top_k(query, space.unit, min(k, len(space) - int((exclude >= 0).sum())), exclude=exclude)
    return [Near(space.vocab.words[int(i)], float(s)) for i, s in zip(found.ids[0], found.scores[0], strict=True)]
