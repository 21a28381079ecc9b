"""Hubs counted one by one, and scipy's skewness."""

import numpy as np
import pytest
from scipy.stats import skew

from align.evaluate.hubness import occurrences, skewness
from align.retrieval import top_k, unit_rows


def test_occurrences_are_counted() -> None:
    ids = np.array([[0, 2], [2, 3], [2, 0]])
    assert occurrences(ids, 5).tolist() == [sum(word in row for row in ids.tolist()) for word in range(5)]
    assert occurrences(ids[:0], 2).tolist() == [0, 0]


@pytest.mark.parametrize("seed", [0, 1])
def test_skewness_is_scipys(seed: int) -> None:
    counts = np.random.default_rng(seed).geometric(0.3, 50)
    assert skewness(counts) == pytest.approx(skew(counts), rel=1e-9)
    assert skewness(counts / 3) == pytest.approx(skew(counts), rel=1e-9)


def test_of_equal_or_no_counts_there_is_none() -> None:
    assert np.isnan(skewness(np.full(4, 3)))
    assert np.isnan(skewness(np.zeros(0, np.int64)))


def test_a_candidate_in_the_middle_of_all_is_a_hub() -> None:
    rng = np.random.default_rng(0)
    points = unit_rows(rng.normal(size=(300, 100)).astype(np.float32) + 1)
    hub = unit_rows(points.mean(axis=0, keepdims=True))
    even, hubby = (skewness(occurrences(top_k(points, side, 5).ids, len(side))) for side in
                   (points, np.concatenate([points, np.repeat(hub, 3, axis=0)])))  # fmt: skip
    assert hubby > even + 2, (even, hubby)
