"""The device side of training: one step, and one segment of steps."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Key

from align.train.batchers.batcher import Batcher
from align.train.config import TrainingConfig
from align.train.objective import Loss, Objective, Parameters
from align.train.sharding import DeviceAxis, from_all, gather_rows, own_rows, padded_rows
from align.train.update import RowGradients, TableGradients


class State(NamedTuple):
    """The state of training. Together with the key and the configuration it determines the rest of the run."""

    step: Int[Array, ""]
    parameters: Parameters
    slots: dict[str, Any]
    """The state of each table's update rule."""
    moments: Any
    """The state of the dense weights' optimiser."""
    carry: Any
    """Recurrent state (``Objective.init_carry``), with a leading axis of workers if its scope is ``worker``."""
    has_terms: Bool[Array, ""]
    """Whether the loss of any step so far had terms. If not, nothing was learned."""


class RunContext(NamedTuple):
    """The constants of a segment."""

    objective: Objective
    batcher: Batcher
    config: TrainingConfig
    key: Key[Array, ""]


class StepInput(NamedTuple):
    """The ``prepared`` data of a segment, the number of the step in it, and the learning rate of the step."""

    prepared: Any
    number: Int[Array, ""]
    rate: Float[Array, ""]


class SegmentReport(NamedTuple):
    """The loss of a segment, and the step and rate of the first step with a non-finite loss (-1: none)."""

    loss: Float[Array, ""]
    bad_step: Int[Array, ""]
    bad_rate: Float[Array, ""]


def init(
    objective: Objective, config: TrainingConfig, *, key: Key[Array, ""], copies: int = 1, multiple: int = 1
) -> State:
    """Returns the state before the first step.

    Its arrays are copies, because training overwrites them. They are strongly typed, so that the second call of the
    compiled segment does not compile again.

    Args:
        objective: the model.
        config: the configuration of the run.
        key: key of the initial parameters.
        copies: the number of workers or devices; each has its own carry if the carry's scope is ``worker``.
        multiple: tables get rows of 0 at their end until the number of rows is a multiple of this.
    """

    def own(leaf: Any) -> Any:
        return jnp.array(leaf, dtype=leaf.dtype, copy=True) if eqx.is_array(leaf) else leaf

    parameters = jax.tree.map(own, objective.init(key=key))
    padded = {name: padded_rows(table, multiple) for name, table in parameters.tables.items()}
    parameters = parameters._replace(tables=padded)
    slots = {name: objective.rule(name).init(table) for name, table in parameters.tables.items()}
    moments = objective.optimiser(config).init(eqx.filter(parameters.dense, eqx.is_inexact_array))
    carry = objective.init_carry(key=jax.random.fold_in(key, 1))
    if objective.carry_scope == "worker":
        carry = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (copies, *leaf.shape)), carry)
    slots, moments, carry = jax.tree.map(own, (slots, moments, carry))
    return State(jnp.zeros((), jnp.int32), parameters, slots, moments, carry, jnp.zeros((), bool))


def _row_gradients(ids: Any, grads: Any, mass: Any, frozen: Bool[Array, " rows"] | None) -> tuple[RowGradients, ...]:
    """Returns the leaves of a tree of rows, each flattened to a list of rows; gradients of frozen rows are 0."""
    numbers = [leaf.reshape(-1) for leaf in jax.tree.leaves(ids)]
    slopes = [leaf.reshape(-1, leaf.shape[-1]) for leaf in jax.tree.leaves(grads)]
    weights = [None] * len(numbers) if mass is None else [leaf.reshape(-1) for leaf in jax.tree.leaves(mass)]
    if frozen is not None:
        slopes = [jnp.where(frozen[rows][:, None], 0, slope) for rows, slope in zip(numbers, slopes, strict=True)]
    return tuple(RowGradients(*parts) for parts in zip(numbers, slopes, weights, strict=True))


