"""Blocked searches agree with the whole matrix for every block size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import largest, search
from align.inverted_softmax import normalisers
from align.means import neighbourhood_means, one_sided_means
from align.retrieval import CSLS_BOUND, CSLSIndex, check_sides, top_k, unit_rows
from align.search import best, gold_ranks
from tests.oracles import brute_csls, brute_inverted_softmax, brute_means, brute_order

BLOCKS = pytest.mark.parametrize("cells", [1, 50, 173, 1 << 26])


@pytest.fixture
def block_cells(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BLOCK_CELLS", cells)
    monkeypatch.setattr(largest, "_TILE", (max(1, cells // 10), max(1, cells // 7)))


def units(rows: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32))


def grid(rows: int, seed: int = 0) -> np.ndarray:
    """Rows of a few small whole numbers, none all zero, so that there are many exact ties."""
    made = np.random.default_rng(seed).integers(-1, 2, (rows, 3)).astype(np.float32)
    made[~made.any(axis=1), 1] = 1
    return made


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize("make", [units, grid])
@pytest.mark.parametrize("k", [1, 3, 17, 40])
def test_top_k_is_the_sorted_matrix(make, k: int) -> None:
    queries, candidates = make(23), make(17, seed=1)
    scores = queries @ candidates.T
    found = top_k(queries, candidates, k)
    assert found.ids.tolist() == [order[:k] for order in brute_order(scores)]
    np.testing.assert_allclose(found.scores, np.take_along_axis(scores, found.ids, axis=1), atol=1e-6)
    assert found.ids.shape == (23, min(k, 17))
    assert found.scores.dtype == np.float32


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_a_penalty_is_taken_from_every_score() -> None:
    queries, candidates = units(9), units(12, seed=1)
    penalty = np.linspace(0, 1, 12).astype(np.float32)
    found = top_k(queries, candidates, 4, penalty=penalty)
    assert found.ids.tolist() == [order[:4] for order in brute_order(queries @ candidates.T - penalty)]


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_excluded_candidates_are_not_returned() -> None:
    queries, candidates = units(9), units(12, seed=1)
    exclude = np.random.default_rng(2).integers(-1, 12, (9, 3))
    scores = queries @ candidates.T
    for i, out in enumerate(exclude):
        scores[i, out[out >= 0]] = -np.inf
    found = top_k(queries, candidates, 5, exclude=exclude)
    assert found.ids.tolist() == [order[:5] for order in brute_order(scores)]
    assert not any(set(ids) & set(out) for ids, out in zip(found.ids, exclude, strict=True))
    everything = top_k(queries, candidates, 12, exclude=exclude)
    for row, values in enumerate(everything.scores):
        gone = len({i for i in exclude[row] if i >= 0})
        assert np.isneginf(values[12 - gone :]).all()
        assert (everything.ids[row, 12 - gone :] == -1).all()
        assert np.isfinite(values[: 12 - gone]).all()


def test_no_query_no_candidate_no_k() -> None:
    nothing, some = np.zeros((0, 6), np.float32), units(4)
    assert top_k(nothing, some, 3).ids.shape == (0, 3)
    assert top_k(some, nothing, 3).ids.shape == (4, 0)
    assert top_k(some, some, 0).scores.shape == (4, 0)
    assert CSLSIndex(nothing, some).nearest(np.zeros(0, np.int64), 2).ids.shape == (0, 2)
    assert CSLSIndex(some, nothing).nearest(np.arange(4), 2).ids.shape == (4, 0)
    assert gold_ranks(lambda _: some @ some.T, np.array([], np.int64), 4).ranks.shape == (0,)
    for queries, candidates in ((nothing, some), (some, nothing), (nothing, nothing)):
        means = neighbourhood_means(queries, candidates)
        assert [m.tolist() for m in means] == [[0.0] * len(queries), [0.0] * len(candidates)]


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize("make", [units, grid])
def test_a_rank_is_the_position_in_the_sorted_matrix(make) -> None:
    queries, candidates = make(23), make(17, seed=1)
    scores = queries @ candidates.T
    expected = np.random.default_rng(3).integers(0, 17, 23)
    found = gold_ranks(lambda rows: queries[rows] @ candidates.T, expected, 17)
    orders = brute_order(scores)
    assert found.ranks.tolist() == [order.index(j) + 1 for order, j in zip(orders, expected, strict=True)]
    assert found.first.tolist() == [order[0] for order in orders]
    assert found.first.tolist() == top_k(queries, candidates, 1).ids[:, 0].tolist()


def test_an_excluded_gold_candidate_comes_last() -> None:
    scores = np.array([[0.9, 0.5, 0.7], [0.9, 0.5, 0.7]], np.float32)
    exclude = np.array([[0], [-1]])
    found = gold_ranks(lambda rows: scores[rows].copy(), np.array([0, 2]), 3, exclude=exclude)
    assert found.ranks.tolist() == [3, 2]
    assert found.first.tolist() == [2, 0]


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_best_takes_any_score() -> None:
    scores = np.random.default_rng(4).normal(size=(11, 13)).astype(np.float32)
    found = best(lambda rows: scores[rows].copy(), 11, 13, 3)
    assert found.ids.tolist() == [order[:3] for order in brute_order(scores)]


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize("k", [1, 10, 40])
def test_neighbourhood_means_are_those_of_the_whole_matrix(k: int) -> None:
    queries, candidates = units(23), units(17, seed=1)
    found = neighbourhood_means(queries, candidates, k)
    for ours, theirs in zip(found, brute_means(queries, candidates, k), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        assert ours.dtype == np.float32


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(0, 1000), st.integers(1, 9))
def test_neighbourhood_means_with_many_ties(q: int, v: int, k: int, seed: int, tile: int) -> None:
    queries, candidates = grid(q, seed), grid(v, seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(largest, "_TILE", (tile, 10 - tile))
        found = neighbourhood_means(queries, candidates, k)
    for ours, theirs in zip(found, brute_means(queries, candidates, k), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_the_index_is_csls_of_the_whole_matrix_in_both_directions() -> None:
    source, target = units(23), units(17, seed=1)
    index = CSLSIndex(source, target, k=5).complete()
    for one, matrix in ((index, brute_csls(source, target, 5)), (index.transpose(), brute_csls(source, target, 5).T)):
        rows = np.array([4, 0, 11])
        expected = matrix[rows]
        found = one.nearest(rows, 4)
        np.testing.assert_allclose(found.scores, -np.sort(-expected, axis=1)[:, :4], atol=1e-5)
        np.testing.assert_allclose(np.take_along_axis(expected, found.ids, axis=1), found.scores, atol=1e-5)
        np.testing.assert_allclose(one.scores(rows), expected, atol=1e-5)
        np.testing.assert_allclose(one.pair_scores(rows, found.ids), found.scores, atol=1e-5)
        gold = np.array([3, 9, 9])
        orders = brute_order(expected)
        assert one.ranks(rows, gold).ranks.tolist() == [o.index(g) + 1 for o, g in zip(orders, gold, strict=True)]
        among = np.array([1, 2, 8, 9, 13])
        restricted = one.nearest(rows, 3, among=among)
        assert restricted.ids.tolist() == [[j for j in order if j in among][:3] for order in orders]
        again = one.nearest_to(one.source[rows], 4)
        assert again.ids.tolist() == found.ids.tolist()
        np.testing.assert_allclose(again.scores, found.scores, atol=1e-5)
    assert index.transpose().transpose().source is source
    rebuilt = CSLSIndex(source, target, (index.source_means, index.target_means), 5)
    assert rebuilt.nearest(np.arange(23), 2).ids.tolist() == index.nearest(np.arange(23), 2).ids.tolist()


def test_sampled_means_are_those_over_the_sample() -> None:
    source, target = units(23), units(40, seed=1)
    rows, columns = np.arange(0, 23, 2), np.arange(0, 40, 2)
    index = CSLSIndex.sampled(source, target, (rows, columns), 6)
    np.testing.assert_allclose(index.source_means, brute_means(source, target[columns], 3)[0], atol=1e-6)
    np.testing.assert_allclose(index.target_means, brute_means(source[rows], target, 3)[1], atol=1e-6)
    np.testing.assert_allclose(one_sided_means(source, target, 6), brute_means(source, target, 6)[0], atol=1e-6)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_words_without_a_vector_are_as_if_they_were_not_there() -> None:
    source, target = units(14), units(19, seed=1)
    source[[2, 9]], target[[0, 5, 18]] = 0, 0
    rows, columns = np.flatnonzero(source.any(axis=1)), np.flatnonzero(target.any(axis=1))
    index, without = CSLSIndex(source, target, k=4).complete(), CSLSIndex(source[rows], target[columns], k=4).complete()
    np.testing.assert_allclose(index.source_means[rows], without.source_means, atol=1e-6)
    np.testing.assert_allclose(index.target_means[columns], without.target_means, atol=1e-6)
    assert index.source_means[[2, 9]].tolist() == [0, 0]
    np.testing.assert_allclose(one_sided_means(source, target, 4), index.source_means, atol=1e-6)
    every = np.arange(14)
    for found, plain in (
        (index.nearest(every, 19), without.nearest(np.arange(len(rows)), 16)),
        (top_k(source, target, 19), top_k(source[rows], target[columns], 16)),
    ):
        assert found.ids[rows, :16].tolist() == columns[plain.ids].tolist()
        np.testing.assert_allclose(found.scores[rows, :16], plain.scores, atol=1e-5)
        assert (found.ids[[2, 9]] == -1).all()
        assert (found.ids[:, 16:] == -1).all()
        assert np.isneginf(found.scores[:, 16:]).all()
    scores = index.scores(every)
    assert np.isneginf(scores[2]).all()
    assert np.isneginf(scores[:, 5]).all()
    ranked = index.ranks(np.array([2, 3, 3]), np.array([1, 5, int(columns[3])]))
    assert ranked.ranks[:2].tolist() == [19, 19]
    assert ranked.ranks[2] == without.ranks(np.array([2]), np.array([3])).ranks[0]
    assert ranked.first[0] == -1
    np.testing.assert_allclose(
        normalisers(source, target[columns], 7.0), normalisers(source[rows], target[columns], 7.0), atol=1e-6
    )
    assert index.nearest(every, 3, among=np.array([0, 5])).ids.tolist() == [[-1, -1]] * 14


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.integers(0, 1000))
def test_no_csls_exceeds_its_bound(v: int, w: int, dim: int, seed: int) -> None:
    """Also where every cosine is negative but one: the means can be near -1."""
    source, target = units(v, dim, seed), -np.abs(units(w, dim, seed + 1))
    scores = CSLSIndex(source, target, k=2).complete().scores(np.arange(v))
    assert (scores <= CSLS_BOUND).all()


def test_csls_can_exceed_two() -> None:
    source = unit_rows(np.array([[1.0, 0.0], [-1.0, 0.1], [-1.0, -0.1]]))
    index = CSLSIndex(source, source[:1], (np.full(3, -0.5, np.float32), np.full(1, -0.5, np.float32)))
    assert index.scores(np.arange(1))[0, 0] == pytest.approx(3)


def test_an_index_checks_its_shapes() -> None:
    with pytest.raises(ValueError, match="6 dimensions, target points of 5"):
        check_sides(units(4), units(4, 5), np.zeros(4, np.float32), np.zeros(4, np.float32))
    with pytest.raises(ValueError, match="one mean per point"):
        check_sides(units(4), units(3), np.zeros(4, np.float32), np.zeros(4, np.float32))


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize("sharpness", [1.0, 10.0, 300.0])
def test_inverted_softmax_is_that_of_the_whole_matrix(sharpness: float) -> None:
    queries, candidates = units(23), units(17, seed=1)
    expected = brute_inverted_softmax(queries, candidates, sharpness)
    found = normalisers(queries, candidates, sharpness)
    np.testing.assert_allclose(queries @ candidates.T - found, expected, atol=1e-5)
    assert found.dtype == np.float32
    assert normalisers(queries[:0], candidates, sharpness).tolist() == [0] * 17
    with pytest.raises(ValueError, match="sharpness 0: must be above 0"):
        normalisers(queries, candidates, 0.0)


def test_csls_by_hand() -> None:
    """Two candidates, one a hub: the query is nearer to the hub, and CSLS gives it the other."""
    queries = unit_rows(np.array([[1.0, 0.0], [1.0, 0.2], [1.0, -0.2], [0.9, 0.5]], np.float32))
    candidates = unit_rows(np.array([[1.0, 0.1], [0.5, 0.86]], np.float32))
    cosines = queries @ candidates.T
    assert cosines[3].argmax() == 0
    one, other = neighbourhood_means(queries, candidates, 2)
    # r of the query: the mean of both its cosines; of a candidate: the mean of its two best queries
    assert one[3] == pytest.approx((cosines[3, 0] + cosines[3, 1]) / 2)
    assert other[1] == pytest.approx(np.sort(cosines[:, 1])[-2:].mean())
    found = CSLSIndex(queries, candidates, (one, other), 2).nearest(np.array([3]), 1)
    assert found.ids.tolist() == [[1]]
    assert found.scores[0, 0] == pytest.approx(2 * cosines[3, 1] - one[3] - other[1], rel=1e-5)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_progress_adds_up_to_the_queries() -> None:
    queries, candidates = units(23), units(17, seed=1)
    for work in (
        lambda report: top_k(queries, candidates, 2, progress=report),
        lambda report: neighbourhood_means(queries, candidates, progress=report),
        lambda report: gold_ranks(lambda r: queries[r] @ candidates.T, np.zeros(23, np.int64), 17, progress=report),
        lambda report: CSLSIndex(queries, candidates).complete(progress=report),
    ):
        done: list[int] = []
        work(done.append)
        assert sum(done) == 23


def test_the_inputs_are_left_as_they_are() -> None:
    queries, candidates = units(5), units(7, seed=1)
    before = queries.copy(), candidates.copy()
    top_k(queries, candidates, 2, penalty=np.ones(7, np.float32), exclude=np.zeros((5, 1), np.int64))
    neighbourhood_means(queries, candidates, 3)
    np.testing.assert_array_equal(queries, before[0])
    np.testing.assert_array_equal(candidates, before[1])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 14), st.integers(0, 1000))
def test_any_shape(q: int, v: int, k: int, seed: int) -> None:
    queries, candidates = grid(q, seed), grid(v, seed + 1)
    assert top_k(queries, candidates, k).ids.tolist() == [o[:k] for o in brute_order(queries @ candidates.T)]


@pytest.mark.parametrize("k", [1, 3, 7])
def test_nan_is_refused(k: int) -> None:
    queries, candidates = units(5), units(7, seed=1)
    queries[2, 0] = np.nan
    with pytest.raises(ValueError, match="a vector holds NaN"):
        top_k(queries, candidates, k)
    candidates[4, 1] = np.nan
    with pytest.raises(ValueError, match="a vector holds NaN"):
        top_k(units(5), candidates, k)
    for one, other in ((queries, units(7)), (units(5), candidates), (units(40), candidates)):
        with pytest.raises(ValueError, match="a vector holds NaN"):
            neighbourhood_means(one, other, k)
    with pytest.raises(ValueError, match="a vector holds NaN"):
        gold_ranks(lambda rows: units(5)[rows] @ candidates.T, np.full(5, k - 1), 7)


def test_unit_rows() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    found = unit_rows(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [-1, 0]], rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-40, 1e-30, 1e-10, 1e10, 1e30, 1e37])
def test_unit_rows_of_any_length(scale: float) -> None:
    rows = np.array([[3.0, -4.0], [0.0, 0.0], [1.0, 0.0]]) * scale
    np.testing.assert_allclose(unit_rows(rows), [[0.6, -0.8], [0, 0], [1, 0]], rtol=1e-6)
    np.testing.assert_allclose(unit_rows(rows.astype(np.float32)), [[0.6, -0.8], [0, 0], [1, 0]], rtol=1e-4)
