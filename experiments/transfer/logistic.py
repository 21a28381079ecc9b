"""Logistic regression with a quadratic penalty: the classifier of texts on top of frozen rows."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize
from scipy.special import expit

_ITERATIONS = 100


class Logistic(NamedTuple):
    """A classifier of texts. The score of a text x is <weight, x> + bias; above 0 the text is good."""

    weight: Float[np.ndarray, " d"]
    bias: float

    def __call__(self, x: Any) -> Float[np.ndarray, " n"]:
        """Returns the scores of texts, given as rows of a dense or sparse matrix."""
        return np.asarray(x @ self.weight + self.bias)


def fit_logistic(
    x: Any, good: Bool[np.ndarray, " n"], *, variance: float, weight: Float[np.ndarray, " n"] | None = None
) -> Logistic:
    """Returns the logistic regression of labels on texts, with a quadratic penalty.

    It minimises sum_i a_i log(1 + exp(-y_i s_i)) + |w|^2 / (2 variance), with s_i = <w, x_i> + b and y_i = +-1.

    Args:
        x: texts, a dense or sparse matrix of shape (n, d).
        good: which of the texts are good, shape (n,).
        variance: prior variance of the weights w, above 0; a smaller variance keeps them nearer to 0.
        weight: the weight a_i of each text, shape (n,); None means 1 for every text.
    """
    x = x.astype(np.float64)  # converted once, not in every iteration
    across = x.T
    y = np.where(good, 1.0, -1.0)
    a = np.ones(len(y)) if weight is None else weight

    def loss(theta: Float[np.ndarray, " d_and_1"]) -> tuple[float, Float[np.ndarray, " d_and_1"]]:
        w, b = theta[:-1], theta[-1]
        margin = y * (x @ w + b)
        slope = -a * y * expit(-margin)
        value = float(a @ np.logaddexp(0, -margin) + w @ w / (2 * variance))
        return value, np.append(across @ slope + w / variance, slope.sum())

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    return Logistic(found.x[:-1], float(found.x[-1]))
