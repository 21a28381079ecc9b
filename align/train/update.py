"""Rules of update: what the gradients of gathered rows do to a table.

A row that a step gathers many times gets the sum of its updates. That sum is what the rules have to tame: a frequent
word occurs hundreds of times in a step of some thousand tokens, and a plain sum of hundreds of steps overshoots.
"""

from abc import abstractmethod
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Piece(NamedTuple):
    """Rows that were gathered together: their numbers, gradients, and how much hangs on each (see ``Loss``)."""

    ids: Int[Array, " n"]
    grads: Float[Array, "n d"]
    mass: Float[Array, " n"] | None


class Gradients(NamedTuple):
    """The gradients of all rows of a table that a step gathered; rows may repeat, within a piece and among them."""

    pieces: tuple[Piece, ...]

    @property
    def ids(self) -> Int[Array, " n"]:
        """The row numbers, piece after piece."""
        return jnp.concatenate([piece.ids for piece in self.pieces])

    @property
    def grads(self) -> Float[Array, "n d"]:
        """The gradients, piece after piece."""
        return jnp.concatenate([piece.grads for piece in self.pieces])

    @property
    def mass(self) -> Float[Array, " n"] | None:
        """The mass, piece after piece; None where it is not told."""
        told = [piece.mass for piece in self.pieces if piece.mass is not None]
        return jnp.concatenate(told) if told else None


class Rule(eqx.Module):
    """How the gradients of gathered rows change a table; ``slots`` is what the rule remembers of every row."""

    @abstractmethod
    def init(self, table: Float[Array, "rows d"]) -> Any:
        """What the rule remembers before the first step."""

    @abstractmethod
    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, found: Gradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """The table and the slots after an update by the gradients ``found``."""

    def join(self, before: Any, after: list[Any]) -> Any:
        """The slots of several workers that all began with ``before``: what each has added, all of it (sums add up).

        Raises:
            ValueError: the rule remembers what cannot be joined.
        """
        return jax.tree.map(lambda old, *parts: old + sum(part - old for part in parts), before, *after)


class Descent(Rule):
    """Gradient steps, the sum of a row's steps held to ``cap``: row <- row - rate g min(1, cap / m).

    g is the sum of the row's gradients in this step and m the sum of their mass (``objective.Loss``). With ``cap``
    None, or where no mass is told, it is plain stochastic gradient descent with repeated rows summed.

    But: word2vec goes from pair to pair and needs no cap; there the k-th occurrence of a word sees what the first has
    done. Without the cap a batch of more than some 500 tokens diverges on real text.
    """

    cap: float | None = eqx.field(static=True, default=None)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Nothing is remembered."""
        del table
        return ()

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, found: Gradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """The table after the step."""
        mass, total = found.mass, None
        if self.cap is not None and mass is not None:
            total = jnp.zeros(len(table), mass.dtype).at[found.ids].add(mass)
        for ids, grads, _ in found.pieces:  # one at a time: the next is made ready while this one is added
            held = rate if total is None else rate / jnp.maximum(1.0, total[ids] / self.cap)[:, None]
            table = table.at[ids].add(-held * grads)
        return table, slots


class AdaGrad(Rule):
    """AdaGrad by coordinate: s <- s + g^2, row <- row - rate g / sqrt(s), with s = ``start`` at first.

    Source: J. Duchi, E. Hazan, Y. Singer, Adaptive Subgradient Methods, JMLR 2011, algorithm 1 (diagonal), as used by
    Pennington et al. 2014, section 4.2, with ``start`` 1.
    But: where a row stands several times in a step, all its gradients are divided by the same sum, which has the
    square of each.
    """

    start: float = eqx.field(static=True, default=1.0)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """The sums of squares."""
        return jnp.full_like(table, self.start)

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, found: Gradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """The table and the sums after the step."""
        ids, grads = found.ids, found.grads
        sums = slots.at[ids].add(grads * grads)
        return table.at[ids].add(-rate * grads / jnp.sqrt(sums[ids])), sums


def joined(before: Float[Array, "rows d"], after: list[Float[Array, "rows d"]]) -> Float[Array, "rows d"]:
    """One table of those that several workers have made of ``before``: row <- row + S min(1, sum_i |c_i|^2 / |S|^2).

    c_i is how far worker i has moved the row, S the sum of all c_i. Where the workers went ways that have nothing to do
    with each other (rows of rare words), that is the sum of what each has learned; where all went the same way (rows of
    frequent words, which each worker has brought to where they belong), it is the mean: summed, they would overshoot.

    >>> joined(jnp.zeros((2, 2)), [jnp.array([[1.0, 0], [1, 1]]), jnp.array([[0.0, 1], [1, 1]])]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    changes = [table - before for table in after]
    total = reduce(add, changes)
    alone = reduce(add, ((change * change).sum(1) for change in changes))
    together = (total * total).sum(1)
    return before + total * jnp.minimum(1.0, alone / jnp.maximum(together, jnp.finfo(together.dtype).tiny))[:, None]
