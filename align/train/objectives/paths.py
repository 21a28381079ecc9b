"""Paths in a Huffman tree: their nodes and branches, and the scores of vectors with their nodes."""

from functools import partial, reduce
from operator import add
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int8, Int32

from align.text.huffman import huffman_tree
from align.train.objectives.windows import Offsets, inner_products, shifted


class Paths(NamedTuple):
    """The path from the root to each word: +1 or -1 at each inner node on it, 0 elsewhere.

    ``top`` has a column for each of the most frequent nodes, which are near the root. ``node`` and ``branch`` hold the
    numbers and branches of the other nodes of each path.
    """

    top: Int8[Array, "v n"]
    node: Int32[Array, "v l"]
    branch: Int8[Array, "v l"]


def paths_of(counts: Int[np.ndarray, " v"], top: int) -> Paths:
    """Returns the paths in the Huffman tree of a vocabulary.

    But: in building the tree, a count below three times the mean count is replaced by that number. This shortens the
    longest path (16 nodes instead of 21 for 50,000 words), which decides the time for every word, and makes the mean
    path one node longer.

    Args:
        counts: the count of each word, shape (v,).
        top: number of most frequent nodes that have their own columns.

    Raises:
        ValueError: there are fewer than two words, or a count is below 1.
    """
    least = 3 * int(counts.sum()) // max(len(counts), 1)
    tree = huffman_tree(np.where(counts > 0, np.maximum(counts, least), counts))
    size = min(top, len(counts) - 1)
    on = tree.branch != 0
    apart = on & (tree.node < size)
    branches = np.zeros((len(counts), size), np.int8)
    word, level = np.nonzero(apart)
    branches[word, tree.node[word, level]] = tree.branch[word, level]
    below = on & ~apart
    order = np.argsort(~below, axis=1, kind="stable")[:, : max(1, int(below.sum(1).max()))]
    node, branch = (np.take_along_axis(np.where(below, x, 0), order, 1) for x in (tree.node, tree.branch))
    return Paths(jnp.asarray(branches), jnp.asarray(node, jnp.int32), jnp.asarray(branch, jnp.int8))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def path_scores(vectors: Float[Array, "t d"], nodes: Float[Array, "t l d"], offsets: Offsets) -> Float[Array, "t c l"]:
    """Returns the scores <vectors_(t + k), nodes_tl> of the vectors around each token with the nodes on its path.

    Outside the part they are 0. For every token this is a product of small matrices. On a CPU, XLA's own product takes
    two to five times as long, except for the derivative with respect to the vectors.
    """
    return inner_products(nodes, [near[:, None] for near in shifted(vectors, offsets)])


def _scores_forward(vectors: Array, nodes: Array, offsets: Offsets) -> tuple[Array, tuple[Array, Array]]:
    return path_scores(vectors, nodes, offsets), (vectors, nodes)


def _scores_backward(offsets: Offsets, saved: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """d/d nodes_tl = sum_k slope_tkl vectors_(t + k), and d/d vectors_t = sum_kl slope_(t - k)kl nodes_(t - k)l."""
    vectors, nodes = saved
    near = enumerate(shifted(vectors, offsets))
    to_nodes = reduce(add, (slope[:, c, :, None] * beside[:, None, :] for c, beside in near))
    own = jnp.einsum("tcl,tld->tcd", slope, nodes)
    reach = max(map(abs, offsets))
    summed = jnp.zeros((len(vectors) + 2 * reach, vectors.shape[1]), vectors.dtype)
    for c, k in enumerate(offsets):
        summed = summed.at[reach + k : reach + k + len(vectors)].add(own[:, c])
    return summed[reach : reach + len(vectors)], to_nodes


path_scores.defvjp(_scores_forward, _scores_backward)
