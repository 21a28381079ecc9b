"""Means of the largest entries and penalties of inverted softmax from one product."""

import numpy as np
import pytest

from align.inverted_softmax import means_and_normalisers, normalisers
from align.largest import largest_means
from align.retrieval import one_sided_means, unit_rows


def test_means_and_penalties_of_one_product_are_those_of_two() -> None:
    draw = np.random.default_rng(4)
    words, others = (unit_rows(draw.normal(size=(count, 6))) for count in (30, 40))
    words[3], others[5] = 0, 0
    means, penalties = means_and_normalisers(words, others, 20.0)
    np.testing.assert_allclose(means, one_sided_means(words, others), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(penalties, normalisers(others, words, 20.0), rtol=1e-4, atol=1e-5)
    assert not np.concatenate(means_and_normalisers(words, others[5:6], 20.0)).any()
    with pytest.raises(ValueError, match="sharpness 0: must be above 0"):
        means_and_normalisers(words, others, 0.0)


def test_nan_in_any_tile_is_refused() -> None:
    columns = np.ones((9000, 2), np.float32)
    columns[-1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        largest_means(np.ones((1, 2), np.float32), columns, 2, both=False)