def _update_tables(
    objective: Objective, state: State, gradients: dict[str, TableGradients], rate: Float[Array, ""]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the tables and the slots after the update of the gathered rows."""
    tables, slots = dict(state.parameters.tables), dict(state.slots)
    for name, found in gradients.items():
        tables[name], slots[name] = objective.rule(name)(tables[name], slots[name], found, rate)
    return tables, slots


def _update_dense(context: RunContext, state: State, grads: Any, rate: Float[Array, ""]) -> tuple[Any, Any]:
    """Returns the dense weights and their moments after the update."""
    dense = state.parameters.dense
    optimiser = optax.with_extra_args_support(context.objective.optimiser(context.config))
    updates, moments = optimiser.update(grads, state.moments, eqx.filter(dense, eqx.is_inexact_array), rate=rate)
    return eqx.apply_updates(dense, updates), moments


def _gather(table: Float[Array, "rows d"], ids: Int[Array, "*n"], *, axis: DeviceAxis | None) -> Float[Array, "*n d"]:
    """Returns the rows ``ids`` of a table, which may be divided among devices."""
    return table[ids] if axis is None or not axis.sharded else gather_rows(table, ids, axis)


def step(
    context: RunContext, state: State, given: StepInput, *, axis: DeviceAxis | None = None
) -> tuple[State, Float[Array, ""]]:
    """Trains on one batch.

    The key of a step is ``fold_in(context.key, state.step)``. With several devices (``axis``), each draws its own
    batch and applies the row updates of all devices to its tables: to whole tables, which stay equal, or to its rows.

    Returns:
        The state after the step, and the loss before the update, as a mean over its terms.
    """
    objective, batcher, _, key = context
    prepared, number, rate = given
    own = jax.random.fold_in(key, state.step)
    if axis is not None:
        own = jax.random.fold_in(own, jax.lax.axis_index(axis.name))
    batch_key, noise_key, loss_key = jax.random.split(own, 3)
    tables, dense = state.parameters
    batch = batcher.batch(prepared, number, key=batch_key)

    def gather(name: str, rows: Any) -> Any:
        return _gather(tables[name], rows, axis=axis)

    batch = objective.infer(batch, gather, state.carry, key=jax.random.fold_in(loss_key, 0))
    ids = objective.rows(batch, key=noise_key)
    gathered = {name: jax.tree.map(partial(gather, name), tree) for name, tree in ids.items()}

    def loss_of(learned: tuple[dict[str, Any], Any]) -> tuple[Float[Array, ""], tuple[Loss, Any]]:
        loss, carry = objective.recurrent_loss(*learned, batch, state.carry, key=loss_key)
        return loss.value, (loss, carry)

    (_, ((value, mass, terms), carry)), grads = eqx.filter_value_and_grad(loss_of, has_aux=True)((gathered, dense))
    row_grads, dense_grads = grads
    if axis is not None:
        value, terms, dense_grads = jax.lax.psum((value, terms, dense_grads), axis.name)
    has_terms = jnp.asarray(terms) > 0
    value = jnp.where(has_terms, value / terms, value)  # a batch of padding has no terms
    frozen = objective.frozen()
    parts = {name: _row_gradients(ids[name], row_grads[name], mass.get(name), frozen.get(name)) for name in ids}
    if axis is not None:
        parts = jax.tree.map(partial(from_all, axis=axis), parts)
        if axis.sharded:
            parts = {name: own_rows(rows, len(tables[name]), axis) for name, rows in parts.items()}
    gradients = {name: TableGradients(rows) for name, rows in parts.items()}
    moved, slots = _update_tables(objective, state, gradients, rate)
    dense, moments = _update_dense(context, state, dense_grads, rate)
    after = State(state.step + 1, Parameters(moved, dense), slots, moments, carry, state.has_terms | has_terms)
    return after, value


def segment(
    context: RunContext,
    state: State,
    data: Any,
    span: tuple[Float[Array, ""], Float[Array, ""]],
    axis: DeviceAxis | None = None,
) -> tuple[State, SegmentReport]:
    """Runs all steps of a segment, over which the progress of the run goes from ``span[0]`` to ``span[1]``."""
    config, scope = context.config, context.objective.carry_scope
    prepare_key, step_key = jax.random.split(context.key)
    context, prepare_key = context._replace(key=step_key), jax.random.fold_in(prepare_key, state.step)
    if axis is not None:
        prepare_key = jax.random.fold_in(prepare_key, jax.lax.axis_index(axis.name))
    prepared, count = context.batcher.prepare(data, key=prepare_key)
    if axis is not None:
        count = jax.lax.pmax(count, axis.name)
    if scope == "worker":
        state = state._replace(carry=jax.tree.map(lambda leaf: leaf[0], state.carry))
    arrays, static = eqx.partition(state, eqx.is_array)

    def rate_at(index: Int[Array, ""]) -> Float[Array, ""]:
        return config.rate_at(span[0] + (span[1] - span[0]) * index / jnp.maximum(count, 1))

    def body(index: Int[Array, ""], loop_state: tuple[State, SegmentReport]) -> tuple[State, SegmentReport]:
        before, report = loop_state
        rate = rate_at(index)
        after, loss = step(context, eqx.combine(before, static), StepInput(prepared, index, rate), axis=axis)
        if config.loss_every_step:
            first_bad = (report.bad_step < 0) & ~jnp.isfinite(loss)
            report = SegmentReport(
                report.loss + loss / count,
                jnp.where(first_bad, before.step, report.bad_step),
                jnp.where(first_bad, rate, report.bad_rate),
            )
        return eqx.filter(after, eqx.is_array), report

    report = SegmentReport(jnp.zeros(()), jnp.full((), -1, jnp.int32), jnp.zeros(()))
    after, report = jax.lax.fori_loop(0, count, body, (arrays, report))
    whole = eqx.combine(after, static)
    if not config.loss_every_step:
        last = jnp.maximum(count - 1, 0)  # a segment may have no steps
        rate = rate_at(last)
        _, loss = step(context, whole, StepInput(prepared, last, rate), axis=axis)
        bad = ~jnp.isfinite(loss)
        report = SegmentReport(loss, jnp.where(bad, whole.step - 1, -1), jnp.where(bad, rate, 0.0))
    if scope == "worker":
        whole = whole._replace(carry=jax.tree.map(lambda leaf: leaf[None], whole.carry))
    elif axis is not None:
        whole = whole._replace(carry=jax.tree.map(lambda leaf: _mean(leaf, axis.name), whole.carry))
    return whole, report


def _mean(leaf: Array, axis: str) -> Array:
    """Returns the mean of an array over the devices; integers are equal on all devices."""
    return jax.lax.pmean(leaf, axis) if eqx.is_inexact_array(leaf) else leaf
