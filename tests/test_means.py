"""Means of CSLS computed where needed give the same answers as the whole matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import means, search
from align.means import LazyMeans, lower_bounds, one_sided_means
from align.retrieval import CSLSIndex, unit_rows
from align.search import Neighbours, Penalties, best_by_bounds
from tests.oracles import brute_csls, brute_means, brute_order


def few_words_for_bounds(patch: pytest.MonkeyPatch, *, near: int = 6, cells: int = 3, block: int = 200) -> None:
    """Makes the bounds of small spaces as coarse as those of large ones, and the blocks small."""
    patch.setattr(means, "_NEAR", near)
    patch.setattr(means, "_GROUPS", 2)
    patch.setattr(means, "_CELLS", cells)
    patch.setattr(search, "_BLOCK_CELLS", block)
    patch.setattr(CSLSIndex, "_needs_most_means", lambda *_: False)


def points(rows: int, seed: int, *, ties: bool, zeros: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    if ties:
        made = draw.integers(-1, 2, (rows, 3)).astype(np.float32)
        made[~made.any(axis=1), 1] = 1
    else:
        made = unit_rows(draw.normal(size=(rows, 5)))
    made[draw.permutation(rows)[:zeros]] = 0
    return made


def plain(source: np.ndarray, target: np.ndarray, k: int) -> np.ndarray:
    """Returns CSLS of the whole matrix; -inf where a word has no vector, which is left out of every mean."""
    scores = np.full((len(source), len(target)), -np.inf, np.float32)
    rows, columns = np.flatnonzero(source.any(axis=1)), np.flatnonzero(target.any(axis=1))
    if len(rows) and len(columns):
        scores[np.ix_(rows, columns)] = brute_csls(source[rows], target[columns], k)
    return scores


def check(found: Neighbours, scores: np.ndarray, *, ties: bool) -> None:
    """Compares answers with a score matrix: scores always, candidates wherever the order is certain."""
    count = found.ids.shape[1]
    orders = brute_order(scores)
    for ids, values, line, order in zip(found.ids, found.scores, scores, orders, strict=True):
        wanted = line[order[:count]]
        np.testing.assert_allclose(values, wanted, atol=1e-5)
        known = np.isfinite(wanted)
        assert (ids[~known] == -1).all()
        np.testing.assert_allclose(line[ids[known]], wanted[known], atol=1e-5)
        assert len(set(ids[known].tolist())) == known.sum()
        ranked = [place for place in order[: count + 1] if np.isfinite(line[place])]
        if not ties and (np.diff(line[ranked]) < -1e-6).all():  # float32 sums in another order may swap closer scores
            assert ids[known].tolist() == ranked[:count]


@settings(max_examples=60, deadline=None)
@given(
    v=st.integers(1, 60),
    w=st.integers(1, 60),
    k=st.integers(1, 14),
    wanted=st.integers(1, 70),
    zeros=st.integers(0, 4),
    ties=st.booleans(),
    block=st.integers(1, 400),
    seed=st.integers(0, 1000),
)
def test_a_lazy_index_is_csls_of_the_whole_matrix(
    v: int, w: int, k: int, wanted: int, zeros: int, *, ties: bool, block: int, seed: int
) -> None:
    source, target = points(v, seed, ties=ties, zeros=zeros), points(w, seed + 1, ties=ties, zeros=zeros)
    scores = plain(source, target, k)
    rows = np.random.default_rng(seed).permutation(v)[:9]
    some = np.arange(0, w, 2)
    with pytest.MonkeyPatch.context() as patch:
        few_words_for_bounds(patch, block=block)
        index = CSLSIndex(source, target, k=k)
        check(index.nearest(rows, wanted), scores[rows], ties=ties)
        among = index.nearest(rows, wanted, among=some)
        place = np.where(among.ids < 0, -1, np.searchsorted(some, among.ids))
        check(Neighbours(place, among.scores), scores[rows][:, some], ties=ties)
        check(index.nearest(rows, 1), scores[rows], ties=ties)
        columns = np.random.default_rng(seed).permutation(w)[:9]
        check(index.transpose().nearest(columns, wanted), scores.T[columns], ties=ties)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(13, 60), st.integers(1, 13), st.integers(0, 1000), st.booleans())
def test_bounds_are_below_the_means(v: int, w: int, k: int, seed: int, ties: bool) -> None:
    words, others = points(v, seed, ties=ties), points(w, seed + 1, ties=ties)
    with pytest.MonkeyPatch.context() as patch:
        few_words_for_bounds(patch)
        below, floors = lower_bounds(words, others, k)
    cosines = np.sort(words @ others.T, axis=1)
    assert (below <= brute_means(words, others, k)[0] + 1e-6).all()
    assert (floors <= cosines[:, -k] + 1e-6).all()


def test_means_are_computed_once_and_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    few_words_for_bounds(monkeypatch)
    words, others = points(40, 1, ties=False, zeros=3), points(50, 2, ties=False, zeros=2)
    lazy = LazyMeans(words, others, 4)
    zero = ~words.any(axis=1)
    assert lazy.bounds.exact.tolist() == zero.tolist()
    expected = np.where(zero, 0, brute_means(words, others[others.any(axis=1)], 4)[0])
    rows = np.flatnonzero(~zero)[5:12]
    np.testing.assert_allclose(lazy.compute(rows), expected[rows], atol=1e-6)
    assert np.flatnonzero(lazy.bounds.exact & ~zero).tolist() == rows.tolist()
    np.testing.assert_allclose(lazy.compute(np.arange(40)), expected, atol=1e-6)
    assert lazy.bounds.exact.all()


def test_few_queries_need_few_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """One query, whose candidate is far above all others: r of few candidates is computed."""
    few_words_for_bounds(monkeypatch, near=60, cells=20, block=1 << 20)
    draw = np.random.default_rng(3)
    source = unit_rows(draw.normal(size=(400, 8)))
    target = unit_rows(source + 0.05 * draw.normal(size=source.shape))
    index = CSLSIndex(source, target)
    assert index.nearest(np.array([7]), 1).ids.tolist() == [[7]]
    assert 0 < index.lazy_means.bounds.exact.sum() < 20
    assert index.complete().nearest(np.array([7]), 1).ids.tolist() == [[7]]


@settings(max_examples=40, deadline=None)
@given(
    v=st.integers(20, 60), w=st.integers(20, 60), k=st.integers(1, 5), zeros=st.integers(0, 4), seed=st.integers(0, 99)
)
def test_known_bounds_give_the_same_answers(v: int, w: int, k: int, zeros: int, seed: int) -> None:
    """Means over the ten first words of the other language are lower bounds."""
    source, target = (points(rows, seed + i, ties=False, zeros=zeros) for i, rows in enumerate((v, w)))
    below = one_sided_means(source, target[:10], k), one_sided_means(target, source[:10], k)
    scores = plain(source, target, k)
    with pytest.MonkeyPatch.context() as patch:
        few_words_for_bounds(patch)
        index = CSLSIndex(source, target, k=k, below=below)
        check(index.nearest(np.arange(5), 4), scores[:5], ties=False)
        check(index.transpose().nearest(np.arange(5), 4), scores.T[:5], ties=False)


def test_both_directions_share_what_they_compute() -> None:
    index = CSLSIndex(points(30, 1, ties=False), points(50, 2, ties=False))
    assert index.transpose().transpose() is index
    assert index.transpose().target_means is index.source_means


def test_many_queries_compute_all_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(means, "_NEAR", 6)
    source, target = points(30, 1, ties=False), points(50, 2, ties=False)
    index = CSLSIndex(source, target, k=4)
    check(index.nearest(np.arange(30), 3), plain(source, target, 4), ties=False)
    np.testing.assert_allclose(index.source_means, brute_means(source, target, 4)[0], atol=1e-6)


@pytest.mark.parametrize("side", [0, 1])
def test_a_lazy_index_refuses_nan(side: int) -> None:
    sides = points(30, 1, ties=False), points(50, 2, ties=False)
    sides[side][4, 2] = np.nan
    with pytest.raises(ValueError, match="a vector holds NaN"):
        CSLSIndex(*sides, k=4).nearest(np.array([0]), 1)


def test_no_candidates_and_no_queries() -> None:
    values, exact = np.zeros(0, np.float32), np.zeros(0, bool)
    none = Penalties(values, exact, lambda _: None)
    assert best_by_bounds(lambda _: np.zeros((2, 0), np.float32), 2, 3, none).ids.shape == (2, 0)
    some, nothing = points(5, 1, ties=False), np.zeros((3, 5), np.float32)
    assert CSLSIndex(nothing, some).nearest(np.arange(1), 2).ids.tolist() == [[-1, -1]]
    assert CSLSIndex(some, nothing).nearest(np.arange(1), 2).ids.tolist() == [[-1, -1]]
    assert CSLSIndex(some[:0], some).nearest_to(some[:1], 1).ids.shape == (1, 1)
