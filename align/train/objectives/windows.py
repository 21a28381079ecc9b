"""Windows of a batch of text: scores and weights of every token with its neighbours, with hand-written derivatives."""

from functools import partial, reduce
from operator import add
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from align.train.batchers.text import TokenBatch

Offsets = tuple[int, ...]
"""Distances from a token to its neighbours, in ascending order; 0 is the token itself."""


def inner_products(x: Float[Array, "*n d"], others: list[Float[Array, "*m d"]]) -> Array:
    """Returns the inner products of vectors in ``x`` with vectors in each of ``others``, along a new second axis.

    The products are folded to 8 columns, or to the widest divisor of d up to 32, and multiplied by ones, because XLA's
    own sums along the last axis take several times as long on a CPU.
    """
    d = x.shape[-1]
    fold = 8 if d % 8 == 0 else max(width for width in range(1, 33) if d % width == 0)
    columns = range(0, d, fold)
    folded = [reduce(add, (x[..., j : j + fold] * other[..., j : j + fold] for j in columns)) for other in others]
    whole = jax.lax.optimization_barrier(jnp.stack(folded, 1))
    return (whole.reshape(-1, fold) @ jnp.ones(fold)).reshape(whole.shape[:-1])


def window_offsets(window: int) -> Offsets:
    """Returns the distances of a window of ``window`` words to either side.

    >>> window_offsets(2)
    (-2, -1, 1, 2)
    """
    return tuple(k for k in range(-window, window + 1) if k)


class WindowWeights(NamedTuple):
    """The distances of a window, and the weight of a neighbour at each of them."""

    offsets: Offsets
    weights: tuple[float, ...]


def whole_window(window: int, *, fixed: bool) -> WindowWeights:
    """Returns every distance k of a window with the weight (window + 1 - |k|) / window, or 1 if it is ``fixed``.

    word2vec draws the window of each token from 1 ... ``window``. A neighbour at distance k is then inside with
    probability (window + 1 - |k|) / window. A weight equal to this probability has less noise.
    """
    offsets = window_offsets(window)
    return WindowWeights(offsets, tuple(1.0 if fixed else (window + 1 - abs(k)) / window for k in offsets))


def thinned_window(window: int, part: int, parts: int) -> WindowWeights:
    """Returns the distances that part ``part`` of a batch uses; the mean over all ``parts`` is the whole window.

    Each part takes (window + 1) / 2 distances to either side, as many as word2vec's random window holds on average,
    chosen by systematic sampling with the weights of ``whole_window`` as probabilities. The weights compensate
    for the parts that leave a distance out. If some distance is in no part, each part takes the whole window.

    >>> [thinned_window(5, part, 4).offsets[3:] for part in range(4)]
    [(1, 2, 3), (1, 2, 3), (1, 2, 4), (1, 3, 5)]
    """
    chance = np.arange(window, 0, -1) / window
    ends = np.cumsum(chance)
    count = int(ends[-1])
    points = [np.arange(count) + (number + 0.5) / parts for number in range(parts)]
    chosen = [np.searchsorted(ends / ends[-1] * count, point, side="right") for point in points]
    times = np.bincount(np.concatenate(chosen), minlength=window)
    if times.min() == 0:
        return whole_window(window, fixed=False)
    near = [int(k) for k in chosen[part]]
    weights = [float(chance[k] * parts / times[k]) for k in near]
    offsets = (*(-k - 1 for k in reversed(near)), *(k + 1 for k in near))
    return WindowWeights(offsets, (*reversed(weights), *weights))


def neighbour_weights(batch: TokenBatch, part: int, window: WindowWeights) -> Float[Array, "t c"]:
    """Returns the weight of every neighbour of each token of a part: by distance, and 0 in another sentence."""
    tokens, sentence = batch.tokens[part], batch.sentence[part]
    numbers = jnp.where(tokens >= 0, sentence + 1, 0)  # 0: padding
    same = jnp.stack([near == numbers for near in shifted(numbers, window.offsets)], 1) & (numbers > 0)[:, None]
    return jnp.where(same, jnp.asarray(window.weights, jnp.float32), 0.0)


def shifted(x: Shaped[Array, "t *d"], offsets: Offsets) -> list[Shaped[Array, "t *d"]]:
    """Returns for each distance k the array whose row t is x_(t + k), or 0 outside the part."""
    reach = max(map(abs, offsets))
    padded = jnp.pad(x, ((reach, reach),) + ((0, 0),) * (x.ndim - 1))
    return [jax.lax.slice_in_dim(padded, reach + k, reach + k + len(x)) for k in offsets]


def transposed(weight: Float[Array, "t c"], offsets: Offsets) -> list[Float[Array, " t"]]:
    """Returns for each distance k the array whose entry t is weight_(t - k)k, the entry of token t - k for token t."""
    return [back[:, j] for j, back in enumerate(shifted(weight, opposite(offsets)))]


def opposite(offsets: Offsets) -> Offsets:
    """Returns the distances back from each neighbour, in the order of ``offsets``."""
    return tuple(-k for k in offsets)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def window_scores(vectors: Float[Array, "t d"], targets: Float[Array, "t d"], offsets: Offsets) -> Float[Array, "t c"]:
    """Returns the scores <vectors_t, targets_(t + k)> of every token with its neighbours; 0 outside the part."""
    return inner_products(vectors, shifted(targets, offsets))


def _scores_forward(vectors: Array, targets: Array, offsets: Offsets) -> tuple[Array, tuple[Array, Array]]:
    return window_scores(vectors, targets, offsets), (vectors, targets)


def _scores_backward(offsets: Offsets, saved: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """d/d vectors_t = sum_k slope_tk targets_(t+k), and d/d targets_t = sum_k slope_(t-k)k vectors_(t-k)."""
    vectors, targets = saved
    to_vectors = reduce(add, (slope[:, j, None] * near for j, near in enumerate(shifted(targets, offsets))))
    nears = shifted(vectors, opposite(offsets))
    backs = transposed(slope, offsets)
    to_targets = reduce(add, (back[:, None] * near for back, near in zip(backs, nears, strict=True)))
    return to_vectors, to_targets


window_scores.defvjp(_scores_forward, _scores_backward)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def window_sums(x: Float[Array, "t d"], weight: Float[Array, "t c"], offsets: Offsets) -> Float[Array, "t d"]:
    """Returns sum_k weight_tk x_(t + k) over the window of every token; ``weight`` has no gradient."""
    return reduce(add, (weight[:, j, None] * near for j, near in enumerate(shifted(x, offsets))))


def _sums_forward(x: Array, weight: Array, offsets: Offsets) -> tuple[Array, Array]:
    return window_sums(x, weight, offsets), weight


def _sums_backward(offsets: Offsets, weight: Array, slope: Array) -> tuple[Array, None]:
    """d/d x_t = sum_k weight_(t - k)k slope_(t - k)."""
    nears = zip(transposed(weight, offsets), shifted(slope, opposite(offsets)), strict=True)
    return reduce(add, (back[:, None] * near for back, near in nears)), None


window_sums.defvjp(_sums_forward, _sums_backward)


def present(tokens: Int[Array, "p t"]) -> tuple[Int[Array, " t"], ...]:
    """Returns the row numbers of each part's tokens; padding becomes row 0, and callers give it weight 0."""
    return tuple(jnp.maximum(part, 0) for part in tokens)
