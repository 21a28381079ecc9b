"""Score: the value of a measure, with the share of questions that it covers."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """The value of a measure over ``covered`` of ``total`` questions.

    ``value`` counts covered questions only; it is NaN if no question is covered.

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
        """The value if questions that are not covered count as wrong; NaN if there are no questions."""
        if not self.total:
            return math.nan
        return self.value * self.covered / self.total if self.covered else 0.0


def defined(value: float) -> float | None:
    """Returns ``value`` for JSON: None instead of NaN."""
    return None if math.isnan(value) else value


def shown(value: float, digits: int = 3) -> str:
    """Returns ``value`` for a table: with ``digits`` decimals, or a dash for NaN.

    >>> shown(0.25), shown(math.nan)
    ('0.250', '-')
    """
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
