"""The interface of a source: it loads the segments of a run on the host.

To add a source, subclass ``Source`` as a frozen dataclass, and its batcher (``batchers.batcher.Batcher``) as an equinox
module. ``load`` runs on the host and may read files, shuffle and count. Its result is copied to the device, where the
batcher prepares it and makes the batches. All segments of a run should have the same shapes, because each new shape is
compiled.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from align.train.batchers.batcher import Batcher


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """The data of a run: a number of segments, loaded one at a time.

    A segment is the data copied to the device at once: a part of the corpus, a block of cells, or only a number of
    steps. Its content depends only on its number, so that a run can resume from any segment.
    """

    batcher: Batcher
    """The device side: makes the batches of a segment."""

    @property
    @abstractmethod
    def segments(self) -> int:
        """The number of segments over all epochs."""

    @abstractmethod
    def load(self, segment: int) -> Any:
        """Returns the data of a segment as host arrays.

        With several workers or devices their first axis is divided among them.
        """

    def progress(self, done: int) -> float:
        """Returns the share of the run after ``done`` segments, from 0 to 1; the learning rate depends on it."""
        return done / self.segments
