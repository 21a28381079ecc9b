"""The interface of a source: it loads the segments of a run on the host.

To add a source, subclass ``Source`` as a frozen dataclass, and its batcher (``batchers.batcher.Batcher``) as an equinox
module. ``load`` runs on the host and may read files, shuffle and count; what it returns goes to the device, where the
batcher prepares it and makes the batches. Segments of one run have the same shapes, or each compiles anew.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from align.train.batchers.batcher import Batcher


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """The data of a run: a number of segments, loaded one at a time.

    A segment is what the host gives to the device at once: a stretch of the corpus, a block of cells, or only a number
    of steps. Its content depends on its number alone, so that a run can resume from any segment.
    """

    batcher: Batcher
    """The device side: makes the batches of a segment."""

    @property
    @abstractmethod
    def segments(self) -> int:
        """How many segments the run has, over all epochs."""

    @abstractmethod
    def load(self, segment: int) -> Any:
        """Returns the data of a segment as host arrays.

        With several workers or devices their first axis is divided among them.
        """

    def progress(self, done: int) -> float:
        """Returns the share of the run, 0 to 1, that ``done`` segments are; the learning rate depends on it."""
        return done / self.segments
