"""The interface of a model to the training loop: its parameters, the table rows a batch touches, and the loss.

To add a model, subclass ``Objective``. The loop calls ``rows`` to find the table rows that a batch needs, gathers them,
differentiates ``loss`` with respect to these rows and to the dense weights, and applies ``rule`` to the tables and
``optimiser`` to the dense weights. A model with latent variables computes them first, in ``infer``. Its data come from
a source (``align.train.sources``); models of running text need only an encoder or an output loss
(``align.train.objectives.window``).
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from align.train.config import TrainingConfig
from align.train.optimiser import adamw
from align.train.update import Descent, Rule


class Parameters(NamedTuple):
    """Trained parameters: ``tables``, of which a batch uses some rows, and ``dense`` weights, used by all batches."""

    tables: dict[str, Float[Array, "rows d"]]
    dense: Any


Gather = Callable[[str, Int[Array, "*n"]], Float[Array, "*n d"]]
"""Returns rows of a table, given the name of the table and the row numbers."""


class Loss(NamedTuple):
    """The loss of a batch, with what the update rules and the report need.

    ``mass[name]``: for each gathered row, the sum of |d loss / d score| over the scores that use the row, in the tree
    of ``Objective.rows``. Rules use it to bound the update of a row; tables whose rule does not need it have no entry.
    The loop reports ``value / terms``: for a sum over pairs of words, ``terms`` is the number of pairs or the sum of
    their weights.
    """

    value: Float[Array, ""]
    mass: dict[str, Any]
    terms: Float[Array, ""] | float = 1.0


class Objective(eqx.Module):
    """A model that the loop trains.

    A batch is the value that the source's batcher returns. All arrays of an objective are traced, so another objective
    with arrays of the same shapes compiles nothing. Static fields may hold only shapes and settings.
    """

    carry_scope: ClassVar[Literal["shared", "worker"]] = "shared"
    """What becomes of the carries of several workers or devices after a segment: ``shared`` averages them, and with
    ``worker`` each keeps its own."""

    @abstractmethod
    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the parameters before the first step."""

    def init_carry(self, *, key: Key[Array, ""]) -> Any:
        """Returns the recurrent state before the first step: a tree of arrays, empty unless a model overrides this."""
        del key
        return ()

    def infer(self, batch: Any, gather: Gather, carry: Any, *, key: Key[Array, ""]) -> Any:
        """Returns the batch with latent variables, which depend on the tables; nothing is differentiated here.

        The loop calls this method first, and passes its result to ``rows`` and ``recurrent_loss``. Most models have no
        latent variables and do not override it.
        """
        del gather, carry, key
        return batch

    def rows(self, batch: Any, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the row numbers of each table that ``batch`` touches; ``key`` may draw noise words.

        Each table has one array or a tree of arrays of row numbers; ``loss`` receives the rows in the same tree. A
        model without tables need not override this method.
        """
        del batch, key
        return {}

    @abstractmethod
    def loss(self, rows: dict[str, Any], dense: Any, batch: Any, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of ``batch`` given its gathered ``rows``; ``key`` may draw dropout masks and the like."""

    def recurrent_loss(
        self, rows: dict[str, Any], dense: Any, batch: Any, carry: Any, *, key: Key[Array, ""]
    ) -> tuple[Loss, Any]:
        """Returns the loss of ``batch`` and the carry after it.

        The loop calls this method. A model without recurrent state overrides only ``loss``. Gradients do not flow
        through the carry from one step to the next.
        """
        return self.loss(rows, dense, batch, key=key), carry

    def rule(self, name: str) -> Rule:
        """Returns the update rule of table ``name``: plain gradient descent unless a model overrides this."""
        del name
        return Descent()

    def optimiser(self, config: TrainingConfig) -> optax.GradientTransformation:
        """Returns the optimiser of the dense weights: AdamW unless a model overrides this (see ``optimiser.py``)."""
        return adamw(config)

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns which rows are frozen, for tables that have such rows: none unless a model overrides this."""
        return {}
