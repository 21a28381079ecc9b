"""LSTM with projection, run over time by ``lax.scan``, with its gradient."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

CLIP = 3.0
"""Bound of the values of cells and outputs, as in the published models."""


class LSTMState(NamedTuple):
    """The cells and the output of an LSTM after a time step."""

    cell: Float[Array, "*t b h"]
    output: Float[Array, "*t b d"]


class Gates(NamedTuple):
    """The gates of an LSTM at a time step, after their activation: sigmoid for i, f and o, tanh for g."""

    i: Float[Array, "*t b h"]
    f: Float[Array, "*t b h"]
    g: Float[Array, "*t b h"]
    o: Float[Array, "*t b h"]


class LSTM(eqx.Module):
    """An LSTM whose output is projected to fewer dimensions.

        (i, f, g, o) = x W + y U + b,    y: the previous output
        c' = sigmoid(f) c + sigmoid(i) tanh(g),    clipped to [-3, 3]
        y' = sigmoid(o) tanh(c') P,    clipped to [-3, 3]

    Source: H. Sak, A. Senior, F. Beaufays, Long Short-Term Memory Recurrent Neural Network Architectures, Interspeech
    2014, section 2.1, without peepholes; the bounds as in Peters et al. 2018's code.
    """

    inputs: Float[Array, "d gates"]
    recurrent: Float[Array, "e gates"]
    bias: Float[Array, " gates"]
    projection: Float[Array, "h e"]

    def step(self, affine: Float[Array, "b gates"], state: LSTMState) -> tuple[LSTMState, Gates]:
        """Returns the state after one time step, and the gates; ``affine`` is x W + b."""
        i, f, g, o = jnp.split(affine + state.output @ self.recurrent, 4, axis=1)
        gates = Gates(jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o))
        cell = jnp.clip(gates.f * state.cell + gates.i * gates.g, -CLIP, CLIP)
        output = jnp.clip((gates.o * jnp.tanh(cell)) @ self.projection, -CLIP, CLIP)
        return LSTMState(cell, output), gates

    def backward_step(
        self, grad: LSTMState, after: LSTMState, cell: Float[Array, "b h"], gates: Gates
    ) -> tuple[LSTMState, Float[Array, "b gates"], Float[Array, "b e"]]:
        """Returns the gradients with respect to what ``step`` has read, by the chain rule.

        Args:
            grad: the gradient with respect to the state after the step.
            after: the state after the step.
            cell: the cells before the step.
            gates: the gates of the step.

        Returns:
            The gradients with respect to the state before the step, to the four parts of x W + y U + b, and to the
            product with P before it is clipped.
        """
        i, f, g, o = gates
        squashed = jnp.tanh(after.cell)
        projected = jnp.where(jnp.abs(after.output) < CLIP, grad.output, 0.0)
        hidden = projected @ self.projection.T
        new = jnp.where(jnp.abs(after.cell) < CLIP, grad.cell + hidden * o * (1 - squashed * squashed), 0.0)
        parts = new * g * i * (1 - i), new * cell * f * (1 - f), new * i * (1 - g * g), hidden * squashed * o * (1 - o)
        affine = jnp.concatenate(parts, axis=1)
        return LSTMState(new * f, affine @ self.recurrent.T), affine, projected


LSTMs = tuple[LSTM, ...]
States = tuple[LSTMState, ...]
Vectors = tuple[Float[Array, "t b d"], ...]
Resets = tuple[Bool[Array, "t b"], ...]


def run_lstms(
    lstms: Sequence[LSTM],
    inputs: Sequence[Float[Array, "t b d"]],
    resets: Sequence[Bool[Array, "t b"]],
    states: Sequence[LSTMState],
) -> tuple[Vectors, States]:
    """Runs several LSTMs over the same number of time steps, in parallel in one scan.

    Args:
        lstms: the LSTMs.
        inputs: the inputs of each, shape (t, b, d).
        resets: for each, whether its state is set to 0 before each input, shape (t, b).
        states: the state of each before the first time step.

    Returns:
        The outputs of each, shape (t, b, e), and its state after the last time step.
    """
    return _run(tuple(lstms), tuple(inputs), tuple(resets), tuple(states))


@jax.custom_vjp
def _run(lstms: LSTMs, inputs: Vectors, resets: Resets, states: States) -> tuple[Vectors, States]:
    """Runs the LSTMs.

    Its gradient is written by hand. The gradient of a scan would add to the gradients of the weights at every time
    step; here they are one product over all time steps, which takes little more than half the time.
    """
    over_time, last, _ = _scan(lstms, inputs, resets, states)
    return tuple(state.output for state in over_time), last


def _scan(lstms: LSTMs, inputs: Vectors, resets: Resets, states: States) -> tuple[States, States, tuple[Gates, ...]]:
    """Returns the states after each time step, those after the last, and the gates at each."""
    affine = tuple(x @ lstm.inputs + lstm.bias for lstm, x in zip(lstms, inputs, strict=True))

    def step(before: States, now: tuple[tuple[Array, Array], ...]) -> tuple[States, tuple[States, tuple[Gates, ...]]]:
        found = [
            lstm.step(given, _reset(state, reset))
            for lstm, state, (given, reset) in zip(lstms, before, now, strict=True)
        ]
        after, gates = zip(*found, strict=True)
        return after, (after, gates)

    last, (over_time, gates) = jax.lax.scan(step, states, tuple(zip(affine, resets, strict=True)))
    return over_time, last, gates


def _forward(lstms: LSTMs, inputs: Vectors, resets: Resets, states: States) -> tuple[tuple[Vectors, States], tuple]:
    """Returns the result of ``_run``, and what ``_backward`` needs."""
    over_time, last, gates = _scan(lstms, inputs, resets, states)
    outputs = tuple(state.output for state in over_time)
    return (outputs, last), (lstms, inputs, resets, states, over_time, gates)


def _backward(saved: tuple, grads: tuple[Vectors, States]) -> tuple[LSTMs, Vectors, None, States]:
    """Returns the gradients with respect to the arguments of ``_run``."""
    lstms, inputs, resets, states, over_time, gates = saved
    before = tuple(
        _reset(jax.tree.map(lambda first, all_: jnp.concatenate([first[None], all_[:-1]]), state, after), reset)
        for state, after, reset in zip(states, over_time, resets, strict=True)
    )

    def step(later: States, now: tuple) -> tuple[States, tuple]:
        earlier, found = [], []
        for lstm, grad, (output, reset, *rest) in zip(lstms, later, now, strict=True):
            whole = grad._replace(output=grad.output + output)
            own, *others = lstm.backward_step(whole, *rest)
            earlier.append(_reset(own, reset))
            found.append(others)
        return tuple(earlier), tuple(found)

    cells = tuple(state.cell for state in before)
    given = tuple(zip(grads[0], resets, over_time, cells, gates, strict=True))
    first, found = jax.lax.scan(step, grads[1], given, reverse=True)
    weights = tuple(
        LSTM(
            _over_time(x, affine),
            _over_time(state.output, affine),
            affine.sum((0, 1)),
            _over_time(each.o * jnp.tanh(after.cell), projected),
        )
        for x, state, after, each, (affine, projected) in zip(inputs, before, over_time, gates, found, strict=True)
    )
    return weights, tuple(affine @ lstm.inputs.T for lstm, (affine, _) in zip(lstms, found, strict=True)), None, first


_run.defvjp(_forward, _backward)


def _reset(state: LSTMState, reset: Bool[Array, "*t b"]) -> LSTMState:
    """Returns the state with 0 where ``reset`` says so."""
    return jax.tree.map(lambda part: jnp.where(reset[..., None], 0.0, part), state)


def _over_time(x: Float[Array, "t b m"], y: Float[Array, "t b n"]) -> Float[Array, "m n"]:
    """Returns the sum over time of x^T y, as one product."""
    return x.reshape(-1, x.shape[-1]).T @ y.reshape(-1, y.shape[-1])


def init_lstm(dim: int, cells: int, *, key: Key[Array, ""]) -> LSTM:
    """Returns an LSTM with random weights, of ``dim`` inputs and outputs; forget gates start at sigmoid(1)."""
    in_key, recurrent_key, projection_key = jax.random.split(key, 3)
    scale = (2 * dim) ** -0.5
    return LSTM(
        scale * jax.random.normal(in_key, (dim, 4 * cells)),
        scale * jax.random.normal(recurrent_key, (dim, 4 * cells)),
        jnp.zeros(4 * cells).at[cells : 2 * cells].set(1.0),
        cells**-0.5 * jax.random.normal(projection_key, (cells, dim)),
    )
