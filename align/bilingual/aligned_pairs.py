"""Word pairs that sentence pairs align: a translator adds a bonus to their scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from align.retrieval import CSLSIndex
from align.search import Neighbours
from align.text.vocab import Vocab

if TYPE_CHECKING:
    import scipy.sparse as sp

AMOUNT = 2.0
"""The bonus of two words that are always aligned with each other; CSLS is at most about 2."""
ALIGNED = "aligned."
"""Prefix of the arrays of aligned pairs among a translator's ``weights``."""


@dataclass(frozen=True, eq=False)
class AlignedPairs:
    """Pairs of row numbers of two vocabularies, and the bonus that each adds to the score of its words.

    Args:
      source: row numbers of English words, in ascending order, shape (n,).
      target: row numbers of Chinese words, in ascending order for each English word, shape (n,).
      bonus: what each pair adds, 0 or more, shape (n,).

    Raises:
      ValueError: the arrays differ in length, the rows are out of order, or a bonus is below 0 or not finite.

    >>> pairs = AlignedPairs(np.array([0, 0, 2]), np.array([1, 3, 0]), np.array([0.5, 1.0, 2.0]))
    >>> [array.tolist() for array in pairs.of(0)]
    [[1, 3], [0.5, 1.0]]
    """

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    bonus: Float[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.bonus):
            raise ValueError("the arrays of aligned pairs differ in length")
        down, right = np.diff(self.source.astype(np.int64)), np.diff(self.target.astype(np.int64))
        if ((down < 0) | ((down == 0) & (right <= 0))).any():
            raise ValueError("aligned pairs are out of order")
        if not np.isfinite(self.bonus).all() or (self.bonus < 0).any():
            raise ValueError("a bonus of aligned pairs is below 0 or not finite")

    @staticmethod
    def none() -> "AlignedPairs":
        """Returns an empty set of pairs."""
        return AlignedPairs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def transpose(self) -> "AlignedPairs":
        """Returns the pairs with source and target exchanged."""
        order = np.lexsort((self.source, self.target))
        return AlignedPairs(self.target[order], self.source[order], self.bonus[order])

    def of(self, row: int) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"]]:
        """Returns the m target rows that are aligned with a source row, and their bonuses, both of shape (m,)."""
        part = slice(*np.searchsorted(self.source, [row, row + 1]))
        return self.target[part], self.bonus[part]

    def between(self, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k"]:
        """Returns the bonus of each source row with its own target rows ``ids``; 0 for pairs that are not aligned."""
        found = np.zeros(ids.shape, np.float32)
        for i, row in enumerate(rows.tolist()):
            columns, bonus = self.of(row)
            if len(columns):
                places = np.minimum(np.searchsorted(columns, ids[i]), len(columns) - 1)
                found[i] = np.where(columns[places] == ids[i], bonus[places], 0)
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the arrays for the ``weights`` of a translator."""
        return {
            f"{ALIGNED}source": self.source.astype(np.int32),
            f"{ALIGNED}target": self.target.astype(np.int32),
            f"{ALIGNED}bonus": self.bonus.astype(np.float32),
        }

    @staticmethod
    def read(weights: Mapping[str, np.ndarray], sizes: tuple[int, int]) -> "AlignedPairs | None":
        """Returns the aligned pairs among a translator's ``weights``, or None if it has none.

        Args:
          weights: the translator's arrays by name.
          sizes: the numbers of source and of target words.

        Raises:
          ValueError: an array is missing, or a row number is not in its vocabulary.
        """
        if not any(name.startswith(ALIGNED) for name in weights):
            return None
        try:
            found = AlignedPairs(*(weights[f"{ALIGNED}{name}"] for name in ("source", "target", "bonus")))
        except (KeyError, TypeError) as error:
            raise ValueError(f"the translator's aligned pairs are damaged ({error!r})") from error
        for rows, size in zip((found.source, found.target), sizes, strict=True):
            if len(rows) and not 0 <= rows.min() <= rows.max() < size:
                raise ValueError("the translator's aligned pairs are damaged (a row number is not in the vocabulary)")
        return found


@dataclass(frozen=True, eq=False)
class AlignedIndex(CSLSIndex):
    """A CSLS index whose scores are CSLS plus the bonus of aligned pairs.

    >>> points, means = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)
    >>> pairs = AlignedPairs(np.array([0]), np.array([1]), np.array([3.0]))
    >>> AlignedIndex(points, points, (means, means), pairs=pairs).nearest(np.array([0, 1]), 1).ids.tolist()
    [[1], [1]]
    """

    pairs: AlignedPairs = field(default_factory=AlignedPairs.none)

    def _exchanged(self) -> CSLSIndex:
        """Returns a new index whose source is the target of this one, with the pairs transposed."""
        return replace(super()._exchanged(), pairs=self.pairs.transpose())

    def nearest(
        self,
        rows: Int[np.ndarray, " q"],
        k: int,
        *,
        among: Int[np.ndarray, " n"] | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Neighbours:
        """Returns the k target words with the highest scores for each of the source words ``rows``.

        No bonus is below 0, so the best k are among the k best by CSLS and the words that are aligned with the query.
        The arguments and the result are those of ``CSLSIndex.nearest``.
        """
        found = super().nearest(rows, k, among=among, progress=progress)
        ids, scores = found.ids.copy(), found.scores.copy()
        for i, row in enumerate(rows.tolist()):
            columns, bonus = self.pairs.of(row)
            if not len(columns) or not self.source[row].any():
                continue
            own = super().pair_scores(rows[i : i + 1], columns[None])[0] + bonus
            kept = np.isfinite(own) if among is None else np.isfinite(own) & np.isin(columns, among)
            others = (found.ids[i] >= 0) & ~np.isin(found.ids[i], columns[kept])
            joined = np.concatenate([found.ids[i][others], columns[kept]])
            values = np.concatenate([found.scores[i][others], own[kept]])
            order = np.argsort(-values, kind="stable")[: ids.shape[1]]
            ids[i, : len(order)], scores[i, : len(order)] = joined[order], values[order]
        return Neighbours(ids, scores)

    def scores(self, rows: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q w"]:
        """Returns the scores of the source words ``rows`` with every target word; -inf if either has no vector."""
        found = super().scores(rows)
        for i, row in enumerate(rows.tolist()):
            columns, bonus = self.pairs.of(row)
            found[i, columns] += bonus
        return found

    def pair_scores(self, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k"]:
        """Returns the score of each source word of ``rows`` with its own target words ``ids``."""
        return super().pair_scores(rows, ids) + self.pairs.between(rows, ids)


def pairs_in(index: CSLSIndex) -> AlignedPairs | None:
    """Returns the aligned pairs of an index, or None if it has none."""
    return index.pairs if isinstance(index, AlignedIndex) else None


def aligned_pairs(
    table: "sp.csr_array", words: tuple[Vocab, Vocab], into: tuple[Vocab, Vocab], amount: float = AMOUNT
) -> AlignedPairs:
    """Returns the aligned pairs of a table of translation probabilities.

    The bonus of English word e and Chinese word z is ``amount`` sqrt(t(e | z) t(z | e)).

    Args:
      table: the products t(e | z) t(z | e), shape (v, w).
      words: the vocabularies of the table.
      into: the vocabularies of the translator; a pair with a word that they lack is left out.
      amount: the bonus at probability 1.

    Source: the product of both directions, Liang, Taskar & Klein 2006.
    """
    cells = table.tocoo()
    rows, columns = (
        own.ids(other.words)[np.asarray(place)]
        for own, other, place in zip(into, words, (cells.row, cells.col), strict=True)
    )
    known = np.flatnonzero((rows >= 0) & (columns >= 0))
    known = known[np.lexsort((columns[known], rows[known]))]
    bonus = amount * np.sqrt(np.asarray(cells.data, np.float32)[known])
    return AlignedPairs(rows[known], columns[known], bonus.astype(np.float32))
