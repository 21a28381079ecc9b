"""Recurrent state, the hook between segments, and an objective's own optimiser."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from align.train.batchers.random import RandomBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.optimiser import adamw, scale_by_rate
from align.train.sources.random import RandomBatches
from align.train.step import init
from tests.train.factors import Listed, ListedCells, matrix

KEY = jax.random.key(3)
TRACES: list[str] = []


class Follow(Objective):
    """(w - target)^2; its carry counts the batches and sums the weights so far."""

    target: jax.Array

    def init(self, *, key):
        del key
        return Parameters({}, {"w": jnp.zeros(()), "still": jnp.ones(())})

    def init_carry(self, *, key):
        del key
        return {"sum": jnp.zeros(()), "count": jnp.zeros((), jnp.int32)}

    def loss(self, rows, dense, batch, *, key):
        del rows, batch, key
        TRACES.append("loss")
        return Loss((dense["w"] - self.target) ** 2, {})

    def recurrent_loss(self, rows, dense, batch, carry, *, key):
        after = {"sum": carry["sum"] + jax.lax.stop_gradient(dense["w"]), "count": carry["count"] + 1}
        return self.loss(rows, dense, batch, key=key), after


class FollowAlone(Follow):
    """The same, but every worker keeps its own carry."""

    carry_scope = "worker"


class Clipped(Follow):
    """Gradients are clipped to 0.1, and one of the two weights has its own rate."""

    def optimiser(self, config):
        del config
        groups = {
            "w": optax.chain(optax.clip_by_global_norm(0.1), scale_by_rate(2.0)),
            "still": optax.set_to_zero(),
        }
        return optax.partition(groups, {"w": "w", "still": "still"})


class Nothing(RandomBatcher):
    """Batches of nothing."""

    def batch(self, prepared, index, *, key):
        del prepared, index, key
        return ()


def source(steps: int = 12, segment_steps: int = 3) -> RandomBatches:
    return RandomBatches(Nothing(), steps, segment_steps)


CONFIG = TrainingConfig(0.1, final_rate=0.1)


def test_the_carry_passes_from_step_to_step_and_between_segments() -> None:
    weights: list[float] = []

    def callback(_done: int, state: Any, _loss: float) -> None:
        weights.append(float(state.parameters.dense["w"]))

    state, _ = run(Follow(jnp.float32(2)), source(5, 1), CONFIG, key=KEY, callback=callback)
    assert int(state.carry["count"]) == 5
    assert float(state.carry["sum"]) == pytest.approx(sum(weights[:-1]), rel=1e-5)  # each step adds what it began with


def test_a_carry_is_averaged_over_workers_or_separate_in_each() -> None:
    cells = Listed(ListedCells(matrix(), 8), 160, 1)
    two = TrainingConfig(0.1, workers=2)
    shared, _ = run(Follow(jnp.float32(2)), cells, two, key=KEY)
    assert shared.carry["sum"].shape == ()
    alone, _ = run(FollowAlone(jnp.float32(2)), cells, two, key=KEY)
    assert alone.carry["count"].tolist() == [10, 10]
    assert alone.carry["sum"].shape == (2,)
    np.testing.assert_allclose(alone.carry["sum"], float(shared.carry["sum"]), rtol=1e-5)  # both saw equal batches
    single, _ = run(FollowAlone(jnp.float32(2)), source(), CONFIG, key=KEY)
    assert single.carry["count"].tolist() == [12]


@pytest.mark.parametrize("kind", [Follow, FollowAlone])
def test_a_run_with_a_carry_resumes_as_if_it_had_not_stopped(kind: type[Follow]) -> None:
    whole, losses = run(kind(jnp.float32(2)), source(), CONFIG, key=KEY)
    half, first = run(kind(jnp.float32(2)), source(), CONFIG, key=KEY, callback=lambda done, *_: done == 2)
    rest, second = run(kind(jnp.float32(2)), source(), CONFIG, key=KEY, start=(2, half))
    for one, other in zip(jax.tree.leaves(rest), jax.tree.leaves(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal([*first, *second], losses)


def moved(done: int, _state: Any, objective: Objective, batcher: Any) -> tuple[Objective, Any]:
    """After segment n the target is n."""
    return eqx.tree_at(lambda one: one.target, objective, jnp.float32(done)), batcher


def test_the_hook_between_segments_replaces_arrays_and_compiles_nothing() -> None:
    seen: list[int] = []

    def between(done: int, state: Any, objective: Objective, batcher: Any) -> tuple[Objective, Any]:
        seen.append(done)
        assert int(state.step) == 3 * done
        return moved(done, state, objective, batcher)

    before, config = len(TRACES), TrainingConfig(0.11, final_rate=0.11)
    state, losses = run(Follow(jnp.float32(5)), source(), config, key=KEY, between=between)
    assert seen == [1, 2, 3], "not before the first segment, nor after the last"
    assert len(TRACES) == before + 1
    still, same = run(Follow(jnp.float32(5)), source(), config, key=KEY)
    assert losses[0] == same[0]
    assert (losses[1:] < 0.5 * same[1:]).all(), "the targets 1, 2 and 3 are near, 5 is far"
    assert float(state.parameters.dense["w"]) != float(still.parameters.dense["w"])


def test_a_resumed_run_repeats_the_hook() -> None:
    whole, losses = run(Follow(jnp.float32(5)), source(), CONFIG, key=KEY, between=moved)
    half, _ = run(Follow(jnp.float32(5)), source(), CONFIG, key=KEY, between=moved, callback=lambda done, *_: done == 2)
    rest, second = run(Follow(jnp.float32(5)), source(), CONFIG, key=KEY, between=moved, start=(2, half))
    np.testing.assert_array_equal(rest.parameters.dense["w"], whole.parameters.dense["w"])
    np.testing.assert_array_equal(second, losses[2:])


def test_an_objective_has_an_optimiser_of_its_own() -> None:
    """Each step goes 2 rate 0.1, the clipped gradient, down the slope; the other weight stays."""
    state, _ = run(Clipped(jnp.float32(5)), source(), CONFIG, key=KEY)
    assert float(state.parameters.dense["w"]) == pytest.approx(12 * 2 * 0.1 * 0.1, rel=1e-4)
    assert float(state.parameters.dense["still"]) == 1


def test_an_optax_optimiser_with_its_own_rate_works_too() -> None:
    class Sgd(Follow):
        def optimiser(self, config):
            del config
            return optax.sgd(0.25)

    state, _ = run(Sgd(jnp.float32(4)), source(2, 2), CONFIG, key=KEY)
    assert float(state.parameters.dense["w"]) == pytest.approx(4 * (1 - 0.5**2))


def test_the_default_optimiser_is_adamw() -> None:
    config = TrainingConfig(0.1, weight_decay=0.3)
    weights, grads = {"w": jnp.float32(2)}, {"w": jnp.float32(-3)}
    for optimiser, extra in ((adamw(config), {"rate": jnp.float32(0.05)}), (optax.adamw(0.05, weight_decay=0.3), {})):
        updates, _ = optimiser.update(grads, optimiser.init(weights), weights, **extra)
        assert float(updates["w"]) == pytest.approx(0.05 * (1 - 0.3 * 2), rel=1e-3)


def test_whether_any_step_had_a_term_is_recorded() -> None:
    class Empty(Follow):
        def loss(self, rows, dense, batch, *, key):
            del rows, batch, key
            return Loss(0 * dense["w"], {}, jnp.zeros(()))

    assert not bool(init(Follow(jnp.float32(1)), CONFIG, key=KEY).has_terms)
    assert bool(run(Follow(jnp.float32(1)), source(), CONFIG, key=KEY)[0].has_terms)
    assert not bool(run(Empty(jnp.float32(1)), source(), CONFIG, key=KEY)[0].has_terms)
