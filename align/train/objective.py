"""What a model is to the loop: its parameters, the table rows a batch touches, and the loss on those rows."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float, Int, Key


class Parameters(NamedTuple):
    """What is learned: ``tables`` whose rows are gathered and scattered, ``dense`` weights that every batch touches."""

    tables: dict[str, Float[Array, "rows d"]]
    dense: Any


class Objective(eqx.Module):
    """One model: the loop gathers ``rows``, differentiates ``loss`` with respect to them and to ``dense``, and updates.

    A batch is whatever the model's ``batches`` callable draws on the device from a key and a step number.
    """

    @abstractmethod
    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """The parameters before the first step."""

    @abstractmethod
    def rows(self, batch: Any, *, key: Key[Array, ""]) -> dict[str, Int[Array, "..."]]:
        """The row numbers of each table that ``batch`` touches (noise words may be drawn with ``key``)."""

    @abstractmethod
    def loss(
        self, rows: dict[str, Float[Array, "... d"]], dense: Any, batch: Any, *, key: Key[Array, ""]
    ) -> Float[Array, ""]:
        """The loss of ``batch`` given its gathered ``rows``; ``key`` serves noise such as dropout."""
