"""The rules of update against loops over the gathered rows."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.update import AdaGrad, Descent, RowAdaGrad, RowGradients, Rule, TableGradients, merge_tables

ROWS, D, N = 7, 3, 40


@eqx.filter_jit
def applied(
    rule: Rule, table: jax.Array, slots: object, found: TableGradients, rate: jax.Array
) -> tuple[jax.Array, object]:
    return rule(table, slots, found, rate)


def gathered(seed: int, *, mass: bool = True) -> TableGradients:
    """The gradients of rows; some occur often, and the last never occurs."""
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.geometric(0.4, N) - 1, ROWS - 2).astype(np.int32)
    grads = rng.normal(size=(N, D)).astype(np.float32)
    weight = rng.random(N).astype(np.float32)
    pieces = [tuple(jnp.asarray(x[part]) for x in (ids, grads, weight)) for part in (slice(0, 7), slice(7, N))]
    return TableGradients(tuple(RowGradients(*piece[:2], piece[2] if mass else None) for piece in pieces))


def table_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ROWS, D)).astype(np.float32)


@pytest.mark.parametrize("cap", [None, 0.5, 2.0, 1000.0])
@pytest.mark.parametrize("mass", [True, False])
def test_descent_sums_the_steps_of_a_row_up_to_the_cap(cap: float | None, mass: bool) -> None:
    table, found = table_of(0), gathered(1, mass=mass)
    total, step = np.zeros(ROWS), np.zeros((ROWS, D))
    for k, i in enumerate(np.asarray(found.ids)):
        total[i] += 0 if found.mass is None else float(found.mass[k])
        step[i] += np.asarray(found.grads[k], np.float64)
    if mass:
        assert total.max() > 2
        assert ((total > 0) & (total < 2)).any()  # a cap of 2 holds some rows and not others
    expected = table.astype(np.float64)
    for i in range(ROWS):
        held = 1.0 if cap is None or not mass or total[i] <= cap else cap / total[i]
        expected[i] -= 0.1 * held * step[i]
    rule = Descent(cap)
    after, slots = applied(rule, jnp.asarray(table), rule.init(jnp.asarray(table)), found, jnp.float32(0.1))
    np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(after[-1], table[-1])
    assert slots == ()


@pytest.mark.parametrize("start", [1.0, 0.1])
def test_adagrad_divides_all_of_a_rows_gradients_by_the_root_of_all_their_squares(start: float) -> None:
    """Three steps, so that what is remembered is seen too."""
    table, rule = table_of(2), AdaGrad(start)
    after, slots = jnp.asarray(table), rule.init(jnp.asarray(table))
    expected, sums = table.astype(np.float64), np.full((ROWS, D), start)
    for seed in (3, 4, 5):
        found = gathered(seed)
        pairs = [(int(i), np.asarray(g, np.float64)) for i, g in zip(found.ids, found.grads, strict=True)]
        for i, grad in pairs:
            sums[i] += grad**2
        for i, grad in pairs:
            expected[i] -= 0.2 * grad / np.sqrt(sums[i])
        after, slots = applied(rule, after, slots, found, jnp.float32(0.2))
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(slots, sums, rtol=1e-5)
    np.testing.assert_array_equal(after[-1], table[-1])


def test_adagrad_of_rows_that_occur_once_is_that_of_the_paper() -> None:
    table, rule = table_of(6), AdaGrad(1.0)
    ids = jnp.asarray([4, 0, 2], jnp.int32)
    grads = np.random.default_rng(7).normal(size=(3, D)).astype(np.float32)
    found = TableGradients((RowGradients(ids, jnp.asarray(grads), None),))
    after, _ = applied(rule, jnp.asarray(table), rule.init(jnp.asarray(table)), found, jnp.float32(0.05))
    expected = table.copy()
    expected[np.asarray(ids)] -= 0.05 * grads / np.sqrt(1 + grads**2)
    np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rule", [Descent(), Descent(0.5), AdaGrad()])
def test_tables_are_written_over_in_place(rule: Rule) -> None:
    """A step of a table is not to copy it: its memory holds the old and the new."""

    def many(table: jax.Array, slots: object, found: TableGradients) -> tuple[jax.Array, object]:
        def body(_: int, carry: tuple[jax.Array, object]) -> tuple[jax.Array, object]:
            return rule(*carry, found, jnp.float32(0.1))

        return jax.lax.fori_loop(0, 5, body, (table, slots))

    table = jnp.zeros((50_000, 64))
    found = TableGradients((RowGradients(jnp.arange(8), jnp.ones((8, 64)), jnp.ones(8)),) * 2)
    built = jax.jit(many, donate_argnums=(0, 1)).lower(table, rule.init(table), found).compile()
    assert built.memory_analysis().temp_size_in_bytes < table.nbytes // 8


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_tables_of_workers_are_joined_row_by_row(workers: int) -> None:
    before, after = table_of(0), [table_of(seed) for seed in range(1, 1 + workers)]
    expected = before.astype(np.float64)
    for row in range(ROWS):
        changes = [(table[row] - before[row]).astype(np.float64) for table in after]
        total = sum(changes)
        expected[row] += total * min(1, sum(c @ c for c in changes) / (total @ total))
    made = merge_tables(jnp.asarray(before), [jnp.asarray(table) for table in after])
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-6)


def test_joined_rows_are_summed_where_they_differ_meant_where_they_agree_and_else_stay() -> None:
    before = jnp.ones((3, 2))
    one = before + jnp.array([[1.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    other = before + jnp.array([[0.0, 3.0], [1.0, 2.0], [0.0, 0.0]])
    np.testing.assert_allclose(merge_tables(before, [one, other]) - before, [[1, 3], [1, 2], [0, 0]], atol=1e-6)


def test_adagrad_by_rows_divides_a_rows_gradients_by_the_root_of_the_sum_of_their_mean_squares() -> None:
    """Two steps, so that what is remembered is seen too."""
    table, rule = table_of(2), RowAdaGrad(0.1)
    now, slots = jnp.asarray(table), rule.init(jnp.asarray(table))
    expected, sums = table.astype(np.float64), np.full(ROWS, 0.1)
    for seed in (3, 4):
        found = gathered(seed, mass=False)
        now, slots = applied(rule, now, slots, found, jnp.float32(0.1))
        pairs = list(zip(np.asarray(found.ids), np.asarray(found.grads, np.float64), strict=True))
        for row, grad in pairs:
            sums[row] += (grad**2).mean()
        for row, grad in pairs:
            expected[row] -= 0.1 * grad / np.sqrt(sums[row])
    np.testing.assert_allclose(now, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(slots, sums, rtol=1e-5)
