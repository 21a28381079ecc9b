"""The interface of an output loss, which measures how well input vectors predict the words of their windows.

To add an output loss, subclass ``OutputLoss``. Its input is ``Inputs``, the result of the encoder: vectors, and the
weight with which each of them predicts each word of its window.
"""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float, Key

from align.train.batchers.text import TokenBatch
from align.train.objectives.encoders import Inputs


class OutputResult(NamedTuple):
    """The loss over all parts of a batch, the sum of the weights of its terms, and the mass of inputs and rows.

    Mass is defined in ``objective.Loss``: ``input_mass`` for each input vector of each part, ``row_mass`` for each
    gathered row of the output tables, in the tree of ``OutputLoss.rows``.
    """

    value: Float[Array, ""]
    terms: Float[Array, ""]
    input_mass: tuple[Float[Array, " t"], ...]
    row_mass: dict[str, Any]


class OutputLoss(eqx.Module):
    """The output side of a window objective: minus the weighted log probability of the words that inputs predict."""

    @abstractmethod
    def init(self, width: int) -> dict[str, Float[Array, "rows w"]]:
        """Returns the output tables before the first step, with ``width`` columns, all 0."""

    @abstractmethod
    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the row numbers of the output tables that a batch touches; ``key`` may draw noise words."""

    @abstractmethod
    def loss(self, inputs: tuple[Inputs, ...], rows: dict[str, Any], batch: TokenBatch) -> OutputResult:
        """Returns the loss of a batch.

        Args:
            inputs: the result of the encoder for each part.
            rows: the gathered rows of the output tables, in the tree of ``rows``.
            batch: the tokens of each part, -1 for padding.
        """

    @abstractmethod
    def log_likelihood(self, inputs: Inputs, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, " t"]:
        """Returns minus the loss of each input vector of a part: the log probability of the words that it predicts."""
