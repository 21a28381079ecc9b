"""Score: a figure with its coverage."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A figure over the ``covered`` of ``total`` questions.

    ``value`` is over covered questions only, and NaN if there is none.

    >>> Score("analogy", 0.5, 10, 40).over_all
    0.125
    """

    name: str
    value: float
    covered: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.covered <= self.total:
            raise ValueError(f"{self.name}: {self.covered} covered of {self.total} questions")

    @property
    def over_all(self) -> float:
        """The figure where a question that is not covered counts as wrong; NaN if there is no question."""
        if not self.total:
            return math.nan
        return self.value * self.covered / self.total if self.covered else 0.0


def defined(value: float) -> float | None:
    """Returns ``value``, or None for NaN: a figure for JSON."""
    return None if math.isnan(value) else value


def shown(value: float, digits: int = 3) -> str:
    """Returns ``value`` with some digits, or a dash for NaN: a figure for a table.

    >>> shown(0.25), shown(math.nan)
    ('0.250', '-')
    """
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
