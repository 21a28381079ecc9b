"""Source of labelled texts: every text once in each epoch, in a new random order."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, Int32

from align.text.blocks import by_block
from align.text.counted_features import CountedBags
from align.train.batchers.labelled import LabelBatcher
from align.train.sources.source import Source

SEGMENT_ROWS = 1 << 24
"""Number of features of the texts that are copied to the device at once."""
GROUP = 8
"""Features of a group (``LabelBatch``)."""
_ROOM_DIGITS = 5
"""Binary digits to which sizes of batches are rounded. With more, less memory is wasted, but more programs compile."""


class LabelledBags(NamedTuple):
    """The features of texts, their labels as numbers, -1 after the last one, and their weights."""

    bags: CountedBags
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

    Texts are shuffled once and divided into batches of at most ``size`` texts and ``room`` groups of features, and the
    batches into segments, each with a part for each of ``pieces`` workers or devices. Every epoch takes the segments,
    and the batches of each part, in a new order.

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
    def _groups(self) -> Int[np.ndarray, " n"]:
        """The number of groups of features of each text."""
        return -(-np.diff(self.data.bags.starts) // GROUP)

    @cached_property
    def room(self) -> int:
        """Groups per batch: the mean of ``size`` texts, or the number in the longest text if larger."""
        groups = self._groups
        expected = int(min(self.size, len(groups)) * groups.mean()) + 1
        return rounded_up(max(expected, int(groups.max())), _ROOM_DIGITS)

    @cached_property
    def _parts(self) -> tuple[list[int], tuple[np.ndarray, ...]]:
        """The number of batches of each part, and the fields of ``LabelBatch``, part by part, empty batches last."""
        n, m = self.data.labels.shape
        order = np.random.default_rng(self.seed).permutation(n)
        ends = np.cumsum(self._groups[order])
        cuts = self._cuts(ends)
        steps = np.array_split(np.arange(len(cuts) - 1), self._per_epoch * self.pieces)
        longest = rounded_up(max(map(len, steps)), _ROOM_DIGITS)
        rows = np.concatenate([np.arange(len(own)) + part * longest for part, own in enumerate(steps)])
        batch, place, group = np.empty((3, n), np.int64)
        sizes = np.diff(cuts)
        batch[order] = np.repeat(rows, sizes)
        place[order] = np.arange(n) - np.repeat(cuts[:-1], sizes)
        begins = np.concatenate([[0], ends])[cuts[:-1]]
        group[order] = ends - self._groups[order] - np.repeat(begins, sizes)
        total = longest * len(steps)
        ids, counts, owner = self._grouped(total, batch * self.room + group, place)
        share, weight = np.zeros((2, total, self.size), np.float32)
        labels = np.full((total, self.size, m), -1, np.int32)
        share[batch, place] = 1 / np.maximum(self.data.bags.totals, 1)
        weight[batch, place] = self.data.weight
        labels[batch, place] = self.data.labels
        return list(map(len, steps)), (ids, counts, owner, share, labels, weight)

    def _grouped(
        self, total: int, first: Int[np.ndarray, " n"], place: Int[np.ndarray, " n"]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns ``ids``, ``counts`` and ``owner`` of all batches.

        Args:
            total: the number of batches.
            first: the first group of each text, counted over all batches.
            place: the number of each text in its batch.
        """
        found, groups = self.data.bags, self._groups
        ids = np.zeros((total, self.room, GROUP), np.int32)
        counts = np.zeros((total, self.room, GROUP), np.float32)
        owner = np.full((total, self.room), self.size, np.int32)
        ends = np.cumsum(groups)
        owner.reshape(-1)[np.repeat(first - ends + groups, groups) + np.arange(ends[-1])] = np.repeat(place, groups)

        def place_block(begin: int, end: int) -> None:
            starts = found.starts[begin : end + 1].astype(np.int64)
            moved = np.repeat(GROUP * first[begin:end] - starts[:-1], np.diff(starts))
            there = moved + np.arange(starts[0], starts[-1])
            ids.reshape(-1)[there] = found.ids[starts[0] : starts[-1]]
            counts.reshape(-1)[there] = found.counts[starts[0] : starts[-1]]

        by_block(place_block, found.starts)
        return ids, counts, owner

    def _cuts(self, ends: Int[np.ndarray, " n"]) -> Int[np.ndarray, " steps_and_1"]:
        """Returns the first text of each batch and the number of texts, given the end of each text's groups."""
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
