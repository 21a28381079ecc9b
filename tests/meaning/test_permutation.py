"""A number and its null distribution: ties count as at least as good, up to rounding."""

import numpy as np
import pytest

from align.meaning.permutation import against_null, permutation_blocks


@pytest.mark.parametrize(("small_is_good", "better"), [(False, 6), (True, 7)])
def test_p_counts_what_is_at_least_as_good(small_is_good, better) -> None:
    """By hand: 5 of 10 null values are above 0.5, 4 below, and one equals it up to rounding; 0.5 ties twice."""
    null = np.array([0.6, 0.7, 0.8, 0.9, 1.0, 0.5 + 1e-13, 0.1, 0.2, 0.3, 0.4, 0.45, 0.0])
    found = against_null(0.5, null, small_is_good=small_is_good)
    assert found.p == pytest.approx((1 + better) / 13)
    assert found.value == 0.5
    assert (found.low, found.middle, found.high) == pytest.approx(tuple(np.quantile(null, (0.025, 0.5, 0.975))))


def test_without_permutations_nothing_is_known() -> None:
    found = against_null(0.5, np.zeros(0))
    assert found.p == 1
    assert np.isnan([found.low, found.middle, found.high]).all()


def test_blocks_are_all_permutations_once() -> None:
    rows = [row for part in permutation_blocks(1000, 50_000) for row in range(1000)[part]]
    assert rows == list(range(1000))


def test_nan_is_refused() -> None:
    for value, null in ((float("nan"), np.zeros(9)), (0.5, np.full(9, np.nan))):
        with pytest.raises(ValueError, match="the statistic is undefined"):
            against_null(value, null)
