"""Batches of running text with the table rows of their words: the bag of each distinct word once per batch."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from align.text.units import UnitBags
from align.train.batchers.batcher import Batcher
from align.train.batchers.text import SubsampledTokens, TextBatcher, TokenBatch, WordBags

CHUNK = 4
"""Rows per chunk: a bag is a whole number of chunks, the last padded with the padding row."""


class BagTable(NamedTuple):
    """The bags of a vocabulary in chunks: word w has the chunks ``starts[w] : starts[w + 1]``.

    ``padding`` is the number of the padding row; ``sizes`` are the numbers of rows of the bags without it.
    """

    chunks: Int[Array, "c 4"]
    starts: Int[Array, " v+1"]
    sizes: Int[Array, " v"]
    padding: Int[Array, ""]


def bag_table(bags: UnitBags, padding: int) -> BagTable:
    """Returns the chunks of bags of row numbers, which are all below ``padding``.

    >>> table = bag_table(UnitBags(np.array([7, 8, 9, 7, 6]), np.array([5, 0])), 10)
    >>> table.chunks.tolist(), table.starts.tolist()
    ([[7, 8, 9, 7], [6, 10, 10, 10]], [0, 2, 2])
    """
    ids, sizes = bags
    starts = np.concatenate([[0], np.cumsum(-(-sizes // CHUNK))])
    rows = np.full(max(int(starts[-1]), 1) * CHUNK, padding, np.int32)
    inside = np.arange(len(ids)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows[np.repeat(starts[:-1] * CHUNK, sizes) + inside] = ids
    numbers = (jnp.asarray(x, jnp.int32) for x in (rows.reshape(-1, CHUNK), starts, sizes, padding))
    return BagTable(*numbers)


def room_of(bags: UnitBags, share: Float[np.ndarray, " v"], size: int) -> int:
    """Returns the number of chunks that a batch of ``size`` tokens has room for.

    It is the expected number of chunks of the distinct words among ``size`` independent draws with probabilities
    ``share``, rounded up, and at least the number of the largest bag. Running text repeats words more than such draws.
    """
    chunks = -(-bags.sizes // CHUNK)
    expected = float((-np.expm1(size * np.log1p(-np.minimum(share, 1 - 1e-12))) * chunks).sum())
    return max(int(chunks.max(initial=1)), 128 * -(-int(expected) // 128))


class UnitSegment(NamedTuple):
    """The sub-sampled tokens of a segment, and the first token of each batch."""

    text: SubsampledTokens
    cuts: Int[Array, " b"]


class UnitBatcher(Batcher):
    """Cuts a sub-sampled segment into batches of at most ``text.size`` tokens and ``room`` chunks of rows.

    A word that occurs several times in a batch has one bag there.

    Raises:
        ValueError: ``text`` divides its batches into several parts.
    """

    text: TextBatcher
    table: BagTable
    room: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.text.parts != 1:
            raise ValueError(f"{self.text.parts} parts: batches with bags have one")

    def prepare(self, data: Int[Array, "one s"], *, key: Key[Array, ""]) -> tuple[UnitSegment, Int[Array, ""]]:
        """Sub-samples the segment, and cuts it into batches one after another."""
        text, _ = self.text.prepare(data, key=key)
        end = jnp.sum(text.tokens >= 0)

        def more(at: tuple[Int[Array, ""], Int[Array, ""], Int[Array, " b"]]) -> Bool[Array, ""]:
            return at[1] < end

        def cut(
            at: tuple[Int[Array, ""], Int[Array, ""], Int[Array, " b"]],
        ) -> tuple[Int[Array, ""], Int[Array, ""], Int[Array, " b"]]:
            count, start, cuts = at
            tokens = jax.lax.dynamic_slice_in_dim(text.tokens, start, self.text.size)
            used = jnp.cumsum(jnp.where(self._is_first(tokens), self._chunks(tokens), 0))
            fits = jnp.sum((used <= self.room) & (tokens >= 0))
            return count + 1, start + jnp.maximum(fits, 1), cuts.at[count].set(start)

        zero = jnp.zeros((), end.dtype)
        steps, _, cuts = jax.lax.while_loop(more, cut, (zero, zero, jnp.full(len(text.tokens) + 1, end)))
        return UnitSegment(text, cuts), steps.astype(jnp.int32)

    def batch(self, prepared: UnitSegment, index: Int[Array, ""], *, key: Key[Array, ""]) -> TokenBatch:
        """Returns the tokens of a batch, then -1, and the bags of its words."""
        del key
        first, last = prepared.cuts[index], prepared.cuts[index + 1]
        tokens, sentence = (jax.lax.dynamic_slice_in_dim(x, first, self.text.size) for x in prepared.text)
        tokens = jnp.where(jnp.arange(self.text.size) < last - first, tokens, -1)
        return TokenBatch(tokens[None], sentence[None], self._bags(tokens))

    def _chunks(self, tokens: Int[Array, " t"]) -> Int[Array, " t"]:
        """Returns the number of chunks in the bag of each token."""
        words = jnp.maximum(tokens, 0)
        return self.table.starts[words + 1] - self.table.starts[words]

    def _first_place(self, tokens: Int[Array, " t"]) -> Int[Array, " t"]:
        """Returns the position of the first occurrence of each token's word; padding counts as word 0."""
        words = jnp.maximum(tokens, 0)
        places = jnp.arange(len(tokens), dtype=jnp.int32)
        first = jnp.full(len(self.text.keep), len(tokens), jnp.int32).at[words].min(places)
        return first[words]

    def _is_first(self, tokens: Int[Array, " t"]) -> Bool[Array, " t"]:
        """Returns whether each token is the first occurrence of its word."""
        return self._first_place(tokens) == jnp.arange(len(tokens))

    def _bags(self, tokens: Int[Array, " t"]) -> WordBags:
        """Returns the bags of the distinct words of a batch, in the order of their first occurrences."""
        size = len(tokens)
        words, places = jnp.maximum(tokens, 0), jnp.arange(size, dtype=jnp.int32)
        first_place = self._first_place(tokens)
        first = first_place == places
        number = jnp.cumsum(first) - 1
        distinct = jnp.zeros(size, jnp.int32).at[jnp.where(first, number, size)].set(words, mode="drop")
        counted = (places <= number[-1]) & (jnp.zeros(size, bool).at[number[first_place]].max(tokens >= 0))
        chunks = jnp.where(counted, self._chunks(distinct), 0)
        ends = jnp.cumsum(chunks)
        owner = jnp.zeros(self.room, jnp.int32).at[ends].add(1, mode="drop")
        owner = jnp.minimum(jnp.cumsum(owner), size - 1)
        at = jnp.arange(self.room, dtype=jnp.int32)
        inside = at < ends[-1]
        chunk = self.table.starts[distinct[owner]] + at - (ends - chunks)[owner]
        rows = jnp.where(inside[:, None], self.table.chunks[jnp.where(inside, chunk, 0)], self.table.padding)
        share = 1 / jnp.maximum(self.table.sizes[distinct], 1).astype(jnp.float32)
        return WordBags(rows, rows != self.table.padding, owner, share, number[first_place])
