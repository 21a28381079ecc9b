"""Source of streams: a text is cut into equal parts, which are read in parallel, a few words per step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from align.progress import Report
from align.train.batchers.batcher import Batcher
from align.train.batchers.streams import StreamSegment, WordGroup
from align.train.sources.source import Source

SEGMENT_STEPS = 32
"""Largest number of steps of a segment."""
_ROUND = 32
"""The room of a group is a multiple of this, so that similar texts have batches of the same shape."""
_OVERHEAD = 40
"""A place of a batch costs about as much time as so many character numbers, besides those of its word."""


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

    def occurrence(
        self, widths: Int[np.ndarray, " v"], *, report: Report = lambda *_: None
    ) -> tuple[Int[np.ndarray, " v"], Int[np.ndarray, "n w"]]:
        """Returns how many batches of an epoch have each word, and how many distinct words of each width a batch has.

        Args:
            widths: how many character numbers must be read of each word.
            report: receives the progress.
        """
        batches, per_width = np.zeros(len(widths), np.int64), []
        for segment in range(self.segments):
            tokens = self.tokens(segment)
            for batch in tokens.reshape(-1, *tokens.shape[2:]):
                words = np.unique(batch)
                batches[words] += 1
                per_width.append(np.bincount(widths[words], minlength=widths.max() + 1))
            report("batches", segment + 1, self.segments)
        return batches, np.array(per_width)


@dataclass(frozen=True, eq=False)
class StreamSource(Source):
    """Yields every word of the streams once in each of ``epochs`` epochs, always in the same order.

    ``groups`` have ascending widths and room for the words of any batch; a word is in the first group that is as wide
    as its entry of ``widths``. ``padding`` is the word number that fills them.
    """

    batcher: Batcher
    streams: Streams
    epochs: int
    groups: tuple[WordGroup, ...]
    widths: Int[np.ndarray, " v"]
    padding: int

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self.streams.segments

    def load(self, segment: int) -> StreamSegment:
        """Returns the batches of a segment."""
        tokens = self.streams.tokens(segment % self.streams.segments)
        pieces, steps = tokens.shape[:2]
        rooms = [group.room for group in self.groups]
        words = np.full((pieces, steps, sum(rooms)), self.padding, np.int32)
        places = np.zeros(tokens.shape, np.int32)
        limits = [group.width for group in self.groups]
        for place in np.ndindex(pieces, steps):
            found, inverse = np.unique(tokens[place], return_inverse=True)
            group = np.searchsorted(limits, self.widths[found])
            at = np.zeros(len(found), np.int32)
            for number, start in enumerate(np.cumsum([0, *rooms[:-1]])):
                own = np.flatnonzero(group == number)
                at[own] = start + np.arange(len(own))
            words[place][at] = found
            places[place] = at[inverse].reshape(tokens.shape[2:])
        return StreamSegment(words, places)


def word_groups(per_width: Int[np.ndarray, "n w"]) -> tuple[WordGroup, ...]:
    """Returns one or two groups, those of the least work, that have room for the words of every batch.

    >>> word_groups(np.array([[0, 0, 0, 310, 0, 0, 0, 0, 0, 0, 0, 0, 3], [0, 0, 0, 300, 0, 0, 0, 0, 0, 0, 0, 0, 9]]))
    (WordGroup(room=320, width=3), WordGroup(room=32, width=12))

    Args:
        per_width: how many words of each width each batch has, for widths from 0.
    """
    widest = per_width.shape[1] - 1

    def group(least: int, width: int) -> WordGroup:
        return WordGroup(-(-int(per_width[:, least : width + 1].sum(1).max()) // _ROUND) * _ROUND, width)

    choices = [(group(0, cut), group(cut + 1, widest)) for cut in range(widest)]
    choices = [(group(0, widest),), *(pair for pair in choices if pair[0].room and pair[1].room)]
    return min(choices, key=lambda groups: sum(room * (width + _OVERHEAD) for room, width in groups))
