"""Several workers on one processor: each trains a copy of the state in its own thread; the copies are then merged."""

from concurrent.futures import Executor
from functools import partial, reduce
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from align.train.objective import Objective, Parameters
from align.train.step import RunContext, SegmentReport, State, segment
from align.train.update import merge_tables


@eqx.filter_jit
def _worker_segment(
    context: RunContext, worker: Int[Array, ""], state: State, data: Any, span: Any
) -> tuple[State, SegmentReport]:
    """Runs a segment on one worker. ``state`` is not donated, because every worker starts from it."""
    return segment(context._replace(key=jax.random.fold_in(context.key, worker)), state, data, span)


@eqx.filter_jit
def merge(objective: Objective, after: list[State], before: State) -> State:
    """Merges the states of several workers that started from ``before`` and trained on different data.

    Tables are merged by ``update.merge_tables``, the state of their rules by ``Rule.merge``. Dense weights, their
    moments and a shared carry are averaged. A carry with the scope ``worker`` stays with its worker. The number of
    steps is the largest.

    Source: for the means, R. McDonald et al., Distributed Training Strategies for the Structured Perceptron, NAACL 2010
    (iterative parameter mixing).
    """

    def mean(*parts: Any) -> Any:
        return sum(parts) / len(parts) if eqx.is_inexact_array(parts[0]) else parts[0]

    def of_table(name: str) -> list[Array]:
        return [one.parameters.tables[name] for one in after]

    tables = {name: merge_tables(table, of_table(name)) for name, table in before.parameters.tables.items()}
    dense, moments = jax.tree.map(mean, *((one.parameters.dense, one.moments) for one in after))
    slots = {
        name: objective.rule(name).merge(old, [one.slots[name] for one in after]) for name, old in before.slots.items()
    }
    if objective.carry_scope == "worker":
        carry = jax.tree.map(lambda *parts: jnp.concatenate(parts), *(one.carry for one in after))
    else:
        carry = jax.tree.map(mean, *(one.carry for one in after))
    steps = reduce(jnp.maximum, (one.step for one in after))
    has_terms = reduce(jnp.logical_or, (one.has_terms for one in after))
    return State(steps, Parameters(tables, dense), slots, moments, carry, has_terms)


def run_workers(pool: Executor, context: RunContext, state: State, data: Any, span: Any) -> tuple[State, SegmentReport]:
    """Runs a segment on all workers at once.

    Returns:
        The merged state, and the report: the loss is the mean over workers; the first non-finite step is reported.

    Raises:
        ValueError: the data cannot be divided equally among the workers.
    """
    workers = context.config.workers

    def part(leaf: Array, worker: int) -> Array:
        size, rest = divmod(leaf.shape[0] if leaf.ndim else 1, workers)
        if rest:
            raise ValueError(f"data of shape {leaf.shape} cannot be divided among {workers} workers")
        return leaf[worker * size : (worker + 1) * size]

    def work(worker: int) -> tuple[State, SegmentReport]:
        mine = jax.tree.map(partial(part, worker=worker), data)
        own = state
        if context.objective.carry_scope == "worker":
            own = state._replace(carry=jax.tree.map(lambda leaf: leaf[worker : worker + 1], state.carry))
        return jax.block_until_ready(_worker_segment(context, jnp.int32(worker), own, mine, span))

    states, reports = zip(*pool.map(work, range(workers)), strict=True)
    first = next((one for one in reports if one.bad_step >= 0), reports[0])
    loss = jnp.mean(jnp.stack([one.loss for one in reports]))
    return merge(context.objective, list(states), state), first._replace(loss=loss)
