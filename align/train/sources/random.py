"""Source of batches drawn at random on the device."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32

from align.checks import at_least_one
from align.train.batchers.random import RandomBatcher
from align.train.sources.source import Source


@dataclass(frozen=True, eq=False)
class RandomBatches(Source):
    """Draws ``steps`` batches with replacement, in segments of ``segment_steps``; each segment reports its loss.

    Raises:
        SettingError: ``steps`` or ``segment_steps`` is below 1.
    """

    batcher: RandomBatcher
    steps: int
    segment_steps: int

    def __post_init__(self) -> None:
        at_least_one(self, "steps", "segment_steps")

    @property
    def segments(self) -> int:
        """The number of segments; the last may be shorter."""
        return -(-self.steps // self.segment_steps)

    def progress(self, done: int) -> float:
        """Returns the share of the steps in the first ``done`` segments."""
        return min(done * self.segment_steps, self.steps) / self.steps

    def load(self, segment: int) -> Int32[np.ndarray, ""]:
        """Returns the number of steps of the segment."""
        return np.asarray(min(self.segment_steps, self.steps - segment * self.segment_steps), np.int32)
