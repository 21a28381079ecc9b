"""The objectives of running text by plain loops, in double precision: each pair's loss and its gradient."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from align.train.batchers.text import TokenBatch
from align.train.objective import Objective


class Found(NamedTuple):
    """A loss, and its gradient by whole tables."""

    value: float
    grads: dict[str, np.ndarray]


def batch(words: int, *, parts: int = 2, size: int = 16, seed: int = 0) -> TokenBatch:
    """Random tokens in sentences of three to eight, the last few missing, as at the end of a segment."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(words, size=parts * size)
    tokens[-3:] = -1
    ends = np.cumsum(rng.integers(3, 9, parts * size))
    sentence = np.searchsorted(ends, np.arange(parts * size), side="right")
    return TokenBatch(*(jnp.asarray(x.reshape(parts, size), jnp.int32) for x in (tokens, sentence)))


def tables(objective: Objective, *, seed: int = 1, scale: float = 0.7) -> dict[str, np.ndarray]:
    """Random tables of the objective's shapes."""
    rng = np.random.default_rng(seed)
    made = objective.init(key=jax.random.key(0)).tables
    return {name: scale * rng.normal(size=table.shape) for name, table in made.items()}


@eqx.filter_jit
def _rows_and_slopes(objective: Objective, made: dict[str, Any], text: TokenBatch, key: Any) -> Any:
    ids = objective.rows(text, key=key)
    rows = {name: jax.tree.map(lambda i, t=made[name]: t[i], tree) for name, tree in ids.items()}

    def value(rows: dict[str, Any]) -> tuple[Any, Any]:
        told = objective.loss(rows, (), text, key=key)
        return told.value, told

    grads, told = jax.grad(value, has_aux=True)(rows)
    return ids, grads, told


def ours(objective: Objective, made: dict[str, np.ndarray], text: TokenBatch, *, key: Any) -> tuple[Found, Any, Any]:
    """The objective's loss and gradient, summed over the rows that repeat; the rows, and all that the loss tells."""
    ids, grads, told = _rows_and_slopes(
        objective, {name: jnp.asarray(table, jnp.float32) for name, table in made.items()}, text, key
    )
    whole = {name: np.zeros(table.shape) for name, table in made.items()}
    for name, tree in ids.items():
        for numbers, slope in zip(jax.tree.leaves(tree), jax.tree.leaves(grads[name]), strict=True):
            np.add.at(whole[name], np.asarray(numbers), np.asarray(slope, np.float64))
    return Found(float(told.value), whole), ids, told


def pairs(text: TokenBatch, window: int, *, fixed: bool = False) -> Iterator[tuple[int, int, int, float]]:
    """(part, place, neighbour's place, weight) of every pair of a batch."""
    tokens, sentence = np.asarray(text.tokens), np.asarray(text.sentence)
    for part, t in np.ndindex(*tokens.shape):
        for other in range(max(0, t - window), min(tokens.shape[1], t + window + 1)):
            told = min(tokens[part, t], tokens[part, other]) >= 0 and sentence[part, t] == sentence[part, other]
            if other != t and told:
                yield part, t, other, 1.0 if fixed else (window + 1 - abs(other - t)) / window


def logistic(x: np.ndarray, y: np.ndarray, sign: float) -> tuple[float, float]:
    """Minus log s(sign <x, y>), and its derivative by the score."""
    score = sign * float(x @ y)
    return float(np.log1p(np.exp(-score))), -sign / (1 + np.exp(score))


def close(found: Found, expected: Found) -> None:
    """The same loss, and the same gradient but for the approximate slope of ``log_loss`` (within 7e-4)."""
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-4)
    for name, grad in expected.grads.items():
        np.testing.assert_allclose(found.grads[name], grad, atol=2e-3 * np.abs(grad).max(), err_msg=name)
