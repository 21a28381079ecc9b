"""Contexts that an input vector predicts: the words, the bigrams and the characters of its window."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from align.text.contexts import Place
from align.train.batchers.text import TokenBatch
from align.train.objectives.encoders import Inputs
from align.train.objectives.windows import Offsets, present, shifted


class OffsetWeights(NamedTuple):
    """The weights with which t inputs predict the contexts at c distances (``offsets``, in words)."""

    weight: Float[Array, "t c"]
    offsets: Offsets


def context_rows(batch: TokenBatch) -> tuple[tuple[Int[Array, " t"], ...], ...]:
    """Returns the rows of the table of contexts, for each kind and each part; row 0 where there is no context."""
    more = batch.contexts
    kinds = [batch.tokens]
    if more is not None:
        kinds += [] if more.bigrams is None else [more.bigrams]
        kinds += more.characters
    return tuple(present(rows) for rows in kinds)


def predicted(inputs: Inputs, batch: TokenBatch, part: int, characters: Place) -> list[OffsetWeights]:
    """Returns the contexts that the inputs of a part predict, with weights, in the order of ``context_rows``.

    The weight of a bigram is the smaller weight of its two words, so it is in the window if both words are. The weight
    of a character is the weight of its word times its own weight. If ``characters`` is ``own`` or ``both``, a word
    predicts its own characters at distance 0 with weight 1.
    """
    found, more = [OffsetWeights(inputs.weight, inputs.offsets)], batch.contexts
    if more is None:
        return found
    if more.bigrams is not None:
        found.append(_of_bigrams(inputs, more.bigrams[part]))
    weight, offsets = inputs.weight, inputs.offsets
    itself = (batch.tokens[part] >= 0).astype(weight.dtype)[:, None]
    if characters == "own":
        weight, offsets = itself, (0,)
    elif characters == "both":
        at = sum(k < 0 for k in offsets)
        weight = jnp.concatenate([weight[:, :at], itself, weight[:, at:]], axis=1)
        offsets = (*offsets[:at], 0, *offsets[at:])
    for rows in more.characters:
        there = jnp.where(rows[part] >= 0, 1.0 if more.weight is None else more.weight[part], 0.0)
        found.append(OffsetWeights(weight * jnp.stack(shifted(there, offsets), 1), offsets))
    return found


def _of_bigrams(inputs: Inputs, rows: Int[Array, " t"]) -> OffsetWeights:
    """Returns the weights of bigrams at the distances of their first words."""
    place = {k: j for j, k in enumerate(inputs.offsets)}
    offsets = tuple(k for k in inputs.offsets if k + 1 in place)
    first, second = (jnp.stack([inputs.weight[:, place[k + step]] for k in offsets], 1) for step in (0, 1))
    there = jnp.stack(shifted((rows >= 0).astype(jnp.float32), offsets), 1)
    return OffsetWeights(jnp.minimum(first, second) * there, offsets)
