"""Space: words and their vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from align.text.chinese import simplify_all
from align.text.vocab import Vocab


@runtime_checkable
class Units(Protocol):
    """A way to give a word that is not in the vocabulary a vector from its parts (``text/units.py``)."""

    def vector(self, word: str) -> Float[np.ndarray, " d"] | None:
        """The vector of an unseen ``word``, or None where it has no known part."""
        ...


@dataclass(frozen=True, eq=False)
class Space:
    """A word-vector space: row ``i`` of ``vectors`` is the vector of ``vocab.words[i]``.

    Shapes: ``vectors`` (v, d), float32; may be a read-only memory map. ``units``, if present, gives unseen words a
    vector.

    Raises:
        ValueError: the number of words and of vectors differ.
    """

    vocab: Vocab
    vectors: Float[np.ndarray, "v d"]
    units: Units | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.vocab) != len(self.vectors):
            raise ValueError(f"{len(self.vocab)} words but {len(self.vectors)} vectors")

    def __repr__(self) -> str:
        return f"Space({self.name!r}, {len(self):,} words x {self.dim})"

    @property
    def dim(self) -> int:
        """The number of dimensions d."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.vocab)

    def __contains__(self, word: object) -> bool:
        return word in self.vocab

    def __getitem__(self, word: str) -> Float[np.ndarray, " d"]:
        """The vector of ``word``; from its units where it is unseen and the space has them.

        Raises:
            KeyError: no vector; the message names the nearest spellings.
        """
        row = self.vocab.index.get(word)
        if row is not None:
            return np.asarray(self.vectors[row])
        vector = self.units.vector(word) if self.units is not None else None
        if vector is None:
            raise KeyError(unknown(word, self.vocab))
        return vector

    def of(self, words: Sequence[str]) -> Float[np.ndarray, "q d"]:
        """The vectors of ``words``, one a row; raises KeyError as indexing does."""
        return np.stack([self[word] for word in words]) if words else np.zeros((0, self.dim), self.vectors.dtype)

    @cached_property
    def unit(self) -> Float[np.ndarray, "v d"]:
        """The vectors divided by their lengths (rows of zeros stay); ``vectors`` itself where it is already so."""
        lengths = np.sqrt(np.einsum("vd,vd->v", self.vectors, self.vectors))
        if np.allclose(lengths, 1.0, atol=1e-5):
            return self.vectors
        return self.vectors / np.where(lengths > 0, lengths, 1.0)[:, None].astype(self.vectors.dtype)

    def restrict(self, limit: int | None = None, words: Iterable[str] | None = None) -> "Space":
        """The first ``limit`` words, or those of ``words`` that are in the space, in the space's order."""
        ids: Int[np.ndarray, " q"] = np.arange(len(self))
        if words is not None:
            found = self.vocab.ids(dict.fromkeys(words))
            ids = np.sort(found[found >= 0])
        ids = ids[:limit]
        return replace(self, vocab=self.vocab.take(ids), vectors=np.asarray(self.vectors)[ids])

    def simplified(self) -> "Space":
        """The space with every word in simplified characters; of words that become one, the most frequent stays."""
        words = simplify_all(self.vocab.words)
        first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
        ids = np.sort(np.fromiter(first.values(), np.int64))
        counts = None if self.vocab.counts is None else self.vocab.counts[ids]
        vectors = self.vectors if len(ids) == len(self) else np.asarray(self.vectors)[ids]
        return replace(self, vocab=Vocab([words[i] for i in ids], counts), vectors=vectors)


def unknown(word: str, vocab: Vocab) -> str:
    """The one-line message about a ``word`` that ``vocab`` lacks, with the nearest spellings."""
    near = vocab.similar(word)
    return f"{word!r} is not in the vocabulary" + (f"; near it: {', '.join(near)}" if near else "")
