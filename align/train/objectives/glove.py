"""GloVe's objective: vectors whose inner products approximate the logarithms of co-occurrence counts."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from align.train.batchers.tiles import TileBatch
from align.train.objective import Loss, Objective, Parameters
from align.train.update import Rule, TableGradients


class DampedAdaGrad(Rule):
    """AdaGrad with one sum per row, and steps at most as long as those of Newton's method.

        s <- s + |g|^2 / d,   row <- row - rate g / (sqrt(s) + rate damping h)

    g is the gradient of a gathered row (d,), s is its sum of squares, which starts at ``start``, and h is a bound
    of the second derivative of the loss with respect to that row, given by the objective as the mass of the row.

    Sources: Duchi, Hazan & Singer 2011, algorithm 1, for the sum; the second term is the Levenberg-Marquardt bound.

    But: there is one sum per row instead of one per coordinate as in the paper. This halves memory traffic, with the
    same loss. AdaGrad takes one cell at a time; here all cells of a tile move a row at once, and the
    second term keeps their sum from overshooting. Because words and contexts move towards the same residual at once, an
    exact h needs a ``damping`` of 2; h is a bound that is mostly too high, and 1.2 was best.
    """

    start: float = eqx.field(static=True, default=400.0)
    damping: float = eqx.field(static=True, default=1.2)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """Returns the sums of squares, one for each row."""
        return jnp.full((len(table), 1), self.start, table.dtype)

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """Returns the table and the sums of squares after one step; without mass it is AdaGrad."""
        ids, grads, mass = gradients.ids, gradients.grads, gradients.mass
        sums = slots.at[ids].add((grads * grads).mean(axis=1, keepdims=True))
        bound = 0.0 if mass is None else rate * self.damping * mass[:, None]
        return table.at[ids].add(-rate * grads / (jnp.sqrt(sums[ids]) + bound)), sums


class LogBilinear(Objective):
    """1/2 sum over cells of f(X_ij) (<w_i, c_j> + b_i + b'_j - log X_ij)^2, with f(x) = min(1, (x / x_max)^power).

    The tables are ``word`` w and ``context`` c, (v, d), and ``word_bias`` b and ``context_bias`` b', (v, 1). If
    ``biases`` are given, b and b' equal them and are not learned. If ``shared``, c is w. The mass of a row is the trace
    of the second derivative with respect to it: sum over j of f(X_ij) |c_j|^2, and for a bias the sum of f.

    Source: Pennington, Socher & Manning 2014, equations 8 and 9.

    But: the loss is half of equation 8, as in the authors' program. The gradient of the vectors of a tile is multiplied
    by P = 1/m sum over i < m of (I - M / tr M)^i, with m = 2^``rounds`` and M the second moment of the vectors of the
    other side, so that one step has the effect of m. P is near 1 in directions in which these vectors vary little. In a
    direction that they share, with eigenvalue l of M, it is at most tr M / (m l), so that this direction alone does not
    decide the length of the step. P M is at most tr M / m, and so is the mass. With 0 rounds P is 1.
    """

    biases: Float[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    x_max: float = eqx.field(static=True, default=10.0)
    power: float = eqx.field(static=True, default=0.75)
    shared: bool = eqx.field(static=True, default=False)
    rounds: int = eqx.field(static=True, default=0)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns vectors uniform in (-.05, .05), and biases 0.

        But: the authors' program draws from (-1/2d, 1/2d), from which steps over many cells make slow progress.
        """
        names = ("word",) if self.shared else ("word", "context")
        keys = jax.random.split(key, len(names))
        shape = (self.words, self.dim)
        tables = {n: jax.random.uniform(k, shape, minval=-0.05, maxval=0.05) for n, k in zip(names, keys, strict=True)}
        if self.biases is None:
            tables |= {name: jnp.zeros((self.words, 1)) for name in ("word_bias", "context_bias")}
        return Parameters(tables, ())

    def rule(self, name: str) -> Rule:
        """Returns damped AdaGrad."""
        del name
        return DampedAdaGrad()

    def rows(self, batch: TileBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the rows and the columns of the tile and of the single cells."""
        del key
        row, column = self._numbers(batch)
        if self.shared:
            return {"word": (row, column)}
        both: dict[str, Any] = {"word": row, "context": column}
        return both if self.biases is not None else both | {"word_bias": row, "context_bias": column}

    def _numbers(self, batch: TileBatch) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Returns the row numbers, then the column numbers, of the tile and of the single cells."""
        own, other = (jnp.minimum(batch.corner[n] + jnp.arange(self.size), self.words - 1) for n in (0, 1))
        return (own, batch.row), (other, batch.column)

    def loss(self, rows: dict[str, Any], dense: Any, batch: TileBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of the batch, a sum over its cells; the loop reports the mean."""
        del dense, key
        (w, v), (c, u) = rows["word"] if self.shared else (rows["word"], rows["context"])
        if self.biases is None:
            own, other = ([side[..., 0] for side in rows[name]] for name in ("word_bias", "context_bias"))
        else:
            fixed = self.biases
            own, other = ([fixed[number] for number in side] for side in self._numbers(batch))
        f = cell_weights(batch.tile, self.x_max, self.power)
        if self.rounds:
            w, c = (
                _preconditioned(w, _preconditioner(c, f.sum(0), self.rounds)),
                _preconditioned(c, _preconditioner(w, f.sum(1), self.rounds)),
            )
        in_tile = _squared_errors(w @ c.T + own[0][:, None] + other[0], batch.tile, f)
        g = cell_weights(batch.single, self.x_max, self.power)
        alone = _squared_errors((v * u).sum(1) + own[1] + other[1], batch.single, g)

        def traces(weights: Float[Array, "a b"], rows: Float[Array, "b d"]) -> Float[Array, " a"]:
            return weights @ (rows * rows).sum(1) / 2**self.rounds

        of_word = (traces(f, c), g * (u * u).sum(1))
        of_context = (traces(f.T, w), g * (v * v).sum(1))
        mass: dict[str, Any] = {"word": of_word, "context": of_context}
        if self.shared:
            mass = {"word": (of_word, of_context)}
        elif self.biases is None:
            mass |= {"word_bias": (f.sum(1), g), "context_bias": (f.sum(0), g)}
        return Loss((in_tile + alone) / 2, mass, jnp.sum(f > 0) + jnp.sum(g > 0))


def cell_weights(log_count: Float[Array, "..."], x_max: float, power: float) -> Float[Array, "..."]:
    """Returns f(x) = min(1, (x / x_max)^power) given log x; f(0) is 0 for every power."""
    log_count = log_count.astype(jnp.float32)
    there = jnp.isfinite(log_count)
    share = jnp.where(there, log_count, 0.0) - np.log(x_max)
    return jnp.where(there, jnp.exp(power * jnp.minimum(share, 0.0)), 0.0)


def _squared_errors(
    score: Float[Array, "..."], log_count: Float[Array, "..."], weight: Float[Array, "..."]
) -> Float[Array, ""]:
    """Returns the sum of f(x) (score - log x)^2 over x > 0."""
    log_count = log_count.astype(jnp.float32)
    return (weight * (score - jnp.where(jnp.isfinite(log_count), log_count, 0.0)) ** 2).sum()


def _preconditioner(rows: Float[Array, "b d"], weight: Float[Array, " b"], rounds: int) -> Float[Array, "d d"]:
    """Returns P = 1/m sum over i < m of R^i with R = I - M / tr M, M = sum_j weight_j r_j r_j^T and m = 2^``rounds``.

    It is computed as the product of (I + R) / 2, (I + R^2) / 2, (I + R^4) / 2 and so on, ``rounds`` factors.
    """
    moment = (rows * weight[:, None]).T @ rows
    one = jnp.eye(rows.shape[1])
    power = one - moment / jnp.maximum(jnp.trace(moment), 1e-12)
    shape = (one + power) / 2
    for _ in range(rounds - 1):
        power = power @ power
        shape = (shape + shape @ power) / 2
    return shape


@jax.custom_vjp
def _preconditioned(rows: Float[Array, "b d"], shape: Float[Array, "d d"]) -> Float[Array, "b d"]:
    """Returns ``rows``; their gradient is multiplied by ``shape``."""
    del shape
    return rows


def _preconditioned_forward(
    rows: Float[Array, "b d"], shape: Float[Array, "d d"]
) -> tuple[Float[Array, "b d"], Float[Array, "d d"]]:
    return rows, shape


def _preconditioned_backward(
    shape: Float[Array, "d d"], grads: Float[Array, "b d"]
) -> tuple[Float[Array, "b d"], Float[Array, "d d"]]:
    return grads @ shape, jnp.zeros_like(shape)


_preconditioned.defvjp(_preconditioned_forward, _preconditioned_backward)
