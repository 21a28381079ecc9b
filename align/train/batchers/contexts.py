"""Batches of running text with contexts besides words: the bigrams and the characters of the tokens."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from align.text.contexts import Bigrams, Contexts, WordCharacters
from align.train.batchers.batcher import Batcher
from align.train.batchers.text import ContextRows, SubsampledTokens, TextBatcher, TokenBatch


class BigramTable(NamedTuple):
    """The bigrams as rows of the table of contexts.

    Bigram i has row ``first`` + i and ends with word ``seconds[i]``. The bigrams that begin with word w have the
    numbers ``starts[w]`` to ``starts[w + 1] - 1``.
    """

    starts: Int[Array, " v+1"]
    seconds: Int[Array, " g"]
    first: Int[Array, ""]
    halvings: Int[Array, ""]
    """The number of times that the longest range of second words can be halved."""


class CharacterTable(NamedTuple):
    """The rows of the characters of word w: ``rows[starts[w]]`` to ``rows[starts[w + 1] - 1]``."""

    starts: Int[Array, " v+1"]
    rows: Int[Array, " n"]


class ContextSegment(NamedTuple):
    """The sub-sampled tokens of a segment, and the row of the bigram that begins at each, or -1."""

    text: SubsampledTokens
    bigrams: Int[Array, " s"] | None


class ContextBatcher(Batcher):
    """Adds the bigrams and characters of the tokens to the batches of ``text``.

    A bigram is a pair of words that are neighbours in the corpus, both of which sub-sampling keeps. If a word has
    n > ``slots`` characters, each batch draws ``slots`` of them by systematic sampling, with weight n / ``slots``, so
    that in expectation all n characters count once.
    """

    text: TextBatcher
    bigrams: BigramTable | None
    characters: CharacterTable | None
    slots: int = eqx.field(static=True)

    def prepare(self, data: Int[Array, "one s"], *, key: Key[Array, ""]) -> tuple[ContextSegment, Int[Array, ""]]:
        """Sub-samples the segment as ``text`` does, and finds its bigrams."""
        text, steps = self.text.prepare(data, key=key)
        if self.bigrams is None:
            return ContextSegment(text, None), steps
        ids = data.reshape(-1)
        kept = self.text.kept(ids, key=key)
        following = jnp.append(ids[1:], -1)
        both = kept & jnp.append(kept[1:], False)
        rows = jnp.where(both, bigram_rows(self.bigrams, ids, following), -1)
        return ContextSegment(text, self.text.compacted(rows, kept, -1)), steps

    def batch(self, prepared: ContextSegment, index: Int[Array, ""], *, key: Key[Array, ""]) -> TokenBatch:
        """Returns the next tokens, their bigrams, and some characters of each."""
        batch = self.text.batch(prepared.text, index, key=key)
        bigrams = None if prepared.bigrams is None else self.text.cut(prepared.bigrams, index)
        if self.characters is None:
            return batch._replace(contexts=ContextRows(bigrams, (), None))
        starts, rows = self.characters
        words = jnp.maximum(batch.tokens, 0)
        first, count = starts[words], jnp.where(batch.tokens >= 0, starts[words + 1] - starts[words], 0)
        stride = jnp.maximum(count / self.slots, 1.0)
        phase = jnp.where(count > self.slots, jax.random.uniform(key, words.shape), 0.0)
        drawn: list[Array] = []
        for slot in range(self.slots):
            place = jnp.minimum(((phase + slot) * stride).astype(jnp.int32), jnp.maximum(count, slot + 1) - 1)
            there = place < count
            drawn.append(jnp.where(there, rows[jnp.where(there, first + place, 0)], -1))
        return batch._replace(contexts=ContextRows(bigrams, tuple(drawn), stride))


def bigram_rows(table: BigramTable, first: Int[Array, " t"], second: Int[Array, " t"]) -> Int[Array, " t"]:
    """Returns the row of each pair of words, by binary search, or -1 if it is not a bigram or a word is below 0."""
    words = jnp.maximum(first, 0)
    low, end = table.starts[words], table.starts[words + 1]

    def halve(_: Int[Array, ""], at: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = at
        middle = (low + high) // 2
        below = (low < high) & (table.seconds[middle] < second)
        return jnp.where(below, middle + 1, low), jnp.where(below, high, middle)

    low, _ = jax.lax.fori_loop(0, table.halvings, halve, (low, end))
    found = (first >= 0) & (second >= 0) & (low < end) & (table.seconds[low] == second)
    return jnp.where(found, table.first + low, -1)


def context_batcher(text: TextBatcher, contexts: Contexts, slots: int) -> ContextBatcher:
    """Returns the batcher of a vocabulary of contexts."""
    bigrams, characters = contexts.bigrams, contexts.characters
    return ContextBatcher(
        text,
        None if bigrams is None else _bigram_table(bigrams),
        None if characters is None else _character_table(characters, contexts.first_character),
        slots,
    )


def _bigram_table(bigrams: Bigrams) -> BigramTable:
    """Returns the table of bigrams, whose rows follow the rows of words."""
    starts, seconds, _ = bigrams
    longest = int(np.diff(starts).max(initial=0))
    numbers = (starts, np.append(seconds, -1), len(starts) - 1, longest.bit_length())  # a search may end past the last
    return BigramTable(*(jnp.asarray(x, jnp.int32) for x in numbers))


def _character_table(characters: WordCharacters, first: int) -> CharacterTable:
    """Returns the table of characters, whose rows begin at ``first``; it has at least one row."""
    rows = np.append(characters.ids + first, 0)
    return CharacterTable(jnp.asarray(characters.starts, jnp.int32), jnp.asarray(rows, jnp.int32))
