"""The bidirectional language model of ELMo: characters, then forward and backward LSTMs in layers."""

from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.networks.char_cnn import CharCNN, init_char_cnn
from align.networks.lstm import LSTM, LSTMState, init_lstm, run_lstms

Pair = tuple[Float[Array, "t b d"], Float[Array, "t b d"]]
"""Vectors of the forward direction, and of the backward direction, each in the order in which it reads."""


@dataclass(frozen=True)
class BiLMSizes:
    """The sizes of a bidirectional language model. The published ones are ``PUBLISHED``."""

    dim: int = 128
    """Dimensions of a word and of the output of each LSTM."""
    cells: int = 256
    """Cells of each LSTM."""
    layers: int = 2
    """Layers of LSTMs."""
    char_dim: int = 16
    """Dimensions of a character."""
    filters: tuple[tuple[int, int], ...] = ((1, 32), (2, 32), (3, 64), (4, 64))
    """Width and number of the filters over characters."""
    highways: int = 1
    """Highway layers."""


PUBLISHED = BiLMSizes(
    512, 4096, 2, 16, ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024)), highways=2
)
"""The model of Peters et al. 2018: 93.6 million parameters with its 262 characters, without the softmax."""


class BiLMState(NamedTuple):
    """The states of the LSTMs of both directions, layer by layer."""

    forward: tuple[LSTMState, ...]
    backward: tuple[LSTMState, ...]


class BiLM(eqx.Module):
    """A language model in each direction; both share the vectors of words.

    Layer 0 is the vector of the word. Layer j is the output of LSTM j, to which its input is added if j > 1.

    Source: Peters et al. 2018, sections 3.1 and 3.4.
    """

    words: CharCNN
    forward: tuple[LSTM, ...]
    backward: tuple[LSTM, ...]

    def zeros(self, batch: int) -> BiLMState:
        """Returns the states before the first word."""
        cells, dim = self.forward[0].projection.shape
        return zero_state(len(self.forward), cells, dim, batch)

    def __call__(
        self, inputs: Pair, resets: tuple[Bool[Array, "t b"], Bool[Array, "t b"]], state: BiLMState
    ) -> tuple[list[Pair], BiLMState]:
        """Reads word vectors in both directions.

        Args:
            inputs: word vectors for each direction, in the order in which it reads, shape (t, b, d).
            resets: which words begin a sentence, for each direction, shape (t, b); the states before them are set to 0.
            state: the states before the first word.

        Returns:
            The outputs of each layer, of the same shapes as ``inputs``, and the states after the last word.
        """
        outputs: list[Pair] = []
        after: list[tuple[LSTMState, ...]] = []
        for number, lstms in enumerate(zip(self.forward, self.backward, strict=True)):
            states = state.forward[number], state.backward[number]
            (ahead, back), last = run_lstms(lstms, inputs, resets, states)
            if number > 0:
                ahead, back = ahead + inputs[0], back + inputs[1]
            inputs = ahead, back
            outputs.append(inputs)
            after.append(last)
        forward, backward = zip(*after, strict=True)
        return outputs, BiLMState(forward, backward)


def zero_state(layers: int, cells: int, dim: int, batch: int) -> BiLMState:
    """Returns the states of ``batch`` sentences before the first word."""
    side = tuple(LSTMState(jnp.zeros((batch, cells)), jnp.zeros((batch, dim))) for _ in range(layers))
    return BiLMState(side, side)


def init_bilm(sizes: BiLMSizes, alphabet: int, *, key: Key[Array, ""]) -> BiLM:
    """Returns a model with random weights, for an alphabet of this many characters."""
    word_key, forward_key, backward_key = jax.random.split(key, 3)
    words = init_char_cnn(alphabet, sizes.char_dim, sizes.filters, sizes.highways, sizes.dim, key=word_key)

    def side(key: Key[Array, ""]) -> tuple[LSTM, ...]:
        return tuple(init_lstm(sizes.dim, sizes.cells, key=k) for k in jax.random.split(key, sizes.layers))

    return BiLM(words, side(forward_key), side(backward_key))
