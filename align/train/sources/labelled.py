"""Source of labelled texts: every text once in each epoch, in a new random order."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, Int32

from align.text.text_features import FeatureBags
from align.train.batchers.labelled import LabelBatcher
from align.train.sources.source import Source

SEGMENT_ROWS = 1 << 24
"""Number of features of the texts that are copied to the device at once."""
_ROOM_DIGITS = 5
"""Binary digits to which sizes of batches are rounded. With more, less memory is wasted, but more programs compile."""


class LabelledBags(NamedTuple):
    """The features of texts, their labels as numbers, -1 after the last one, and their weights."""

    bags: FeatureBags
    labels: Int32[np.ndarray, "n m"]
    weight: Float32[np.ndarray, " n"]


def rounded_up(n: int, digits: int = 3) -> int:
    """Returns ``n`` rounded up to ``digits`` binary digits, so that data of similar sizes share a compiled program.

    >>> [rounded_up(n) for n in (3, 9, 1000, 1025)]
    [3, 10, 1024, 1280]
    """
    step = 1 << max(0, n.bit_length() - digits)
    return -(-n // step) * step


@dataclass(frozen=True, eq=False)
class LabelledSource(Source):
    """Yields every text once in each of ``epochs`` epochs, shuffled, because files are often sorted by label.

    Texts are shuffled once and divided into batches of at most ``size`` texts and ``room`` features, and the batches
    into segments, each with a part for each of ``pieces`` workers or devices. Every epoch takes the
    segments, and the batches of each part, in a new order.

    Source: for the shuffling, L. Bottou, Stochastic Gradient Descent Tricks, 2012, section 4.2.
    But: the texts of a batch stay together, so that batches are packed once for all epochs.
    """

    batcher: LabelBatcher
    data: LabelledBags
    epochs: int
    seed: int
    size: int
    pieces: int = 1
    segment_rows: int = SEGMENT_ROWS

    @cached_property
    def room(self) -> int:
        """Features per batch: 1.05 times the mean of ``size`` texts, or the number in the longest text if larger."""
        sizes = np.diff(self.data.bags.starts)
        expected = int(1.05 * min(self.size, len(sizes)) * sizes.mean()) + 1
        return rounded_up(max(expected, int(sizes.max())), _ROOM_DIGITS)

    @cached_property
    def _parts(self) -> tuple[list[int], tuple[np.ndarray, ...]]:
        """The number of batches of each part, and the fields of ``LabelBatch``, part by part, empty batches last."""
        bags, n, m = self.data.bags, *self.data.labels.shape
        order = np.random.default_rng(self.seed).permutation(n)
        starts, sizes = bags.starts[order], np.diff(bags.starts)[order]
        cuts = self._cuts(np.cumsum(sizes))
        steps = np.array_split(np.arange(len(cuts) - 1), self._per_epoch * self.pieces)
        longest = rounded_up(max(map(len, steps)), _ROOM_DIGITS)
        total = longest * len(steps)
        share, weight = np.zeros((2, total, self.size), np.float32)
        labels = np.full((total, self.size, m), -1, np.int32)
        ids = np.zeros((total, self.room), np.int32)
        owner = np.full((total, self.room), self.size, np.int32)
        begins, ends = starts.tolist(), (starts + sizes).tolist()
        for part, own in enumerate(steps):
            for row, step in enumerate(own.tolist(), part * longest):
                first, last = int(cuts[step]), int(cuts[step + 1])
                texts, count = order[first:last], last - first
                used = int(sizes[first:last].sum())
                pieces = [bags.ids[a:b] for a, b in zip(begins[first:last], ends[first:last], strict=True)]
                np.concatenate(pieces, out=ids[row, :used], casting="same_kind")
                owner[row, :used] = np.repeat(np.arange(count, dtype=np.int32), sizes[first:last])
                share[row, :count] = 1 / np.maximum(bags.totals[texts], 1)
                weight[row, :count] = self.data.weight[texts]
                labels[row, :count] = self.data.labels[texts]
        return list(map(len, steps)), (ids, owner, share, labels, weight)

    def _cuts(self, ends: Int[np.ndarray, " n"]) -> Int[np.ndarray, " steps_and_1"]:
        """Returns the first text of each batch and the number of texts, given the end of each text's features."""
        cuts, first = [0], 0
        while first < len(ends):
            used = ends[first - 1] if first else 0
            first = min(first + self.size, int(np.searchsorted(ends, used + self.room, side="right")))
            cuts.append(first)
        return np.array(cuts)

    @property
    def _per_epoch(self) -> int:
        """The number of segments of an epoch."""
        return max(1, -(-len(self.data.bags.ids) // self.segment_rows))

    @property
    def segments(self) -> int:
        """The number of segments over all epochs."""
        return self.epochs * self._per_epoch

    def load(self, segment: int) -> tuple[np.ndarray, ...]:
        """Returns the order of the batches of a segment, and the batches (``OrderedBatches``), piece by piece."""
        epoch, index = divmod(segment, self._per_epoch)
        rng = np.random.default_rng([self.seed, epoch])
        first = int(rng.permutation(self._per_epoch)[index]) * self.pieces
        counts, batches = self._parts
        longest = len(batches[0]) // len(counts)
        order = np.tile(np.arange(longest, dtype=np.int32), (self.pieces, 1))
        for piece in range(self.pieces):
            count = counts[first + piece]
            order[piece, :count] = np.random.default_rng([self.seed, epoch, first + piece]).permutation(count)
        here = slice(first * longest, (first + self.pieces) * longest)
        return order.reshape(-1), *(field[here] for field in batches)
