"""Batches of running text: a corpus sub-sampled on the device, each batch a stretch of it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from align.text.corpus import Corpus
from align.train.batches import Batches

LEAST = 128
SEGMENT = 3 << 19
"""Tokens that are handed to the device at once, and after which workers are joined."""


class TokenBatch(NamedTuple):
    """Consecutive tokens, cut into parts that are computed side by side.

    ``tokens`` are row numbers of the vocabulary, -1 where there is none; tokens of one sentence have one number in
    ``sentence``.
    """

    tokens: Int[Array, "p t"]
    sentence: Int[Array, "p t"]


class Kept(NamedTuple):
    """The tokens of a segment that sub-sampling has kept, in their order, then -1."""

    tokens: Int[Array, " s"]
    sentence: Int[Array, " s"]


class Windows(Batches):
    """Every token of a corpus once an epoch, ``size`` a batch.

    Token w is kept with probability ``keep[w]``, drawn anew each epoch; windows go over the gaps, as in word2vec.
    The segments of the corpus are visited in an order of each epoch's own, decided by ``seed``.

    But: a window is cut where a part of a batch ends, which loses less than 1 % of all pairs with 256 tokens a part or
    more, 2 % with the fewest.
    """

    keep: Float[Array, " v"]
    corpus: Corpus = eqx.field(static=True)
    epochs: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    parts: int = eqx.field(static=True)
    seed: int = eqx.field(static=True)
    pieces: int = eqx.field(static=True, default=1)
    segment: int = eqx.field(static=True, default=SEGMENT)

    def __check_init__(self) -> None:
        if self.size % self.parts or self.size < 1:
            raise ValueError(f"{self.size} tokens do not fall into {self.parts} parts")

    @property
    def _per_epoch(self) -> int:
        return max(1, -(-len(self.corpus.ids) // self.segment))

    @property
    def segments(self) -> int:
        """All epochs' together."""
        return self.epochs * self._per_epoch

    def load(self, segment: int) -> Int[np.ndarray, "pieces s"]:
        """A stretch of the corpus, filled up with sentence ends, cut into ``pieces``, one for each device or worker."""
        epoch, turn = divmod(segment, self._per_epoch)
        place = int(np.random.default_rng([self.seed, epoch]).permutation(self._per_epoch)[turn])
        total = len(self.corpus.ids)
        width = -(-total // self._per_epoch)
        width += -width % self.pieces
        found = np.full(width, -1, np.int32)
        piece = self.corpus.ids[place * width : (place + 1) * width]
        found[: len(piece)] = piece
        return found.reshape(self.pieces, -1)

    def prepare(self, data: Int[Array, "one s"], *, key: Key[Array, ""]) -> tuple[Kept, Int[Array, ""]]:
        """Sub-sample: keep each token with its probability, close the gaps."""
        ids = data.reshape(-1)
        kept = (ids >= 0) & (jax.random.uniform(key, ids.shape) < self.keep[jnp.maximum(ids, 0)])
        count = jnp.cumsum(kept.astype(jnp.int32))
        room = len(ids) + self.size
        to = jnp.where(kept, count - 1, room)
        tokens = jnp.full(room, -1, jnp.int32).at[to].set(ids, mode="drop")
        sentence = jnp.zeros(room, jnp.int32).at[to].set(jnp.cumsum((ids < 0).astype(jnp.int32)), mode="drop")
        steps = -(-count[-1] // self.size)
        return Kept(tokens, sentence), steps

    def batch(self, prepared: Kept, index: Int[Array, ""], *, key: Key[Array, ""]) -> TokenBatch:
        """The next ``size`` tokens."""
        del key

        def cut(x: Int[Array, " s"]) -> Int[Array, "p t"]:
            return jax.lax.dynamic_slice_in_dim(x, index * self.size, self.size).reshape(self.parts, -1)

        return TokenBatch(cut(prepared.tokens), cut(prepared.sentence))


def batch_size(tokens: int, most: int) -> int:
    """Tokens a step for a corpus: a thousandth of it, as a power of two from ``LEAST`` to ``most``.

    A small corpus needs small steps, or an epoch would have too few of them to learn from.

    >>> batch_size(12_000_000, 8192), batch_size(300_000, 8192), batch_size(5_000, 8192)
    (8192, 256, 128)
    """
    return min(most, max(LEAST, power_of_two(tokens // 1000)))


def power_of_two(n: int) -> int:
    """The largest power of two up to ``n``, 1 for less.

    >>> [power_of_two(n) for n in (0, 1, 7, 8)]
    [1, 1, 4, 8]
    """
    return 1 << max(n, 1).bit_length() - 1


def parts_of(size: int) -> int:
    """How many parts a batch is computed in: four where each has 512 tokens or more, else one."""
    return 4 if size >= 2048 else 1
