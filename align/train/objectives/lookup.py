"""Vectors of tokens: each token has its own row of a table, or a bag of rows.

To add another kind, subclass ``Lookup``. ``rows`` may return any tree of row numbers, ``vectors`` computes a vector for
each token from the gathered rows, and ``row_mass`` distributes the mass of that vector over the rows. All encoders work
with any ``Lookup``.
"""

from abc import abstractmethod
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from align.checks import SettingError
from align.space import Space
from align.text.vocab import Vocab
from align.train.batchers.text import TokenBatch, WordBags
from align.train.objectives.windows import present


def width_of(dim: int) -> int:
    """Returns the number of columns of a table: ``dim``, or the next multiple of 8 if that is at most 5 % more.

    A column that is 0 in both tables has gradient 0, so it stays 0.

    >>> width_of(100), width_of(300), width_of(50), width_of(20)
    (104, 304, 50, 20)
    """
    padded = -(-dim // 8) * 8
    return padded if padded <= 1.05 * dim else dim


class Lookup(eqx.Module):
    """Gives every token a vector made of table rows."""

    @abstractmethod
    def init(self, *, key: Key[Array, ""]) -> dict[str, Float[Array, "rows w"]]:
        """Returns the tables before the first step."""

    @abstractmethod
    def rows(self, batch: TokenBatch) -> dict[str, Any]:
        """Returns the row numbers of each table that a batch touches, as any tree."""

    @abstractmethod
    def vectors(self, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, "t w"]:
        """Returns the vector of each token of a part, given the gathered rows."""

    @abstractmethod
    def row_mass(self, mass: tuple[Float[Array, " t"], ...], batch: TokenBatch) -> dict[str, Any]:
        """Returns the mass of each row, in the tree of ``rows``, given ``Loss.mass`` of each token's vector."""

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns which rows are frozen, for the tables that have such rows."""
        return {}


class InitialVectors(NamedTuple):
    """Initial vectors of the vocabulary (NaN for words without one), and which words are frozen."""

    vectors: Float[Array, "v d"] | None = None
    frozen: Bool[Array, " v"] | None = None


def check_dim(start: Space, dim: int) -> None:
    """Raises SettingError if initial vectors do not have ``dim`` dimensions."""
    if start.dim != dim:
        raise SettingError("dim", dim, f"must be {start.dim}, the number of dimensions of the initial vectors")


def initial_vectors(vocab: Vocab, dim: int, start: Space | None, frozen: frozenset[str]) -> InitialVectors:
    """Returns the vectors of ``start`` for the words of a vocabulary, and which of the words are ``frozen``.

    Raises:
        ValueError: words are frozen without initial vectors, or these do not have ``dim`` dimensions.
        KeyError: a word to freeze has no initial vector.
    """
    if start is None:
        if frozen:
            raise ValueError("words can be frozen only if they have initial vectors")
        return InitialVectors()
    check_dim(start, dim)
    rows = start.vocab.ids(vocab.words)
    first = np.where(rows[:, None] >= 0, np.asarray(start.vectors)[np.maximum(rows, 0)], np.nan)
    without = [word for word in frozen if word not in start]
    if without:
        raise KeyError(f"{len(without)} words to freeze have no initial vector, for example {without[0]!r}")
    fixed = np.array([word in frozen for word in vocab.words])
    return InitialVectors(jnp.asarray(first, jnp.float32), jnp.asarray(fixed) if frozen else None)


class WordRows(Lookup):
    """Each word has a row of the table ``word``, (v, d).

    The initial rows are ``start``. Where that is None or NaN they are uniform in (-1/2d, 1/2d), as in word2vec.
    """

    start: Float[Array, "v d"] | None
    frozen_words: Bool[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of words."""
        drawn = (jax.random.uniform(key, (self.words, self.dim)) - 0.5) / self.dim
        if self.start is not None:
            drawn = jnp.where(jnp.isnan(self.start), drawn, self.start)
        return {"word": jnp.pad(drawn, ((0, 0), (0, width_of(self.dim) - self.dim)))}

    def rows(self, batch: TokenBatch) -> dict[str, Any]:
        """Returns the tokens of each part."""
        return {"word": present(batch.tokens)}

    def vectors(self, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, "t w"]:
        """Returns the gathered rows of a part."""
        del batch
        return rows["word"][part]

    def row_mass(self, mass: tuple[Float[Array, " t"], ...], batch: TokenBatch) -> dict[str, Any]:
        """Returns the mass of each token."""
        del batch
        return {"word": mass}

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns the frozen words."""
        return {} if self.frozen_words is None else {"word": self.frozen_words}


class BagRows(Lookup):
    """The vector of a word is the mean of the rows of its bag: (1 / n) sum_i z_i.

    The table ``unit`` has the rows of all bags; its last row is padding and zero. The initial rows are ``start``. Where
    that is None or NaN they are uniform in (-1/d, 1/d).

    Source: P. Bojanowski et al., Enriching Word Vectors with Subword Information, TACL 2017, section 3.2, whose program
    divides by the size of the bag.
    But: as in that program, every row of a bag gets the whole gradient of the bag's vector instead of 1 / n of it, so
    that a step moves a word's vector equally far for bags of any size.
    """

    start: Float[Array, "u d"] | None
    units: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of rows."""
        drawn = (2 * jax.random.uniform(key, (self.units, self.dim)) - 1) / self.dim
        if self.start is not None:
            drawn = jnp.where(jnp.isnan(self.start), drawn, self.start)
        return {"unit": jnp.pad(drawn, ((0, 1), (0, width_of(self.dim) - self.dim)))}

    def rows(self, batch: TokenBatch) -> dict[str, Any]:
        """Returns the rows of the bags: an array for each place in a chunk."""
        return {"unit": tuple(_bags(batch).rows.T)}

    def vectors(self, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, "t w"]:
        """Returns the mean of each token's bag."""
        del part
        return bag_means(rows["unit"], _bags(batch))

    def row_mass(self, mass: tuple[Float[Array, " t"], ...], batch: TokenBatch) -> dict[str, Any]:
        """Returns, for each row of a bag, the mass of all tokens of its word."""
        bags = _bags(batch)
        of_words = jnp.zeros(len(bags.share)).at[bags.word].add(mass[0])[bags.owner]
        return {"unit": tuple(of_words * filled for filled in bags.filled.T)}


def _bags(batch: TokenBatch) -> WordBags:
    """Returns the bags of a batch; raises ValueError if it has none."""
    if batch.bags is None:
        raise ValueError("a batch without bags; batches of UnitBatcher were expected")
    return batch.bags


@jax.custom_vjp
def bag_means(rows: tuple[Float[Array, "c w"], ...], bags: WordBags) -> Float[Array, "t w"]:
    """Returns the mean of each token's bag of rows. Its derivative is that of a sum (see ``BagRows``).

    ``rows`` has an array for each place in a chunk: XLA then adds the rows while it gathers them, in a third of the
    time, and never holds all of them.
    """
    chunks = reduce(add, rows)
    sums = jnp.zeros((len(bags.share), chunks.shape[1])).at[bags.owner].add(chunks, indices_are_sorted=True)
    return (sums * bags.share[:, None])[bags.word]


def _means_forward(rows: tuple[Array, ...], bags: WordBags) -> tuple[Array, WordBags]:
    return bag_means(rows, bags), bags


def _means_backward(bags: WordBags, slope: Array) -> tuple[tuple[Array, ...], None]:
    """For each row of a bag, the sum of the slopes of all tokens of its word."""
    of_words = jnp.zeros((len(bags.share), slope.shape[1])).at[bags.word].add(slope)
    return tuple(of_words[bags.owner] * filled[:, None] for filled in bags.filled.T), None


bag_means.defvjp(_means_forward, _means_backward)
