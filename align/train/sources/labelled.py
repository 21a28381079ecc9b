"""Source of labelled texts: every text once in each epoch, in a new random order."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, Int32

from align.text.text_features import FeatureBags
from align.train.batchers.labelled import CHUNK, LabelBatcher
from align.train.sources.source import Source

SEGMENT_ROWS = 1 << 22
"""Number of table rows of the texts that are copied to the device at once."""


class LabelledBags(NamedTuple):
    """The features of texts, their labels as numbers, -1 after the last one, and their weights."""

    bags: FeatureBags
    labels: Int32[np.ndarray, "n m"]
    weight: Float32[np.ndarray, " n"]


def rounded_up(n: int) -> int:
    """Returns ``n`` rounded up to three binary digits, so that data of similar sizes share a compiled program.

    >>> [rounded_up(n) for n in (3, 9, 1000, 1025)]
    [3, 10, 1024, 1280]
    """
    step = 1 << max(0, n.bit_length() - 3)
    return -(-n // step) * step


@dataclass(frozen=True, eq=False)
class LabelledSource(Source):
    """Yields every text once in each of ``epochs`` epochs, shuffled, because files are often sorted by label.

    A batch has at most ``size`` texts and ``room`` chunks of rows. A segment is divided into ``pieces``, one for each
    worker or device.

    Source: for the shuffling, L. Bottou, Stochastic Gradient Descent Tricks, 2012, section 4.2.
    """

    batcher: LabelBatcher
    data: LabelledBags
    padding: int
    epochs: int
    seed: int
    size: int
    pieces: int = 1
    segment_rows: int = SEGMENT_ROWS

    @cached_property
    def _chunks(self) -> tuple[Int32[np.ndarray, "c k"], Int[np.ndarray, " n_and_1"]]:
        """The chunks of all texts, and the first chunk of each text."""
        bags = self.data.bags
        sizes = np.diff(bags.starts)
        starts = np.concatenate([[0], np.cumsum(-(-sizes // CHUNK))])
        rows = np.full(int(starts[-1]) * CHUNK, self.padding, np.int32)
        rows[np.arange(len(bags.ids)) + np.repeat(starts[:-1] * CHUNK - bags.starts[:-1], sizes)] = bags.ids
        return rows.reshape(-1, CHUNK), starts

    @cached_property
    def room(self) -> int:
        """The number of chunks per batch: 1.2 times the mean of ``size`` texts, or the longest text if that is more."""
        sizes = np.diff(self._chunks[1])
        expected = int(1.2 * self.size * sizes.mean()) + 1
        return rounded_up(max(expected, int(sizes.max())))

    @property
    def _texts(self) -> int:
        """The number of texts in a piece of a segment."""
        n, rows = len(self.data.weight), len(self._chunks[0]) * CHUNK
        return -(-n // (self.pieces * max(1, -(-rows // self.segment_rows))))

    @property
    def _per_epoch(self) -> int:
        return -(-len(self.data.weight) // (self._texts * self.pieces))

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self._per_epoch

    @cached_property
    def _steps(self) -> int:
        """An upper bound of the steps of a piece: two consecutive batches have more than ``room`` chunks."""
        sizes = np.sort(np.diff(self._chunks[1]))[::-1]
        largest = int(sizes[: self._texts].sum())
        return rounded_up(-(-self._texts // self.size) + 2 * -(-largest // self.room) + 1)

    def load(self, segment: int) -> tuple[np.ndarray, ...]:
        """Returns the batches of a segment, piece by piece."""
        epoch, index = divmod(segment, self._per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.data.weight))
        first = index * self._texts * self.pieces
        texts = order[first : first + self._texts * self.pieces]
        parts = [self._piece(texts[k * self._texts : (k + 1) * self._texts]) for k in range(self.pieces)]
        return tuple(np.concatenate(fields) for fields in zip(*parts, strict=True))

    def _piece(self, texts: Int[np.ndarray, " n"]) -> tuple[np.ndarray, ...]:
        """Returns the batches of some texts: the fields of ``LabelBatch``, each with a leading axis of steps."""
        chunks, starts = self._chunks
        sizes = starts[texts + 1] - starts[texts]
        cuts = self._cuts(sizes)
        step = np.searchsorted(cuts, np.arange(len(texts)), side="right") - 1
        place = np.arange(len(texts)) - cuts[step]
        before = np.cumsum(sizes) - sizes
        inside = np.arange(int(sizes.sum())) - np.repeat(before, sizes)
        at = np.repeat(before - before[cuts[step]], sizes) + inside
        steps, room = self._steps, self.room
        rows = np.full((steps, room, CHUNK), self.padding, np.int32)
        owner = np.full((steps, room), self.size - 1, np.int32)
        rows[np.repeat(step, sizes), at] = chunks[np.repeat(starts[texts], sizes) + inside]
        owner[np.repeat(step, sizes), at] = np.repeat(place, sizes)
        share = np.zeros((steps, self.size), np.float32)
        share[step, place] = 1 / np.maximum(self.data.bags.totals[texts], 1)
        labels = np.full((steps, self.size, self.data.labels.shape[1]), -1, np.int32)
        labels[step, place] = self.data.labels[texts]
        weight = np.zeros((steps, self.size), np.float32)
        weight[step, place] = self.data.weight[texts]
        return rows, owner, share, labels, weight

    def _cuts(self, sizes: Int[np.ndarray, " n"]) -> Int[np.ndarray, " steps"]:
        """Returns the first text of each batch."""
        ends = np.cumsum(sizes)
        cuts, first = [0], 0
        while True:
            used = ends[first - 1] if first else 0
            first = min(first + self.size, int(np.searchsorted(ends, used + self.room, side="right")))
            if first >= len(sizes):
                return np.array(cuts)
            cuts.append(first)
