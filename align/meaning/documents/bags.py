"""Documents as bags of words: the words of each document that a space has, with their weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from align.retrieval import nonzero_rows
from align.space import Space


@dataclass(frozen=True, eq=False)
class Documents:
    """Token sequences, as rows of a space: document i is ``tokens[starts[i] : starts[i + 1]]``, in order.

    Tokens that the space lacks are left out. ``unseen`` counts them.
    """

    space: Space
    starts: Int[np.ndarray, " n1"]
    tokens: Int[np.ndarray, " t"]
    unseen: int = 0

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, eq=False)
class Bags:
    """Weighted bags of words: document i holds words ``ids[starts[i] : starts[i + 1]]``, each once, sorted.

    The weights of a document are positive and sum to 1. A document without a known word is empty.

    Raises:
        ValueError: the arrays do not describe the same number of entries.
    """

    space: Space
    starts: Int[np.ndarray, " n1"]
    ids: Int[np.ndarray, " t"]
    weights: Float[np.ndarray, " t"]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.weights) == int(self.starts[-1]):
            raise ValueError(f"{len(self.ids)} words, {len(self.weights)} weights, {int(self.starts[-1])} entries")

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: int) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"]]:
        """Returns the word rows and the weights of document ``i``."""
        part = slice(int(self.starts[i]), int(self.starts[i + 1]))
        return self.ids[part], self.weights[part]

    @property
    def sizes(self) -> Int[np.ndarray, " n"]:
        """The number of distinct words in each document."""
        return np.diff(self.starts)

    @cached_property
    def used(self) -> Int[np.ndarray, " u"]:
        """The distinct words of all documents, sorted."""
        return np.unique(self.ids)

    @cached_property
    def columns(self) -> Int[np.ndarray, " t"]:
        """The position of each entry's word in ``used``."""
        return np.searchsorted(self.used, self.ids)

    @cached_property
    def vectors(self) -> Float[np.ndarray, "u d"]:
        """The unit vectors of ``used``, in float32."""
        return np.ascontiguousarray(self.space.unit[self.used], np.float32)

    def take(self, rows: Sequence[int] | Int[np.ndarray, " q"]) -> "Bags":
        """Returns the documents ``rows``, in that order."""
        parts = [self[int(row)] for row in rows]
        sizes = np.array([len(ids) for ids, _ in parts], np.int64)
        ids = np.concatenate([ids for ids, _ in parts]) if parts else self.ids[:0]
        weights = np.concatenate([weights for _, weights in parts]) if parts else self.weights[:0]
        return Bags(self.space, _starts(sizes), ids, weights)


def documents_of(space: Space, texts: Iterable[Sequence[str]]) -> Documents:
    """Returns tokenised texts as documents of a space.

    Args:
      space: the space that gives words their vectors.
      texts: the tokens of each document.

    Returns:
      The documents, in the same order; tokens without a vector, or with a vector of zeros, are left out.

    Raises:
      ValueError: a text is a string and not a list of tokens.

    Example:
      >>> from align.text.vocab import Vocab
      >>> space = Space(Vocab(["the", "cat", "sat"]), np.eye(3, dtype=np.float32))
      >>> made = documents_of(space, [["the", "cat", "purrs"], ["cat", "cat"]])
      >>> made.tokens.tolist(), made.starts.tolist(), made.unseen
      ([0, 1, 1, 1], [0, 2, 4], 1)
    """
    index = space.vocab.index
    rows: list[int] = []
    sizes: list[int] = []
    total = 0
    for text in texts:
        if isinstance(text, str):
            raise ValueError(f"the text {text[:40]!r} is a string; a list of tokens was expected")  # noqa: TRY004
        known = [index[token] for token in text if token in index]
        rows += known
        sizes.append(len(known))
        total += len(text)
    tokens = np.array(rows, np.int64)
    used, place = np.unique(tokens, return_inverse=True)
    there = nonzero_rows(np.asarray(space.vectors[used]))[place]
    owner = np.repeat(np.arange(len(sizes)), np.array(sizes, np.int64))
    starts = _starts(np.bincount(owner[there], minlength=len(sizes)))
    return Documents(space, starts, tokens[there], total - int(there.sum()))


def bags_of(documents: Documents, word_weights: Float[np.ndarray, " v"] | None = None) -> Bags:
    """Returns the bag of each document: the counts of its words times the words' weights, scaled to sum 1.

    Args:
      documents: the token sequences.
      word_weights: a weight above 0 for each word of the space, or None for plain counts (nBOW, Kusner et al. 2015).

    Returns:
      One bag for each document.
    """
    ids: list[Int[np.ndarray, " m"]] = []
    counts: list[Int[np.ndarray, " m"]] = []
    for start, stop in zip(documents.starts[:-1], documents.starts[1:], strict=True):
        found, times = np.unique(documents.tokens[start:stop], return_counts=True)
        ids.append(found)
        counts.append(times)
    sizes = np.array([len(one) for one in ids], np.int64)
    rows = np.concatenate(ids) if ids else np.zeros(0, np.int64)
    weights = np.concatenate(counts).astype(np.float64) if counts else np.zeros(0)
    if word_weights is not None:
        weights *= word_weights[rows]
    return normalised(documents.space, sizes, rows, weights)


def normalised(
    space: Space, sizes: Int[np.ndarray, " n"], ids: Int[np.ndarray, " t"], weights: Float[np.ndarray, " t"]
) -> Bags:
    """Returns bags whose weights sum to 1 in each document.

    Args:
      space: the space of the words.
      sizes: number of distinct words of each document, shape (n,).
      ids: word rows of all documents, one document after another, shape (t,).
      weights: weight of each of these words, above 0, shape (t,).
    """
    owner = np.repeat(np.arange(len(sizes)), sizes)
    totals = np.bincount(owner, weights, len(sizes))
    return Bags(space, _starts(sizes), ids, weights / totals[owner])


def _starts(sizes: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n1"]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
