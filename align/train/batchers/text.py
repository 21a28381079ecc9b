"""Batches of running text: a segment of the corpus is sub-sampled and cut into batches."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from align.train.batchers.batcher import Batcher


class WordBags(NamedTuple):
    """The table rows of the distinct words of a batch, in chunks of equal length.

    Chunk c belongs to the distinct word number ``owner[c]``; owners ascend. ``filled`` is False for padding. ``share``
    is 1 over the number of rows of each distinct word, and ``word`` is the number of each token's distinct word.
    """

    rows: Int[Array, "c 4"]
    filled: Bool[Array, "c 4"]
    owner: Int[Array, " c"]
    share: Float[Array, " w"]
    word: Int[Array, " t"]


class ContextRows(NamedTuple):
    """Contexts of each token of a batch other than the word itself, as row numbers of the table of contexts.

    ``bigrams`` holds the bigram of the token and the next one, or -1. ``characters`` hold characters of the token, or
    -1, each with the weight ``weight``.
    """

    bigrams: Int[Array, "p t"] | None
    characters: tuple[Int[Array, "p t"], ...]
    weight: Float[Array, "p t"] | None


class TokenBatch(NamedTuple):
    """Consecutive tokens, divided into parts that are computed in parallel.

    ``tokens`` are row numbers of the vocabulary, -1 for padding. ``sentence`` is the number of each token's
    sentence. ``bags`` are the rows of the words, if a word has several. ``contexts`` are contexts other than words.
    """

    tokens: Int[Array, "p t"]
    sentence: Int[Array, "p t"]
    bags: WordBags | None = None
    contexts: ContextRows | None = None


class SubsampledTokens(NamedTuple):
    """The tokens of a segment after sub-sampling, in order, then -1; and the sentence of each."""

    tokens: Int[Array, " s"]
    sentence: Int[Array, " s"]


class TextBatcher(Batcher):
    """Sub-samples a segment and cuts it into batches of ``size`` tokens in ``parts`` equal parts.

    Token w is kept with probability ``keep[w]``. Windows are taken after sub-sampling, as in word2vec.

    But: no window crosses the end of a part. With parts of 256 tokens or more this loses less than 1 % of all pairs,
    and with the shortest parts 2 %.

    Raises:
        ValueError: ``size`` is not a multiple of ``parts``.
    """

    keep: Float[Array, " v"]
    size: int = eqx.field(static=True)
    parts: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.size < 1 or self.size % self.parts:
            raise ValueError(f"batch {self.size}: must be a multiple of its {self.parts} parts")

    def prepare(self, data: Int[Array, "one s"], *, key: Key[Array, ""]) -> tuple[SubsampledTokens, Int[Array, ""]]:
        """Keeps each token with its probability and removes the others."""
        ids = data.reshape(-1)
        kept = self.kept(ids, key=key)
        sentence = jnp.cumsum((ids < 0).astype(jnp.int32))
        steps = -(-jnp.sum(kept, dtype=jnp.int32) // self.size)
        return SubsampledTokens(self.compacted(ids, kept, -1), self.compacted(sentence, kept, 0)), steps

    def kept(self, ids: Int[Array, " t"], *, key: Key[Array, ""]) -> Bool[Array, " t"]:
        """Returns which tokens sub-sampling keeps."""
        return (ids >= 0) & (jax.random.uniform(key, ids.shape) < self.keep[jnp.maximum(ids, 0)])

    def compacted(self, x: Int[Array, " t"], kept: Bool[Array, " t"], fill: int) -> Int[Array, " s"]:
        """Returns ``x`` at the kept tokens, then ``fill`` up to the end of the last batch."""
        room = len(x) + self.size
        to = jnp.where(kept, jnp.cumsum(kept.astype(jnp.int32)) - 1, room)
        return jnp.full(room, fill, jnp.int32).at[to].set(x, mode="drop")

    def batch(self, prepared: SubsampledTokens, index: Int[Array, ""], *, key: Key[Array, ""]) -> TokenBatch:
        """Returns the next ``size`` tokens."""
        del key
        return TokenBatch(self.cut(prepared.tokens, index), self.cut(prepared.sentence, index))

    def cut(self, x: Int[Array, " s"], index: Int[Array, ""]) -> Int[Array, "p t"]:
        """Returns the part of ``x`` for the tokens of a batch."""
        return jax.lax.dynamic_slice_in_dim(x, index * self.size, self.size).reshape(self.parts, -1)
