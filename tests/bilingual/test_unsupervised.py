"""Alignment from nothing, and the choice among starts, on a space and its rotation."""

import numpy as np
import pytest

from align.bilingual.mapping import Pairs, Progress
from align.bilingual.selflearning import SelfLearning
from align.bilingual.trials import best_of, trials
from align.bilingual.unsupervised import Unsupervised
from align.retrieval import unit_rows
from tests.bilingual.test_selflearning import first, precision
from tests.bilingual.test_starts import drawn

NOTHING = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
LEARNING = SelfLearning(rounds=3)


def turned(words: int, dim: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    x = drawn(words, dim, seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return x, unit_rows((x @ turn + noise * rng.normal(size=x.shape)).astype(np.float32))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rotation_is_found_from_nothing(seed: int) -> None:
    x, y = turned(300, 12, 0.05, seed)
    seen: list[Progress] = []
    made = Unsupervised(restarts=2, learning=LEARNING).fit(x, y, NOTHING, seed=seed, watch=seen.append)
    assert precision(made, x, y) > 0.95
    assert [one.step for one in seen] == sorted(one.step for one in seen)
    assert seen[-1].step == seen[-1].steps == 2 + LEARNING.most_rounds()


def test_noise_has_nothing_to_find() -> None:
    x, y = drawn(200, 12, 0), drawn(200, 12, 1)
    made = Unsupervised(restarts=1, learning=LEARNING).fit(x, y, NOTHING)
    assert precision(made, x, y) < 0.1


def test_the_trial_with_the_highest_quality_goes_on() -> None:
    x, y = turned(200, 12, 0.2, 3)
    each = list(trials(x, y, NOTHING, 3, seed=0))
    best = max(each, key=lambda one: one.quality)
    chosen = best_of(x, y, NOTHING, 3, most=3, seed=0, watch=lambda _: None)
    np.testing.assert_array_equal(chosen.target, best.pairs.target)
    np.testing.assert_array_equal(chosen.source, best.pairs.source)


def test_pairs_are_a_start_of_their_own_and_help_the_others() -> None:
    x, y = turned(200, 12, 0.05, 4)
    each = list(trials(x, y, first(40), 1, seed=0))
    assert len(each) == 2
    for one in each:
        assert np.mean(one.pairs.target[:200] == np.arange(200)) > 0.9


def test_few_pairs_get_annealed_starts_and_many_do_not() -> None:
    x, y = turned(200, 12, 0.05, 5)
    for few, steps in ((30, 0), (31, 3)):
        seen: list[Progress] = []
        method = SelfLearning(rounds=1, few=few, restarts=2)
        made = method.fit(x, y, first(30), watch=seen.append)
        assert seen[-1].steps == method.most_rounds() + steps
        assert precision(made, x, y) > 0.9


def test_too_few_words_and_no_starts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 5 words"):
        Unsupervised().fit(drawn(2, 3), drawn(5, 3), NOTHING)
    with pytest.raises(ValueError, match="at least 1"):
        Unsupervised(restarts=0)
