"""Unsupervised alignment, and the choice among starts, on a space and its rotation."""

import json
from dataclasses import replace

import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import fit
from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.trials import best_of, starting_points, trials
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.retrieval import unit_rows
from align.space import Space
from align.text.vocab import Vocab
from tests.bilingual.unsupervised.test_self_learning import first, precision
from tests.bilingual.unsupervised.test_starts import drawn
from tests.bilingual.worlds import task_of

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
    made = Unsupervised(restarts=2, learning=LEARNING).fit(task_of(x, y, NOTHING), seed=seed, watch=seen.append)
    assert precision(made.alignment, x, y) > 0.95
    assert made.quality is not None
    assert not made.quality.is_chance()
    stages = {one.stage: one.steps for one in seen}
    assert stages == {"trying starts": 2, "self-learning": LEARNING.max_rounds(), "comparing with chance": 3}
    for stage, steps in stages.items():
        told = [one.step for one in seen if one.stage == stage]
        assert told == sorted(told)
        assert told[-1] == steps


def test_noise_has_nothing_to_find() -> None:
    x, y = drawn(200, 12, 0), drawn(200, 12, 1)
    made = Unsupervised(restarts=1, learning=LEARNING).fit(task_of(x, y, NOTHING))
    assert precision(made.alignment, x, y) < 0.1
    assert made.quality is not None
    assert len(made.quality.null) == 3
    assert made.quality.is_chance()


def test_the_trial_with_the_highest_quality_continues() -> None:
    x, y = turned(200, 12, 0.2, 3)
    each = list(trials(x, y, [], 3, seed=0))
    best = max(each, key=lambda one: one.quality)
    chosen = best_of(x, y, [], 3, seed=0, watch=lambda _: None)
    np.testing.assert_array_equal(chosen.target, best.pairs.target)
    np.testing.assert_array_equal(chosen.source, best.pairs.source)


def test_pairs_are_a_start_of_their_own_and_help_the_others() -> None:
    x, y = turned(200, 12, 0.05, 4)
    each = list(trials(x, y, [first(40)], 1, seed=0))
    assert len(each) == 2
    for one in each:
        assert np.mean(one.pairs.target[:200] == np.arange(200)) > 0.9


def test_what_there_is_to_start_from() -> None:
    pairs, alike = first(2), Pairs(np.array([5]), np.array([6]), np.ones(1, np.float32))
    assert starting_points(NOTHING, NOTHING) == []
    (only,) = starting_points(pairs, NOTHING)
    np.testing.assert_array_equal(only.target, [0, 1])
    (spelt,) = starting_points(NOTHING, alike)
    np.testing.assert_array_equal(spelt.target, [6])
    alone, with_them = starting_points(pairs, alike)
    np.testing.assert_array_equal(alone.target, [0, 1])
    np.testing.assert_array_equal(with_them.source, [0, 1, 5])
    np.testing.assert_array_equal(with_them.target, [0, 1, 6])


def unlike(words: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """A space and its rotation, the words in another order, so that their shapes alone say little."""
    rng = np.random.default_rng(6)
    x = unit_rows(rng.normal(size=(words, dim)).astype(np.float32))
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return x, unit_rows((x @ turn + 0.1 * rng.normal(size=x.shape)).astype(np.float32))


@pytest.mark.parametrize("method", [Unsupervised(restarts=1, learning=LEARNING), SelfLearning(rounds=3, restarts=1)])
def test_identical_words_make_the_map_unless_spelling_is_off(method: Unsupervised | SelfLearning) -> None:
    x, y = unlike(200, 30)
    alike, wrong = first(60), Pairs(np.arange(4), np.arange(4) + 7, np.ones(4, np.float32))
    for spelling, least, most in ((True, 0.9, 1.0), (False, 0.0, 0.5)):
        asked = replace(method, spelling=spelling)
        seen: list[Progress] = []
        made = asked.fit(task_of(x, y, wrong, alike), watch=seen.append).alignment
        assert least <= precision(made, x, y) <= most
        starts = {one.steps for one in seen if one.stage == "trying starts"}
        given = method.uses_pairs == "required"
        assert starts == {1 + given + spelling}


def test_a_fit_on_spaces_looks_at_the_spellings_of_their_words() -> None:
    x, y = unlike(200, 30)
    shared = [f"W{i}" for i in range(80)]
    english = Space(Vocab([word.lower() for word in shared] + [f"e{i}" for i in range(120)]), x)
    chinese = Space(Vocab(shared + [f"字{i}" for i in range(120)]), y)
    made = fit(english, chinese, Dictionary(()), Unsupervised(restarts=1, learning=LEARNING), normalise=("unit",))
    right = (made.source.vectors @ made.target.vectors.T).argmax(axis=1) == np.arange(200)
    assert np.mean(right) > 0.9
    assert json.loads(made.details["settings"])["spelling"] is True


def test_fewer_annealed_starts_with_many_identical_words() -> None:
    x, y = turned(200, 12, 0.05, 5)
    for few, starts in ((41, 4), (40, 1)):
        seen: list[Progress] = []
        method = SelfLearning(rounds=1, few=few, restarts=4)
        method.fit(task_of(x, y, first(10), first(40)), watch=seen.append)
        assert seen[0].stage == "trying starts"
        assert seen[0].steps == 2 + starts


def test_few_pairs_get_annealed_starts_and_many_do_not() -> None:
    x, y = turned(200, 12, 0.05, 5)
    for few, starts in ((30, 0), (31, 3)):
        seen: list[Progress] = []
        method = SelfLearning(rounds=1, few=few, restarts=2)
        made = method.fit(task_of(x, y, first(30)), watch=seen.append).alignment
        assert sum(one.stage == "trying starts" for one in seen) == starts
        assert seen[-1].steps == method.max_rounds()
        assert precision(made, x, y) > 0.9


def test_too_few_words_and_no_starts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 5 words"):
        Unsupervised().fit(task_of(drawn(2, 3), drawn(5, 3), NOTHING))
    with pytest.raises(ValueError, match="at least 1"):
        Unsupervised(restarts=0)
