"""What is done to a space's vectors before a mapping is fitted: unit length, centring, in turn or until both hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.retrieval import unit_rows

STEPS = ("unit", "centre")
ITERATE = "iterate"
ROUNDS = 5
DEFAULT = ("unit", "centre", "unit")


def check_steps(steps: Sequence[str]) -> tuple[str, ...]:
    """``steps`` as a tuple of ``unit`` and ``centre``, with ``iterate`` written out.

    ``iterate`` is iterative normalisation (Zhang et al. 2019, section 4): x <- x / |x|, then x <- x - mean, in turn,
    until rows are of unit length and of mean zero at once. It is 5 rounds, as there, and a last ``unit``.

    Raises:
        ValueError: a step that is not known.

    >>> check_steps(["iterate"]) == ("unit", "centre") * 5 + ("unit",)
    True
    """
    wrong = [step for step in steps if step not in (*STEPS, ITERATE)]
    if wrong:
        known = f"{', '.join(STEPS)} and {ITERATE}"
        raise ValueError(f"{wrong[0]!r} is no normalisation; expected a list of {known}, or none")
    written = [STEPS * ROUNDS + STEPS[:1] if step == ITERATE else (step,) for step in steps]
    return tuple(step for part in written for step in part)


@dataclass(frozen=True, eq=False)
class Normaliser:
    """``steps`` in order; ``means`` holds what each ``centre`` subtracts, so that new vectors get the same.

    unit: x <- x / |x|; centre: x <- x - mean over the vocabulary (Artetxe et al. 2016, sections 2.2 and 2.3).

    Raises:
        ValueError: an unknown step, one that is not written out, or not one mean for every ``centre``.
    """

    steps: tuple[str, ...]
    means: tuple[Float[np.ndarray, " d"], ...] = ()

    def __post_init__(self) -> None:
        if check_steps(self.steps) != self.steps:
            raise ValueError(f"the steps {', '.join(self.steps)} are to be written out, as check_steps does")
        if self.steps.count("centre") != len(self.means):
            raise ValueError(
                f"{len(self.means)} means for the steps {', '.join(self.steps)}; one a centre was expected"
            )

    def __call__(self, vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q d"]:
        """``vectors`` after all steps."""
        means = iter(self.means)
        for step in self.steps:
            vectors = unit_rows(vectors) if step == "unit" else vectors - next(means)
        return vectors


def normaliser(vectors: Float[np.ndarray, "v d"], steps: Sequence[str] = DEFAULT) -> Normaliser:
    """The normaliser of a vocabulary: its ``centre`` steps take the mean over ``vectors``.

    Raises:
        ValueError: an unknown step.
    """
    written = check_steps(steps)
    last = max((place for place, step in enumerate(written) if step == "centre"), default=-1)
    means: list[Float[np.ndarray, " d"]] = []
    for step in written[: last + 1]:
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32) if step == "centre" else None
        if mean is not None:
            means.append(mean)
        vectors = unit_rows(vectors) if mean is None else vectors - mean
    return Normaliser(written, tuple(means))
