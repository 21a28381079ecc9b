"""The one training loop: gather the rows a batch touches, differentiate the loss on them, scatter the update."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, Key

from align.train.batches import Batches
from align.train.objective import Loss, Objective, Parameters
from align.train.update import Gradients, Piece, joined

DEVICES = "devices"


@dataclass(frozen=True)
class Run:
    """How fast to train: the rate rises from 0 over the first ``warmup`` of the run and falls to ``final_rate``.

    It falls by a cosine or, as word2vec's, in a line. Dense weights take Adam with decoupled ``decay``; rows of tables
    what the objective's rules say. With ``every_loss`` the loss told of a segment is the mean over its steps;
    without, that of its last batch alone after its update, which spares a big model the logarithms.

    Several ``workers`` share one processor: each trains a copy of the state on its part of every segment, in a thread
    of its own, and the copies are then joined (``_joined``). That keeps all cores busy where one step's operations
    are too small to be shared out.
    """

    rate: float
    final_rate: float = 0.0
    warmup: float = 0.0
    shape: Literal["cosine", "line"] = "cosine"
    decay: float = 0.0
    every_loss: bool = True
    workers: int = 1

    def __post_init__(self) -> None:
        if not (self.rate > 0 and 0 <= self.final_rate <= self.rate):
            raise ValueError(f"rate {self.rate} is to be above 0 and final_rate {self.final_rate} between 0 and it")
        if not 0 <= self.warmup <= 1:
            raise ValueError(f"warmup {self.warmup} is to be a share of the run, 0 to 1")
        if self.workers < 1:
            raise ValueError(f"{self.workers} workers; at least 1 was expected")

    def rate_at(self, progress: Float[Array, ""]) -> Float[Array, ""]:
        """The rate when the share ``progress`` of the run is done."""
        rest = jnp.clip((progress - self.warmup) / max(1 - self.warmup, 1e-9), 0, 1)
        share = (1 + jnp.cos(jnp.pi * rest)) / 2 if self.shape == "cosine" else 1 - rest
        falling = self.final_rate + (self.rate - self.final_rate) * share
        return jnp.where(progress < self.warmup, self.rate * progress / max(self.warmup, 1e-9), falling)

    def optimiser(self) -> optax.GradientTransformation:
        """The update of the dense weights, to be multiplied by minus the rate."""
        return optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(self.decay))


class State(NamedTuple):
    """Everything that training changes; with the key and the configuration it determines all that follows."""

    step: Int[Array, ""]
    parameters: Parameters
    slots: dict[str, Any]
    moments: Any


class Fixed(NamedTuple):
    """What stays the same throughout a run."""

    objective: Objective
    batches: Batches
    config: Run
    key: Key[Array, ""]


class Moment(NamedTuple):
    """Where a step stands: the ``prepared`` data of its segment, its number in the segment, and its rate."""

    prepared: Any
    place: Int[Array, ""]
    rate: Float[Array, ""]


class Report(NamedTuple):
    """A segment's loss, and the step and rate where it first was no number (-1: nowhere) of those ``Run`` looks at."""

    loss: Float[Array, ""]
    bad_step: Int[Array, ""]
    bad_rate: Float[Array, ""]


class DivergedError(ValueError):
    """The loss is no longer a number."""


def init(objective: Objective, config: Run, *, key: Key[Array, ""]) -> State:
    """The state before the first step.

    Its arrays are copies, since training writes over them, and of firm type (not "weakly" float32, as a Python number
    becomes), so that the second call of the compiled steps does not compile again.
    """

    def own(leaf: Any) -> Any:
        return jnp.array(leaf, dtype=leaf.dtype, copy=True) if eqx.is_array(leaf) else leaf

    parameters = jax.tree.map(own, objective.init(key=key))
    slots = {name: objective.rule(name).init(table) for name, table in parameters.tables.items()}
    moments = config.optimiser().init(eqx.filter(parameters.dense, eqx.is_inexact_array))
    return State(jnp.zeros((), jnp.int32), parameters, jax.tree.map(own, slots), moments)


