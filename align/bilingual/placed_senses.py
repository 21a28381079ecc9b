"""Senses of words as points of a translator's common space."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.bilingual.translator import Translator
from align.message import number_of
from align.retrieval import nonzero_rows, unit_rows
from align.senses import SenseSpace
from align.text.forms import find_form

MAX_WORDS, RIDGE = 20_000, 1.0
"""The largest number of words that the map is fitted to, and the weight of its penalty."""


@dataclass(frozen=True, eq=False)
class PlacedSenses:
    """The senses of a language's words, and the linear map that places them in a translator's common space.

    Args:
      space: the senses.
      weights: the map W from unit vectors of senses to points of the common space, shape (d, j).
      reverse: whether the words are Chinese.
    """

    space: SenseSpace
    weights: Float[np.ndarray, "d j"]
    reverse: bool

    def __repr__(self) -> str:
        return f"PlacedSenses({self.space!r})"

    def form(self, word: str) -> str:
        """Returns the form of a word that the space of senses has, or "" if it has none."""
        found = find_form(word, self.space.vocab)
        return "" if found is None else found.word

    def points(self, word: str) -> Float[np.ndarray, "s j"]:
        """Returns the points of a word's senses as unit rows, shape (s, j), in the order of ``SenseSpace.senses``."""
        return unit_rows(self.space.unit[self.space.rows(word)] @ self.weights)


def place_senses(translator: Translator, space: SenseSpace) -> PlacedSenses:
    """Fits the map that places the senses of a space in the common space of a translator.

    The map W is fitted to words that have a single sense in the space and a vector in the translator: the
    ``MAX_WORDS`` most frequent such words. It minimises sum_w ||p_w - u_w W||^2 + lambda ||W||^2, where p_w is the
    point of word w in the translator, u_w is the unit vector of its only sense, and lambda is ``RIDGE``. The
    translator may have been trained on other texts than the senses.

    Args:
      translator: the translator.
      space: senses of English or Chinese words, from ``align train adagram``.

    Raises:
      ValueError: the number of such words is below the number of dimensions of the vectors of senses.

    Example:
      >>> from align import Space, Vocab
      >>> points = np.eye(2, dtype=np.float32)
      >>> english, chinese = Space(Vocab(["money", "river"]), points), Space(Vocab(["钱", "河"]), points)
      >>> translator = Translator(english, chinese, *np.zeros((2, 2), np.float32))
      >>> vectors = np.array([[0, 1], [1, 0], [0, 1], [1, 0]], np.float32)
      >>> parts = vectors, np.ones(4), np.zeros(4), np.zeros((3, 2), np.float32), np.ones(3)
      >>> senses = SenseSpace(Vocab(["bank", "money", "river"]), np.array([0, 2, 3, 4]), *parts)
      >>> place_senses(translator, senses).points("bank").round(1).tolist()
      [[1.0, 0.0], [0.0, 1.0]]
    """
    reverse = _is_reverse(translator, space)
    side = translator.target if reverse else translator.source
    single = np.flatnonzero(np.diff(space.first) == 1)
    rows = side.vocab.ids(space.vocab.words[int(i)] for i in single)
    there = rows >= 0
    there[there] = nonzero_rows(side.vectors[rows[there]])
    chosen, rows = single[there][:MAX_WORDS], rows[there][:MAX_WORDS]
    if len(chosen) < space.dim:
        raise ValueError(
            f"{space.name or 'the senses'}: {number_of(len(chosen), 'word')} of one sense are in the translator; "
            f"at least {space.dim} are needed to place the senses"
        )
    x, y = space.unit[space.first[chosen]], np.asarray(side.vectors[rows], np.float32)
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(space.dim, dtype=np.float32), x.T @ y)
    return PlacedSenses(space, weights, reverse)


def senses_of_side(placed: Iterable[PlacedSenses], *, reverse: bool) -> PlacedSenses | None:
    """Returns the first senses of English words in ``placed`` (with ``reverse``, of Chinese words), or None."""
    return next((one for one in placed if one.reverse is reverse), None)


def _is_reverse(translator: Translator, space: SenseSpace) -> bool:
    """Returns whether the senses are of Chinese words.

    If the space does not name its language, the translator's side that shares more words with it decides.
    """
    if space.language:
        return space.language == "zh"
    shared = [(side.vocab.ids(space.vocab.words) >= 0).sum() for side in (translator.source, translator.target)]
    return bool(shared[1] > shared[0])
