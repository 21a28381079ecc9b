"""Source of running text: the segments of a corpus, in a new random order each epoch."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Int

from align.text.corpus import Corpus
from align.train.batchers.batcher import Batcher
from align.train.sources.source import Source

SEGMENT_TOKENS = 3 << 19
"""Tokens per segment. A segment is copied to the device at once; workers are merged after each."""
_MIN_BATCH = 128
"""Smallest number of tokens of a step."""
HIGH_DIM = 200
"""Above this dimension a step has half as many tokens, so that it fits the processor's caches."""
GPU_BATCH = 65_536
"""Largest number of tokens of a step on a GPU, which is busy only with large steps."""


@dataclass(frozen=True, eq=False)
class TextSource(Source):
    """Yields every token of ``corpus`` once in each of ``epochs`` epochs.

    ``seed`` decides the order of the segments of each epoch. A segment is divided into ``pieces``, one for each worker
    or device.
    """

    batcher: Batcher
    corpus: Corpus
    epochs: int
    seed: int
    pieces: int = 1
    segment_tokens: int = SEGMENT_TOKENS

    @property
    def _per_epoch(self) -> int:
        """The number of segments of an epoch."""
        return max(1, -(-len(self.corpus.ids) // self.segment_tokens))

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self._per_epoch

    def load(self, segment: int) -> Int[np.ndarray, "pieces s"]:
        """Returns a contiguous part of the corpus, padded with sentence ends and divided into pieces."""
        epoch, index = divmod(segment, self._per_epoch)
        place = int(np.random.default_rng([self.seed, epoch]).permutation(self._per_epoch)[index])
        width = -(-len(self.corpus.ids) // self._per_epoch)
        width += -width % self.pieces
        padded = np.full(width, -1, np.int32)
        stretch = self.corpus.ids[place * width : (place + 1) * width]
        padded[: len(stretch)] = stretch
        return padded.reshape(self.pieces, -1)


def batch_size(tokens: int, largest: int) -> int:
    """Returns the tokens of a step: about a thousandth of the corpus, as a power of two from 128 to ``largest``.

    A small corpus needs small steps, because an epoch would otherwise have too few of them to learn from.

    >>> batch_size(12_000_000, 8192), batch_size(300_000, 8192), batch_size(5_000, 8192)
    (8192, 256, 128)
    """
    return min(largest, max(_MIN_BATCH, power_of_two(tokens // 1000)))


def step_tokens(corpus: Corpus, dim: int, cached: int) -> int:
    """Returns the tokens of a step for vectors of ``dim`` dimensions.

    On a CPU it is at most ``cached``, or half of that above ``HIGH_DIM`` dimensions, so that a step fits the caches. It
    is larger for a large vocabulary, because each step also sums over all rows. On a GPU it is at most ``GPU_BATCH``.
    """
    largest = GPU_BATCH
    if jax.default_backend() == "cpu":
        largest = max(cached if dim <= HIGH_DIM else cached // 2, power_of_two(len(corpus.vocab) // 128))
    return batch_size(corpus.tokens, largest)


def power_of_two(n: int) -> int:
    """Returns the largest power of two up to ``n``, or 1 if ``n`` is smaller.

    >>> [power_of_two(n) for n in (0, 1, 7, 8)]
    [1, 1, 4, 8]
    """
    return 1 << max(n, 1).bit_length() - 1


def parts_of(size: int) -> int:
    """Returns the number of parts of a batch: four if each has at least 512 tokens, else one."""
    return 4 if size >= 2048 else 1


def has_pair(corpus: Corpus, block: int = 1 << 20) -> bool:
    """Returns whether any sentence of a corpus has two words."""
    ids = corpus.ids
    for start in range(0, len(ids) - 1, block):
        inside = np.asarray(ids[start : start + block + 1]) >= 0
        if (inside[1:] & inside[:-1]).any():
            return True
    return False


def check_pairs(corpus: Corpus) -> None:
    """Raises ValueError if no sentence of a corpus has two words."""
    if not has_pair(corpus):
        raise ValueError(no_pairs(corpus, ": no sentence has two words"))


def no_pairs(corpus: Corpus, why: str = "") -> str:
    """Returns the message for a corpus from which nothing can be learned."""
    return f"{corpus_name(corpus)}: no two words share a window{why}; nothing to learn"


def corpus_name(corpus: Corpus) -> str:
    """Returns the name of a corpus for messages."""
    return corpus.name or "the corpus"
