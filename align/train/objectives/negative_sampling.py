"""Negative sampling: input vectors learn to separate the words of their window from noise words."""

from functools import reduce
from operator import add
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from align.text.contexts import Place
from align.train.batchers.text import TokenBatch
from align.train.objectives.contexts import context_rows, predicted
from align.train.objectives.encoders import Inputs
from align.train.objectives.logistic import log_loss
from align.train.objectives.noise import Noise
from align.train.objectives.output import OutputLoss, OutputResult
from align.train.objectives.windows import shifted, transposed, window_scores


class NegativeSampling(OutputLoss):
    """-log s(<h, u_o>) - k E_n log s(-<h, u_n>) for every input h and word o, with s the logistic function.

    ``context`` holds the vectors u, (v, d). The k noise words of a pair are drawn from P(w) ~ count(w)^power. If a
    batch has bigrams or characters, they are predicted and drawn like words, and ``context`` has rows for them too.

    Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NeurIPS
    2013, equation 4.

    But: the tokens of a group share ``shared`` noise words, so that scores are products of matrices; each noise word
    has weight k / ``shared`` for every pair. Noise words are drawn from strata of equal probability. word2vec skips a
    noise word that equals the word to predict. Here it counts with both signs, so that the optimum of <h, u_o> is
    log(P(o|h) / (k P(o))) for every word, as in the equation.
    """

    noise: Noise
    words: int = eqx.field(static=True)
    negatives: int = eqx.field(static=True)
    group: int = eqx.field(static=True)
    shared: int = eqx.field(static=True)

    characters: Place = eqx.field(static=True, default="window")
    """Whose characters a word predicts, if characters are contexts."""

    def init(self, width: int) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of contexts."""
        return {"context": jnp.zeros((self.words, width))}

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the contexts of each kind and part, and the noise of each group of each part."""
        parts, size = batch.tokens.shape
        noise = self.noise.draw((parts, size // self.group), self.shared, key=key)
        return {"context": (*context_rows(batch), tuple(noise))}

    def loss(self, inputs: tuple[Inputs, ...], rows: dict[str, Any], batch: TokenBatch) -> OutputResult:
        """Returns the loss of a batch."""
        value, terms = jnp.zeros(()), jnp.zeros(())
        of_inputs: list[Array] = []
        of_rows: list[tuple[Array, ...]] = []
        for part, own in enumerate(inputs):
            *contexts, noise = (rows_of[part] for rows_of in rows["context"])
            pulls: list[Array] = []
            kinds = predicted(own, batch, part, self.characters)
            for context, (weight, offsets) in zip(contexts, kinds, strict=True):
                near, pulled = log_loss(window_scores(own.vectors, context, offsets), weight)
                pulls.append(pulled)
                value, terms = value + near, terms + weight.sum()
            pairs = reduce(add, (weight.sum(1) for weight, _ in kinds))
            scores = self._noise_scores(own.vectors, noise)
            share = pairs.reshape(-1, self.group, 1) * (self.negatives / self.shared)
            far, pushed = log_loss(-scores, jnp.broadcast_to(share, scores.shape))
            value = value + far
            of_inputs.append(reduce(add, (pulled.sum(1) for pulled in pulls)) + pushed.sum(2).reshape(-1))
            to_contexts = (
                jnp.stack(transposed(pulled, offsets)).sum(0) for pulled, (_, offsets) in zip(pulls, kinds, strict=True)
            )
            of_rows.append((*to_contexts, pushed.sum(1)))
        return OutputResult(value, terms, tuple(of_inputs), {"context": tuple(zip(*of_rows, strict=True))})

    def log_likelihood(self, inputs: Inputs, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, " t"]:
        """Returns minus the loss of each input, including the noise."""
        *contexts, noise = (rows_of[part] for rows_of in rows["context"])
        near, pairs = jnp.zeros(len(inputs.vectors)), jnp.zeros(len(inputs.vectors))
        for context, (weight, offsets) in zip(contexts, predicted(inputs, batch, part, self.characters), strict=True):
            scores = jnp.stack(
                [jnp.sum(inputs.vectors * near_rows, axis=1) for near_rows in shifted(context, offsets)], axis=1
            )
            near = near + jnp.sum(weight * jax.nn.log_sigmoid(scores), axis=1)
            pairs = pairs + weight.sum(1)
        far = jax.nn.log_sigmoid(-self._noise_scores(inputs.vectors, noise)).sum(2).reshape(-1)
        return near + pairs * (self.negatives / self.shared) * far

    def _noise_scores(self, vectors: Float[Array, "t w"], noise: Float[Array, "g n w"]) -> Float[Array, "g l n"]:
        """Returns the scores of the vectors of each group with the group's noise words, shape (g, l, n)."""
        return jnp.einsum("gld,gnd->gln", vectors.reshape(-1, self.group, vectors.shape[1]), noise)
