"""Mutual neighbours against the whole CSLS matrix; refinement on a planted rotation."""

import numpy as np
import pytest

from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.unsupervised.refinement import Matches, Refined, mutual_neighbours
from align.retrieval import unit_rows
from tests.bilingual.worlds import task_of
from tests.oracles import brute_csls


def world(words: int, dim: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors in clusters, their rotation plus noise, and the rotation."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(words // 10, dim))
    x = unit_rows(centres[rng.integers(0, len(centres), words)] + 0.7 * rng.normal(size=(words, dim)))
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0].astype(np.float32)
    return x, unit_rows(x @ turn + noise * rng.normal(size=(words, dim)).astype(np.float32)), turn


def error(found: np.ndarray, turn: np.ndarray) -> float:
    return float(np.linalg.norm(found - turn)) / np.linalg.norm(turn)


@pytest.mark.parametrize(("v", "w"), [(40, 40), (30, 55), (55, 30), (5, 7), (1, 1)])
def test_mutual_neighbours_are_those_of_the_whole_matrix(v: int, w: int) -> None:
    rng = np.random.default_rng(1)
    a, b = (unit_rows(rng.normal(size=(count, 5)).astype(np.float32)) for count in (v, w))
    scores = brute_csls(a, b)
    expected = [(i, j) for i in range(v) for j in range(w) if scores[i].argmax() == j and scores[:, j].argmax() == i]
    found = mutual_neighbours(a, b)
    assert list(zip(found.source.tolist(), found.target.tolist(), strict=True)) == expected
    np.testing.assert_allclose(found.scores, [scores[pair] for pair in expected], atol=1e-5)
    assert found.quality() == pytest.approx(np.mean([scores[pair] for pair in expected]), abs=1e-5)


def test_no_words_have_no_neighbours() -> None:
    nothing = np.zeros((0, 4), np.float32)
    found = mutual_neighbours(nothing, unit_rows(np.ones((3, 4), np.float32)))
    assert isinstance(found, Matches)
    assert (len(found.source), found.quality()) == (0, 0.0)


def test_refinement_corrects_a_map_of_few_wrong_pairs() -> None:
    x, y, turn = world(600, 20, 0.05)
    rng = np.random.default_rng(2)
    rows = rng.choice(600, 60, replace=False)
    columns = np.where(rng.random(60) < 0.4, rng.integers(0, 600, 60), rows)
    pairs = Pairs(rows, columns, np.ones(60, np.float32))
    seen: list[Progress] = []
    before = Procrustes().solve(x, y, pairs).views[0].source
    after = Refined().fit(task_of(x, y, pairs), watch=seen.append).alignment.views[0].source
    assert error(np.asarray(before.weights), turn) > 0.3
    assert error(np.asarray(after.weights), turn) < 0.1
    assert [one.step for one in seen] == list(range(6))
    assert seen[-1].loss < seen[0].loss


def test_the_map_with_the_closest_mutual_neighbours_is_returned() -> None:
    """On noise, where later rounds are no better, whichever round has the highest quality is the answer."""
    rng = np.random.default_rng(3)
    x, y = (unit_rows(rng.normal(size=(200, 8)).astype(np.float32)) for _ in range(2))
    pairs = Pairs(np.arange(50), np.arange(50), np.ones(50, np.float32))
    seen: list[Progress] = []
    kept = Refined(rounds=4).fit(task_of(x, y, pairs), watch=seen.append).alignment
    best = min(seen, key=lambda one: one.loss).alignment
    np.testing.assert_array_equal(kept.views[0].source.weights, best.views[0].source.weights)


@pytest.mark.parametrize(("d", "e"), [(6, 9), (9, 6)])
def test_dimensions_may_differ_and_pools_be_larger_than_the_vocabulary(d: int, e: int) -> None:
    rng = np.random.default_rng(4)
    x, y = (unit_rows(rng.normal(size=(50, size)).astype(np.float32)) for size in (d, e))
    pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.ones(3, np.float32))
    made = Refined(pool=1000).fit(task_of(x, y, pairs)).alignment
    assert made.place_source(x).shape == made.place_target(y).shape == (50, e)


@pytest.mark.parametrize("settings", [{"rounds": 0}, {"pool": 0}])
def test_sizes_below_one_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must be at least 1"):
        Refined(**settings)
