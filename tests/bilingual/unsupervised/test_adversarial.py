"""Adversarial starts: what each player learns from, and a rotation found by play alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.mapping import Pairs
from align.bilingual.unsupervised.adversarial import Adversary, Game, Judge, Turning, Words, orthogonal
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.train.update import RowGradients, TableGradients
from tests.bilingual.unsupervised.test_self_learning import precision
from tests.bilingual.unsupervised.test_starts import drawn
from tests.bilingual.unsupervised.test_unsupervised import NOTHING, turned

KEY = jax.random.key(1)
SMOOTHING = 0.2


def surprise(odds: np.ndarray, label: float) -> float:
    p = 1 / (1 + np.exp(-odds))
    return float(-(label * np.log(p) + (1 - label) * np.log(1 - p)).mean())


def test_the_loss_is_of_its_equations() -> None:
    x, y = drawn(20, 4, 0), drawn(30, 4, 1)
    game = Game(jnp.asarray(x), jnp.asarray(y), 8, SMOOTHING, 0.0, 1.0)
    tables, judge = game.init(key=KEY)
    turn = tables["turn"]
    batch = Words(jnp.array([3, 5, 5]), jnp.array([29, 0, 7]))

    def odds(rows: np.ndarray) -> np.ndarray:
        inside = rows @ np.asarray(judge.inner) + np.asarray(judge.bias)
        return np.where(inside > 0, inside, 0.2 * inside) @ np.asarray(judge.outer)

    mapped, other = odds(x[[3, 5, 5]] @ np.asarray(turn)), odds(y[[29, 0, 7]])
    expected = surprise(mapped, 1 - SMOOTHING) + surprise(other, SMOOTHING) + surprise(mapped, SMOOTHING)
    assert float(game.loss({"turn": turn}, judge, batch, key=KEY).value) == pytest.approx(expected, rel=1e-4)


def test_the_players_want_opposite_things() -> None:
    """Along W's gradient the judge's loss rises; the judge's own gradient is not touched by what W wants."""
    x, y = drawn(200, 4, 0), drawn(200, 4, 1)
    game = Game(jnp.asarray(x), jnp.asarray(y), 8, 0.0, 0.0, 1.0)
    players = game.init(key=KEY)
    batch = Words(jnp.arange(200), jnp.arange(200))

    def judged(turn: jax.Array, judge: Judge) -> jax.Array:
        to_source = judge(game.x @ orthogonal(turn))
        return jnp.mean(jax.nn.softplus(-to_source)) + jnp.mean(jax.nn.softplus(judge(game.y)))

    given = players.tables["turn"], players.dense
    turn, judge = jax.grad(lambda both: game.loss({"turn": both[0]}, both[1], batch, key=KEY).value)(given)
    by_turn, by_judge = jax.grad(judged, argnums=(0, 1))(*given)
    assert float(jnp.vdot(turn, by_turn)) < 0
    for one, other in zip(*map(jax.tree.leaves, (judge, by_judge)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_newton_and_schulz_give_the_orthogonal_factor() -> None:
    x = np.eye(6, dtype=np.float32) + 0.1 * np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    left, _, right = np.linalg.svd(x)
    np.testing.assert_allclose(orthogonal(jnp.asarray(x)), left @ right, atol=1e-4)


@pytest.mark.parametrize("rate", [1e-3, 1e3])
def test_the_map_turns_and_stays_orthogonal(rate: float) -> None:
    """Whatever the gradient and the rate; and it goes down the slope."""
    rng = np.random.default_rng(0)
    table, rule = jnp.asarray(np.linalg.qr(rng.normal(size=(7, 7)))[0], jnp.float32), Turning(2.0)
    goal = jnp.asarray(np.linalg.qr(rng.normal(size=(7, 7)))[0], jnp.float32)

    def distance(x: jax.Array) -> jax.Array:
        return jnp.sum((orthogonal(x) - goal) ** 2)

    slots = rule.init(table)
    with pytest.raises(ValueError, match="one worker"):
        rule.merge(slots, [slots, slots])
    order = jnp.array([3, 0, 1, 2, 6, 5, 4])
    found = TableGradients((RowGradients(order, jax.grad(distance)(table)[order], None),))
    after, _ = rule(table, slots, found, jnp.float32(rate))
    np.testing.assert_allclose(after @ after.T, np.eye(7), atol=1e-5)
    assert 0 < float(jnp.abs(after - table).max()) < 0.75
    assert rate > 1 or float(distance(after)) < float(distance(table))


@pytest.mark.parametrize("dim", [6, 12])
def test_a_rotation_is_found_by_play_alone(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = turned(80 * dim, dim, 0.02, 0)
    starts = [Adversary(dims=dim).pairs(x, y, seed=seed) for seed in range(4)]
    assert max(np.mean(pairs.source == pairs.target) for pairs in starts) > 0.9
    monkeypatch.setattr(Adversary, "pairs", lambda *_, seed: starts[seed])
    made = Unsupervised(restarts=0, adversarial=4, learning=SelfLearning(rounds=3)).fit(x, y, NOTHING, seed=0)
    assert precision(made, x, y) > 0.95


def test_unsupervised_alignment_takes_adversarial_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = turned(200, 8, 0.05, 2)
    right = Pairs(np.arange(50), np.arange(50), np.ones(50, np.float32))
    seeds: list[int] = []

    def pairs(_self: Adversary, _x: np.ndarray, _y: np.ndarray, *, seed: int) -> Pairs:
        seeds.append(seed)
        return right if seed == 8 else Pairs(right.source, right.target[::-1], right.weight)

    monkeypatch.setattr(Adversary, "pairs", pairs)
    made = Unsupervised(restarts=0, adversarial=2, learning=SelfLearning(rounds=3)).fit(x, y, NOTHING, seed=7)
    assert seeds == [7, 8]
    assert precision(made, x, y) > 0.95
    for wrong in ({"restarts": 0}, {"adversarial": -1}):
        with pytest.raises(ValueError, match=r"at least 1|from 0"):
            Unsupervised(**wrong)


@pytest.mark.parametrize("wrong", [{"pool": 0}, {"dropout": 1.0}, {"smoothing": 0.5}, {"pace": 0.0}])
def test_settings_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected|at least 1"):
        Adversary(**wrong)
