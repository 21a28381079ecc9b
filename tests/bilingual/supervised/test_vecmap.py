"""VecMap's steps against the published matrices written out one after the other; CCA against scikit-learn's."""

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power, orthogonal_procrustes
from sklearn import cross_decomposition

from align.bilingual.mapping import Pairs, images
from align.bilingual.supervised.linear import reweighted
from align.bilingual.supervised.vecmap import CCA, VecMap


def sides(n: int = 60, d: int = 6, e: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * np.linspace(0.3, 2, d)
    y = x @ rng.normal(size=(d, e)) + rng.normal(size=(n, e))
    return x.astype(np.float32), y.astype(np.float32)


def every(n: int) -> Pairs:
    return Pairs(np.arange(n), np.arange(n), np.ones(n, np.float32))


def written_out(x: np.ndarray, y: np.ndarray, steps: VecMap) -> tuple[np.ndarray, np.ndarray]:
    """x A and y B, the vectors themselves taken through each step of the paper, in double precision."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    n = len(x)
    white_x, white_y = np.eye(x.shape[1]), np.eye(y.shape[1])
    if steps.whiten:
        white_x = fractional_matrix_power(x.T @ x / n, -0.5).real
        white_y = fractional_matrix_power(y.T @ y / n, -0.5).real
    x, y = x @ white_x, y @ white_y
    u, s, vt = np.linalg.svd(x.T @ y / n, full_matrices=False)
    x, y = x @ u @ np.diag(s**steps.source_power), y @ vt.T @ np.diag(s**steps.target_power)
    back = {
        "source": u.T @ np.linalg.inv(white_x) @ u,
        "target": vt @ np.linalg.inv(white_y) @ vt.T,
        "none": np.eye(len(s)),
    }
    x, y = x @ back[steps.dewhiten_source], y @ back[steps.dewhiten_target]
    return x[:, : steps.dims], y[:, : steps.dims]


OPTIONS = {
    "as published": VecMap(),
    "target re-weighted": VecMap(source_power=0.0, target_power=1.0),
    "source re-weighted": VecMap(source_power=1.0, target_power=0.0),
    "stays white": VecMap(dewhiten_source="none", dewhiten_target="none"),
    "by the target": VecMap(dewhiten_source="target"),
    "by the source": VecMap(dewhiten_target="source", dims=3),
    "not whitened": VecMap(whiten=False, dewhiten_source="none", dewhiten_target="none", dims=2),
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dims", [(6, 4), (4, 6), (5, 5)])
def test_every_option_is_the_papers_step(name: str, dims: tuple[int, int]) -> None:
    x, y = sides(60, *dims)
    a, b = OPTIONS[name].maps(x, y)
    expected = written_out(x, y, OPTIONS[name])
    assert a.shape == (dims[0], expected[0].shape[1])
    # the scores are compared, since a direction may come out with either sign
    np.testing.assert_allclose((x @ a) @ (y @ b).T, expected[0] @ expected[1].T, rtol=2e-3, atol=2e-3)


def test_the_orthogonal_step_alone_is_procrustes() -> None:
    x, y = sides(60, 5, 5)
    plain = VecMap(whiten=False, source_power=0.0, target_power=0.0, dewhiten_source="none", dewhiten_target="none")
    a, b = plain.maps(x, y)
    turn, _ = orthogonal_procrustes(x.astype(np.float64), y.astype(np.float64))
    np.testing.assert_allclose(a @ b.T, turn, atol=1e-5)


def test_white_and_weighted_on_both_sides_is_reweighted() -> None:
    x, y = sides()
    ours = VecMap(source_power=0.7, target_power=0.7, dewhiten_source="none", dewhiten_target="none").maps(x, y)
    for one, other in zip(ours, reweighted(x, y, 0.7), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_dewhitening_undoes_whitening() -> None:
    """Without re-weighting and with each side's own statistics, both maps are orthogonal."""
    x, y = sides(60, 5, 5)
    for turn in VecMap(source_power=0.0, target_power=0.0).maps(x, y):
        np.testing.assert_allclose(turn.T @ turn, np.eye(5), atol=1e-4)


def test_what_does_not_vary_stays_out() -> None:
    x, y = sides(60, 5, 5)
    (a, b), (c, d) = VecMap().maps(np.hstack([x, np.zeros((60, 2), np.float32)]), y), VecMap().maps(x, y)
    np.testing.assert_allclose(a[5:], 0, atol=1e-6)
    np.testing.assert_allclose(a[:5] @ b.T, c @ d.T, atol=1e-3)


@pytest.mark.parametrize("share", [0.5, 0.75, 1.0])
def test_cca_is_scikit_learns(share: float) -> None:
    x, y = sides(400, 6, 4)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    view = CCA(share).solve(x, y, every(400)).views[0]
    a, b = images(view.source, x), images(view.target, y)
    kept = round(4 * share)
    assert a.shape[1] == b.shape[1] == kept
    theirs = cross_decomposition.CCA(4, max_iter=2000, tol=1e-9).fit_transform(x, y)
    expected = [np.corrcoef(one, other)[0, 1] for one, other in zip(*(side.T for side in theirs), strict=True)]
    np.testing.assert_allclose(np.sum(a * b, axis=0) / 400, expected[:kept], atol=2e-3)
    for ours, peer in zip((a, b), theirs, strict=True):
        for i in range(kept):
            assert abs(np.corrcoef(ours[:, i], peer[:, i])[0, 1]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("wrong", [{"source_power": -1.0}, {"target_power": -0.1}, {"dims": 0}, {"whiten": False}])
def test_steps_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"_power -|dims 0|without whitening"):
        VecMap(**wrong)
    with pytest.raises(ValueError, match=r"share 1\.5"):
        CCA(1.5)
