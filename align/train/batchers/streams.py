"""Batches of streams: the parts of a text that are read in parallel. Each batch continues all of them."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.batcher import Batcher
from align.train.objectives.noise import Noise


class WordGroup(NamedTuple):
    """Words of a batch whose characters are read together, so that short words need not be as wide as the longest."""

    room: int
    """The number of words, with padding."""
    width: int
    """How many character numbers are read of each."""


class StreamSegment(NamedTuple):
    """The batches of a segment: the distinct words of each, group by group, and each token's place among them.

    The axis ``two`` is the direction, forward and backward. Tokens are in the order in which a direction reads them.
    """

    words: Int[Array | np.ndarray, "p steps u"]
    places: Int[Array | np.ndarray, "p steps b two t"]


class StreamBatch(NamedTuple):
    """A batch, with the candidates of its softmax.

    ``words`` has the words of each ``WordGroup`` in turn, with padding. ``candidates`` are the words of the batch and
    then noise words, as rows of the softmax's table. ``offsets`` are minus the logarithm of the probability that a
    batch has the candidate, or minus infinity for padding and for noise words that are already among the candidates.
    """

    words: Int[Array, " u"]
    places: Int[Array, "b two t"]
    candidates: Int[Array, " c"]
    offsets: Float[Array, " c"]


class StreamBatcher(Batcher):
    """Takes the batches of a segment one after another, and draws noise words for each.

    ``log_chance`` is the logarithm of the probability that a batch has a word among its candidates. The last row of
    the vocabulary is padding.
    """

    noise: Noise
    log_chance: Float[Array, " v"]
    negatives: int = eqx.field(static=True)

    def prepare(self, data: StreamSegment, *, key: Key[Array, ""]) -> tuple[StreamSegment, Int[Array, ""]]:
        """Returns the segment unchanged, and its number of batches."""
        del key
        return data, jnp.asarray(data.words.shape[1], jnp.int32)

    def batch(self, prepared: StreamSegment, index: Int[Array, ""], *, key: Key[Array, ""]) -> StreamBatch:
        """Returns a batch and its candidates."""
        words, places = (jax.lax.dynamic_index_in_dim(part[0], index, keepdims=False) for part in prepared)
        noise = self.noise.draw((), self.negatives, key=key)  # ascending
        known = (noise[:, None] == words).any(1)
        known |= jnp.concatenate([jnp.zeros(min(1, self.negatives), bool), noise[1:] == noise[:-1]])
        absent = jnp.concatenate([words == len(self.log_chance) - 1, known])
        candidates = jnp.concatenate([words, noise])
        return StreamBatch(words, places, candidates, jnp.where(absent, -jnp.inf, -self.log_chance[candidates]))
