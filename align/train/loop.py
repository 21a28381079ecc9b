"""The training loop: loads segments, runs them on one device, several devices or several workers, and reports.

    state, losses = run(objective, source, TrainingConfig(0.05), key=jax.random.key(0))

Each step gathers the table rows that its batch touches, differentiates the loss with respect to them and to the dense
weights, and scatters the update (``align.train.step``). All steps of a segment run in one compiled function.
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Key

from align.train.batchers.batcher import Batcher
from align.train.config import TrainingConfig
from align.train.objective import Objective, Parameters
from align.train.processes import LostProcessError, lost_process, on_devices, on_host, several
from align.train.sharding import DeviceAxis, padded_rows
from align.train.sources.source import Source
from align.train.step import RunContext, SegmentReport, State, init, segment
from align.train.workers import run_workers

_DEVICES = "devices"

Callback = Callable[[int, State, float], bool | None]
"""Called after every segment with the number of segments done, the state and the loss; True stops the run."""

Between = Callable[[int, State, Objective, Batcher], tuple[Objective, Batcher]]
"""Called between two segments with the number of segments done, the state, and the last objective and batcher; returns
the objective and batcher of the next segment. The values of their arrays may change (for example new negatives), but
not the shapes. The result may depend on the arguments only, so that a resumed run repeats it."""


class DivergedError(ValueError):
    """The loss is not finite."""


@eqx.filter_jit(donate="all-except-first")
def _one_device(context: RunContext, state: State, data: Any, span: Any) -> tuple[State, SegmentReport]:
    """Runs a segment on one device."""
    return segment(context, state, data, span)


def _parts_of(tables: PartitionSpec, carry: PartitionSpec) -> Any:
    """Returns how each part of a state is placed: tables and their slots, the carry, and all else on every device."""
    everywhere: Any = PartitionSpec()
    others: list[Any] = [everywhere] * len(State._fields)
    places: Any = tables
    return State(*others)._replace(parameters=Parameters(places, everywhere), slots=tables, carry=carry)


@eqx.filter_jit(donate="all-except-first")
def all_devices(
    fixed: tuple[RunContext, Mesh, bool], state: State, data: Any, span: Any
) -> tuple[State, SegmentReport]:
    """Runs a segment on all devices of a mesh: each has its part of ``data``.

    The last of ``fixed`` says whether the tables are divided among the devices. If not, all have the same state.
    """
    context, mesh, sharded = fixed
    everywhere, divided = PartitionSpec(), PartitionSpec(_DEVICES)
    carry = divided if context.objective.carry_scope == "worker" else everywhere
    specs = _parts_of(divided if sharded else everywhere, carry)
    axis = DeviceAxis(_DEVICES, sharded)
    (context_arrays, arrays), static = eqx.partition((context, state), eqx.is_array)

    def run_part(context_arrays: Any, arrays: Any, data: Any, span: Any) -> Any:
        context, state = eqx.combine((context_arrays, arrays), static)
        after, report = segment(context, state, data, span, axis)
        return eqx.filter(after, eqx.is_array), report

    on_all = jax.shard_map(
        run_part,
        mesh=mesh,
        in_specs=(everywhere, specs, divided, everywhere),
        out_specs=(specs, everywhere),
        check_vma=False,
    )
    after, report = on_all(context_arrays, arrays, data, span)
    return eqx.combine(after, static[1]), report


@dataclass(frozen=True)
class Place:
    """The place where segments run: one device, the devices of a mesh, or the workers of a pool."""

    mesh: Mesh | None
    pool: ThreadPoolExecutor
    sharded: bool = False
    """Whether the tables are divided among the devices of the mesh."""

    def put(self, data: Any) -> Any:
        """Sends the data of a segment to the device, or divides it among the devices."""
        sharding = self._sharding(_DEVICES)
        return on_devices(data, sharding) if sharding is not None and several() else jax.device_put(data, sharding)

    def replicate(self, tree: Any) -> Any:
        """Copies the whole tree to all devices: all calls of a segment then have the same sharding and compile once."""
        return tree if self.mesh is None else eqx.filter_shard(tree, self._sharding())

    def begin(self, objective: Objective, config: TrainingConfig, *, key: Key[Array, ""], copies: int) -> State:
        """Returns the state before the first step, in its place. Divided tables are made in parts."""
        if not self.sharded:
            return self.place_state(init(objective, config, key=key, copies=copies), objective.carry_scope)
        make = partial(init, config=config, copies=copies, multiple=copies)
        like = eqx.filter_eval_shape(make, objective, key=key)
        arrays, static = eqx.partition(like, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
        known, rest = eqx.partition(objective, eqx.is_array)

        def made(known: Any, key: Key[Array, ""]) -> Any:
            return eqx.filter(make(eqx.combine(known, rest), key=key), eqx.is_array)

        found = jax.jit(made, out_shardings=self._shardings(arrays, objective.carry_scope))(known, key)
        return eqx.combine(found, static)

    def place_state(self, state: State, scope: str) -> State:
        """Sends each device a copy of the state, but only its part of divided tables and of a carry per worker."""
        if self.mesh is None:
            return jax.tree.map(lambda leaf: jnp.array(leaf) if isinstance(leaf, np.ndarray) else leaf, state)
        if self.sharded:
            tables = state.parameters.tables
            padded: Any = {name: padded_rows(table, self.mesh.size) for name, table in tables.items()}
            state = state._replace(parameters=state.parameters._replace(tables=padded))
        arrays, static = eqx.partition(state, lambda leaf: isinstance(leaf, jax.Array | np.ndarray))
        return eqx.combine(jax.device_put(arrays, self._shardings(arrays, scope)), static)

    def _shardings(self, state: State, scope: str) -> State:
        """Returns the sharding of each array of a state."""
        divided, everywhere = PartitionSpec(_DEVICES), PartitionSpec()
        specs = _parts_of(divided if self.sharded else everywhere, divided if scope == "worker" else everywhere)

        def of_part(spec: PartitionSpec, part: Any) -> Any:
            return jax.tree.map(lambda _: NamedSharding(self.mesh, spec), part)  # pyright: ignore[reportArgumentType]

        return jax.tree.map(of_part, specs, state, is_leaf=lambda leaf: isinstance(leaf, PartitionSpec))

    def run(self, context: RunContext, state: State, data: Any, span: Any) -> tuple[State, SegmentReport]:
        """Runs a segment."""
        if self.mesh is not None:
            return all_devices((context, self.mesh, self.sharded), state, data, span)
        if context.config.workers > 1:
            return run_workers(self.pool, context, state, data, span)
        return _one_device(context, state, data, span)

    def _sharding(self, *axes: str) -> NamedSharding | None:
        """Returns the sharding that divides the leading axes by ``axes`` of the mesh; None if there is no mesh."""
        return None if self.mesh is None else NamedSharding(self.mesh, PartitionSpec(*axes))


def run(
    objective: Objective,
    source: Source,
    config: TrainingConfig,
    *,
    key: Key[Array, ""],
    callback: Callback = lambda *_: None,
    between: Between | None = None,
    start: tuple[int, State] | None = None,
    devices: int = 1,
    shard: bool = False,
) -> tuple[State, Float[np.ndarray, " segments"]]:
    """Trains on all segments of ``source``.

    Training overwrites its state: ``callback`` and ``between`` must copy any part that they keep, and ``start`` cannot
    be used afterwards.

    Args:
        objective: the model.
        source: the data.
        config: the learning-rate schedule and the number of workers.
        key: key of all random numbers.
        callback: called after every segment (``Callback``).
        between: called between two segments; may replace the arrays of objective and batcher (``Between``).
        start: number of segments done and state to resume from; the result equals that of an uninterrupted run.
        devices: number of devices that share each segment.
        shard: whether the devices also divide the rows of the tables, which then need not fit on one device. In
            training, the tables have rows of 0 at their end (``step.init``). The last state has none, and its tables
            are in the memory of the host, as are all parameters after a run of several processes.

    Returns:
        The last state, and the loss of every segment of this run.

    Raises:
        DivergedError: the loss is not finite; names the step and the learning rate.
        LostProcessError: one of several processes has ended.
        ValueError: there are fewer than ``devices`` devices, or several devices and several workers; or there are
            several processes, and ``devices`` is not the number of the devices of all.
    """
    if devices > 1 and config.workers > 1:
        raise ValueError(f"{devices} devices and {config.workers} workers: one of the two must be 1")
    mesh = None if devices == 1 and not several() else devices_mesh(devices)
    init_key, run_key = jax.random.split(key)
    copies = max(devices, config.workers)
    done, total = 0 if start is None else start[0], source.segments
    losses: list[float] = []
    with ThreadPoolExecutor(config.workers) as pool, _naming_lost_processes():
        place = Place(mesh, pool, sharded=shard and mesh is not None)
        context = place.replicate(RunContext(objective, source.batcher, config, run_key))
        if start is None:
            state = place.begin(objective, config, key=init_key, copies=copies)
        else:
            state = place.place_state(start[1], objective.carry_scope)
        data = place.put(source.load(done)) if done < total else None
        while done < total:
            if between is not None and done > 0:
                model, batcher = between(done, state, context.objective, context.batcher)
                context = place.replicate(context._replace(objective=model, batcher=batcher))
            span = (jnp.float32(source.progress(done)), jnp.float32(source.progress(done + 1)))
            state, report = place.run(context, state, data, span)
            done += 1
            if done < total:
                data = place.put(source.load(done))  # one device still computes the segment above
            losses.append(_finite_loss(report))
            if callback(done, state, losses[-1]):
                break
        if place.sharded or several():
            state = _trimmed(state, eqx.filter_eval_shape(objective.init, key=init_key))
    return state, np.array(losses)


@contextmanager
def _naming_lost_processes() -> Generator[None]:
    """Raises LostProcessError in place of an error that JAX raises because another process has ended."""
    try:
        yield
    except Exception as error:
        if not lost_process(error):
            raise
        raise LostProcessError(LostProcessError.MESSAGE) from error


def _trimmed(state: State, like: Parameters) -> State:
    """Returns the state with its tables on the host, without the rows of 0 at their end."""
    tables: Any = {name: on_host(table)[: len(like.tables[name])] for name, table in state.parameters.tables.items()}
    arrays, static = eqx.partition(state.parameters.dense, eqx.is_array)
    dense = eqx.combine(jax.tree.map(on_host, arrays), static) if several() else state.parameters.dense
    return state._replace(parameters=Parameters(tables, dense))


def _finite_loss(report: SegmentReport) -> float:
    """Returns the loss of a segment; raises DivergedError if it is not finite."""
    loss, step, rate = (np.asarray(part).item() for part in report)
    if step >= 0 or not np.isfinite(loss):
        raise DivergedError(f"the loss is not a number at step {int(step)} (rate {rate:.3g}); lower the rate")
    return float(loss)


def devices_mesh(devices: int) -> Mesh:
    """Returns the mesh of the first ``devices`` devices; raises ValueError if there are fewer."""
    here = jax.devices()
    if not 1 <= devices <= len(here):
        raise ValueError(f"{devices} devices were requested; JAX sees {len(here)} ({here[0].platform})")
    if several() and devices != len(here):
        raise ValueError(f"{devices} devices were requested; {jax.process_count()} processes have {len(here)}: use all")
    return Mesh(np.array(here[:devices]), (_DEVICES,))
