"""Space: words and their vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from align.checks import at_least
from align.retrieval import nonzero_rows, top_k, unit_rows
from align.tables import html_table
from align.text.chinese import simplify_all
from align.text.forms import is_word, suggestions
from align.text.vocab import Vocab


@runtime_checkable
class Units(Protocol):
    """Sub-word units that give an unseen word a vector (``text/units.py``)."""

    def vector(self, word: str) -> Float[np.ndarray, " d"] | None:
        """Returns the vector of an unseen word, shape (d,), or None if no part of it is known."""
        ...


BUILT = "built from its parts"
"""The note on a word whose vector comes from sub-word units."""


class WordScore(NamedTuple):
    """A word and its score, a cosine from -1 to 1 unless the caller says otherwise.

    >>> WordScore("queen", 0.75).word
    'queen'
    """

    word: str
    score: float


@dataclass(frozen=True, eq=False)
class Space:
    """A word-vector space: row ``i`` of ``vectors`` is the vector of word ``i`` of ``vocab``.

    Args:
      vocab: the words, most frequent first, v of them.
      vectors: one vector per row, shape (v, d), float32; may be a read-only memory map. Whole numbers, truth values
        and float16 become float32.
      units: sub-word units that give unseen words a vector, if the model has them.
      name: the name of the space in reports and pictures.

    Raises:
      ValueError: the number of words and of vectors differ, or the vectors are no table of real numbers.

    Example:
      >>> vectors = np.array([[1, 1], [1, -1], [0.1, 1], [0.1, -1]], np.float32)
      >>> space = Space(Vocab(["king", "queen", "man", "woman"]), vectors, name="tiny")
      >>> space
      Space('tiny', 4 words x 2)
      >>> space["queen"].tolist(), "duke" in space, len(space)
      ([1.0, -1.0], False, 4)
      >>> round(space.similarity("king", "man"), 2)
      0.77
      >>> space.most_similar("king", k=1)[0].word
      'man'
      >>> space.analogy("man", "woman", "king", k=1)[0].word
      'queen'
    """

    vocab: Vocab
    vectors: Float[np.ndarray, "v d"]
    units: Units | None = None
    name: str = ""

    def __post_init__(self) -> None:
        vectors = np.asanyarray(self.vectors)
        if vectors.ndim != 2 or vectors.dtype.kind not in "fiub":
            found = f"{vectors.dtype} of shape {vectors.shape}"
            raise ValueError(f"vectors are {found}; real numbers of shape (v, d) were expected")
        if vectors.dtype.kind != "f" or vectors.dtype.itemsize < 4:  # sums of their products would overflow
            vectors = vectors.astype(np.float32)
        object.__setattr__(self, "vectors", vectors)
        if len(self.vocab) != len(self.vectors):
            raise ValueError(f"{len(self.vocab)} words but {len(self.vectors)} vectors")

    def __repr__(self) -> str:
        return f"Space({self.name!r}, {len(self):,} words x {self.dim})"

    def _repr_html_(self) -> str:
        """Returns a table of the most frequent words, their counts and first coordinates, for notebooks."""
        shown = min(len(self), 8)
        counts = [""] * shown if self.vocab.counts is None else [int(count) for count in self.vocab.counts[:shown]]
        first = np.asarray(self.vectors[:shown, :4], np.float64).tolist()
        rows = [(str(self.vocab.words[i]), counts[i], *first[i], "...") for i in range(shown)]
        columns = ("word", "count", *map(str, range(1, min(self.dim, 4) + 1)), "...")
        return html_table(f"{self.name or 'Space'}: {len(self):,} words x {self.dim}", columns, rows)

    @property
    def dim(self) -> int:
        """The number of dimensions d."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.vocab)

    def __contains__(self, word: object) -> bool:
        return word in self.vocab

    def __getitem__(self, word: str) -> Float[np.ndarray, " d"]:
        """Returns a copy of the vector of ``word``, shape (d,); that of an unseen word comes from sub-word units.

        Raises:
          KeyError: the word has no vector; the message names words of similar spelling.
        """
        row = self.vocab.index.get(word)
        if row is not None:
            return np.array(self.vectors[row])
        vector = self.units.vector(word) if self.units is not None else None
        if vector is None:
            raise KeyError(unknown(word, self.vocab))
        return vector

    def build(self, words: str | Iterable[str]) -> dict[str, Float[np.ndarray, " d"]]:
        """Returns the vectors that ``units`` give to words outside the vocabulary, for those words that have one."""
        if self.units is None:
            return {}
        found = {word: self.units.vector(word) for word in dict.fromkeys(_listed(words)) if word not in self.vocab}
        return {word: vector for word, vector in found.items() if vector is not None}

    def of(self, words: Sequence[str]) -> Float[np.ndarray, "q d"]:
        """Returns the vectors of ``words``, shape (q, d); raises KeyError as indexing does."""
        return np.stack([self[word] for word in words]) if words else np.zeros((0, self.dim), self.vectors.dtype)

    @cached_property
    def unit(self) -> Float[np.ndarray, "v d"]:
        """The vectors at length 1, shape (v, d); zero rows stay zero. ``vectors`` itself if it is of unit length."""
        lengths = np.sqrt(np.einsum("vd,vd->v", self.vectors, self.vectors))
        return self.vectors if np.allclose(lengths, 1.0, atol=1e-5) else unit_rows(self.vectors)

    def words_with_vectors(self) -> Vocab:
        """Returns the words whose vector is not zero.

        Example:
          >>> Space(Vocab(["king", "ox"]), np.array([[1, 0], [0, 0]], np.float32)).words_with_vectors()
          Vocab(1 word)
        """
        rows = np.flatnonzero(nonzero_rows(self.vectors))
        return self.vocab if len(rows) == len(self) else self.vocab.take(rows)

    def similarity(self, a: str, b: str) -> float:
        """Returns the cosine of the vectors of ``a`` and ``b``, from -1 to 1; 0 if either vector is zero.

        Raises:
          KeyError: a word has no vector.
        """
        one, other = unit_rows(self.of([a, b]))
        return float(one @ other)

    def most_similar(
        self, positive: str | Sequence[str] = (), negative: str | Sequence[str] = (), *, k: int = 10
    ) -> list[WordScore]:
        """Returns the k words of highest cosine to a word, or to a sum and difference of words.

        The query is the sum of the unit vectors of ``positive`` minus those of ``negative``. Neither the named words
        nor words with a zero vector are returned.

        Args:
          positive: a word, or words to add.
          negative: a word, or words to subtract.
          k: number of words to return, at least 1; fewer are returned if the space has fewer.

        Returns:
          Words with their cosine to the query, best first.

        Raises:
          KeyError: a word has no vector.
          ValueError: no word is named, or k < 1.
        """
        added, taken = _listed(positive), _listed(negative)
        if not added and not taken:
            raise ValueError("no word is named; at least one was expected")
        signs = np.repeat(np.array([1, -1], np.float32), [len(added), len(taken)])
        query = signs @ unit_rows(np.asarray(self.of([*added, *taken]), np.float32))
        return self.nearest_to(query, k=k, exclude=(*added, *taken))

    def nearest_to(
        self, vector: Float[np.ndarray, " d"], *, k: int = 10, exclude: str | Iterable[str] = ()
    ) -> list[WordScore]:
        """Returns the k words of highest cosine to ``vector``, best first, without the words ``exclude``.

        Args:
          vector: a point of the space, shape (d,), of any length; a zero vector has no neighbours.
          k: number of words to return, at least 1.
          exclude: a word or words to leave out; those that the space lacks are ignored.

        Raises:
          ValueError: k < 1.
        """
        at_least(k, 1, "k")
        query = unit_rows(np.asarray(vector, np.float32)[None])
        found = top_k(query, self.unit, k, exclude=self.vocab.ids(_listed(exclude))[None])
        pairs = zip(found.ids[0], found.scores[0], strict=True)
        return [WordScore(str(self.vocab.words[int(i)]), float(score)) for i, score in pairs if i >= 0]

    def analogy(self, a: str, b: str, c: str, *, k: int = 10) -> list[WordScore]:
        """Returns answers to "a is to b as c is to ?" by 3CosAdd: the words of highest cosine to b - a + c.

        The three words themselves are not returned. ``align.evaluate.analogy`` has 3CosMul and whole test sets.

        Raises:
          KeyError: a word has no vector, or a vector of zeros.

        Source: Mikolov, Yih & Zweig 2013; Levy & Goldberg 2014, equation 1.
        """
        check_vectors(self, [a, b, c])
        return self.most_similar([b, c], [a], k=k)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """Returns the word whose vector has the lowest cosine to the mean of the words' unit vectors.

        Raises:
          KeyError: a word has no vector.
          ValueError: fewer than two words.

        Example:
          >>> space = Space(Vocab(["cat", "dog", "run"]), np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32))
          >>> space.doesnt_match(["cat", "dog", "run"])
          'run'
        """
        if isinstance(words, str) or len(words) < 2:
            raise ValueError(f"{words!r}: a list of two or more words was expected")
        units = unit_rows(self.of(words))
        return words[int(np.argmin(units @ units.mean(axis=0)))]

    def words_closer_than(self, a: str, b: str) -> list[str]:
        """Returns the words whose cosine to ``a`` is higher than that of ``b``, most frequent first.

        Words with a vector of zeros are not among them.

        Raises:
          KeyError: a word has no vector, or a vector of zeros.

        Example:
          >>> space = Space(Vocab(["cat", "dog", "run"]), np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32))
          >>> space.words_closer_than("cat", "run")
          ['dog']
        """
        check_vectors(self, [a, b])
        one, other = unit_rows(np.asarray(self.of([a, b]), np.float32))
        row = self.vocab.index.get(b)
        beside = other if row is None else self.unit[row]
        # einsum adds up every row in the same order, so equal vectors have equal cosines; a matrix product may not
        cosines, reference = (np.einsum("vd,d->v", rows, one) for rows in (self.unit, beside[None]))
        closer = np.flatnonzero((cosines > reference) & nonzero_rows(self.vectors))
        return [word for i in closer if (word := str(self.vocab.words[int(i)])) not in (a, b)]

    def rank(self, a: str, b: str) -> int:
        """Returns the 1-based rank of ``b`` among the neighbours of ``a``: 1 for the nearest word.

        Raises:
          KeyError: a word has no vector, or a vector of zeros.
        """
        return len(self.words_closer_than(a, b)) + 1

    def restrict(self, limit: int | None = None, words: str | Iterable[str] | None = None) -> "Space":
        """Returns the space of some of its words, in the same order.

        Args:
          limit: keep only words among the first ``limit`` of the space; None: no limit.
          words: of those, keep only this word or these words; words that the space lacks are ignored. None: all words.

        Raises:
          ValueError: ``limit`` is below 0.
        """
        if limit is not None:
            at_least(limit, 0, "limit")
        ids: Int[np.ndarray, " q"] = np.arange(len(self))[:limit]
        if words is not None:
            ids = np.intersect1d(ids, self.vocab.ids(_listed(words)))
        return replace(self, vocab=self.vocab.take(ids), vectors=np.asarray(self.vectors)[ids])

    def simplified(self) -> "Space":
        """Returns the space with words in simplified characters; of words that become the same, the first is kept."""
        words = simplify_all(self.vocab.words)
        first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
        ids = np.sort(np.fromiter(first.values(), np.int64))
        counts = None if self.vocab.counts is None else self.vocab.counts[ids]
        vectors = self.vectors if len(ids) == len(self) else np.asarray(self.vectors)[ids]
        return replace(self, vocab=Vocab([words[i] for i in ids], counts), vectors=vectors)


