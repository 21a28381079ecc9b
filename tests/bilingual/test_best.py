"""`best`: which procedure it runs, by the number of pairs and by trial."""

from dataclasses import replace

import numpy as np
import pytest

from align.bilingual.best import Best, hits
from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress
from align.bilingual.reranking.network import Training
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.unsupervised.self_learning import SelfLearning
from tests.bilingual.unsupervised.test_unsupervised import turned
from tests.bilingual.worlds import task_of


def pairs_of(rows: np.ndarray) -> Pairs:
    return Pairs.equal(rows, rows)


def test_the_number_and_kind_of_pairs_suggest_a_method() -> None:
    best, some = Best(few=3), np.arange(3)
    assert best.suited(pairs_of(some), only_identical=False) is best
    assert best.suited(pairs_of(some), only_identical=True) is best.seeds
    assert best.suited(pairs_of(some[:2]), only_identical=False) is best.seeds
    assert best.suited(Pairs.equal(some[[0, 0, 0]], some), only_identical=False) is best.seeds
    assert best.suited(pairs_of(some[:0]), only_identical=False) is best.nothing


def test_a_task_knows_whether_its_pairs_are_only_identical_words() -> None:
    x, y = turned(10, 4, 0.1, 0)
    task = task_of(x, y, pairs_of(np.arange(3)), pairs_of(np.arange(5)))
    assert task.has_only_identical_pairs()
    assert not task.with_pairs(pairs_of(np.arange(6))).has_only_identical_pairs()
    assert not task.with_pairs(Pairs.none()).has_only_identical_pairs()


def test_hits_are_gold_answers_that_come_first_by_csls() -> None:
    """Against a plain count over all cosines; either of two translations is right, none of another word's is."""
    x, y = turned(60, 6, 0.15, 1)
    alignment = Procrustes().solve(x, y, pairs_of(np.arange(30)))
    gold = Pairs.equal(np.array([30, 31, 31, 32]), np.array([30, 5, 31, 7]))
    cosines = alignment.place_source(x) @ alignment.place_target(y).T

    def means(table: np.ndarray) -> np.ndarray:
        return np.sort(table, axis=1)[:, -10:].mean(axis=1)

    scores = 2 * cosines - means(cosines)[:, None] - means(cosines.T)
    known = {(30, 30), (31, 5), (31, 31), (32, 7)}
    right = [(row, int(scores[row].argmax())) in known for row in (30, 31, 32)]
    right += [(int(scores[:, row].argmax()), row) in known for row in (5, 7, 30, 31)]
    assert 0 < sum(right) < len(right)
    assert hits(alignment, x, y, gold) == pytest.approx(sum(right) / len(right))


def bent(words: int, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """A space, and its image under a map that is far from orthogonal: regressions learn it, rotations do not."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(words, dim))
    y = x @ rng.normal(size=(dim, dim)) + 1.5 * np.abs(x @ rng.normal(size=(dim, dim)))
    y -= y.mean(axis=0)
    return tuple((side / np.linalg.norm(side, axis=1)[:, None]).astype(np.float32) for side in (x, y))  # pyright: ignore


SECOND = Reranking(folds=2, k=12, pool=400, network=Training(hidden=4, steps=20, networks=1))
BEST = Best(second=SECOND, seeds=SelfLearning(rounds=2, restarts=2), few=100, many=200)


@pytest.mark.parametrize(("world", "winner"), [(turned(400, 80, 0.07, 0), "seeds"), (bent(400, 6), "best")])
def test_the_trial_takes_the_procedure_that_translates_more(world: tuple[np.ndarray, np.ndarray], winner: str) -> None:
    """On a noisy rotation self-learning wins, on a bent space the regressions; both are really fitted."""
    task = task_of(*world, pairs_of(np.arange(110)))
    chosen = BEST.better_on_held_out(task)
    assert chosen == (replace(BEST.seeds, few=0) if winner == "seeds" else BEST)


def test_the_trial_runs_self_learning_as_the_final_fit_would() -> None:
    """110 words are above `few`, the 88 of the trial below: the final fit has no restarts, so the trial has none."""
    task = task_of(*turned(400, 80, 0.07, 0), pairs_of(np.arange(110)))
    seen: list[Progress] = []
    made = BEST.fit(task, watch=seen.append)
    assert made.method == replace(BEST.seeds, few=0)
    assert made.reranker is None
    stages = [one.stage for one in seen]
    assert "trying starts" not in stages
    assert stages.count("comparing methods") == stages.count("self-learning") >= BEST.seeds.max_rounds() - 3
    BEST.seeds.fit(task.with_pairs(pairs_of(np.arange(88))), watch=seen.append)
    assert "trying starts" in [one.stage for one in seen]  # what self-learning by itself would do with 88 words


def test_many_words_need_no_trial_and_get_a_second_stage() -> None:
    task = task_of(*turned(300, 12, 0.1, 2), pairs_of(np.arange(210)))
    seen: list[Progress] = []
    made = BEST.fit(task, watch=seen.append)
    assert made.method is BEST
    assert made.reranker is not None
    assert {one.stage for one in seen} == {"re-ranking"}
