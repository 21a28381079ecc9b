"""Normalisation of vectors before a mapping is fitted: unit length and centring, in sequence or iterated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.retrieval import nonzero_rows, unit_rows

STEPS = ("unit", "centre")
ITERATE = "iterate"
ROUNDS = 5
DEFAULT = ("unit", "centre", "unit")
_ROUNDING = 1e-6
"""A centred vector shorter than this share of its original length is a rounding error."""


def check_steps(steps: Sequence[str]) -> tuple[str, ...]:
    """Returns ``steps`` as a tuple of ``unit`` and ``centre``, with ``iterate`` written out.

    ``iterate`` is iterative normalisation: x <- x / |x|, then x <- x - mean, 5 times, and a last ``unit``. The rows
    then have unit length, and their mean is nearly zero.

    Args:
        steps: names out of ``unit``, ``centre`` and ``iterate``.

    Raises:
        ValueError: a step has another name.

    Example:
        >>> check_steps(["iterate"]) == ("unit", "centre") * 5 + ("unit",)
        True

    Source: Zhang et al. 2019, section 4.
    """
    wrong = [step for step in steps if step not in (*STEPS, ITERATE)]
    if wrong:
        known = f"{', '.join(STEPS)} and {ITERATE}"
        raise ValueError(f"{wrong[0]!r} is not a normalisation; expected a list of {known}, or none")
    written = [STEPS * ROUNDS + STEPS[:1] if step == ITERATE else (step,) for step in steps]
    return tuple(step for part in written for step in part)


@dataclass(frozen=True, eq=False)
class Normaliser:
    """Normalisation steps with the means of a vocabulary, so that new vectors are normalised in the same way.

    unit: x <- x / |x|. centre: x <- x - mean over the vocabulary. A zero vector stays zero, and a vector that equals
    the mean becomes zero.

    Args:
        steps: ``unit`` and ``centre`` in order, as ``check_steps`` returns them.
        means: the mean that each ``centre`` subtracts, in order, each of shape (d,).

    Raises:
        ValueError: an unknown step, ``iterate`` not written out, or the wrong number of means.

    Source: Artetxe et al. 2016, sections 2.2 and 2.3.
    """

    steps: tuple[str, ...]
    means: tuple[Float[np.ndarray, " d"], ...] = ()

    def __post_init__(self) -> None:
        if check_steps(self.steps) != self.steps:
            raise ValueError(f"steps {', '.join(self.steps)}: must be written out by check_steps")
        if self.steps.count("centre") != len(self.means):
            raise ValueError(f"{len(self.means)} means for the steps {', '.join(self.steps)}; expected one per centre")

    def __call__(self, vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q d"]:
        """Returns ``vectors`` after all steps."""
        means = iter(self.means)
        for step in self.steps:
            vectors = unit_rows(vectors) if step == "unit" else _centred(vectors, next(means))
        return vectors


def normaliser(vectors: Float[np.ndarray, "v d"], steps: Sequence[str] = DEFAULT) -> Normaliser:
    """Returns the normaliser of a vocabulary.

    Args:
        vectors: the vocabulary's vectors, shape (v, d). Zero rows are left out of the means.
        steps: names out of ``unit``, ``centre`` and ``iterate``.

    Raises:
        ValueError: a step has another name.

    Example:
        >>> normaliser(np.array([[3.0, 0.0], [0.0, 1.0]], np.float32), ["unit", "centre"]).means
        (array([0.5, 0.5], dtype=float32),)
    """
    written = check_steps(steps)
    last = max((place for place, step in enumerate(written) if step == "centre"), default=-1)
    means: list[Float[np.ndarray, " d"]] = []
    for step in written[: last + 1]:
        if step == "unit":
            vectors = unit_rows(vectors)
        else:
            means.append(_mean(vectors))
            vectors = _centred(vectors, means[-1])
    return Normaliser(written, tuple(means))


def _mean(vectors: Float[np.ndarray, "v d"]) -> Float[np.ndarray, " d"]:
    """Returns the mean of the rows that are not zero."""
    count = np.count_nonzero(nonzero_rows(vectors))
    return (vectors.sum(axis=0, dtype=np.float64) / max(count, 1)).astype(np.float32)


def _centred(vectors: Float[np.ndarray, "v d"], mean: Float[np.ndarray, " d"]) -> Float[np.ndarray, "v d"]:
    """Returns ``vectors - mean``, with zero for zero rows and for rows that equal the mean up to rounding."""
    moved = vectors - mean
    before, after = (np.einsum("vd,vd->v", side, side) for side in (vectors, moved))
    moved[after <= _ROUNDING**2 * before] = 0
    moved[before == 0] = 0
    return moved
