"""Source of streams: a text is cut into equal stretches, which are read side by side, a few words a step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from align.progress import Report
from align.train.batchers.batcher import Batcher
from align.train.batchers.streams import StreamSegment
from align.train.sources.source import Source

SEGMENT_STEPS = 32
_ROUND = 128


@dataclass(frozen=True)
class Streams:
    """A text as ``count`` stretches, one behind the other, of which a step reads ``time`` words each.

    The forward direction begins at the start of its stretch and the backward direction at the end. The last steps of a
    stretch may reach into the next one.
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
        """Returns the words of a segment: those that each step reads, and one more to predict."""
        steps, time = self.steps, self.time
        starts = np.arange(self.count, dtype=np.int64) * len(self.text) // self.count
        length = self.segments * steps * time
        at = (segment * steps + np.arange(steps, dtype=np.int64)[:, None]) * time + np.arange(time + 1)
        both = np.stack([at, length - at], axis=1)  # steps, two, time
        places = starts[:, None, None, None] + both
        found = self.text[places % len(self.text)]
        return found.reshape(self.pieces, -1, *found.shape[1:]).swapaxes(1, 2)

    def occurrence(self, size: int, *, report: Report = lambda *_: None) -> tuple[Int[np.ndarray, " v"], int]:
        """Returns how many of an epoch's batches have each of ``size`` words, and the most words of any batch."""
        batches, most = np.zeros(size, np.int64), 0
        for segment in range(self.segments):
            tokens = self.tokens(segment)
            for batch in tokens.reshape(-1, *tokens.shape[2:]):
                words = np.unique(batch)
                batches[words] += 1
                most = max(most, len(words))
            report("batches", segment + 1, self.segments)
        return batches, most


@dataclass(frozen=True, eq=False)
class StreamSource(Source):
    """Every word of the streams once in each of ``epochs``, always in the same order.

    ``room`` is at least the number of distinct words of any batch, and ``padding`` the number that fills it up.
    """

    batcher: Batcher
    streams: Streams
    epochs: int
    room: int
    padding: int

    @property
    def segments(self) -> int:
        """How many segments the run has, over all epochs."""
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
    """Returns a multiple of 128 of at least ``words``, so that texts of one kind have batches of one shape."""
    return -(-words // _ROUND) * _ROUND
