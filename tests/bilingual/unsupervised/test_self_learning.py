"""Self-learning against the whole CSLS matrix and on planted rotations, from a handful of pairs."""

import numpy as np
import pytest

from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import Progress
from align.bilingual.supervised.linear import procrustes, weighted
from align.bilingual.unsupervised.induction import Stage, induce, orthogonal_pair, rounds
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.retrieval import unit_rows
from tests.bilingual.unsupervised.test_refinement import world
from tests.bilingual.worlds import task_of
from tests.oracles import brute_csls


def first(count: int) -> Pairs:
    return Pairs(np.arange(count), np.arange(count), np.ones(count, np.float32))


def precision(made: Alignment, x: np.ndarray, y: np.ndarray) -> float:
    scores = made.place_source(x) @ made.place_target(y).T
    return float(np.mean(scores.argmax(axis=1) == np.arange(len(x))))


@pytest.mark.parametrize(("v", "w"), [(40, 60), (60, 40), (1, 1)])
def test_with_every_candidate_induction_is_that_of_the_whole_matrix(v: int, w: int) -> None:
    rng = np.random.default_rng(1)
    a, b = (unit_rows(rng.normal(size=(count, 5)).astype(np.float32)) for count in (v, w))
    scores = brute_csls(a, b)
    found = induce(a, b, keep=1.0, sample=3, random=rng)
    np.testing.assert_array_equal(found.forward, scores.argmax(axis=1))
    np.testing.assert_array_equal(found.backward, scores.argmax(axis=0))
    assert found.score == pytest.approx((scores.max(axis=1).mean() + scores.max(axis=0).mean()) / 2, abs=1e-5)
    pairs = found.pairs()
    assert list(zip(pairs.source, pairs.target, strict=True)) == [
        *enumerate(scores.argmax(axis=1)),
        *((i, j) for j, i in enumerate(scores.argmax(axis=0))),
    ]


def test_words_share_the_candidates_that_are_left_out_and_draw_others_each_time() -> None:
    a = unit_rows(np.random.default_rng(2).normal(size=(2500, 6)).astype(np.float32))
    random = np.random.default_rng(3)
    found = [induce(a, a, keep=0.1, sample=5000, random=random).forward for _ in range(2)]
    itself = [one == np.arange(2500) for one in found]
    for own in itself:
        assert own.mean() == pytest.approx(0.1, abs=0.03)
        assert own[:1000].sum() > 50  # every thousand words have some, each its own draw
        assert own[1000:2000].sum() > 50
    assert not np.array_equal(*itself)
    for one in found:
        assert len(np.unique(one[:1000])) <= 250


def test_the_means_of_a_sample_are_near_those_of_all() -> None:
    x, y, turn = world(1500, 16, 0.3)
    exact = induce(x @ turn, y, keep=0.999, sample=1500, random=np.random.default_rng(0))
    sampled = induce(x @ turn, y, keep=0.999, sample=500, random=np.random.default_rng(0))
    assert np.mean(exact.forward == sampled.forward) > 0.8
    assert sampled.score == pytest.approx(exact.score, abs=0.05)


def test_rotations_of_enough_pairs_are_procrustes() -> None:
    x, y, _ = world(100, 8, 0.2)
    pairs = first(100)
    found = orthogonal_pair(x, y, pairs)
    np.testing.assert_allclose(found.source @ found.target.T, procrustes(*weighted(x, y, pairs)), atol=1e-5)


def test_rotations_of_few_pairs_use_only_the_directions_that_the_pairs_span() -> None:
    x, y, _ = world(100, 30, 0.0)
    found = orthogonal_pair(x, y, first(5))
    assert found.source.shape == found.target.shape == (30, 5)
    np.testing.assert_allclose(found.source.T @ found.source, np.eye(5), atol=1e-5)
    np.testing.assert_allclose(x[:5] @ found.source, y[:5] @ found.target, atol=1e-5)
    outside = np.linalg.svd(x[:5])[2][5:]
    np.testing.assert_allclose(outside @ found.source, 0, atol=1e-5)


def test_a_stage_ends_early_when_nothing_grows_and_uses_its_pool() -> None:
    x, y, _ = world(300, 10, 0.0)
    plan = [Stage(50, 1.0, 9), Stage(300, 1.0, 9)]
    sizes = [len(one.forward) for _, one in rounds(x, y, first(40), plan, sample=9, random=np.random.default_rng(0))]
    assert sizes == [50] * sizes.count(50) + [300] * sizes.count(300)
    assert 3 <= sizes.count(50) < 9
    assert 3 <= sizes.count(300) < 9


def test_the_plan_doubles_the_share_and_the_pool() -> None:
    assert SelfLearning().plan() == [
        Stage(5000, 0.1, 10),
        Stage(10_000, 0.2, 5),
        Stage(20_000, 0.4, 5),
        Stage(20_000, 1.0, 5),
    ]
    assert SelfLearning(pool=3, keep=0.25).plan() == [Stage(1, 0.25, 10), Stage(3, 0.5, 5), Stage(3, 1.0, 5)]
    for keep in (0.6, 1.0):
        assert SelfLearning(keep=keep, rounds=2).plan() == [Stage(20_000, 1.0, 4)]


def test_a_stage_that_draws_does_not_end_early() -> None:
    x, y, _ = world(600, 10, 0.0)
    plan = [Stage(600, 0.5, 9), Stage(600, 1.0, 9)]
    found = list(rounds(x, y, first(40), plan, sample=9, random=np.random.default_rng(0)))
    assert 9 + 3 <= len(found) < 18


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_eight_pairs_are_enough_for_a_planted_rotation(seed: int) -> None:
    x, y, _ = world(800, 20, 0.1, seed)
    seen: list[Progress] = []
    alone = orthogonal_pair(x, y, first(8)).alignment()
    made = (
        SelfLearning(pool=500, rounds=5, restarts=0)
        .fit(task_of(x, y, first(8)), seed=seed, watch=seen.append)
        .alignment
    )
    assert precision(alone, x, y) < 0.6
    assert precision(made, x, y) > 0.97
    assert all(one.step <= one.steps for one in seen)
    assert seen[-1].step == seen[-1].steps


def test_the_seed_decides_what_is_drawn() -> None:
    x, y, _ = world(300, 10, 0.3)
    method = SelfLearning(keep=0.3, rounds=2, restarts=0)
    made = [method.fit(task_of(x, y, first(20)), seed=seed).alignment.place_source(x) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


@pytest.mark.parametrize(("d", "e"), [(6, 9), (9, 6)])
def test_dimensions_that_differ_small_vocabularies_and_repeated_pairs(d: int, e: int) -> None:
    rng = np.random.default_rng(4)
    x, y = (unit_rows(rng.normal(size=(30, size)).astype(np.float32)) for size in (d, e))
    pairs = Pairs(np.array([0, 0, 1]), np.array([0, 0, 1]), np.ones(3, np.float32))
    made = SelfLearning(rounds=1, restarts=1).fit(task_of(x, y, pairs)).alignment
    assert np.isfinite(made.place_source(x) @ made.place_target(y).T).all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pool": 0}, "at least 1"),
        ({"rounds": 0}, "at least 1"),
        ({"keep": 0.0}, "keep 0.0: must be"),
        ({"power": -1.0}, "power"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SelfLearning(**settings)
