"""Update rules of tables: how the gradients of gathered rows change a table.

A row that a step gathers many times gets the sum of its updates. In a step of a thousand tokens a frequent word occurs
hundreds of times, and the sum of that many gradient steps overshoots; each rule bounds it in its own way.
"""

from abc import abstractmethod
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class RowGradients(NamedTuple):
    """Row numbers that were gathered together, with the gradient and the mass (``objective.Loss``) of each."""

    ids: Int[Array, " n"]
    grads: Float[Array, "n d"]
    mass: Float[Array, " n"] | None


class TableGradients(NamedTuple):
    """The gradients of all rows of a table that a step gathered. A row may occur several times."""

    parts: tuple[RowGradients, ...]

    @property
    def ids(self) -> Int[Array, " n"]:
        """The row numbers of all parts."""
        return jnp.concatenate([part.ids for part in self.parts])

    @property
    def grads(self) -> Float[Array, "n d"]:
        """The gradients of all parts."""
        return jnp.concatenate([part.grads for part in self.parts])

    @property
    def mass(self) -> Float[Array, " n"] | None:
        """The mass of all parts, or None if the objective gives none."""
        given = [part.mass for part in self.parts if part.mass is not None]
        return jnp.concatenate(given) if given else None


class Rule(eqx.Module):
    """An update rule. ``slots`` is its state: a tree of arrays with one row for each row of the table."""

    @abstractmethod
    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Returns the slots before the first step."""

    @abstractmethod
    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """Returns the table and the slots after one update."""

    def merge(self, before: Any, after: list[Any]) -> Any:
        """Merges the slots of several workers that all began with ``before``: adds the changes of all workers."""
        return jax.tree.map(lambda old, *parts: old + sum(part - old for part in parts), before, *after)


class Descent(Rule):
    """Gradient descent with a bound on each row's update: row <- row - rate g min(1, cap / m).

    g is the sum of the row's gradients in this step and m the sum of their mass (``objective.Loss``). Without a cap, or
    without mass, it is stochastic gradient descent.

    But: word2vec updates after every pair and needs no cap, because the k-th occurrence of a word sees the update of
    the first. Without a cap a batch of more than about 500 tokens diverges on real text.
    """

    cap: float | None = eqx.field(static=True, default=None)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Returns no slots."""
        del table
        return ()

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """Returns the table after one step."""
        mass, total = gradients.mass, None
        if self.cap is not None and mass is not None:
            total = jnp.zeros(len(table), mass.dtype).at[gradients.ids].add(mass)
        for ids, grads, _ in gradients.parts:  # one part at a time: the next is computed while this one is added
            bounded = rate if total is None else rate / jnp.maximum(1.0, total[ids] / self.cap)[:, None]
            table = table.at[ids].add(-bounded * grads)
        return table, slots


class AdaGrad(Rule):
    """AdaGrad for each coordinate: s <- s + g^2, row <- row - factor rate g / sqrt(s), with s = ``start`` at first.

    Source: J. Duchi, E. Hazan, Y. Singer, Adaptive Subgradient Methods, JMLR 2011, algorithm 1 (diagonal), as used by
    Pennington et al. 2014, section 4.2, with ``start`` 1.
    But: if a row occurs several times in a step, all its gradients are divided by the root of the same sum, which
    contains the square of each.
    """

    start: float = eqx.field(static=True, default=1.0)
    factor: float = eqx.field(static=True, default=1.0)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Returns the sums of squares, one for each coordinate."""
        return jnp.full_like(table, self.start)

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """Returns the table and the sums of squares after one step."""
        ids, grads = gradients.ids, gradients.grads
        sums = slots.at[ids].add(grads * grads)
        scale = -rate if self.factor == 1 else -self.factor * rate
        return table.at[ids].add(scale * grads / jnp.sqrt(sums[ids])), sums


class RowAdaGrad(Rule):
    """AdaGrad with one number for each row: s <- s + |g|^2 / d, row <- row - rate g / sqrt(s), s = ``start`` at first.

    Rare rows, such as those of n-grams, move far at each of their few steps; the steps of frequent rows become short.
    The state takes a d-th of the memory of ``AdaGrad``. d is the number of columns, or ``size`` if it is given. |g|^2
    is the mass of the gradient if the objective gives a mass, which saves computing it for each row.

    Source: Duchi et al. 2011, algorithm 1, with the mean of the squares of a row's coordinates.
    But: if a row occurs several times in a step, all its gradients are divided by the root of the same sum.
    """

    start: float = eqx.field(static=True, default=1.0)
    size: int | None = eqx.field(static=True, default=None)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Returns the sums of mean squares, one for each row."""
        return jnp.full(len(table), self.start, table.dtype)

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """Returns the table and the sums after one step."""
        size = table.shape[1] if self.size is None else self.size
        for ids, grads, mass in gradients.parts:
            squares = jnp.sum(grads * grads, axis=1) if mass is None else mass
            slots = slots.at[ids].add(squares / size)
        for ids, grads, _ in gradients.parts:
            table = table.at[ids].add(-(rate * jax.lax.rsqrt(slots[ids]))[:, None] * grads)
        return table, slots


def merge_tables(before: Float[Array, "rows d"], after: list[Float[Array, "rows d"]]) -> Float[Array, "rows d"]:
    """Merges the tables of several workers that all began with ``before``.

    Each row becomes row + S min(1, sum_i |c_i|^2 / |S|^2), where c_i is the change of the row by worker i and S the sum
    of all c_i. If the changes are orthogonal, as they tend to be for rare words, this is their sum. If they are equal,
    as they tend to be for frequent words, it is their mean, since their sum would overshoot.

    >>> merge_tables(jnp.zeros((2, 2)), [jnp.array([[1.0, 0], [1, 1]]), jnp.array([[0.0, 1], [1, 1]])]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    changes = [table - before for table in after]
    total = reduce(add, changes)
    alone = reduce(add, ((change * change).sum(1) for change in changes))
    together = (total * total).sum(1)
    return before + total * jnp.minimum(1.0, alone / jnp.maximum(together, jnp.finfo(together.dtype).tiny))[:, None]
