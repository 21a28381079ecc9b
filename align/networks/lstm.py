"""LSTM with projection, run over time by ``lax.scan``."""

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

    cell: Float[Array, "b h"]
    output: Float[Array, "b d"]


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

    def step(self, affine: Float[Array, "b gates"], state: LSTMState) -> LSTMState:
        """Returns the state after one time step; ``affine`` is x W + b."""
        i, f, g, o = jnp.split(affine + state.output @ self.recurrent, 4, axis=1)
        cell = jax.nn.sigmoid(f) * state.cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        cell = jnp.clip(cell, -CLIP, CLIP)
        output = (jax.nn.sigmoid(o) * jnp.tanh(cell)) @ self.projection
        return LSTMState(cell, jnp.clip(output, -CLIP, CLIP))


def run_lstms(
    lstms: Sequence[LSTM],
    inputs: Sequence[Float[Array, "t b d"]],
    resets: Sequence[Bool[Array, "t b"]],
    states: Sequence[LSTMState],
) -> tuple[tuple[Float[Array, "t b e"], ...], tuple[LSTMState, ...]]:
    """Runs several LSTMs over the same number of time steps, in parallel in one scan.

    Args:
        lstms: the LSTMs.
        inputs: the inputs of each, shape (t, b, d).
        resets: for each, whether its state is set to 0 before each input, shape (t, b).
        states: the state of each before the first time step.

    Returns:
        The outputs of each, shape (t, b, e), and its state after the last time step.
    """
    affine = tuple(x @ lstm.inputs + lstm.bias for lstm, x in zip(lstms, inputs, strict=True))

    def step(
        before: tuple[LSTMState, ...], now: tuple[tuple[Array, Array], ...]
    ) -> tuple[tuple[LSTMState, ...], tuple[Array, ...]]:
        after: list[LSTMState] = []
        for lstm, state, (given, reset) in zip(lstms, before, now, strict=True):
            kept = LSTMState(*(jnp.where(reset[:, None], 0.0, part) for part in state))
            after.append(lstm.step(given, kept))
        return tuple(after), tuple(state.output for state in after)

    last, outputs = jax.lax.scan(step, tuple(states), tuple(zip(affine, resets, strict=True)))
    return outputs, last


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