def _listed(words: str | Iterable[str]) -> list[str]:
    """Returns a single word as a list of one word, and words as a list."""
    return [words] if isinstance(words, str) else list(words)


def unknown(word: str, vocab: Vocab, where: str = "the vocabulary") -> str:
    """Returns a one-line message about a word that ``vocab`` lacks, with suggestions if it looks like a word."""
    if not is_word(word):
        return f"{word!r} is not a known word"
    near = suggestions(word, vocab)
    return f"{word!r} is not in {where}" + (f"; did you mean: {', '.join(near)}" if near else "")


def check_vectors(space: Space, words: Iterable[str]) -> None:
    """Raises KeyError if the vector of a word is zero: the word then has no direction, and no neighbours.

    >>> check_vectors(Space(Vocab(["cat", "dog"]), np.eye(2, dtype=np.float32)), ["cat"])
    """
    for word in words:
        if not space[word].any():
            raise KeyError(f"{word!r} has no vector: its row of the space is zero")


def nearest(space: Space, word: str, k: int = 10) -> list[WordScore]:
    """Returns the k words of highest cosine to ``word``, best first, without the word itself.

    Args:
      space: the space to search.
      word: the query, in the vocabulary or with a vector from the space's units.
      k: number of words to return, at least 1.

    Raises:
      KeyError: the word has no vector; the message names words of similar spelling.
      ValueError: k < 1.

    Example:
      >>> space = Space(Vocab(["cat", "dog", "run"]), np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32))
      >>> nearest(space, "cat", k=1)[0].word
      'dog'
    """
    return space.most_similar(word, k=k)
