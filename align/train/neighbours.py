"""Each token beside its neighbours: scores and weights over the windows of a batch of text."""

from functools import partial, reduce
from operator import add
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from align.train.batchers.text import TokenBatch

Distances: TypeAlias = int | tuple[int, ...]
"""A window: its size W, or the distances themselves, those to the left as many as to the right and mirrored."""


def inner_products(x: Float[Array, "*n d"], others: list[Float[Array, "*m d"]]) -> Array:
    """The inner products of the vectors in ``x`` with those in each of ``others``, which stand along the second axis.

    The products are folded to 8 columns, or to the widest divisor of d up to 32, and multiplied by ones: XLA's own sums
    along the last axis take several times as long on a CPU.
    """
    d = x.shape[-1]
    fold = 8 if d % 8 == 0 else max(width for width in range(1, 33) if d % width == 0)
    parts = range(0, d, fold)
    folded = [reduce(add, (x[..., j : j + fold] * near[..., j : j + fold] for j in parts)) for near in others]
    whole = jax.lax.optimization_barrier(jnp.stack(folded, 1))
    return (whole.reshape(-1, fold) @ jnp.ones(fold)).reshape(whole.shape[:-1])


def _padded(x: Shaped[Array, "t *d"], most: int) -> Shaped[Array, "p *d"]:
    return jnp.pad(x, ((most, most),) + ((0, 0),) * (x.ndim - 1))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def window_scores(centre: Float[Array, "t d"], context: Float[Array, "t d"], window: Distances) -> Float[Array, "t c"]:
    """The scores <centre_t, context_(t + k)> of every token with its neighbours at all distances k of the window.

    Outside the batch it is 0.
    """
    return inner_products(centre, shifted(context, window))


def offsets(window: Distances) -> tuple[int, ...]:
    """The distances of a window, -W ... -1, 1 ... W; or those that are given."""
    return window if isinstance(window, tuple) else tuple(k for k in range(-window, window + 1) if k)


class Weights(NamedTuple):
    """How much the neighbours at some distances count."""

    at: tuple[int, ...]
    counts: tuple[float, ...]


def whole_window(window: int, *, fixed: bool) -> Weights:
    """Every distance: (W + 1 - |k|) / W, or 1 with a ``fixed`` window.

    word2vec draws each token's window from 1 ... W; a neighbour at distance k is then inside it with just this
    probability, and a weight has less noise than a draw.
    """
    at = offsets(window)
    return Weights(at, tuple(1.0 if fixed else (window + 1 - abs(k)) / window for k in at))


def thinned_window(window: int, part: int, parts: int) -> Weights:
    """The distances that one of ``parts`` looks at, near ones in more parts than far ones; in the mean as the whole.

    Each part takes (W + 1) / 2 distances to either side, as many as word2vec's random window holds in the mean, chosen
    by systematic sampling with the probabilities of ``whole_window``; a distance's weight makes up for the parts that
    leave it out. Where some distance would be in no part, each part takes the whole window.

    >>> [thinned_window(5, part, 4).at[3:] for part in range(4)]
    [(1, 2, 3), (1, 2, 3), (1, 2, 4), (1, 3, 5)]
    """
    chance = np.arange(window, 0, -1) / window
    ends = np.cumsum(chance)
    count = int(ends[-1])
    points = [np.arange(count) + (one + 0.5) / parts for one in range(parts)]
    chosen = [np.searchsorted(ends / ends[-1] * count, point, side="right") for point in points]
    often = np.bincount(np.concatenate(chosen), minlength=window)
    if often.min() == 0:
        return whole_window(window, fixed=False)
    near = [int(k) for k in chosen[part]]
    counts = [float(chance[k] * parts / often[k]) for k in near]
    return Weights((*(-k - 1 for k in reversed(near)), *(k + 1 for k in near)), (*reversed(counts), *counts))


def shifted(x: Shaped[Array, "t *d"], window: Distances) -> list[Shaped[Array, "t *d"]]:
    """``x`` seen from each token at each distance of the window."""
    most = max(map(abs, offsets(window)))
    padded = _padded(x, most)
    return [jax.lax.slice_in_dim(padded, most + k, most + k + len(x)) for k in offsets(window)]


def turned(slope: Float[Array, "t c"], window: Distances) -> list[Float[Array, " t"]]:
    """For each distance k of the window, slope_(t-k)k: what token t gets as the neighbour at distance k of another."""
    return [back[:, j] for j, back in enumerate(shifted(slope, window)[::-1])]


def _scores_forward(centre: Array, context: Array, window: Distances) -> tuple[Array, tuple[Array, Array]]:
    return window_scores(centre, context, window), (centre, context)


def _scores_backward(window: Distances, kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """d/d centre_t = sum_k slope_tk context_(t+k), and d/d context_t = sum_k slope_(t-k)k centre_(t-k)."""
    centre, context = kept
    to_centre = reduce(add, (slope[:, j, None] * near for j, near in enumerate(shifted(context, window))))
    nears = shifted(centre, window)[::-1]
    to_context = reduce(add, (back[:, None] * near for back, near in zip(turned(slope, window), nears, strict=True)))
    return to_centre, to_context


window_scores.defvjp(_scores_forward, _scores_backward)


def window_weights(
    batch: TokenBatch, part: int, window: int, *, fixed: bool, chosen: Weights | None = None
) -> Float[Array, "t c"]:
    """How much each neighbour counts: as ``whole_window`` says, or ``chosen``, within the sentence, else 0."""
    at, counts = chosen or whole_window(window, fixed=fixed)
    tokens, sentence = batch.tokens[part], batch.sentence[part]
    numbers = jnp.where(tokens >= 0, sentence + 1, 0)  # 0: no token, as in the padding
    same = jnp.stack([near == numbers for near in shifted(numbers, at)], 1) & (numbers > 0)[:, None]
    return jnp.where(same, jnp.asarray(counts, jnp.float32), 0.0)
