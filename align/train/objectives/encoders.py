"""Input encoders of window objectives: they choose the vectors that predict each word of a window.

An encoder converts a part of a batch to ``Inputs``: vectors, and the weight with which each vector predicts each word
of its window. The output loss uses nothing else, so any encoder works with any loss.

To add an encoder, subclass ``InputEncoder``. An encoder with several vectors for each token, such as one per sense,
returns several ``Inputs`` for a part and computes its responsibilities with ``OutputLoss.log_likelihood``.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.train.batchers.text import TokenBatch
from align.train.objectives.lookup import Lookup
from align.train.objectives.windows import (
    Offsets,
    neighbour_weights,
    thinned_window,
    transposed,
    whole_window,
    window_sums,
)


class Inputs(NamedTuple):
    """Vectors that predict words: ``vectors[t]`` predicts the token at t + ``offsets[c]`` with ``weight[t, c]``."""

    vectors: Float[Array, "t w"]
    weight: Float[Array, "t c"]
    offsets: Offsets


LogLikelihood = Callable[[Inputs], Float[Array, " t"]]
"""Returns, for each input, the log probability of the words that it predicts: sum_c weight[t, c] log p(. | input t)."""


class Encoded(NamedTuple):
    """A part of a batch as inputs; ``back`` converts the mass of each input to the mass of each token's vector."""

    inputs: tuple[Inputs, ...]
    back: Callable[[tuple[Float[Array, " t"], ...]], Float[Array, " t"]]


class InputEncoder(eqx.Module):
    """The input side of a window objective."""

    lookup: Lookup
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)

    @abstractmethod
    def encode(self, rows: dict[str, Any], batch: TokenBatch, part: int, *, likelihood: LogLikelihood) -> Encoded:
        """Returns the inputs of a part, given the gathered rows; all parts have the same number of inputs."""

    def init(self, *, key: Key[Array, ""]) -> dict[str, Float[Array, "rows w"]]:
        """Returns the encoder's tables before the first step."""
        return self.lookup.init(key=key)

    def rows(self, batch: TokenBatch) -> dict[str, Any]:
        """Returns the row numbers of the encoder's tables that ``batch`` touches."""
        return self.lookup.rows(batch)

    def row_mass(self, mass: tuple[Float[Array, " t"], ...], batch: TokenBatch) -> dict[str, Any]:
        """Returns the mass of each row, in the tree of ``rows``, given the mass of each token's vector."""
        return self.lookup.row_mass(mass, batch)

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """Returns which rows are frozen, for the tables that have such rows."""
        return self.lookup.frozen()


class WordEncoder(InputEncoder):
    """Skip-gram: the vector of each token predicts each of its neighbours.

    If ``thinned``, each part of a batch uses only some distances of the window (``windows.thinned_window``).
    """

    thinned: bool = eqx.field(static=True, default=False)

    def encode(self, rows: dict[str, Any], batch: TokenBatch, part: int, *, likelihood: LogLikelihood) -> Encoded:
        """Returns the vectors of the tokens."""
        del likelihood
        if self.thinned and not self.fixed:
            window = thinned_window(self.window, part, len(batch.tokens))
        else:
            window = whole_window(self.window, fixed=self.fixed)
        weight = neighbour_weights(batch, part, window)
        return Encoded((Inputs(self.lookup.vectors(rows, batch, part), weight, window.offsets),), lambda mass: mass[0])


class BagEncoder(InputEncoder):
    """CBOW: the weighted mean of the vectors of a token's neighbours, or their sum, predicts the token.

    A neighbour at distance k of a window of size W has the weight (W + 1 - k) / W, or 1 if ``fixed``. If ``divided`` is
    false, each neighbour of a mean gets the gradient of the sum, as in word2vec.
    """

    mean: bool = eqx.field(static=True, default=True)
    divided: bool = eqx.field(static=True, default=True)

    def encode(self, rows: dict[str, Any], batch: TokenBatch, part: int, *, likelihood: LogLikelihood) -> Encoded:
        """Returns the bags; a token without neighbours is not predicted."""
        del likelihood
        window = whole_window(self.window, fixed=self.fixed)
        weight = neighbour_weights(batch, part, window)
        bag = bag_of(weight, mean=self.mean and self.divided)
        sums: Array = window_sums(self.lookup.vectors(rows, batch, part), bag.weight, window.offsets)
        if self.mean and not self.divided:
            total = jnp.maximum(weight.sum(1), 1 / self.window)[:, None]
            sums = sums + jax.lax.stop_gradient(sums / total - sums)

        def back(mass: tuple[Float[Array, " t"], ...]) -> Float[Array, " t"]:
            return jnp.stack(transposed(bag.weight * mass[0][:, None], window.offsets)).sum(0)

        return Encoded((Inputs(sums, bag.filled[:, None], (0,)),), back)


class Bag(NamedTuple):
    """The bag of every token: the weight of each neighbour, and 1 if the token has a neighbour, else 0."""

    weight: Float[Array, "t c"]
    filled: Float[Array, " t"]


def bag_of(weight: Float[Array, "t c"], *, mean: bool) -> Bag:
    """Returns the bags of tokens whose neighbours have ``weight``; for a ``mean`` the weights of a token sum to 1."""
    total = weight.sum(1)
    shares = weight / jnp.where(total > 0, total, 1)[:, None] if mean else weight
    return Bag(shares, (total > 0).astype(weight.dtype))
