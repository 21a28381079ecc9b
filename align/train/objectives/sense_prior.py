"""The prior of a word's senses: a Dirichlet process in its stick-breaking form, cut off at K senses."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def digamma(x: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """Returns the digamma function of x > 0, with an error below 1e-6 max(1, |psi(x)|).

    psi(x) = psi(x + 4) - 1/x - 1/(x + 1) - 1/(x + 2) - 1/(x + 3), and psi(x + 4) by its asymptotic series.

    But: ``jax.scipy.special.digamma`` also covers x <= 0, and takes several times as long.
    """
    y = x + 4
    square = 1 / (y * y)
    series = jnp.log(y) - 0.5 / y - square * (1 / 12 - square * (1 / 120 - square / 252))
    return series - (2 * x + 1) / (x * (x + 1)) - (2 * x + 5) / ((x + 2) * (x + 3))


def expected_log_prior(counts: Float[Array, "t s"], concentration: Float[Array, ""] | float) -> Float[Array, "t s"]:
    """Returns E[log pi_k] of each word's senses, given how many of its tokens each sense has.

    pi_k = v_k prod_(j < k) (1 - v_j), and v_k ~ Beta(1 + n_k, alpha + sum_(j > k) n_j); the last v is 1. With the
    digamma function psi, E[log v_k] = psi(a) - psi(a + b) and E[log(1 - v_k)] = psi(b) - psi(a + b).

    Args:
        counts: n, not negative, shape (t, s).
        concentration: alpha, above 0; the larger, the more senses.

    Returns:
        The expectations, shape (t, s).

    Source: S. Bartunov, D. Kondrashkin, A. Osokin, D. Vetrov, Breaking Sticks and Ambiguities with Adaptive Skip-gram,
    AISTATS 2016, equations 6 and 12.
    """
    after = (jnp.cumsum(counts[:, ::-1], axis=1)[:, ::-1] - counts)[:, :-1]
    a, b = 1 + counts[:, :-1], concentration + jnp.maximum(after, 0)
    next_both = digamma(1 + b)  # a + b of the next sense; psi(b) = psi(1 + b) - 1 / b
    both = jnp.concatenate([digamma((a + b)[:, :1]), next_both[:, :-1]], axis=1)
    none = jnp.zeros((len(counts), 1))
    left = jnp.concatenate([none, jnp.cumsum(next_both - 1 / b - both, axis=1)], axis=1)
    return jnp.concatenate([digamma(a) - both, none], axis=1) + left


def expected_prior(counts: Float[np.ndarray, "v s"], concentration: float) -> Float[np.ndarray, "v s"]:
    """Returns E[pi_k] of each word's senses; they add up to 1 (see ``expected_log_prior``)."""
    counts = np.maximum(counts.astype(np.float64), 0)
    after = counts[:, ::-1].cumsum(axis=1)[:, ::-1] - counts
    broken = (1 + counts) / (1 + counts + concentration + after)
    broken[:, -1] = 1
    left = np.cumprod(1 - broken, axis=1)
    return broken * np.concatenate([np.ones((len(counts), 1)), left[:, :-1]], axis=1)


def move_rate(
    size: int, words: Int[Array, " t"], there: Float[Array, " t"], rate: Float[Array, ""] | float
) -> Float[Array, " t"]:
    """Returns how far each token of a step moves a running mean of its word towards its value.

    The m tokens of a word in a step move its mean to (1 - rate)^m mean + (1 - (1 - rate)^m) x, where x is the mean of
    their values. This is where m tokens of value x would move it one after another. Each token has an equal part in
    this move: (1 - (1 - rate)^m) / m.

    Args:
        size: the number of words v.
        words: the word of each token, shape (t,).
        there: 1 for each token, 0 for padding, shape (t,).
        rate: how far one token alone moves it, from 0 to 1.
    """
    tokens = jnp.zeros(size).at[words].add(there)[words]
    return there * (1 - (1 - rate) ** tokens) / jnp.maximum(tokens, 1)


def moved_counts(
    counts: Float[Array, "v s"],
    words: Int[Array, " t"],
    shares: Float[Array, "t s"],
    occurrences: Float[Array, " v"],
    rates: Float[Array, " t"],
) -> Float[Array, "v s"]:
    """Returns the counts of senses after a step of stochastic variational inference: n <- n + rate (f r - n).

    Args:
        counts: n, shape (v, s).
        words: the word of each token, shape (t,).
        shares: r, the responsibility of each sense for each token, shape (t, s).
        occurrences: f, the number of tokens of each word in the corpus, shape (v,).
        rates: the rate of each token (``move_rate``), shape (t,).

    Source: Bartunov et al. 2016, equation 13.
    """
    return counts.at[words].add(rates[:, None] * (occurrences[words][:, None] * shares - counts[words]))
