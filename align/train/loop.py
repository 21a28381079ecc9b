"""The one training loop: gather the rows a batch touches, differentiate the loss on them, scatter the update."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from align.train.objective import Objective, Parameters


@dataclass(frozen=True)
class Run:
    """How long and how fast to train: ``steps`` batches; the rate falls from ``rate`` to ``final_rate`` by a cosine.

    Dense weights take AdamW with ``decay``; rows of tables take plain gradient steps. ``report`` steps run per call of
    the compiled scan, after which progress is told and the loss is checked.
    """

    steps: int
    rate: float
    final_rate: float = 0.0
    warmup: int = 0
    decay: float = 0.0
    report: int = 50

    def __post_init__(self) -> None:
        if self.steps < 1 or self.report < 1:
            raise ValueError(f"steps {self.steps} and report {self.report} are to be at least 1")
        if not (self.rate > 0 and 0 <= self.final_rate <= self.rate):
            raise ValueError(f"rate {self.rate} is to be above 0 and final_rate {self.final_rate} between 0 and it")

    def schedule(self) -> optax.Schedule:
        """The rate at each step: linear from 0 over ``warmup``, then a cosine down to ``final_rate``."""
        return optax.warmup_cosine_decay_schedule(
            0.0 if self.warmup else self.rate, self.rate, self.warmup, max(self.steps, self.warmup + 1), self.final_rate
        )

    def optimiser(self) -> optax.GradientTransformation:
        """The update of the dense weights."""
        return optax.adamw(self.schedule(), weight_decay=self.decay)


class State(NamedTuple):
    """Everything that training changes; with the key and the configuration it determines all that follows."""

    step: Int[Array, ""]
    parameters: Parameters
    moments: Any


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
    moments = config.optimiser().init(eqx.filter(parameters.dense, eqx.is_inexact_array))
    return State(jnp.zeros((), jnp.int32), parameters, moments)


def step(
    objective: Objective, batches: Callable[..., Any], config: Run, state: State, *, key: Key[Array, ""]
) -> tuple[State, Float[Array, ""]]:
    """One update: the state after it, and the loss before it. The step's own key is ``fold_in(key, step)``."""
    drawn, noise, inner = jax.random.split(jax.random.fold_in(key, state.step), 3)
    tables, dense = state.parameters
    batch = batches(state.step, key=drawn)
    ids = objective.rows(batch, key=noise)
    gathered = {name: tables[name][numbers] for name, numbers in ids.items()}

    def loss_of(learned: tuple[dict[str, Array], Any]) -> Float[Array, ""]:
        return objective.loss(*learned, batch, key=inner)

    loss, (row_grads, dense_grads) = eqx.filter_value_and_grad(loss_of)((gathered, dense))
    rate = jnp.asarray(config.schedule()(state.step))
    moved = {name: tables[name].at[ids[name]].add(-rate * row_grads[name]) for name in ids}
    updates, moments = config.optimiser().update(dense_grads, state.moments, eqx.filter(dense, eqx.is_inexact_array))
    return State(state.step + 1, Parameters({**tables, **moved}, eqx.apply_updates(dense, updates)), moments), loss


@eqx.filter_jit(donate="all-except-first")
def _steps(
    fixed: tuple[Objective, Callable[..., Any], Run, Key[Array, ""]], state: State, count: int
) -> tuple[State, Float[Array, " steps"]]:
    objective, batches, config, key = fixed
    arrays, static = eqx.partition(state, eqx.is_array)

    def body(carry: State, _: None) -> tuple[State, Float[Array, ""]]:
        after, loss = step(objective, batches, config, eqx.combine(carry, static), key=key)
        return eqx.filter(after, eqx.is_array), loss

    after, losses = jax.lax.scan(body, arrays, None, length=count)
    return eqx.combine(after, static), losses


def run(
    objective: Objective,
    batches: Callable[..., Any],
    config: Run,
    *,
    key: Key[Array, ""],
    watch: Callable[[State, Float[np.ndarray, " steps"]], bool | None] = lambda *_: None,
) -> tuple[State, Float[np.ndarray, " steps"]]:
    """Train for ``config.steps`` steps; returns the last state and the loss of every step.

    ``batches(step, key=...)`` draws a batch on the device. ``watch(state, losses)`` is called after every
    ``config.report`` steps with their losses; where it returns True, training stops there.

    Raises:
        DivergedError: the loss is not finite; names the step and the rate.
    """
    first, second = jax.random.split(key)
    state = init(objective, config, key=first)
    history: list[Float[np.ndarray, " steps"]] = []
    done = 0
    while done < config.steps:
        count = min(config.report, config.steps - done)
        state, losses = _steps((objective, batches, config, second), state, count)
        told = np.asarray(losses)
        if not np.isfinite(told).all():
            at = done + int(np.flatnonzero(~np.isfinite(told))[0])
            rate = float(np.asarray(config.schedule()(at)))
            raise DivergedError(f"the loss is {told[at - done]} at step {at} (rate {rate:.3g}); lower the rate")
        history.append(told)
        done += count
        if watch(state, told):
            break
    return state, np.concatenate(history)
