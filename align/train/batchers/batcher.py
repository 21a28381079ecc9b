"""The interface of a batcher: it prepares a segment on the device and makes its batches."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
from jaxtyping import Array, Int, Key


class Batcher(eqx.Module):
    """Makes the batches of a segment on the device.

    A batcher holds arrays and static shapes only. Corpus, files, seed and counts belong to its source
    (``sources.source.Source``), so that another run on data of the same shapes compiles nothing.
    """

    @abstractmethod
    def prepare(self, data: Any, *, key: Key[Array, ""]) -> tuple[Any, Int[Array, ""]]:
        """Returns the arrays from which ``batch`` makes batches, and the number of steps; runs once for each segment.

        Args:
            data: the result of ``Source.load``, or this worker's or device's part of it.
            key: differs for each segment, worker and device.
        """

    @abstractmethod
    def batch(self, prepared: Any, index: Int[Array, ""], *, key: Key[Array, ""]) -> Any:
        """Returns the batch of step ``index`` of the segment."""
