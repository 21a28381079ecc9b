"""Objectives of running text: an input encoder and an output loss, freely combined."""

from functools import partial, reduce
from operator import add
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Key

from align.train.batchers.text import TokenBatch
from align.train.objective import Loss, Objective, Parameters
from align.train.objectives.encoders import InputEncoder
from align.train.objectives.output import OutputLoss
from align.train.update import Descent, Rule


class WindowObjective(Objective):
    """Minus the log probability of the words in windows, summed over all pairs of an input and a word of its window.

    ``encoder`` computes the inputs, and ``output`` the probabilities. Skip-gram and CBOW (Mikolov et al. 2013) are the
    encoders ``WordEncoder`` and ``BagEncoder``, each with any output loss. The update of a row in one step is bounded
    by ``cap`` (``update.Descent``).
    """

    encoder: InputEncoder
    output: OutputLoss
    cap: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the encoder's tables, which are random, and the output tables, which are 0."""
        tables = self.encoder.init(key=key)
        width = next(iter(tables.values())).shape[1]
        return Parameters(tables | self.output.init(width), ())

    def rule(self, name: str) -> Rule:
        """Returns gradient descent with a bounded update."""
        del name
        return Descent(self.cap)

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns the frozen rows of the encoder's tables."""
        return self.encoder.frozen()

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the rows of both sides."""
        return self.encoder.rows(batch) | self.output.rows(batch, key=key)

    def loss(self, rows: dict[str, Any], dense: Any, batch: TokenBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of the batch, a sum over its pairs."""
        del dense, key

        def likelihood(part: int) -> Any:
            fixed = jax.lax.stop_gradient(rows)
            return partial(self.output.log_likelihood, rows=fixed, batch=batch, part=part)

        parts = range(len(batch.tokens))
        encoded = [self.encoder.encode(rows, batch, part, likelihood=likelihood(part)) for part in parts]
        found = [self.output.loss(inputs, rows, batch) for inputs in zip(*(e.inputs for e in encoded), strict=True)]
        masses = zip(*(result.input_mass for result in found), strict=True)
        of_tokens = tuple(one.back(mass) for one, mass in zip(encoded, masses, strict=True))
        of_rows: Any = jax.tree.map(lambda *mass: reduce(add, mass), *(result.row_mass for result in found))
        value, terms = (reduce(add, part) for part in zip(*(result[:2] for result in found), strict=True))
        return Loss(value, self.encoder.row_mass(of_tokens, batch) | of_rows, terms)
