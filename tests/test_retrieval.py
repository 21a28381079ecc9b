"""The blocked searches give what the whole matrix gives, whatever the size of the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align import retrieval
from align.retrieval import best, csls, lazy_csls, neighbourhood_means, normalisers, places, top_k, unit_rows
from tests.oracles import brute_csls, brute_inverted_softmax, brute_means, brute_order

BLOCKS = pytest.mark.parametrize("cells", [1, 50, 173, 1 << 26])


@pytest.fixture
def block_cells(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "_BLOCK_CELLS", cells)
    monkeypatch.setattr(retrieval, "_TILE", (max(1, cells // 10), max(1, cells // 7)))


def units(rows: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32))


def grid(rows: int, seed: int = 0) -> np.ndarray:
    """Rows of a few small whole numbers, so that there are many exact ties."""
    return np.random.default_rng(seed).integers(-1, 2, (rows, 3)).astype(np.float32)


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
        assert np.isinf(values[12 - gone :]).all()
        assert np.isfinite(values[: 12 - gone]).all()


def test_no_query_no_candidate_no_k() -> None:
    nothing, some = np.zeros((0, 6), np.float32), units(4)
    assert top_k(nothing, some, 3).ids.shape == (0, 3)
    assert top_k(some, nothing, 3).ids.shape == (4, 0)
    assert top_k(some, some, 0).scores.shape == (4, 0)
    assert csls(nothing, some, 2, query_means=np.zeros(0), candidate_means=np.zeros(4)).ids.shape == (0, 2)
    assert places(lambda _: some @ some.T, np.array([], np.int64), 4).ranks.shape == (0,)
    for queries, candidates in ((nothing, some), (some, nothing), (nothing, nothing)):
        means = neighbourhood_means(queries, candidates)
        assert [m.tolist() for m in means] == [[0.0] * len(queries), [0.0] * len(candidates)]


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize("make", [units, grid])
def test_a_place_is_where_the_sorted_matrix_has_it(make) -> None:
    queries, candidates = make(23), make(17, seed=1)
    scores = queries @ candidates.T
    expected = np.random.default_rng(3).integers(0, 17, 23)
    found = places(lambda rows: queries[rows] @ candidates.T, expected, 17)
    orders = brute_order(scores)
    assert found.ranks.tolist() == [order.index(j) + 1 for order, j in zip(orders, expected, strict=True)]
    assert found.first.tolist() == [order[0] for order in orders]
    assert found.first.tolist() == top_k(queries, candidates, 1).ids[:, 0].tolist()


def test_an_excluded_expectation_comes_last() -> None:
    scores = np.array([[0.9, 0.5, 0.7], [0.9, 0.5, 0.7]], np.float32)
    exclude = np.array([[0], [-1]])
    found = places(lambda rows: scores[rows].copy(), np.array([0, 2]), 3, exclude=exclude)
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
        patch.setattr(retrieval, "_TILE", (tile, 10 - tile))
        found = neighbourhood_means(queries, candidates, k)
    for ours, theirs in zip(found, brute_means(queries, candidates, k), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_csls_is_that_of_the_whole_matrix() -> None:
    queries, candidates = units(23), units(17, seed=1)
    expected = brute_csls(queries, candidates, 5)
    one, other = neighbourhood_means(queries, candidates, 5)
    found = csls(queries, candidates, 4, query_means=one, candidate_means=other)
    np.testing.assert_allclose(found.scores, -np.sort(-expected, axis=1)[:, :4], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, found.ids, axis=1), found.scores, atol=1e-5)


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
    with pytest.raises(ValueError, match="a sharpness of 0"):
        normalisers(queries, candidates, 0.0)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
@pytest.mark.parametrize(("k", "neighbours"), [(1, 10), (4, 3), (40, 10)])
def test_lazy_csls_is_csls(k: int, neighbours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "_CELLS", 3)
    monkeypatch.setattr(retrieval, "_WORDS", 12)
    monkeypatch.setattr(retrieval, "_GROUPS", 5)
    language, candidates = units(60), units(37, seed=1)
    rows = np.array([0, 3, 3, 50, 59])
    one, other = neighbourhood_means(language, candidates, neighbours)
    expected = csls(language[rows], candidates, k, query_means=one[rows], candidate_means=other)
    done: list[int] = []
    found = lazy_csls(language[rows], candidates, language, k, neighbours=neighbours, progress=done.append)
    assert found.ids.tolist() == expected.ids.tolist()
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
    assert sum(done) == 5


def test_lazy_csls_leaves_most_means_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the means that stand in for them are never above them, and near."""
    for name, value in (("_CELLS", 8), ("_WORDS", 200), ("_GROUPS", 40)):
        monkeypatch.setattr(retrieval, name, value)
    language, candidates = units(2000), units(1500, seed=1)
    true = neighbourhood_means(language, candidates)[1]
    bound = retrieval._means_at_least(candidates, language, 10)
    assert (bound <= true + 1e-6).all()
    assert bound.mean() > true.mean() - 0.1, (bound.mean(), true.mean())
    asked: list[int] = []
    exact = retrieval._mean_of_largest
    monkeypatch.setattr(
        retrieval, "_mean_of_largest", lambda rows, *rest: asked.append(len(rows)) or exact(rows, *rest)
    )
    lazy_csls(language[:20], candidates, language, 3)
    assert sum(asked) - 20 < 600


def test_lazy_csls_of_nothing() -> None:
    nothing, some = np.zeros((0, 6), np.float32), units(4)
    assert lazy_csls(nothing, some, some, 3).ids.shape == (0, 3)
    assert lazy_csls(some, nothing, some, 3).ids.shape == (4, 0)
    assert lazy_csls(some, some, some[:1], 9).ids.shape == (4, 4)
    with pytest.raises(ValueError, match="a vector holds NaN"):
        lazy_csls(np.full((1, 6), np.nan, np.float32), some, some, 1)


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
    found = csls(queries[3:], candidates, 1, query_means=one[3:], candidate_means=other)
    assert found.ids.tolist() == [[1]]
    assert found.scores[0, 0] == pytest.approx(2 * cosines[3, 1] - one[3] - other[1], rel=1e-5)


@BLOCKS
@pytest.mark.usefixtures("block_cells")
def test_progress_adds_up_to_the_queries() -> None:
    queries, candidates = units(23), units(17, seed=1)
    for search in (
        lambda told: top_k(queries, candidates, 2, progress=told),
        lambda told: neighbourhood_means(queries, candidates, progress=told),
        lambda told: places(lambda r: queries[r] @ candidates.T, np.zeros(23, np.int64), 17, progress=told),
    ):
        done: list[int] = []
        search(done.append)
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
def test_what_is_no_number_is_told(k: int) -> None:
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
        places(lambda rows: units(5)[rows] @ candidates.T, np.full(5, k - 1), 7)


def test_unit_rows() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    found = unit_rows(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [-1, 0]], rtol=1e-6)