def _pieces(ids: Any, grads: Any, mass: Any) -> tuple[Piece, ...]:
    """The leaves of a tree of rows, each as a list of rows."""
    numbers = [leaf.reshape(-1) for leaf in jax.tree.leaves(ids)]
    slopes = [leaf.reshape(-1, leaf.shape[-1]) for leaf in jax.tree.leaves(grads)]
    weights = [None] * len(numbers) if mass is None else [leaf.reshape(-1) for leaf in jax.tree.leaves(mass)]
    return tuple(Piece(*parts) for parts in zip(numbers, slopes, weights, strict=True))


def step(fixed: Fixed, state: State, moment: Moment, *, axis: str | None = None) -> tuple[State, Float[Array, ""]]:
    """One update: the state after it, and the loss before it, a mean over its terms.

    The step's own key is ``fold_in(key, step)``.
    On several devices (``axis``) each draws a batch of its own; all of them apply the rows of all, so that their tables
    stay the same.
    """
    objective, batches, config, key = fixed
    prepared, place, rate = moment
    own = jax.random.fold_in(key, state.step)
    if axis is not None:
        own = jax.random.fold_in(own, jax.lax.axis_index(axis))
    drawn, noise, inner = jax.random.split(own, 3)
    tables, dense = state.parameters
    batch = batches.batch(prepared, place, key=drawn)
    ids = objective.rows(batch, key=noise)
    gathered = {name: jax.tree.map(lambda i, t=tables[name]: t[i], tree) for name, tree in ids.items()}

    def loss_of(learned: tuple[dict[str, Any], Any]) -> tuple[Float[Array, ""], Loss]:
        loss = objective.loss(*learned, batch, key=inner)
        return loss.value, loss

    (_, (loss, mass, terms)), grads = eqx.filter_value_and_grad(loss_of, has_aux=True)((gathered, dense))
    row_grads, dense_grads = grads
    if axis is not None:
        loss, terms, dense_grads = jax.lax.psum((loss, terms, dense_grads), axis)
    loss = jnp.where(jnp.asarray(terms) > 0, loss / terms, loss)  # a batch of padding has no term
    frozen = objective.frozen()
    moved, slots = dict(tables), dict(state.slots)
    for name, tree in ids.items():
        pieces = _pieces(tree, row_grads[name], mass.get(name))
        if name in frozen:
            stay = frozen[name]
            pieces = tuple(one._replace(grads=jnp.where(stay[one.ids][:, None], 0, one.grads)) for one in pieces)
        if axis is not None:
            pieces = jax.lax.all_gather(pieces, axis, tiled=True)
        found = Gradients(pieces)
        moved[name], slots[name] = objective.rule(name)(tables[name], slots[name], found, rate)
    updates, moments = config.optimiser().update(dense_grads, state.moments, eqx.filter(dense, eqx.is_inexact_array))
    dense = eqx.apply_updates(dense, jax.tree.map(lambda u: -rate * u, updates))
    return State(state.step + 1, Parameters(moved, dense), slots, moments), loss


