"""Words from their characters: convolutions, highway layers and a projection."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key


class Convolution(eqx.Module):
    """Filters of one width over characters: relu(max_p sum_j x_(p+j) K_j + b)."""

    kernel: Float[Array, "taps k f"]
    bias: Float[Array, " f"]

    def __call__(self, x: Float[Array, "w c k"]) -> Float[Array, "w f"]:
        """Returns the largest response of each filter in each word."""
        taps, channels, filters = self.kernel.shape
        places = x.shape[1] - taps + 1
        windows = jnp.concatenate([x[:, j : j + places] for j in range(taps)], axis=2)
        found = windows.reshape(-1, taps * channels) @ self.kernel.reshape(-1, filters)
        return jax.nn.relu(found.reshape(len(x), places, filters).max(1) + self.bias)


class Highway(eqx.Module):
    """A highway layer: g relu(x W_1 + b_1) + (1 - g) x, with the gate g = sigmoid(x W_2 + b_2).

    Source: R. Srivastava, K. Greff, J. Schmidhuber, Training Very Deep Networks, NeurIPS 2015, equation 3.
    """

    weight: Float[Array, "f ff"]
    bias: Float[Array, " ff"]

    def __call__(self, x: Float[Array, "w f"]) -> Float[Array, "w f"]:
        """Returns the gated mixture of the input and of its transform."""
        changed, gate = jnp.split(x @ self.weight + self.bias, 2, axis=1)
        gate = jax.nn.sigmoid(gate)
        return gate * jax.nn.relu(changed) + (1 - gate) * x


class CharCNN(eqx.Module):
    """A network that gives a word a vector from its characters alone.

    Args:
        letters: the vector of each character, shape (a, k).
        convolutions: convolutions of different widths, whose f responses are concatenated.
        highways: the layers after them.
        projection: maps the f responses to the d dimensions of a word, shape (f, d).
        bias: added to the projection, shape (d,).

    Source: Y. Kim et al., Character-Aware Neural Language Models, AAAI 2016; R. Jozefowicz et al., Exploring the Limits
    of Language Modeling, 2016.
    """

    letters: Float[Array, "a k"]
    convolutions: tuple[Convolution, ...]
    highways: tuple[Highway, ...]
    projection: Float[Array, "f d"]
    bias: Float[Array, " d"]

    def __call__(self, characters: Int[Array, "w c"]) -> Float[Array, "w d"]:
        """Returns the vectors of words.

        Args:
            characters: character numbers, 0 for padding, shape (w, c).

        Returns:
            One vector for each word, shape (w, d).
        """
        x = jnp.where(characters[..., None] > 0, self.letters[characters], 0.0)
        features = jnp.concatenate([convolution(x) for convolution in self.convolutions], axis=1)
        for highway in self.highways:
            features = highway(features)
        return features @ self.projection + self.bias


def init_char_cnn(
    alphabet: int, char_dim: int, filters: tuple[tuple[int, int], ...], highways: int, dim: int, *, key: Key[Array, ""]
) -> CharCNN:
    """Returns a network with random weights.

    Args:
        alphabet: the number of characters.
        char_dim: dimensions of a character.
        filters: the width and the number of the filters of each convolution.
        highways: the number of highway layers; their gates begin mostly closed, at sigmoid(-2).
        dim: dimensions of a word.
        key: decides the weights.
    """
    letters_key, convolution_key, highway_key, projection_key = jax.random.split(key, 4)
    convolutions = tuple(
        Convolution(_normal(jax.random.fold_in(convolution_key, i), (taps, char_dim, n), taps * char_dim), jnp.zeros(n))
        for i, (taps, n) in enumerate(filters)
    )
    size = sum(n for _, n in filters)
    bias = jnp.concatenate([jnp.zeros(size), jnp.full(size, -2.0)])
    layers = tuple(
        Highway(_normal(jax.random.fold_in(highway_key, i), (size, 2 * size), size), bias) for i in range(highways)
    )
    letters = jax.random.normal(letters_key, (alphabet, char_dim))
    return CharCNN(letters, convolutions, layers, _normal(projection_key, (size, dim), size), jnp.zeros(dim))


def _normal(key: Key[Array, ""], shape: tuple[int, ...], inputs: int) -> Float[Array, "..."]:
    """Returns normal weights of variance 1 / ``inputs``."""
    return jax.random.normal(key, shape) / jnp.sqrt(inputs)
