"""Source of streams: a text is cut into equal parts, which are read in parallel, a few words per step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from align.progress import Report
from align.train.batchers.batcher import Batcher
from align.train.batchers.streams import StreamSegment
from align.train.sources.source import Source

SEGMENT_STEPS = 32
"""Largest number of steps of a segment."""
_ROUND = 128
"""The number of distinct words of a batch is rounded up to a multiple of this."""


@dataclass(frozen=True)
class Streams:
    """A text as ``count`` consecutive parts, the streams; a step reads ``time`` words of each.

    The forward direction begins at the start of a stream and the backward direction at its end. The last steps of a
    stream may reach into the next stream.
    """

    text: Int[np.ndarray, " t"]
    count: int
    time: int
    pieces: int = 1
    """How many workers or devices share the streams."""

    @property
    def segments(self) -> int:
        """The number of segments of an epoch."""
        return -(-len(self.text) // (self.count * self.time * SEGMENT_STEPS))

    @property
    def steps(self) -> int:
        """The number of steps of a segment."""
        return -(-len(self.text) // (self.count * self.time * self.segments))

    def tokens(self, segment: int) -> Int[np.ndarray, "p steps b two t"]:
        """Returns the words of a segment: those that each step reads, and the word after them, which is predicted."""
        steps, time = self.steps, self.time
        starts = np.arange(self.count, dtype=np.int64) * len(self.text) // self.count
        length = self.segments * steps * time
        at = (segment * steps + np.arange(steps, dtype=np.int64)[:, None]) * time + np.arange(time + 1)
        both = np.stack([at, length - at], axis=1)  # steps, two, time
        places = starts[:, None, None, None] + both
        found = self.text[places % len(self.text)]
        return found.reshape(self.pieces, -1, *found.shape[1:]).swapaxes(1, 2)

    def occurrence(self, size: int, *, report: Report = lambda *_: None) -> tuple[Int[np.ndarray, " v"], int]:
        """Returns how many batches of an epoch have each word, and the largest number of distinct words of a batch.

        Args:
            size: the number of words v.
            report: receives the progress.
        """
        batches, largest = np.zeros(size, np.int64), 0
        for segment in range(self.segments):
            tokens = self.tokens(segment)
            for batch in tokens.reshape(-1, *tokens.shape[2:]):
                words = np.unique(batch)
                batches[words] += 1
                largest = max(largest, len(words))
            report("batches", segment + 1, self.segments)
        return batches, largest


@dataclass(frozen=True, eq=False)
class StreamSource(Source):
    """Yields every word of the streams once in each of ``epochs`` epochs, always in the same order.

    ``room`` is at least the number of distinct words of any batch, and ``padding`` is the word number that fills it.
    """

    batcher: Batcher
    streams: Streams
    epochs: int
    room: int
    padding: int

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self.streams.segments

    def load(self, segment: int) -> StreamSegment:
        """Returns the batches of a segment."""
        tokens = self.streams.tokens(segment % self.streams.segments)
        pieces, steps = tokens.shape[:2]
        words = np.full((pieces, steps, self.room), self.padding, np.int32)
        places = np.zeros(tokens.shape, np.int32)
        for place in np.ndindex(pieces, steps):
            found, inverse = np.unique(tokens[place], return_inverse=True)
            words[place][: len(found)] = found
            places[place] = inverse.reshape(tokens.shape[2:])
        return StreamSegment(words, places)


def room_for(words: int) -> int:
    """Returns ``words`` rounded up to a multiple of 128, so that similar texts have batches of the same shape."""
    return -(-words // _ROUND) * _ROUND
