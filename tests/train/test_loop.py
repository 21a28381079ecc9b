"""The loop: what a step does to rows and to dense weights, when it stops, and that it compiles once."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.config import TrainingConfig
from align.train.loop import DivergedError, run
from align.train.step import RunContext, State, StepInput, init, step
from align.train.update import AdaGrad, Descent
from tests.train.factors import TRACES, Dense, Draw, DrawnCells, Factors, Listed, ListedCells, listed, matrix, planted

KEY = jax.random.key(3)
CONFIG = TrainingConfig(0.05)
SHAPE = (20, 16)
compiled = eqx.filter_jit(step)


def arrays(tree: object) -> list[np.ndarray]:
    return [np.array(leaf) for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array)]


def same(one: object, other: object) -> None:
    """Both hold the same numbers to the last bit."""
    for ours, theirs in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def moment(place: int, rate: float, first: int = 0) -> StepInput:
    """Step ``place`` of a segment of drawn batches that begins with step ``first``."""
    return StepInput(jnp.int32(first), jnp.int32(place), jnp.float32(rate))


def test_a_step_moves_the_rows_as_the_gradient_of_the_whole_tables_does() -> None:
    objective, batches = Factors(SHAPE, 3), planted()
    state = init(objective, CONFIG, key=KEY)
    tables, dense = state.parameters
    drawn, noise, inner = jax.random.split(jax.random.fold_in(KEY, 0), 3)
    batch = batches.batcher.batch(jnp.int32(0), jnp.int32(0), key=drawn)
    ids = objective.rows(batch, key=noise)
    assert len(set(np.asarray(ids["left"]).tolist())) < len(ids["left"])  # the test is about rows that occur twice

    def whole(tables: dict[str, jax.Array]) -> jax.Array:
        return objective.loss({name: tables[name][ids[name]] for name in ids}, dense, batch, key=inner).value

    loss, grads = jax.jit(jax.value_and_grad(whole))(tables)
    after, told = compiled(RunContext(objective, batches.batcher, CONFIG, KEY), state, moment(0, 0.05))
    assert float(told) == pytest.approx(float(loss))
    for name, table in tables.items():
        np.testing.assert_allclose(after.parameters.tables[name], table - 0.05 * grads[name], atol=1e-6)
    assert int(after.step) == 1


@pytest.mark.parametrize("rule", [Descent(), Descent(0.02), AdaGrad()])
def test_rows_may_be_gathered_in_a_tree_of_arrays(rule) -> None:
    flat, tree = (Factors(SHAPE, 3, halves=halves, ruled=rule) for halves in (False, True))
    one, other = (run(objective, planted(), CONFIG, key=KEY)[0] for objective in (flat, tree))
    for ours, theirs in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_rule_of_a_table_is_given_its_rows_and_their_mass() -> None:
    """The cap limits the table that reports a mass, and not the other."""
    capped, free = Factors(SHAPE, 3, ruled=Descent(0.02)), Factors(SHAPE, 3)
    batches = planted()
    state = init(free, CONFIG, key=KEY)
    one, other = (
        compiled(RunContext(objective, batches.batcher, CONFIG, KEY), state, moment(0, 0.05))[0].parameters.tables
        for objective in (capped, free)
    )
    np.testing.assert_array_equal(one["right"], other["right"])
    drawn, _, _ = jax.random.split(jax.random.fold_in(KEY, 0), 3)
    batch = batches.batcher.batch(jnp.int32(0), jnp.int32(0), key=drawn)
    left, right = (np.asarray(state.parameters.tables[name], np.float64) for name in ("left", "right"))
    mass = np.zeros(SHAPE[0])
    for i, j, value in zip(*(np.asarray(part) for part in batch[:3]), strict=True):
        mass[i] += 2 * abs(left[i] @ right[j] + 0.3 - value) / 64
    shrunk = np.minimum(1, 0.02 / np.maximum(mass, 1e-9))
    assert (shrunk < 1).any()
    np.testing.assert_allclose(one["left"] - left, shrunk[:, None] * (other["left"] - left), atol=1e-6)


def test_frozen_rows_stay_and_the_others_move() -> None:
    kept = np.arange(20) % 3 == 0
    objective = Factors(SHAPE, 3, kept=jnp.asarray(kept), halves=True, ruled=AdaGrad())
    first, _ = jax.random.split(KEY)
    before = np.array(objective.init(key=first).tables["left"])
    after = np.array(run(objective, planted(), CONFIG, key=KEY)[0].parameters.tables["left"])
    np.testing.assert_array_equal(after[kept], before[kept])
    assert (after[~kept] != before[~kept]).any(axis=1).all()


def test_dense_weights_take_adamw() -> None:
    """Adam with decoupled decay, written out (Loshchilov and Hutter 2019, algorithm 2)."""
    config = TrainingConfig(0.1, weight_decay=0.3)
    objective, batches = Factors(SHAPE, 3), planted()
    state = init(objective, config, key=KEY)
    weight, first, second = 0.3, 0.0, 0.0

    @jax.jit
    def gradient_of_bias(state: State) -> jax.Array:
        drawn, noise, inner = jax.random.split(jax.random.fold_in(KEY, state.step), 3)
        batch = batches.batcher.batch(jnp.int32(0), state.step, key=drawn)
        ids = objective.rows(batch, key=noise)
        rows = {name: state.parameters.tables[name][ids[name]] for name in ids}
        return jax.grad(lambda bias: objective.loss(rows, Dense(bias, jnp.array(0)), batch, key=inner).value)(
            state.parameters.dense.bias
        )

    for i, rate in enumerate((0.0, 0.05, 0.1, 0.06)):
        gradient = float(gradient_of_bias(eqx.filter(state, eqx.is_array)))
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        scaled = first / (1 - 0.9 ** (i + 1)) / (np.sqrt(second / (1 - 0.999 ** (i + 1))) + 1e-8)
        weight -= rate * (scaled + 0.3 * weight)
        state, _ = compiled(RunContext(objective, batches.batcher, config, KEY), state, moment(i, rate))
        assert float(state.parameters.dense.bias) == pytest.approx(weight, rel=1e-4)
    assert int(state.parameters.dense.shift) == 0


def test_the_rate_rises_then_falls_by_a_cosine_or_in_a_line() -> None:
    config = TrainingConfig(1.0, final_rate=0.1, warmup=0.1)
    rates = [float(config.rate_at(jnp.float32(i / 100))) for i in range(101)]
    np.testing.assert_allclose(rates[:11], np.arange(11) / 10, atol=1e-6)
    expected = 0.1 + 0.9 * (1 + np.cos(np.pi * np.arange(91) / 90)) / 2
    np.testing.assert_allclose(rates[10:], expected, atol=1e-5)
    line = replace(config, schedule="linear")
    rates = [float(line.rate_at(jnp.float32(i / 100))) for i in range(101)]
    np.testing.assert_allclose(rates[:11], np.arange(11) / 10, atol=1e-6)
    np.testing.assert_allclose(rates[10:], 1 - np.arange(91) / 100, atol=1e-5)
    assert float(TrainingConfig(0.5).rate_at(jnp.float32(0))) == 0.5
    assert float(TrainingConfig(0.5, warmup=1.0).rate_at(jnp.float32(0))) == 0.0
    assert float(TrainingConfig(0.5, warmup=1.0).rate_at(jnp.float32(0.5))) == 0.25


def one_by_one(
    objective: Factors, batches: Draw | Listed, config: TrainingConfig
) -> tuple[State, list[float], list[float]]:
    """A run as its steps, each by itself: the last state, the mean loss of each segment, the rate of each step."""
    first, second = jax.random.split(KEY)
    once, each = jax.random.split(second)
    state = init(objective, config, key=first)
    told: list[float] = []
    rates: list[float] = []
    for segment in range(batches.segments):
        data = jax.tree.map(jnp.asarray, batches.load(segment))
        prepared, count = batches.batcher.prepare(data, key=jax.random.fold_in(once, state.step))
        losses: list[float] = []
        for place in range(int(count)):
            ends = batches.progress(segment), batches.progress(segment + 1)
            rates.append(float(config.rate_at(jnp.float32(ends[0] + (ends[1] - ends[0]) * place / int(count)))))
            where = StepInput(prepared, jnp.int32(place), jnp.float32(rates[-1]))
            state, loss = compiled(RunContext(objective, batches.batcher, config, each), state, where)
            losses.append(float(loss))
        told.append(float(np.mean(losses)))
    return state, told, rates


@pytest.mark.parametrize("batches", [planted(20, 8), listed(2)])
def test_the_whole_run_is_its_steps_one_by_one(batches: Draw | Listed) -> None:
    objective, config = (
        Factors(SHAPE, 3, ruled=AdaGrad()),
        TrainingConfig(0.05, final_rate=0.01, warmup=0.2, schedule="linear"),
    )
    state, losses = run(objective, batches, config, key=KEY)
    slow, told, rates = one_by_one(objective, batches, config)
    np.testing.assert_allclose(losses, told, rtol=1e-4)
    assert int(state.step) == len(rates) == {Draw: 20, Listed: 40}[type(batches)]
    expected = [float(config.rate_at(jnp.float32(i / len(rates)))) for i in range(len(rates))]
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    for ours, theirs in zip(arrays(state), arrays(slow), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_how_often_it_reports_does_not_matter() -> None:
    (often, losses), (seldom, few) = (run(Factors(SHAPE, 3), planted(20, r), CONFIG, key=KEY) for r in (7, 20))
    for ours, theirs in zip(arrays(often), arrays(seldom), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    assert (len(losses), len(few)) == (3, 1)
    assert few[0] == pytest.approx((7 * losses[0] + 7 * losses[1] + 6 * losses[2]) / 20, rel=1e-5)


def test_the_reported_loss_of_a_sum_is_its_mean_over_terms() -> None:
    """A sum over 64 cells at a sixty-fourth of the rate moves the rows as their mean does."""
    batches, rate = planted(), 0.05
    mean, total = (init(Factors(SHAPE, 3, summed=summed), CONFIG, key=KEY) for summed in (False, True))
    one = compiled(RunContext(Factors(SHAPE, 3), batches.batcher, CONFIG, KEY), mean, moment(0, rate))
    other = compiled(
        RunContext(Factors(SHAPE, 3, summed=True), batches.batcher, CONFIG, KEY), total, moment(0, rate / 64)
    )
    assert float(one[1]) == pytest.approx(float(other[1]), rel=1e-5)
    for name, table in one[0].parameters.tables.items():
        np.testing.assert_allclose(table, other[0].parameters.tables[name], atol=1e-6)


def test_it_is_traced_once() -> None:
    before, config = len(TRACES), TrainingConfig(0.04)
    run(Factors(SHAPE, 3), planted(50, 9), config, key=KEY)
    assert len(TRACES) == before + 1
    other = Draw(DrawnCells(matrix() + 1, 64), 50, 9)
    run(Factors(SHAPE, 3), other, config, key=jax.random.key(4))
    assert len(TRACES) == before + 1  # other numbers, another key, the same shapes
    state = init(Factors(SHAPE, 3), config, key=KEY)
    run(Factors(SHAPE, 3), other, config, key=KEY, start=(2, state))
    assert len(TRACES) == before + 1


def test_the_same_objective_can_be_trained_again() -> None:
    """Training writes over its state in place; the objective's own arrays are not among it."""

    class Given(Factors):
        start: dict[str, jax.Array] = eqx.field(kw_only=True)

        def init(self, *, key):
            return super().init(key=key)._replace(tables=self.start)

    tables = Factors(SHAPE, 3).init(key=KEY).tables
    objective = Given(SHAPE, 3, start=tables)
    ends = [run(objective, planted(), CONFIG, key=KEY)[1] for _ in range(2)]
    np.testing.assert_array_equal(*ends)
    assert not any(table.is_deleted() for table in tables.values())