def _segment(
    fixed: Fixed,
    state: State,
    data: Any,
    span: tuple[Float[Array, ""], Float[Array, ""]],
    axis: str | None = None,
) -> tuple[State, Report]:
    """All steps of one segment; the run's progress goes from ``span[0]`` to ``span[1]`` over them."""
    config = fixed.config
    once, each = jax.random.split(fixed.key)
    fixed, mine = fixed._replace(key=each), jax.random.fold_in(once, state.step)
    if axis is not None:
        mine = jax.random.fold_in(mine, jax.lax.axis_index(axis))
    prepared, count = fixed.batches.prepare(data, key=mine)
    if axis is not None:
        count = jax.lax.pmax(count, axis)
    arrays, static = eqx.partition(state, eqx.is_array)

    def rate_at(index: Int[Array, ""]) -> Float[Array, ""]:
        return config.rate_at(span[0] + (span[1] - span[0]) * index / jnp.maximum(count, 1))

    def body(index: Int[Array, ""], carry: tuple[State, Report]) -> tuple[State, Report]:
        before, told = carry
        whole = eqx.combine(before, static)
        rate = rate_at(index)
        after, loss = step(fixed, whole, Moment(prepared, index, rate), axis=axis)
        if config.every_loss:
            first_bad = (told.bad_step < 0) & ~jnp.isfinite(loss)
            told = Report(
                told.loss + loss / count,
                jnp.where(first_bad, before.step, told.bad_step),
                jnp.where(first_bad, rate, told.bad_rate),
            )
        return eqx.filter(after, eqx.is_array), told

    told = Report(jnp.zeros(()), jnp.full((), -1, jnp.int32), jnp.zeros(()))
    after, told = jax.lax.fori_loop(0, count, body, (arrays, told))
    whole = eqx.combine(after, static)
    if not config.every_loss:
        last = jnp.maximum(count - 1, 0)  # a segment may have no step
        rate = rate_at(last)
        _, loss = step(fixed, whole, Moment(prepared, last, rate), axis=axis)
        bad = ~jnp.isfinite(loss)
        told = Report(loss, jnp.where(bad, after.step - 1, -1), jnp.where(bad, rate, 0.0))
    return whole, told


@eqx.filter_jit(donate="all-except-first")
def _compiled(fixed: Fixed, state: State, data: Any, span: Any) -> tuple[State, Report]:
    return _segment(fixed, state, data, span)


@eqx.filter_jit(donate="all-except-first")
def _shared(fixed: tuple[Fixed, Mesh], state: State, data: Any, span: Any) -> tuple[State, Report]:
    """``_segment`` on all devices of a mesh: each has its part of ``data``, all have the same state."""
    whole, mesh = fixed
    arrays, static = eqx.partition((whole, state), eqx.is_array)
    everywhere, parted = PartitionSpec(), PartitionSpec(DEVICES)

    def run_part(arrays: Any, data: Any, span: Any) -> Any:
        fixed, state = eqx.combine(arrays, static)
        after, told = _segment(fixed, state, data, span, DEVICES)
        return eqx.filter(after, eqx.is_array), told

    parts = jax.shard_map(
        run_part, mesh=mesh, in_specs=(everywhere, parted, everywhere), out_specs=everywhere, check_vma=False
    )
    after, told = parts(arrays, data, span)
    return eqx.combine(after, static[1]), told


@eqx.filter_jit
def _worked(fixed: Fixed, worker: Int[Array, ""], state: State, data: Any, span: Any) -> tuple[State, Report]:
    """``_segment`` by one of several workers; the state stays, since the others begin from it too."""
    return _segment(fixed._replace(key=jax.random.fold_in(fixed.key, worker)), state, data, span)


@eqx.filter_jit
def _joined(objective: Objective, after: list[State], before: State) -> State:
    """One state of those that workers have made of the state ``before``, each on data of its own.

    Tables by ``update.joined``, what the rules remember as they say (``Rule.join``), dense weights and their moments as
    means, the number of steps as the largest.
    Source: for the means, R. McDonald et al., Distributed Training Strategies for the Structured Perceptron, NAACL 2010
    (iterative parameter mixing).
    """

    def mean(*parts: Any) -> Any:
        return sum(parts) / len(parts) if eqx.is_inexact_array(parts[0]) else parts[0]

    first = before.parameters.tables
    tables = {name: joined(table, [one.parameters.tables[name] for one in after]) for name, table in first.items()}
    dense, moments = jax.tree.map(mean, *((one.parameters.dense, one.moments) for one in after))
    slots = {
        name: objective.rule(name).join(old, [one.slots[name] for one in after]) for name, old in before.slots.items()
    }
    steps = reduce(jnp.maximum, (one.step for one in after))
    return State(steps, Parameters(tables, dense), slots, moments)


