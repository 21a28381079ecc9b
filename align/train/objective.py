"""What a model is to the loop: its parameters, the table rows a batch touches, and the loss on those rows."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Bool, Float, Key

from align.train.update import Descent, Rule


class Parameters(NamedTuple):
    """What is learned: ``tables`` whose rows are gathered and scattered, ``dense`` weights that every batch touches."""

    tables: dict[str, Float[Array, "rows d"]]
    dense: Any


class Loss(NamedTuple):
    """The loss of a batch, and for some tables how much of it hangs on each gathered row.

    What is told of a ``value`` that is a sum is the mean over its ``terms``, such as pairs of words: their number, or
    the sum of their weights.
    ``mass`` has, where a rule asks for it, one number for every row that was gathered: the sum of |d loss / d score|
    over the scores that the row takes part in, in the tree of ``Objective.rows``.
    """

    value: Float[Array, ""]
    mass: dict[str, Any]
    terms: Float[Array, ""] | float = 1.0


class Objective(eqx.Module):
    """One model: the loop gathers ``rows``, differentiates ``loss`` with respect to them and to ``dense``, and updates.

    A batch is whatever the model's ``Batches`` draw on the device from a key and a step number.
    """

    @abstractmethod
    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """The parameters before the first step."""

    def rows(self, batch: Any, *, key: Key[Array, ""]) -> dict[str, Any]:
        """The row numbers of each table that ``batch`` touches (noise words may be drawn with ``key``).

        They may be one array a table or any tree of arrays; ``loss`` is given the rows in the same tree. A model
        without tables has none, and need not say so.
        """
        del batch, key
        return {}

    @abstractmethod
    def loss(self, rows: dict[str, Any], dense: Any, batch: Any, *, key: Key[Array, ""]) -> Loss:
        """The loss of ``batch`` given its gathered ``rows``; ``key`` serves noise such as dropout."""

    def rule(self, name: str) -> Rule:
        """How the gathered rows of table ``name`` are updated: plain gradient steps unless a model says otherwise."""
        del name
        return Descent()

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """The rows that stay as they are, of the tables that have such: none unless a model says otherwise."""
        return {}