def test_without_every_loss_the_result_is_the_same_and_the_last_batch_is_evaluated() -> None:
    whole, _ = run(Factors(SHAPE, 3), planted(), CONFIG, key=KEY)
    quick, losses = run(Factors(SHAPE, 3), planted(), replace(CONFIG, loss_every_step=False), key=KEY)
    for ours, theirs in zip(arrays(whole), arrays(quick), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    assert losses.shape == (2,)
    _, second = jax.random.split(KEY)
    _, each = jax.random.split(second)
    _, again = compiled(RunContext(Factors(SHAPE, 3), planted().batcher, CONFIG, each), quick, moment(9, 0.0, first=10))
    assert float(again) == pytest.approx(losses[-1], rel=1e-5)


@pytest.mark.parametrize(("loss_every_step", "at"), [(True, 7), (False, 9)])
def test_a_loss_that_is_no_number_stops_with_the_step_and_the_rate(loss_every_step: bool, at: int) -> None:
    config = TrainingConfig(0.04, loss_every_step=loss_every_step)
    seen: list[int] = []
    rate = 0.04 * (1 + np.cos(np.pi * at / 30)) / 2
    expected = rf"the loss is not a number at step {at} \(rate {rate:.3g}\); lower the rate"
    with pytest.raises(DivergedError, match=expected):
        run(Factors(SHAPE, 3, 7), planted(30, 5), config, key=KEY, callback=lambda done, *_: seen.append(done))
    assert seen == [1]
    assert issubclass(DivergedError, ValueError)


def test_the_callback_runs_after_every_segment_and_can_stop() -> None:
    told: list[tuple[int, int, float]] = []

    def callback(done: int, state: State, loss: float) -> bool:
        told.append((done, int(state.step), loss))
        return len(told) == 1

    state, losses = run(Factors(SHAPE, 3), planted(), CONFIG, key=KEY, callback=callback)
    assert told == [(1, 10, losses[0])]
    assert len(losses) == 1
    assert int(state.step) == 10
    told.append((0, 0, 0.0))
    _, losses = run(Factors(SHAPE, 3), planted(), CONFIG, key=KEY, callback=callback)
    assert told[2:] == [(1, 10, losses[0]), (2, 20, losses[1])]


class Gaps(ListedCells):
    """The same batches, but some segments have no step."""

    def prepare(self, data, *, key):
        mixed, count = super().prepare(data, key=key)
        return mixed, jnp.where(data[0] >= 160, count, 0)


@pytest.mark.parametrize("loss_every_step", [True, False])
def test_a_segment_may_have_no_step(loss_every_step: bool) -> None:
    batches = Listed(Gaps(matrix(), 8), 80, 2)
    steps = sum(int(batches.load(i)[0] >= 160) * 5 for i in range(8))
    assert 0 < steps < 40
    state, losses = run(Factors(SHAPE, 3), batches, replace(CONFIG, loss_every_step=loss_every_step), key=KEY)
    assert int(state.step) == steps
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("stop", [1, 3, 7, 8])
def test_a_run_resumes_from_any_segment_bit_identically(stop: int) -> None:
    objective, batches = Factors(SHAPE, 3, ruled=AdaGrad(), halves=True), listed(2)
    whole, losses = run(objective, batches, CONFIG, key=KEY)
    half, before = run(objective, batches, CONFIG, key=KEY, callback=lambda done, *_: done == stop)
    seen: list[int] = []
    ended, after = run(
        objective, batches, CONFIG, key=KEY, start=(stop, half), callback=lambda done, *_: seen.append(done)
    )
    same(ended, whole)
    np.testing.assert_array_equal([*before, *after], losses)
    assert seen == list(range(stop + 1, 9))


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"rate": 0.0}, {"rate": -1.0}, {"final_rate": 0.2}, {"final_rate": -0.1}, {"rate": float("nan")}):
        with pytest.raises(ValueError, match=r"^(final_)?rate .*: must be "):
            TrainingConfig(**{"rate": 0.1, **wrong})
    with pytest.raises(ValueError, match="workers 0: must be at least 1"):
        TrainingConfig(0.1, workers=0)
    for warmup in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"warmup .*: must be from 0 to 1"):
            TrainingConfig(0.1, warmup=warmup)


def test_more_devices_than_there_are_are_refused() -> None:
    count = len(jax.devices())
    for devices in (count + 1, 0, -1):
        with pytest.raises(ValueError, match=rf"{devices} devices were requested; JAX sees {count} \(\w+\)"):
            run(Factors(SHAPE, 3), listed(), CONFIG, key=KEY, devices=devices)
