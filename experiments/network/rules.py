"""Three update rules: gradient descent, momentum, and Nesterov's momentum."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Slope = Callable[[Float[np.ndarray, " d"]], Float[np.ndarray, " d"]]


class Rule(NamedTuple):
    """The rule v <- momentum v - rate g, x <- x + v; g is the gradient at x, or at x + momentum v if ``ahead``.

    With momentum 0 it is gradient descent. Source: Polyak 1964; Nesterov 1983, as written by Sutskever et al. 2013,
    equations 1 to 4.
    """

    name: str
    rate: float
    momentum: float = 0.0
    ahead: bool = False


class Motion(NamedTuple):
    """A point and its velocity."""

    x: Float[np.ndarray, " d"]
    v: Float[np.ndarray, " d"]


def step(rule: Rule, at: Motion, slope: Slope) -> Motion:
    """Returns the next point and velocity.

    >>> step(Rule("descent", rate=0.5), Motion(np.ones(1), np.zeros(1)), lambda x: 2 * x).x
    array([0.])
    """
    g = slope(at.x + rule.momentum * at.v if rule.ahead else at.x)
    v = rule.momentum * at.v - rule.rate * g
    return Motion(at.x + v, v)


def path_of(rule: Rule, start: Float[np.ndarray, " d"], slope: Slope, steps: int) -> Float[np.ndarray, "n d"]:
    """Returns the start and the point after each step, shape (steps + 1, d)."""
    at = Motion(start, np.zeros_like(start))
    made = [at.x]
    for _ in range(steps):
        at = step(rule, at, slope)
        made.append(at.x)
    return np.array(made)
