"""What is done to a space's vectors before a mapping is fitted: unit length, centring, in the order listed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from align.retrieval import unit_rows

STEPS = ("unit", "centre")
DEFAULT = ("unit", "centre", "unit")


def check_steps(steps: Sequence[str]) -> tuple[str, ...]:
    """``steps`` as a tuple; raises ValueError for one that is not known."""
    wrong = [step for step in steps if step not in STEPS]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no normalisation; expected a list of {' and '.join(STEPS)}, or none")
    return tuple(steps)


@dataclass(frozen=True, eq=False)
class Normaliser:
    """``steps`` in order; ``means`` holds what each ``centre`` subtracts, so that new vectors get the same.

    unit: x <- x / |x|; centre: x <- x - mean over the vocabulary (Artetxe et al. 2016, sections 2.2 and 2.3).

    Raises:
        ValueError: an unknown step, or not one mean for every ``centre``.
    """

    steps: tuple[str, ...]
    means: tuple[Float[np.ndarray, " d"], ...] = ()

    def __post_init__(self) -> None:
        check_steps(self.steps)
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
    made = Normaliser(())
    for step in steps:
        mean = (made(vectors).mean(axis=0, dtype=np.float64).astype(np.float32),) if step == "centre" else ()
        made = Normaliser((*made.steps, step), (*made.means, *mean))
    return made
