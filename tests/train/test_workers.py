"""Workers of one processor: what each does with its part of a segment, and how the parts are joined."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.config import TrainingConfig
from align.train.loop import DivergedError, run
from align.train.step import RunContext, init, segment
from align.train.update import AdaGrad, merge_tables
from tests.train.factors import Factors, Listed, ListedCells, matrix
from tests.train.test_loop import CONFIG, KEY, SHAPE, same


def test_workers_learn_side_by_side_and_are_merge_tables() -> None:
    """Two workers are two runs of a segment from the same state, each with its own key and its own half."""
    objective, batches, pair = (
        Factors(SHAPE, 3, ruled=AdaGrad()),
        Listed(ListedCells(matrix(), 8), 160, 1),
        TrainingConfig(0.05, workers=2),
    )
    first, second = jax.random.split(KEY)
    state, losses = run(objective, batches, pair, key=KEY, callback=lambda done, *_: done == 1)
    begin = init(objective, CONFIG, key=first)
    span = (jnp.float32(0), jnp.float32(batches.progress(1)))
    alone = []
    for worker in range(2):
        fixed = RunContext(objective, batches.batcher, CONFIG, jax.random.fold_in(second, worker))
        alone.append(eqx.filter_jit(segment)(fixed, begin, jnp.asarray(np.split(batches.load(0), 2)[worker]), span))
    (one, told), (other, also) = alone
    assert losses[0] == pytest.approx((float(told.loss) + float(also.loss)) / 2)
    assert int(state.step) == max(int(one.step), int(other.step)) > 0
    for name, table in begin.parameters.tables.items():
        made = merge_tables(table, [one.parameters.tables[name], other.parameters.tables[name]])
        np.testing.assert_allclose(state.parameters.tables[name], made, rtol=1e-5, atol=1e-7)
        sums = one.slots[name] + other.slots[name] - begin.slots[name]
        np.testing.assert_allclose(state.slots[name], sums, rtol=1e-5)
    biases = [part.parameters.dense.bias for part in (one, other)]
    np.testing.assert_allclose(state.parameters.dense.bias, sum(biases) / 2, rtol=1e-6)


def test_workers_learn_go_on_and_tell_where_the_loss_is_no_number() -> None:
    objective, batches, pair = (
        Factors(SHAPE, 3),
        Listed(ListedCells(matrix(), 8), 160, 60),
        TrainingConfig(0.3, workers=2),
    )
    whole, losses = run(objective, batches, pair, key=KEY)
    assert losses[-2:].mean() < 0.2 * losses[0]
    half, _ = run(objective, batches, pair, key=KEY, callback=lambda done, *_: done == 5)
    same(run(objective, batches, pair, key=KEY, start=(5, half))[0], whole)
    with pytest.raises(DivergedError, match="not a number at step 3"):
        run(Factors(SHAPE, 3, until=3), batches, pair, key=KEY)
    with pytest.raises(ValueError, match="cannot be divided among 3 workers"):
        run(objective, batches, TrainingConfig(0.3, workers=3), key=KEY)
    with pytest.raises(ValueError, match="2 devices and 2 workers: one of the two must be 1"):
        run(objective, batches, pair, key=KEY, devices=2)
