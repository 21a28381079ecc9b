"""The loop: what a step does to rows and to dense weights, when it stops, and that it compiles once."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.loop import DivergedError, Run, State, init, run, step
from tests.train.factors import TRACES, Dense, Draw, Factors, planted

KEY = jax.random.key(3)
CONFIG = Run(20, 0.05, report=10)
compiled = eqx.filter_jit(step)


def arrays(tree: object) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array)]


def test_a_step_moves_the_rows_as_the_gradient_of_the_whole_tables_does() -> None:
    objective, batches = Factors((20, 16), 3), planted()
    state = init(objective, CONFIG, key=KEY)
    tables, dense = state.parameters
    drawn, noise, inner = jax.random.split(jax.random.fold_in(KEY, 0), 3)
    batch = batches(jnp.array(0), key=drawn)
    ids = objective.rows(batch, key=noise)
    assert len(set(np.asarray(ids["left"]).tolist())) < len(ids["left"])  # rows that stand twice are what is tested

    def whole(tables: dict[str, jax.Array]) -> jax.Array:
        return objective.loss({name: tables[name][ids[name]] for name in ids}, dense, batch, key=inner)

    loss, grads = jax.jit(jax.value_and_grad(whole))(tables)
    after, told = compiled(objective, batches, CONFIG, state, key=KEY)
    assert float(told) == pytest.approx(float(loss))
    for name, table in tables.items():
        np.testing.assert_allclose(after.parameters.tables[name], table - 0.05 * grads[name], atol=1e-6)
    assert int(after.step) == 1


def test_dense_weights_take_adamw_and_the_schedule() -> None:
    """Adam with decoupled decay, written out (Loshchilov and Hutter 2019, algorithm 2)."""
    config = Run(4, 0.1, final_rate=0.02, warmup=2, decay=0.3, report=4)
    objective, batches = Factors((20, 16), 3), planted()
    state = init(objective, config, key=KEY)
    weight, first, second = 0.3, 0.0, 0.0

    @jax.jit
    def gradient_of_bias(state: State) -> jax.Array:
        drawn, noise, inner = jax.random.split(jax.random.fold_in(KEY, state.step), 3)
        batch = batches(state.step, key=drawn)
        ids = objective.rows(batch, key=noise)
        rows = {name: state.parameters.tables[name][ids[name]] for name in ids}
        return jax.grad(lambda bias: objective.loss(rows, Dense(bias, jnp.array(0)), batch, key=inner))(
            state.parameters.dense.bias
        )

    for i, rate in enumerate((0.0, 0.05, 0.1, 0.06)):
        gradient = float(gradient_of_bias(eqx.filter(state, eqx.is_array)))
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        scaled = first / (1 - 0.9 ** (i + 1)) / (np.sqrt(second / (1 - 0.999 ** (i + 1))) + 1e-8)
        weight -= rate * (scaled + 0.3 * weight)
        state, _ = compiled(objective, batches, config, state, key=KEY)
        assert float(state.parameters.dense.bias) == pytest.approx(weight, rel=1e-4)
        assert float(config.schedule()(i)) == pytest.approx(rate, abs=1e-7)
    assert int(state.parameters.dense.shift) == 0


def test_the_rate_rises_then_falls_by_a_cosine() -> None:
    rates = [float(Run(100, 1.0, final_rate=0.1, warmup=10).schedule()(i)) for i in range(101)]
    np.testing.assert_allclose(rates[:11], np.arange(11) / 10, atol=1e-6)
    expected = 0.1 + 0.9 * (1 + np.cos(np.pi * np.arange(91) / 90)) / 2
    np.testing.assert_allclose(rates[10:], expected, atol=1e-5)
    assert float(Run(1, 0.5).schedule()(0)) == 0.5
    assert float(Run(3, 0.5, warmup=9).schedule()(0)) == 0.0


def test_the_whole_run_is_its_steps_one_by_one() -> None:
    objective, batches = Factors((20, 16), 3), planted()
    state, losses = run(objective, batches, CONFIG, key=KEY)
    first, second = jax.random.split(KEY)
    slow = init(objective, CONFIG, key=first)
    for loss in losses:
        slow, told = compiled(objective, batches, CONFIG, slow, key=second)
        assert float(told) == pytest.approx(float(loss), rel=1e-4)
    assert int(state.step) == 20
    assert len(losses) == 20
    for ours, theirs in zip(arrays(state.parameters), arrays(slow.parameters), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_how_often_it_reports_does_not_matter() -> None:
    objective, batches = Factors((20, 16), 3), planted()
    often, seldom = (run(objective, batches, replace(CONFIG, report=report), key=KEY)[1] for report in (10, 20))
    assert len(seldom) == 20
    np.testing.assert_allclose(often, seldom, rtol=1e-5)


def test_it_is_traced_once() -> None:
    before, config = len(TRACES), Run(50, 0.04, report=10)
    run(Factors((20, 16), 3), planted(), config, key=KEY)
    assert len(TRACES) == before + 1
    run(Factors((20, 16), 3), Draw(planted().matrix + 1, 64), config, key=jax.random.key(4))
    assert len(TRACES) == before + 1  # other numbers, another key, the same shapes


def test_the_same_objective_can_be_trained_again() -> None:
    """Training writes over its state in place; the objective's own arrays are not among it."""

    class Given(Factors):
        start: dict[str, jax.Array] = eqx.field(kw_only=True)

        def init(self, *, key):
            return super().init(key=key)._replace(tables=self.start)

    tables = Factors((20, 16), 3).init(key=KEY).tables
    objective = Given((20, 16), 3, start=tables)
    ends = [run(objective, planted(), CONFIG, key=KEY)[1] for _ in range(2)]
    np.testing.assert_array_equal(*ends)
    assert not any(table.is_deleted() for table in tables.values())


def test_a_loss_that_is_no_number_stops_with_the_step_and_the_rate() -> None:
    config = Run(30, 0.04, report=5)
    seen: list[int] = []
    with pytest.raises(DivergedError, match=r"the loss is nan at step 7 \(rate 0\.0349\); lower the rate"):
        run(Factors((20, 16), 3, 7), planted(), config, key=KEY, watch=lambda state, _: seen.append(int(state.step)))
    assert seen == [5]
    assert pytest.approx(0.0349, abs=1e-4) == 0.04 * (1 + np.cos(np.pi * 7 / 30)) / 2
    assert issubclass(DivergedError, ValueError)


def test_watch_sees_every_report_and_can_stop() -> None:
    told: list[tuple[int, int]] = []

    def watch(state, losses) -> bool:
        told.append((int(state.step), len(losses)))
        return len(told) == 1

    state, losses = run(Factors((20, 16), 3), planted(), CONFIG, key=KEY, watch=watch)
    assert told == [(10, 10)]
    assert len(losses) == 10
    assert int(state.step) == 10
    told.append((0, 0))
    run(Factors((20, 16), 3), planted(), CONFIG, key=KEY, watch=watch)
    assert told[2:] == [(10, 10), (20, 10)]


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"steps": 0}, {"report": 0}):
        with pytest.raises(ValueError, match="to be at least 1"):
            Run(**{"steps": 5, "rate": 0.1, **wrong})
    for wrong in ({"rate": 0.0}, {"rate": -1.0}, {"final_rate": 0.2}, {"final_rate": -0.1}, {"rate": float("nan")}):
        with pytest.raises(ValueError, match="is to be above 0 and final_rate"):
            Run(**{"steps": 5, "rate": 0.1, **wrong})
