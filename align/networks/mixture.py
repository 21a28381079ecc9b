"""The mixture of an encoder's layers that a task learns."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Mixture(eqx.Module):
    """One vector for each word from the layers of an encoder: gamma sum_j s_j h_j, with s = softmax(scores).

    Args:
        scores: a number for each layer, from which the weights s follow.
        gamma: the scale of the mixture.

    Example:
        >>> [round(float(weight), 2) for weight in Mixture.uniform(3).weights]
        [0.33, 0.33, 0.33]

    Source: Peters et al. 2018, equation 1.
    """

    scores: Float[Array, " layers"]
    gamma: Float[Array, ""]

    @classmethod
    def uniform(cls, layers: int) -> "Mixture":
        """Returns the mean of the layers, from which a task begins to learn."""
        return cls(jnp.zeros(layers), jnp.ones(()))

    @property
    def weights(self) -> Float[Array, " layers"]:
        """The weights s of the layers, which add up to 1."""
        return jax.nn.softmax(self.scores)

    def __call__(self, layers: Float[Array, "layers *rest"]) -> Float[Array, "*rest"]:
        """Returns the mixture of ``layers``, which are stacked on the first axis."""
        return self.gamma * jnp.tensordot(self.weights, layers, axes=1)