def _share_out(pool: Executor, fixed: Fixed, state: State, data: Any, span: Any) -> tuple[State, Report]:
    """A segment by all workers side by side, joined; the loss is their mean, a step that went wrong the first's."""
    workers = fixed.config.workers

    def part(leaf: Array, worker: int) -> Array:
        size, over = divmod(leaf.shape[0] if leaf.ndim else 1, workers)
        if over:
            raise ValueError(f"data of shape {leaf.shape} cannot be cut into {workers} parts, one for each worker")
        return leaf[worker * size : (worker + 1) * size]

    def work(worker: int) -> tuple[State, Report]:
        mine = jax.tree.map(partial(part, worker=worker), data)
        return jax.block_until_ready(_worked(fixed, jnp.int32(worker), state, mine, span))

    states, reports = zip(*pool.map(work, range(workers)), strict=True)
    first = next((one for one in reports if one.bad_step >= 0), reports[0])
    loss = jnp.mean(jnp.stack([one.loss for one in reports]))
    return _joined(fixed.objective, list(states), state), first._replace(loss=loss)


def run(
    objective: Objective,
    batches: Batches,
    config: Run,
    *,
    key: Key[Array, ""],
    watch: Callable[[int, State, float], bool | None] = lambda *_: None,
    start: tuple[int, State] | None = None,
    devices: int = 1,
) -> tuple[State, Float[np.ndarray, " segments"]]:
    """Train through all segments of ``batches``; returns the last state and the loss of every segment.

    ``watch(done, state, loss)`` is called after every segment with the number of segments done; where it returns True,
    training stops there. ``start`` goes on from a state after that number of segments, with the very numbers of a run
    that was not interrupted. Training writes over the state: what is to be kept of it, or of ``start``, is to be
    copied. With several ``devices`` each works on its part of every segment, and so do workers (``Run``).

    Raises:
        DivergedError: the loss is not finite; names the step and the rate.
        ValueError: there are fewer devices than asked for, or several of them and several workers.
    """
    if devices > 1 and config.workers > 1:
        raise ValueError(f"{devices} devices and {config.workers} workers: one of the two has to be 1")
    mesh = None if devices == 1 else _mesh(devices)
    put = partial(jax.device_put, device=None if mesh is None else NamedSharding(mesh, PartitionSpec(DEVICES)))
    first, second = jax.random.split(key)
    done, state = start if start is not None else (0, init(objective, config, key=first))
    fixed = Fixed(objective, batches, config, second)
    if mesh is not None:  # all devices have all of it from the start, so that the second call is as the first
        fixed, state = eqx.filter_shard((fixed, state), NamedSharding(mesh, PartitionSpec()))
    total = batches.segments
    losses: list[float] = []
    data = put(batches.load(done)) if done < total else None
    with ThreadPoolExecutor(config.workers) as pool:
        while done < total:
            span = (jnp.float32(batches.share(done)), jnp.float32(batches.share(done + 1)))
            if mesh is not None:
                state, told = _shared((fixed, mesh), state, data, span)
            elif config.workers > 1:
                state, told = _share_out(pool, fixed, state, data, span)
            else:
                state, told = _compiled(fixed, state, data, span)
            done += 1
            if done < total:
                data = put(batches.load(done))  # without workers, while the segment above is computed
            loss, at, rate = (np.asarray(part).item() for part in told)
            if at >= 0 or not np.isfinite(loss):
                raise DivergedError(f"the loss is not a number at step {int(at)} (rate {rate:.3g}); lower the rate")
            losses.append(float(loss))
            if watch(done, state, float(loss)):
                break
    return state, np.array(losses)


def _mesh(devices: int) -> Mesh:
    here = jax.devices()
    if not 1 <= devices <= len(here):
        raise ValueError(f"{devices} devices were asked for; JAX sees {len(here)} ({here[0].platform})")
    return Mesh(np.array(here[:devices]), (DEVICES,))
