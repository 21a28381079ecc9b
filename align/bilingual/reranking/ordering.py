"""How a query's candidates are put in order: the scores of a trained network, and the probability that each is right.

In numpy alone, so that a saved translator answers at once.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

_LIMIT = 5.0


class Weights(NamedTuple):
    """The score of evidence z (standardised): z . linear + gelu(z W + bias) . out, with h hidden units."""

    linear: Float[np.ndarray, " m"]
    inner: Float[np.ndarray, "m h"]
    bias: Float[np.ndarray, " h"]
    out: Float[np.ndarray, " h"]


class Head(NamedTuple):
    """All that orders the candidates of one direction: ``seeds`` networks, whose scores are averaged.

    ``mean`` and ``scale`` standardise the evidence; ``odds`` are the three numbers of ``probabilities``.
    """

    mean: Float[np.ndarray, " m"]
    scale: Float[np.ndarray, " m"]
    weights: Weights
    odds: Float[np.ndarray, "3"]


def standardised(
    mean: Float[np.ndarray, " m"], scale: Float[np.ndarray, " m"], evidence: Float[np.ndarray, "q k m"]
) -> Float[np.ndarray, "q k m"]:
    """The evidence with mean 0 and variance 1 in training, cut at 5 either side."""
    return np.clip((evidence - mean) / scale, -_LIMIT, _LIMIT).astype(np.float32)


def scores(head: Head, evidence: Float[np.ndarray, "q k m"]) -> Float[np.ndarray, "q k"]:
    """The mean score of the networks."""
    standard = standardised(head.mean, head.scale, evidence)
    each = [
        standard @ linear + _gelu(standard @ inner + bias) @ out
        for linear, inner, bias, out in zip(*head.weights, strict=True)
    ]
    return np.mean(each, axis=0).astype(np.float32)


def _terms(scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q k 3"]:
    share = log_softmax(scored, axis=1)
    rank = np.broadcast_to((np.log(ranks + 50.0) - 8)[:, None], share.shape)
    return np.stack([np.ones_like(share), share, rank], axis=2)


def probabilities(
    head: Head, scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"]
) -> Float[np.ndarray, "q k"]:
    """The probability that each candidate is right: sigmoid(a + b log softmax(s) + c log rank of the query).

    b is above 0, so that a query's candidates keep their order. This is Platt's scaling (Platt 1999, equation 1) of
    the softmax's logarithm, which lets a word have several right answers, or none among its candidates.
    """
    return expit(_terms(scored, ranks) @ head.odds).astype(np.float32)


def fit_odds(
    scored: Float[np.ndarray, "q k"], ranks: Int[np.ndarray, " q"], right: Bool[np.ndarray, "q k"]
) -> Float[np.ndarray, "3"]:
    """The three numbers of ``probabilities`` that make ``right`` likeliest, with a slight pull of b to 1, of c to 0.

    Only the candidate that each query puts first is looked at: its probability is the one that is read.
    """
    first = scored.argmax(axis=1)[:, None]
    terms = np.take_along_axis(_terms(scored, ranks), first[:, :, None], axis=1)[:, 0]
    wanted = np.take_along_axis(right, first, axis=1)[:, 0]

    def cost(odds: Float[np.ndarray, "3"]) -> tuple[float, Float[np.ndarray, "3"]]:
        logits = terms @ odds
        slope = terms.T @ (expit(logits) - wanted)
        pull = odds - np.array([0.0, 1.0, 0.0])
        value = np.logaddexp(0, logits).sum() - logits[wanted].sum() + pull @ pull / 2
        return float(value), slope + pull

    found = minimize(cost, np.array([0.0, 1.0, 0.0]), jac=True, bounds=[(None, None), (0.05, None), (None, None)])
    return found.x.astype(np.float32)


def _gelu(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """X Phi(x) by its approximation with tanh (Hendrycks & Gimpel 2016, section 2)."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
