"""Bootstrap intervals of a mean against resamples drawn one value at a time, and the normal approximation."""

import numpy as np
import pytest

from align.evaluate import resampling
from align.evaluate.resampling import mean_interval


@pytest.mark.parametrize("cells", [1, 150, 1 << 20])
def test_an_interval_is_the_quantiles_of_resampled_means(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "_BLOCK_CELLS", cells)
    values = np.random.default_rng(0).random(30)
    means, rng = [], np.random.default_rng(7)
    rows = max(1, cells // 30)
    for start in range(0, 40, rows):
        for drawn in rng.integers(30, size=(min(rows, 40 - start), 30)):
            means += [float(np.mean([values[i] for i in drawn]))]
    low, high = mean_interval(values, seed=7, resamples=40, level=0.8)
    assert (low, high) == (pytest.approx(np.quantile(means, 0.1)), pytest.approx(np.quantile(means, 0.9)))


def test_a_share_has_the_width_of_its_standard_error() -> None:
    hits = np.arange(1000) < 370
    low, high = mean_interval(hits, seed=0)
    error = np.sqrt(0.37 * 0.63 / 1000)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.1)
    assert low < 0.37 < high


def test_what_has_no_interval() -> None:
    assert np.isnan(mean_interval(np.zeros(0), seed=0)).all()
    assert mean_interval(np.ones(5), seed=0) == (1, 1)
    with pytest.raises(ValueError, match="resamples 0"):
        mean_interval(np.ones(5), seed=0, resamples=0)
    with pytest.raises(ValueError, match="level 1"):
        mean_interval(np.ones(5), seed=0, level=1.0)
