"""A figure and its coverage."""

import math

import pytest

from align.evaluate.score import Score, defined, shown


def test_what_is_not_covered_counts_as_wrong_over_all() -> None:
    assert Score("p@1", 0.5, 30, 40).over_all == pytest.approx(0.375)
    assert Score("p@1", 0.5, 40, 40).over_all == 0.5
    assert Score("p@1", math.nan, 0, 40).over_all == 0.0
    assert math.isnan(Score("p@1", math.nan, 0, 0).over_all)


def test_what_is_undefined_is_null_or_a_dash() -> None:
    assert (defined(math.nan), defined(0.5)) == (None, 0.5)
    assert (shown(math.nan), shown(0.5, 1)) == ("-", "0.5")


@pytest.mark.parametrize(("covered", "total"), [(3, 2), (-1, 2), (0, -1)])
def test_coverage_is_a_part_of_the_whole(covered: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"p@1: {covered} covered of {total} questions"):
        Score("p@1", 0.5, covered, total)
