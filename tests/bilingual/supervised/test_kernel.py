"""Kernel ridge regression against its equations written out, with as many anchors as words and with fewer."""

import numpy as np
import pytest

from align.bilingual.mapping import Pairs, images
from align.bilingual.supervised.kernel import Ensemble, KernelRidge
from align.bilingual.supervised.ridge import kernel, ridge_factor, ridge_weights, targets
from align.retrieval import unit_rows

RNG = np.random.default_rng(3)
X, Y = (unit_rows(RNG.normal(size=shape).astype(np.float32)) for shape in ((30, 6), (25, 4)))
PAIRS = Pairs(np.array([0, 0, 3, 5, 9, 9]), np.array([1, 2, 2, 7, 8, 1]), np.ones(6, np.float32))


def test_a_word_of_several_translations_has_their_mean_direction() -> None:
    found = targets(PAIRS.source, PAIRS.target, Y)
    assert found.rows.tolist() == [0, 3, 5, 9]
    shares = {1: 2**-0.5, 2: 2**-0.5, 7: 1.0, 8: 1.0}
    for row, mean in zip(found.rows, found.mean, strict=True):
        answers = [t for s, t in zip(PAIRS.source, PAIRS.target, strict=True) if s == row]
        total = sum(shares[int(t)] * Y[t] for t in answers)
        np.testing.assert_allclose(mean, total / np.linalg.norm(total), rtol=1e-5)


def test_the_kernel_is_a_gaussian_of_the_distance() -> None:
    for i in (0, 4):
        for j in (1, 9):
            distance = np.sum((X[i] - X[j]) ** 2)
            np.testing.assert_allclose(
                kernel(X[i : i + 1], X[j : j + 1], 0.6)[0, 0], np.exp(-distance / 1.2), rtol=1e-5
            )


@pytest.mark.parametrize("anchors", [12, 5])
def test_the_weights_make_the_penalised_error_least(anchors: int) -> None:
    words, wanted = X[:12], Y[:12]
    cells, square = kernel(words, words[:anchors], 0.6), kernel(words[:anchors], words[:anchors], 0.6)
    made = ridge_weights(ridge_factor(cells, square, 0.3), cells, wanted).astype(np.float64)

    def cost(weights: np.ndarray) -> float:
        if anchors == 12:
            return float(np.sum((cells @ weights - wanted) ** 2) + 0.3 * np.trace(weights.T @ square @ weights))
        firm = square + 0.05 / 0.3 * np.eye(anchors)
        return float(np.sum((cells @ weights - wanted) ** 2) + 0.3 * np.trace(weights.T @ firm @ weights))

    least = cost(made)
    for _ in range(20):
        assert cost(made + 1e-2 * RNG.normal(size=made.shape)) > least


def test_few_anchors_are_the_most_frequent_words() -> None:
    regression = KernelRidge(max_exact=3, anchors=2).regression(X, targets(PAIRS.source, PAIRS.target, Y))
    np.testing.assert_allclose(np.asarray(regression.anchors), X[[0, 3]], rtol=1e-5)


def test_the_ensemble_is_three_views() -> None:
    made = Ensemble().solve(X, Y, PAIRS)
    assert len(made.views) == 3
    points = made.place_source(X), made.place_target(Y)
    cosines = [
        unit_rows(p[0]) @ unit_rows(p[1]).T for p in ((images(v.source, X), images(v.target, Y)) for v in made.views)
    ]
    np.testing.assert_allclose(points[0] @ points[1].T, np.mean(cosines, axis=0), atol=1e-5)


@pytest.mark.parametrize("wrong", [{"width": 0.0}, {"ridge": 0.0}, {"max_exact": 0}, {"anchors": 0}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        KernelRidge(**wrong)  # pyright: ignore
