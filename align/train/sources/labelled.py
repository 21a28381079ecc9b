"""Source of labelled texts: every text once in each epoch, in a new random order."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, Int32

from align.text.text_features import FeatureBags
from align.train.batchers.labelled import LabelBatcher
from align.train.sources.source import Source

SEGMENT_ROWS = 1 << 22
"""Number of features of the texts that are copied to the device at once."""


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

    Texts are shuffled once and divided into batches of at most ``size`` texts and ``room`` features; every epoch has
    the batches in a new order. A segment is divided into ``pieces``, one for each worker or device.

    Source: for the shuffling, L. Bottou, Stochastic Gradient Descent Tricks, 2012, section 4.2.
    But: the texts of a batch stay together, so that the distinct rows of each batch are found once.
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
        return rounded_up(max(expected, int(sizes.max())))

    @cached_property
    def _batches(self) -> tuple[np.ndarray, ...]:
        """All batches: the fields of ``LabelBatch`` with a leading axis of steps; the last batch is empty."""
        bags, n, m = self.data.bags, *self.data.labels.shape
        order = np.random.default_rng(self.seed).permutation(n)
        sizes = np.diff(bags.starts)[order]
        ends = np.cumsum(sizes)
        cuts = self._cuts(ends)
        ids = bags.ids[np.repeat(bags.starts[order] - (ends - sizes), sizes) + np.arange(len(bags.ids))]
        step = np.repeat(np.arange(len(cuts) - 1), np.diff(cuts))
        at = step, np.arange(n) - cuts[step]
        share, weight = np.zeros((2, len(cuts), self.size), np.float32)
        share[at] = 1 / np.maximum(bags.totals[order], 1)
        weight[at] = self.data.weight[order]
        labels = np.full((len(cuts), self.size, m), -1, np.int32)
        labels[at] = self.data.labels[order]
        owner = np.full((len(cuts), self.room), self.size, np.int32)
        edges = np.concatenate([[0], ends])[cuts]
        features = np.repeat(step, sizes)
        owner[features, np.arange(len(ids)) - edges[features]] = np.repeat(at[1], sizes)
        return *self._distinct_rows(ids, edges), owner, share, labels, weight

    def _distinct_rows(self, ids: Int32[np.ndarray, " t"], edges: Int[np.ndarray, " s"]) -> tuple[np.ndarray, ...]:
        """Returns the distinct rows of each batch and the place of each feature among them, without sorting."""
        size = int(ids.max(initial=0)) + 1
        there, place_of = np.zeros(size, bool), np.zeros(size, np.int32)
        place = np.zeros((len(edges), self.room), np.int32)
        found: list[Int32[np.ndarray, " u"]] = []
        for number, (first, last) in enumerate(pairwise(edges.tolist())):
            own = ids[first:last]
            there[own] = True
            found.append(np.flatnonzero(there).astype(np.int32))
            there[found[-1]] = False
            place_of[found[-1]] = np.arange(len(found[-1]), dtype=np.int32)
            place[number, : len(own)] = place_of[own]
        rows = np.zeros((len(edges), rounded_up(max(map(len, found)))), np.int32)
        for number, own in enumerate(found):
            rows[number, : len(own)] = own
        return rows, place

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
        """Returns the batches of a segment, piece by piece; each piece ends with empty batches."""
        epoch, index = divmod(segment, self._per_epoch)
        steps = len(self._batches[0]) - 1
        order = np.random.default_rng([self.seed, epoch]).permutation(steps)
        parts = self._per_epoch * self.pieces
        longest = rounded_up(-(-steps // parts))
        chosen = np.full((self.pieces, longest), steps)
        for piece, own in enumerate(np.array_split(order, parts)[index * self.pieces : (index + 1) * self.pieces]):
            chosen[piece, : len(own)] = own
        return tuple(field[chosen.reshape(-1)] for field in self._batches)
