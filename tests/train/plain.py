"""The objectives of running text by plain loops, in double precision: each pair's loss and its gradient."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from align.train.batchers.text import TokenBatch
from align.train.objective import Objective
from align.train.objectives.encoders import BagEncoder, InputEncoder, WordEncoder
from align.train.objectives.lookup import WordRows
from align.train.objectives.windows import thinned_window


class Found(NamedTuple):
    """A loss, and its gradient by whole tables."""

    value: float
    grads: dict[str, np.ndarray]


class Prediction(NamedTuple):
    """An input predicts the token at ``target`` with a weight; the input is a weighted sum of the tokens in ``bag``."""

    part: int
    place: int
    target: int
    weight: float
    bag: dict[int, float]


class Term(NamedTuple):
    """A score of a prediction: with which output row, d loss / d score times the weight, and the loss."""

    table: str
    row: int
    slope: float
    loss: float


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
    """The objective's loss and gradient, summed over the rows that repeat; the rows, and the whole ``Loss``."""
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
            there = min(tokens[part, t], tokens[part, other]) >= 0 and sentence[part, t] == sentence[part, other]
            if other != t and there:
                yield part, t, other, 1.0 if fixed else (window + 1 - abs(other - t)) / window


ENCODERS = {
    "word": {},
    "word, fixed": {"fixed": True},
    "word, thinned": {"thinned": True},
    "mean": {"mean": True},
    "mean, fixed": {"mean": True, "fixed": True},
    "sum": {"mean": False},
}


def encoder(name: str, *, words: int, dim: int, window: int) -> InputEncoder:
    """The encoder of a name in ``ENCODERS``."""
    settings = {"fixed": False} | ENCODERS[name]
    kind = BagEncoder if "mean" in settings else WordEncoder
    return kind(WordRows(None, None, words, dim), window, **settings)


def predictions(text: TokenBatch, window: int, name: str) -> Iterator[Prediction]:
    """Every prediction of a batch by the encoder of that name."""
    settings = ENCODERS[name]
    found = list(pairs(text, window, fixed=settings.get("fixed", False)))
    if "mean" in settings:
        near: dict[tuple[int, int], dict[int, float]] = {}
        for part, t, other, weight in found:
            near.setdefault((part, t), {})[other] = weight
        for (part, t), weights in near.items():
            total = sum(weights.values()) if settings["mean"] else 1.0
            yield Prediction(part, t, t, 1.0, {other: weight / total for other, weight in weights.items()})
        return
    for part, t, other, weight in found:
        share = weight
        if settings.get("thinned"):
            chosen = thinned_window(window, part, len(text.tokens))
            share = dict(zip(*chosen, strict=True)).get(other - t, 0.0)
        if share:
            yield Prediction(part, t, other, share, {t: 1.0})


class Plain(NamedTuple):
    """What plain loops find: the loss and its gradient, the mass of every token and output row, the terms."""

    found: Found
    token_mass: np.ndarray
    row_mass: dict[str, np.ndarray]
    terms: float


def plain(
    made: dict[str, np.ndarray],
    text: TokenBatch,
    told: list[Prediction],
    terms: Callable[[Prediction, np.ndarray], list[Term]],
) -> Plain:
    """The sums over all predictions, by the ``terms`` of the output loss."""
    grads = {name: np.zeros_like(table) for name, table in made.items()}
    masses = {name: np.zeros(len(table)) for name, table in made.items()}
    tokens = np.asarray(text.tokens)
    token_mass, value = np.zeros(tokens.shape), 0.0
    for one in told:
        h = sum(weight * made["word"][tokens[one.part, other]] for other, weight in one.bag.items())
        for table, row, slope, loss in terms(one, h):
            value += one.weight * loss
            grads[table][row] += one.weight * slope * h
            masses[table][row] += one.weight * abs(slope)
            for other, weight in one.bag.items():
                grads["word"][tokens[one.part, other]] += weight * one.weight * slope * made[table][row]
                token_mass[one.part, other] += weight * one.weight * abs(slope)
    return Plain(Found(value, grads), token_mass, masses, sum(one.weight for one in told))


def by_row(ids: Any, mass: Any, rows: int) -> np.ndarray:
    """The mass of gathered rows, added up in the rows of the table."""
    found = np.zeros(rows)
    for numbers, part in zip(jax.tree.leaves(ids), jax.tree.leaves(mass), strict=True):
        np.add.at(found, np.asarray(numbers), np.asarray(part))
    return found


def logistic(x: np.ndarray, y: np.ndarray, sign: float) -> tuple[float, float]:
    """Minus log s(sign <x, y>), and its derivative by the score."""
    score = sign * float(x @ y)
    return float(np.log1p(np.exp(-score))), -sign / (1 + np.exp(score))


def close(found: Found, expected: Found) -> None:
    """The same loss, and the same gradient but for the approximate slope of ``log_loss`` (within 7e-4)."""
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-4)
    for name, grad in expected.grads.items():
        np.testing.assert_allclose(found.grads[name], grad, atol=2e-3 * np.abs(grad).max(), err_msg=name)
