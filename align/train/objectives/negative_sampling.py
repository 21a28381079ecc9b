"""Negative sampling: an input vector tells the words of its window from words of noise."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.objectives.encoders import Inputs
from align.train.objectives.logistic import log_loss
from align.train.objectives.noise import Noise
from align.train.objectives.output import OutputLoss, OutputResult
from align.train.objectives.windows import present, shifted, transposed, window_scores


class NegativeSampling(OutputLoss):
    """-log s(<h, u_o>) - k E_n log s(-<h, u_n>) for every input h and word o, with s the logistic function.

    ``context`` holds the vectors u, (v, d). The k noise words of a pair are drawn from P(w) ~ count(w)^power.

    Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NeurIPS
    2013, equation 4.

    But: the tokens of a group share their noise words, each of which has the weight k / ``shared`` for every pair, so
    that scores are products of matrices. Noise words are drawn by strata of equal probability. A noise word that
    equals the word to predict is not skipped, as it is in word2vec: it takes part with both signs, and the optimum of
    <h, u_o> is log(P(o|h) / (k P(o))) for every word, as in the equation.
    """

    noise: Noise
    words: int = eqx.field(static=True)
    negatives: int = eqx.field(static=True)
    group: int = eqx.field(static=True)
    shared: int = eqx.field(static=True)

    def init(self, width: int) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of contexts."""
        return {"context": jnp.zeros((self.words, width))}

    def rows(self, tokens: Int[Array, "p t"], *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the tokens of each part, and the noise words of each group of each part."""
        parts, size = tokens.shape
        noise = self.noise.draw((parts, size // self.group), self.shared, key=key)
        return {"context": (present(tokens), tuple(noise))}

    def loss(self, inputs: tuple[Inputs, ...], rows: dict[str, Any], tokens: Int[Array, "p t"]) -> OutputResult:
        """Returns the loss of a batch."""
        del tokens
        value, terms = jnp.zeros(()), jnp.zeros(())
        masses: list[tuple[Array, Array, Array]] = []
        for (vectors, weight, offsets), context, noise in zip(inputs, *rows["context"], strict=True):
            near, pulled = log_loss(window_scores(vectors, context, offsets), weight)
            scores = jnp.einsum("gld,gnd->gln", vectors.reshape(-1, self.group, vectors.shape[1]), noise)
            share = weight.sum(1).reshape(-1, self.group, 1) * (self.negatives / self.shared)
            far, pushed = log_loss(-scores, jnp.broadcast_to(share, scores.shape))
            to_context = jnp.stack(transposed(pulled, offsets)).sum(0)
            masses.append((pulled.sum(1) + pushed.sum(2).reshape(-1), to_context, pushed.sum(1)))
            value, terms = value + near + far, terms + weight.sum()
        of_inputs, of_contexts, of_noise = zip(*masses, strict=True)
        return OutputResult(value, terms, of_inputs, {"context": (of_contexts, of_noise)})

    def log_likelihood(
        self, inputs: Inputs, rows: dict[str, Any], tokens: Int[Array, "p t"], part: int
    ) -> Float[Array, " t"]:
        """Returns minus the loss of each input: the noise counts too."""
        del tokens
        vectors, weight, offsets = inputs
        context, noise = (one[part] for one in rows["context"])
        scores = jnp.stack([jnp.sum(vectors * near, axis=1) for near in shifted(context, offsets)], axis=1)
        near = jnp.sum(weight * jax.nn.log_sigmoid(scores), axis=1)
        against = jnp.einsum("gld,gnd->gln", vectors.reshape(-1, self.group, vectors.shape[1]), noise)
        far = jax.nn.log_sigmoid(-against).sum(2).reshape(-1)
        return near + weight.sum(1) * (self.negatives / self.shared) * far
