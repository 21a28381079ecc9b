"""Each token beside its neighbours: scores and weights over the windows of a batch of text."""

from functools import partial, reduce
from operator import add

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from align.train.windows import TokenBatch


def _folds(d: int) -> int:
    """The width to which products are folded before the last sum: the widest divisor of ``d`` up to 32."""
    return max(width for width in range(1, 33) if d % width == 0)


def _padded(x: Shaped[Array, "t *d"], most: int) -> Shaped[Array, "p *d"]:
    return jnp.pad(x, ((most, most),) + ((0, 0),) * (x.ndim - 1))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def window_scores(centre: Float[Array, "t d"], context: Float[Array, "t d"], window: int) -> Float[Array, "t c"]:
    """The scores <centre_t, context_(t + k)> of every token with its 2 ``window`` neighbours, k = -W ... -1, 1 ... W.

    Outside the batch it is 0.
    """
    fold = _folds(centre.shape[1])
    parts = range(0, centre.shape[1], fold)
    folded = [
        reduce(add, (centre[:, j : j + fold] * near[:, j : j + fold] for j in parts))
        for near in shifted(context, window)
    ]
    whole = jax.lax.optimization_barrier(jnp.stack(folded, 1))
    return (whole.reshape(-1, fold) @ jnp.ones(fold)).reshape(len(centre), -1)


def offsets(window: int) -> list[int]:
    """The distances of a window: -W ... -1, 1 ... W."""
    return [k for k in range(-window, window + 1) if k]


def shifted(x: Shaped[Array, "t *d"], window: int) -> list[Shaped[Array, "t *d"]]:
    """``x`` seen from each token at each distance of the window."""
    padded = _padded(x, window)
    return [jax.lax.slice_in_dim(padded, window + k, window + k + len(x)) for k in offsets(window)]


def turned(slope: Float[Array, "t c"], window: int) -> list[Float[Array, " t"]]:
    """For each distance k of the window, slope_(t-k)k: what token t gets as the neighbour at distance k of another."""
    return [back[:, j] for j, back in enumerate(shifted(slope, window)[::-1])]


def _scores_forward(centre: Array, context: Array, window: int) -> tuple[Array, tuple[Array, Array]]:
    return window_scores(centre, context, window), (centre, context)


def _scores_backward(window: int, kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """d/d centre_t = sum_k slope_tk context_(t+k), and d/d context_t = sum_k slope_(t-k)k centre_(t-k)."""
    centre, context = kept
    to_centre = reduce(add, (slope[:, j, None] * near for j, near in enumerate(shifted(context, window))))
    nears = shifted(centre, window)[::-1]
    to_context = reduce(add, (back[:, None] * near for back, near in zip(turned(slope, window), nears, strict=True)))
    return to_centre, to_context


window_scores.defvjp(_scores_forward, _scores_backward)


def window_weights(batch: TokenBatch, part: int, window: int, *, fixed: bool) -> Float[Array, "t c"]:
    """How much each neighbour counts: (W + 1 - |k|) / W within the sentence (1 with a ``fixed`` window), else 0.

    word2vec draws each token's window from 1 ... W; a neighbour at distance k is then inside it with just this
    probability, and a weight has less noise than a draw.
    """
    tokens, sentence = batch.tokens[part], batch.sentence[part]
    distance = np.abs(np.array(offsets(window)))
    weight = jnp.asarray(np.ones(2 * window) if fixed else (window + 1 - distance) / window, jnp.float32)
    numbers = jnp.where(tokens >= 0, sentence + 1, 0)  # 0: no token, as in the padding
    same = jnp.stack([near == numbers for near in shifted(numbers, window)], 1) & (numbers > 0)[:, None]
    return jnp.where(same, weight, 0.0)
