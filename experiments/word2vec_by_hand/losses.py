"""The two losses of skip-gram for one pair, their gradients written out, and two ways to check a gradient.

``v_c`` is the vector of the centre word, shape (d,). ``outer`` has the vectors u_j of the context words, shape (v, d).
``o`` is the row of the observed context word.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

STEP = 1e-6


def probabilities(v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"]) -> Float[np.ndarray, " v"]:
    """Returns P(w_j | w_c) = exp(u_j . v_c) / sum_i exp(u_i . v_c) for every word j.

    Source: Mikolov et al. 2013 (Distributed Representations ...), equation 2.
    """
    scores = outer @ v_c
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def softmax_loss(v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int) -> float:
    """Returns J = -log P(w_o | w_c)."""
    return -float(np.log(probabilities(v_c, outer)[o]))


def softmax_gradient(v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int) -> Float[np.ndarray, " d"]:
    """Returns dJ/dv_c = -u_o + sum_j P(w_j | w_c) u_j.

    J = -u_o . v_c + log sum_j exp(u_j . v_c). The derivative of the first term is -u_o. By the chain rule that of the
    second is (sum_j exp(u_j . v_c) u_j) / (sum_j exp(u_j . v_c)), which is each u_j times P(w_j | w_c).
    """
    return -outer[o] + probabilities(v_c, outer) @ outer


def softmax_outer_gradient(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int
) -> Float[np.ndarray, "v d"]:
    """Returns dJ/du_j = (P(w_j | w_c) - [j = o]) v_c with a row for each word; no row is zero."""
    return np.outer(probabilities(v_c, outer) - np.eye(len(outer))[o], v_c)


def sigmoid(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns 1 / (1 + exp(-x)): the probability that a pair of score x is from the text."""
    return 1 / (1 + np.exp(-x))


def negative_loss(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int, drawn: Int[np.ndarray, " n"]
) -> float:
    """Returns J = -log sigmoid(u_o . v_c) - sum_k log sigmoid(-u_k . v_c), with k over the noise words ``drawn``.

    Source: Mikolov et al. 2013 (Distributed Representations ...), equation 4, with the opposite sign.
    """
    return -float(np.log(sigmoid(outer[[o]] @ v_c)).sum() + np.log(sigmoid(-outer[drawn] @ v_c)).sum())


def negative_gradient(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int, drawn: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " d"]:
    """Returns dJ/dv_c = sum_i (sigmoid(u_i . v_c) - label_i) u_i over the observed word and the noise words.

    The label is 1 for the observed word and 0 for a noise word. The formula follows from
    d log sigmoid(x) / dx = 1 - sigmoid(x) and sigmoid(-x) = 1 - sigmoid(x).
    """
    rows, errors = _errors(v_c, outer, o, drawn)
    return errors @ outer[rows]


def negative_outer_gradient(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int, drawn: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "v d"]:
    """Returns dJ/du_i = (sigmoid(u_i . v_c) - label_i) v_c, summed for words drawn twice; all other rows are 0."""
    rows, errors = _errors(v_c, outer, o, drawn)
    made = np.zeros_like(outer)
    np.add.at(made, rows, np.outer(errors, v_c))
    return made


def _errors(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int, drawn: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Returns the rows of the observed word and the noise words, and sigmoid(u . v_c) - label of each."""
    rows = np.append(o, drawn)
    labels = np.append(1.0, np.zeros(len(drawn)))
    return rows, sigmoid(outer[rows] @ v_c) - labels


def finite_differences(
    loss: Callable[[Float[np.ndarray, " d"]], float], at: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " d"]:
    """Returns (J(x + h e_i) - J(x - h e_i)) / 2h for each dimension i, a numerical approximation of the gradient."""
    steps = STEP * np.eye(len(at))
    return np.array([(loss(at + step) - loss(at - step)) / (2 * STEP) for step in steps])


class ByJax(NamedTuple):
    """dJ/dv_c and dJ/dU by JAX's automatic differentiation, in float32."""

    inner: Float[np.ndarray, " d"]
    outer: Float[np.ndarray, "v d"]


def softmax_by_jax(v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int) -> ByJax:
    """Returns the gradients of the softmax loss by automatic differentiation."""

    def loss(x: Float[Array, " d"], table: Float[Array, "v d"]) -> Float[Array, ""]:
        return -jax.nn.log_softmax(jnp.dot(table, x, precision="highest"))[o]

    return _differentiated(loss, v_c, outer)


def negative_by_jax(
    v_c: Float[np.ndarray, " d"], outer: Float[np.ndarray, "v d"], o: int, drawn: Int[np.ndarray, " n"]
) -> ByJax:
    """Returns the gradients of the loss of negative sampling by automatic differentiation."""

    def loss(x: Float[Array, " d"], table: Float[Array, "v d"]) -> Float[Array, ""]:
        scores = jnp.dot(table, x, precision="highest")
        return -jax.nn.log_sigmoid(scores[o]) - jax.nn.log_sigmoid(-scores[drawn]).sum()

    return _differentiated(loss, v_c, outer)


def _differentiated(
    loss: Callable[[Float[Array, " d"], Float[Array, "v d"]], Float[Array, ""]],
    v_c: Float[np.ndarray, " d"],
    outer: Float[np.ndarray, "v d"],
) -> ByJax:
    inner, of_outer = jax.grad(loss, argnums=(0, 1))(jnp.asarray(v_c), jnp.asarray(outer))
    return ByJax(np.asarray(inner), np.asarray(of_outer))
