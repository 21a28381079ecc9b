"""The order of a query's candidates: scores of the trained networks, and calibrated probabilities.

Uses numpy only, so that a saved translator answers without loading JAX.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

_LIMIT = 5.0


class Weights(NamedTuple):
    """Weights of a network: the score of standardised features z is z . linear + gelu(z W + bias) . out."""

    linear: Float[np.ndarray, " m"]
    inner: Float[np.ndarray, "m h"]
    bias: Float[np.ndarray, " h"]
    out: Float[np.ndarray, " h"]


class Head(NamedTuple):
    """The model that orders the candidates of one direction: several networks, whose scores are averaged.

    ``mean`` and ``scale`` standardise the features. ``odds`` are a, b and c of :func:`probabilities`.
    """

    mean: Float[np.ndarray, " m"]
    scale: Float[np.ndarray, " m"]
    weights: Weights
    odds: Float[np.ndarray, "3"]


def standardised(
    mean: Float[np.ndarray, " m"], scale: Float[np.ndarray, " m"], features: Float[np.ndarray, "q k m"]
) -> Float[np.ndarray, "q k m"]:
    """Returns (features - mean) / scale, clipped to -5 ... 5; the training features get mean 0 and variance 1."""
    return np.clip((features - mean) / scale, -_LIMIT, _LIMIT).astype(np.float32)


def scores(head: Head, features: Float[np.ndarray, "q k m"]) -> Float[np.ndarray, "q k"]:
    """Returns the mean score of the networks."""
    standard = standardised(head.mean, head.scale, features)
    each = [
        standard @ linear + _gelu(standard @ inner + bias) @ out
        for linear, inner, bias, out in zip(*head.weights, strict=True)
    ]
    return np.mean(each, axis=0).astype(np.float32)


def _terms(scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q k 3"]:
    share = scored - scored.max(axis=1, keepdims=True)
    share -= np.log(np.exp(share).sum(axis=1, keepdims=True))
    rank = np.broadcast_to((np.log(ranks + 50.0) - 8)[:, None], share.shape)
    return np.stack([np.ones_like(share), share, rank], axis=2)


def probabilities(
    head: Head, scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"]
) -> Float[np.ndarray, "q k"]:
    """Returns the probability that each candidate is right: sigmoid(a + b log softmax(s) + c (log(rank + 50) - 8)).

    s are the scores of the query's candidates, and rank is the frequency rank of the query.

    b is above 0, so a query's candidates keep their order. A word may have several right answers, or none among its
    candidates, so the probabilities of a query need not sum to 1.

    Source: Platt 1999, equation 1.
    But: the input is the logarithm of a softmax over the candidates, and the query's rank.
    """
    return _sigmoid(_terms(scored, ranks) @ head.odds).astype(np.float32)


def fit_odds(
    scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"], gold: Bool[np.ndarray, "q k"]
) -> Float[np.ndarray, "3"]:
    """Returns the a, b and c of :func:`probabilities` that maximise the likelihood of ``gold``.

    Only the first candidate of each query counts, because users see its probability. A Gaussian prior
    with mean (0, 1, 0) and variance 1 regularises the fit.
    """
    from scipy.optimize import minimize  # late: a saved translator does not need it

    first = scored.argmax(axis=1)[:, None]
    terms = np.take_along_axis(_terms(scored, ranks), first[:, :, None], axis=1)[:, 0]
    wanted = np.take_along_axis(gold, first, axis=1)[:, 0]

    def cost(odds: Float[np.ndarray, "3"]) -> tuple[float, Float[np.ndarray, "3"]]:
        logits = terms @ odds
        slope = terms.T @ (_sigmoid(logits) - wanted)
        pull = odds - np.array([0.0, 1.0, 0.0])
        value = np.logaddexp(0, logits).sum() - logits[wanted].sum() + pull @ pull / 2
        return float(value), slope + pull

    found = minimize(cost, np.array([0.0, 1.0, 0.0]), jac=True, bounds=[(None, None), (0.05, None), (None, None)])
    return found.x.astype(np.float32)


def _sigmoid(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns 1 / (1 + exp(-x))."""
    return np.exp(-np.logaddexp(0, -x))


def _gelu(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Returns x Phi(x) by its approximation with tanh (Hendrycks & Gimpel 2016, section 2)."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
