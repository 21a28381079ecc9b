import itertools

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group, pearsonr, spearmanr
from sklearn.decomposition import PCA

from align.meaning import geometry as g


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_plane_is_sklearns(rng):
    x = rng.normal(size=(12, 7)).astype(np.float32)
    ours, theirs = g.pca_plane(x), PCA(2).fit(x)
    np.testing.assert_allclose(np.abs(ours.points), np.abs(theirs.transform(x)), atol=1e-5)
    np.testing.assert_allclose(ours.shares, theirs.explained_variance_ratio_, atol=1e-6)


def test_plane_has_one_sign(rng):
    x = rng.normal(size=(9, 5))
    points = g.pca_plane(x).points
    assert (points[np.abs(points).argmax(axis=0), [0, 1]] > 0).all()
    np.testing.assert_allclose(points, g.pca_plane(x @ ortho_group.rvs(5, random_state=1)).points, atol=1e-9)


def test_plane_of_what_spans_no_plane():
    two = g.pca_plane(np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 2.0]]))
    np.testing.assert_allclose(np.abs(two.points), [[1, 0], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(two.shares, [1, 0], atol=1e-12)
    same = g.pca_plane(np.ones((3, 4)))
    assert np.isfinite(same.points).all()
    assert np.isfinite(same.shares).all()
    with pytest.raises(ValueError, match="at least 2 words; 1 given"):
        g.pca_plane(np.ones((1, 4)))


def test_oriented_like_finds_the_reflection_and_keeps_distances(rng):
    like = g.pca_plane(rng.normal(size=(8, 6)))
    posed = g.Plane(like.points[:, [1, 0]] * [-1.0, 1.0], like.shares[[1, 0]])
    back, order = g.oriented_like(posed, like)
    np.testing.assert_allclose(back.points, like.points, atol=1e-12)
    np.testing.assert_allclose(back.shares, like.shares)
    assert order == (1, 0)
    other = g.pca_plane(rng.normal(size=(8, 6)))
    np.testing.assert_allclose(
        cdist(g.oriented_like(other, like)[0].points, g.oriented_like(other, like)[0].points),
        cdist(other.points, other.points),
    )


def test_cosine_distances_are_scipys(rng):
    x = rng.normal(size=(6, 4)).astype(np.float32)
    np.testing.assert_allclose(g.cosine_distances(x), cdist(x, x, "cosine"), atol=1e-6)


@pytest.mark.parametrize(("d", "e"), [(4, 4), (4, 9), (30, 20), (2, 2)])
def test_disparity_is_scipys_with_zero_columns(rng, d, e):
    x, y = rng.normal(size=(10, d)), rng.normal(size=(10, e))
    width = max(d, e)
    padded = [np.pad(m, ((0, 0), (0, width - m.shape[1]))) for m in (x, y)]
    assert g.disparity(x, y) == pytest.approx(procrustes(*padded)[2], abs=1e-9)


def test_disparity_ignores_rotation_shift_and_scale(rng):
    x = rng.normal(size=(9, 5))
    assert g.disparity(x, 3.0 * x @ ortho_group.rvs(5, random_state=2) + 7.0) == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match="same vector"):
        g.disparity(x, np.ones((9, 5)))


def test_disparity_null_is_the_disparity_of_shuffled_pairs(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    every = [g.disparity(x, y[list(order)]) for order in itertools.permutations(range(4))]
    exact = np.mean([value <= g.disparity(x, y) + 1e-9 for value in every])
    found = g.disparity_test(x, y, shuffles=4_000, rng=rng)
    assert found.p == pytest.approx(exact, abs=0.03)
    assert min(every) - 1e-9 <= found.low <= found.middle <= found.high <= max(every) + 1e-9


@pytest.mark.parametrize("ranks", [False, True])
def test_mantel_is_the_correlation_of_entries(rng, ranks):
    a, b = (g.cosine_distances(rng.normal(size=(5, 3))) for _ in range(2))
    upper = np.triu_indices(5, 1)
    oracle = spearmanr if ranks else pearsonr
    found = g.mantel_test(a, b, ranks=ranks, shuffles=4_000, rng=rng)
    assert found.value == pytest.approx(oracle(a[upper], b[upper])[0])
    every = [oracle(a[upper], b[np.ix_(o, o)][upper])[0] for o in itertools.permutations(range(5))]
    assert found.p == pytest.approx(np.mean(np.array(every) >= found.value - 1e-9), abs=0.03)


def test_mantel_p_is_even_under_no_relation(rng):
    found = [
        g.mantel_test(*(g.cosine_distances(rng.normal(size=(7, 5))) for _ in range(2)), shuffles=99, rng=rng).p
        for _ in range(200)
    ]
    assert 0.02 <= np.mean(np.array(found) <= 0.1) <= 0.2


def test_mantel_refuses_what_has_no_structure(rng):
    flat = 1.0 - np.eye(4)
    with pytest.raises(ValueError, match="all distances are equal"):
        g.mantel_test(flat, flat, rng=rng)
    with pytest.raises(ValueError, match="at least 3 words"):
        g.mantel_test(np.zeros((2, 2)), np.zeros((2, 2)), rng=rng)


def test_one_seed_gives_one_answer(rng):
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    first, second = (g.disparity_test(x, y, shuffles=300, rng=np.random.default_rng(3)) for _ in range(2))
    assert first == second


def test_holm_by_hand():
    p = np.array([0.001, 0.2, 0.01, 0.04, 0.6])
    np.testing.assert_allclose(g.holm(p), [0.005, 0.4, 0.04, 0.12, 0.6])
    np.testing.assert_allclose(g.holm(np.array([0.5, 0.9])), [1.0, 1.0])


def test_relations_alone_find_the_pairs(rng):
    x = rng.normal(size=(10, 8))
    a = g.cosine_distances(x)
    np.testing.assert_array_equal(
        g.relational_matches(a, g.cosine_distances(x @ ortho_group.rvs(8, random_state=4))), range(10)
    )
    order = rng.permutation(10)
    assert (g.relational_matches(a, a[np.ix_(order, order)]) == np.argsort(order)).mean() < 1.0  # it knows the pairs
    with pytest.raises(ValueError, match="at least 5"):
        g.relational_matches(a[:4, :4], a[:4, :4])
