"""Score: a figure that never stands without its coverage."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A figure over the ``covered`` of ``total`` questions; ``value`` counts covered questions only.

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
        """The same figure where a question that is not covered counts as wrong."""
        return self.value * self.covered / self.total if self.total else 0.0
