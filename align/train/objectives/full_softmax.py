"""Full softmax: an input vector predicts a word against the whole vocabulary."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from align.train.batchers.text import TokenBatch
from align.train.objectives.encoders import Inputs
from align.train.objectives.output import OutputLoss, OutputResult
from align.train.objectives.windows import present, shifted, transposed, window_scores

_BLOCK_SCORES = 1 << 23
"""Scores that are held in memory at once: 32 MB."""


class FullSoftmax(OutputLoss):
    """-log P(o | h) with P(o | h) = exp <h, u_o> / sum_j exp <h, u_j> over all words j.

    ``context`` holds the vectors u, (v, d). The derivative of one pair's loss with respect to h is
    -(u_o - sum_j P(j | h) u_j).

    Every batch scores all words: t v d operations for t tokens, in blocks whose scores take about 32 MB. Full softmax
    is intended for small vocabularies and for teaching.

    Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NeurIPS
    2013, equation 2.
    """

    words: int = eqx.field(static=True)

    def init(self, width: int) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of contexts."""
        return {"context": jnp.zeros((self.words, width))}

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns all contexts."""
        del batch, key
        return {"context": jnp.arange(self.words)}

    def loss(self, inputs: tuple[Inputs, ...], rows: dict[str, Any], batch: TokenBatch) -> OutputResult:
        """Returns the loss of a batch.

        The masses are upper bounds: sum_j |P(j | h) - [j = o]| is at most 2, and |P - 1| at most 1.
        """
        contexts = rows["context"]
        value, terms, to_contexts = jnp.zeros(()), jnp.zeros(()), jnp.zeros(self.words)
        to_inputs: list[Array] = []
        for (vectors, weight, offsets), token in zip(inputs, present(batch.tokens), strict=True):
            scores: Array = window_scores(vectors, contexts[token], offsets)
            pairs = weight.sum(1)
            partition, expected = log_partition(vectors, pairs, contexts)
            wanted = jnp.stack(transposed(weight, offsets)).sum(0)
            to_contexts = to_contexts.at[token].add(wanted) + expected
            to_inputs.append(2 * pairs)
            value, terms = value + partition - jnp.sum(weight * scores), terms + pairs.sum()
        return OutputResult(value, terms, tuple(to_inputs), {"context": to_contexts})

    def log_likelihood(self, inputs: Inputs, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, " t"]:
        """Returns the weighted sum of log P(o | h) for each input h."""
        vectors, weight, offsets = inputs
        contexts = rows["context"]
        near = shifted(contexts[present(batch.tokens)[part]], offsets)
        scores = jnp.stack([jnp.sum(vectors * rows_at, axis=1) for rows_at in near], axis=1)
        partition = jax.lax.map(lambda vector: jax.nn.logsumexp(contexts @ vector), vectors)
        return jnp.sum(weight * (scores - partition[:, None]), axis=1)


def log_partition(
    vectors: Float[Array, "t d"], weight: Float[Array, " t"], contexts: Float[Array, "v d"]
) -> tuple[Float[Array, ""], Float[Array, " v"]]:
    """Returns sum_t w_t log sum_j exp <x_t, u_j>, and sum_t w_t P(j | t) for every word j, block by block of tokens."""

    @jax.checkpoint
    def block(tokens: tuple[Array, Array]) -> tuple[Array, Array]:
        x, w = tokens
        scores = x @ contexts.T
        top = jax.nn.logsumexp(scores, axis=1)
        probable = jax.lax.stop_gradient(w @ jnp.exp(scores - top[:, None]))
        return jnp.sum(w * top), probable

    largest = max(1, min(len(vectors), _BLOCK_SCORES // len(contexts)))
    size = next(n for n in range(largest, 0, -1) if len(vectors) % n == 0)
    values, probable = jax.lax.map(block, (vectors.reshape(-1, size, vectors.shape[1]), weight.reshape(-1, size)))
    return values.sum(), probable.sum(0)
