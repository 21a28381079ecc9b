"""Paths down a Huffman tree: their nodes and turns, and the products of vectors with the nodes on the way."""

from functools import partial, reduce
from operator import add
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int8, Int32

from align.text.huffman import huffman_tree
from align.train.neighbours import Distances, inner_products, offsets, shifted


class Paths(NamedTuple):
    """The way from the root to each word, 1 or -1 at an inner node where it goes by, 0 elsewhere.

    ``top`` has the most frequent nodes, which are also the uppermost, by number; ``turn`` the rest of the way, in which
    ``node`` are the numbers.
    """

    top: Int8[Array, "v n"]
    node: Int32[Array, "v l"]
    turn: Int8[Array, "v l"]


def paths_of(counts: Int[np.ndarray, " v"], top: int) -> Paths:
    """The paths of the Huffman tree of a vocabulary with these ``counts``, the ``top`` most frequent nodes apart.

    But: words rarer than three times the mean count as that frequent, so that no path is much longer than others (16
    nodes instead of 21 for 50,000 words), while the mean is one longer. Every word takes the time of the longest.

    Raises:
        ValueError: fewer than two words, or one that never occurs.
    """
    least = 3 * int(counts.sum()) // max(len(counts), 1)
    tree = huffman_tree(np.where(counts > 0, np.maximum(counts, least), counts))
    size = min(top, len(counts) - 1)
    on = tree.turn != 0
    apart = on & (tree.node < size)
    way = np.zeros((len(counts), size), np.int8)
    word, level = np.nonzero(apart)
    way[word, tree.node[word, level]] = tree.turn[word, level]
    below = on & ~apart
    order = np.argsort(~below, axis=1, kind="stable")[:, : max(1, int(below.sum(1).max()))]
    node, turn = (np.take_along_axis(np.where(below, x, 0), order, 1) for x in (tree.node, tree.turn))
    return Paths(jnp.asarray(way), jnp.asarray(node, jnp.int32), jnp.asarray(turn, jnp.int8))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def path_scores(word: Float[Array, "t d"], nodes: Float[Array, "t l d"], window: Distances) -> Float[Array, "t c l"]:
    """The scores <word_(t + k), node_tl> of every token's neighbours with all nodes on the way to the token.

    Outside the batch it is 0. A product of small matrices for every token: XLA's own takes two to five times as long
    on a CPU, but for the slope of the words.
    """
    return inner_products(nodes, [near[:, None] for near in shifted(word, window)])


def _scores_forward(word: Array, nodes: Array, window: Distances) -> tuple[Array, tuple[Array, Array]]:
    return path_scores(word, nodes, window), (word, nodes)


def _scores_backward(window: Distances, kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """d/d node_tl = sum_k slope_tkl word_(t + k), and d/d word_t = sum_kl slope_(t - k)kl node_(t - k)l."""
    word, nodes = kept
    near = enumerate(shifted(word, window))
    to_nodes = reduce(add, (slope[:, c, :, None] * beside[:, None, :] for c, beside in near))
    own = jnp.einsum("tcl,tld->tcd", slope, nodes)
    most = max(map(abs, offsets(window)))
    summed = jnp.zeros((len(word) + 2 * most, word.shape[1]), word.dtype)
    for c, k in enumerate(offsets(window)):
        summed = summed.at[most + k : most + k + len(word)].add(own[:, c])
    return summed[most : most + len(word)], to_nodes


path_scores.defvjp(_scores_forward, _scores_backward)
