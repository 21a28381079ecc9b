"""Correlations: against scipy with and without ties, and the bootstrap against a loop over the same resamples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from align.evaluate import resampling
from align.evaluate.correlation import bootstrap, pearson, ranks, spearman

tied = st.integers(2, 30).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=st.integers(-4, 4).map(float))] * 2)
)
spread = st.integers(2, 30).flatmap(lambda n: st.tuples(*[arrays(np.float64, n, elements=st.floats(-1e6, 1e6))] * 2))


@given(tied | spread)
def test_both_coefficients_and_the_ranks_are_those_of_scipy(pair):
    x, y = pair
    np.testing.assert_array_equal(ranks(x), stats.rankdata(x))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(pearson(x, y))
        assert np.isnan(spearman(x, y))
        return
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    if min(np.ptp(x), np.ptp(y)) > 1e-6 * max(np.abs(x).max(), np.abs(y).max()):  # scipy warns near a constant
        assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-6)


@given(tied)
def test_spearman_depends_only_on_the_order(pair):
    x, y = pair
    assert spearman(np.exp(x), 3 * y - 1) == pytest.approx(spearman(x, y), abs=1e-12, nan_ok=True)
    assert spearman(-x, y) == pytest.approx(-spearman(x, y), abs=1e-12, nan_ok=True)


def test_without_two_numbers_that_differ_there_is_no_coefficient():
    nothing, one, same = np.zeros(0), np.ones(1), np.full(5, 0.1)
    for x, y in ((nothing, nothing), (one, one), (same, np.arange(5.0))):
        assert np.isnan([pearson(x, y), spearman(x, y)]).all()
        assert np.isnan(bootstrap(x, y, seed=0, resamples=5)).all()


def by_hand(x, y, seed, resamples):
    """Both coefficients of every resample, one at a time, by scipy; resamples that are constant are left out."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = rng.integers(len(x), size=len(x))
        if np.ptp(x[rows]) and np.ptp(y[rows]):
            found.append((stats.pearsonr(x[rows], y[rows])[0], stats.spearmanr(x[rows], y[rows])[0]))
    return np.array(found)


@pytest.mark.parametrize(("n", "decimals"), [(4, 0), (40, 0), (40, 6), (151, 1)])
@pytest.mark.parametrize("cells", [1, 999, 1 << 20])
def test_intervals_are_the_quantiles_of_resampled_coefficients(n, decimals, cells, monkeypatch):
    monkeypatch.setattr(resampling, "_BLOCK_CELLS", cells)
    rng = np.random.default_rng(n + decimals)
    x = rng.normal(size=n).round(decimals)
    y = (x + rng.normal(size=n)).round(decimals)
    theirs = by_hand(x, y, seed=7, resamples=80)
    ours = bootstrap(x, y, seed=7, resamples=80, level=0.9)
    np.testing.assert_allclose(np.transpose(ours), np.quantile(theirs, (0.05, 0.95), axis=0), atol=1e-9)


def test_intervals_come_from_the_seed():
    x, y = np.random.default_rng(0).normal(size=(2, 30))
    assert bootstrap(x, y, seed=1) == bootstrap(x, y, seed=1)
    assert bootstrap(x, y, seed=1) != bootstrap(x, y, seed=2)


def test_the_interval_has_about_its_nominal_coverage():
    rng = np.random.default_rng(11)
    true, inside, samples = 0.6, 0, 200
    for sample in range(samples):
        x, noise = rng.normal(size=(2, 80))
        low, high = bootstrap(x, true * x + np.sqrt(1 - true**2) * noise, seed=sample, resamples=400).pearson
        inside += low <= true <= high
    assert 0.88 * samples <= inside <= 0.99 * samples


@pytest.mark.parametrize(
    ("options", "message"),
    [({"resamples": 0}, "resamples 0"), ({"level": 1.0}, "level 1.0"), ({"level": 0.0}, "between 0 and 1")],
)
def test_a_senseless_bootstrap_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(np.arange(3.0), np.arange(3.0), seed=0, **options)


@given(spread, st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_intervals_are_within_minus_one_and_one(pair, seed):
    for low, high in bootstrap(*pair, seed=seed, resamples=20):
        assert np.isnan([low, high]).all() or -1 - 1e-9 <= low <= high <= 1 + 1e-9
