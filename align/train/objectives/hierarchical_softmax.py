"""Hierarchical softmax: an input vector predicts a word by the branches on its path in a Huffman tree."""

from functools import reduce
from operator import add
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.text import TokenBatch
from align.train.objectives.encoders import Inputs
from align.train.objectives.logistic import log_loss, pull
from align.train.objectives.output import OutputLoss, OutputResult
from align.train.objectives.paths import Paths, path_scores
from align.train.objectives.windows import present, shifted, transposed


class HierarchicalSoftmax(OutputLoss):
    """-log p(o | h) with p(o | h) = prod_j s(branch_oj <h, n_j>) over the inner nodes j on the path to word o.

    ``node`` holds the vectors n (v - 1, d) of a Huffman tree's inner nodes, branch is 1 or -1, depending on which child
    of the node is on the path, and s is the logistic function. The most frequent inner nodes are the top of the tree.

    Sources: F. Morin and Y. Bengio, Hierarchical Probabilistic Neural Network Language Model, AISTATS 2005; T. Mikolov
    et al. (NeurIPS 2013), equation 3; X. Rong, word2vec Parameter Learning Explained, 2014, section 3.1.

    But: the tree is built with higher counts for rare words (``paths.paths_of``).
    """

    paths: Paths

    def init(self, width: int) -> dict[str, Float[Array, "rows w"]]:
        """Returns the table of inner nodes."""
        return {"node": jnp.zeros((len(self.paths.top) - 1, width))}

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the nodes below the top on the path of each token of each part, and the nodes of the top."""
        del key
        below = tuple(self.paths.node[part] for part in present(batch.tokens))
        return {"node": (below, jnp.arange(self.paths.top.shape[1]))}

    def loss(self, inputs: tuple[Inputs, ...], rows: dict[str, Any], batch: TokenBatch) -> OutputResult:
        """Returns the loss of a batch."""
        below, top = rows["node"]
        found = [
            self._part(own, nodes, top, token)
            for own, nodes, token in zip(inputs, below, present(batch.tokens), strict=True)
        ]
        values, terms, of_inputs, of_nodes, of_tops = zip(*found, strict=True)
        mass = {"node": (of_nodes, reduce(add, of_tops))}
        return OutputResult(reduce(add, values), reduce(add, terms), of_inputs, mass)

    def _part(
        self, inputs: Inputs, nodes: Float[Array, "t l w"], top: Float[Array, "n w"], token: Int[Array, " t"]
    ) -> "PartLoss":
        """Returns the loss of a part; nodes below the top are scored by path, those of the top by matrix products."""
        vectors, weight, offsets = inputs
        sign = self.paths.branch[token].astype(vectors.dtype)[:, None, :]
        given = jnp.stack(transposed(weight, offsets)[::-1], 1)  # for each token, from the inputs that predict it
        scores: Array = path_scores(vectors, nodes, offsets)
        value, pulled = log_loss(sign * scores, given[:, :, None] * jnp.abs(sign))
        to_inputs = jnp.stack(transposed(pulled.sum(2), offsets)).sum(0)
        # at the top nodes, each input with the branches of the words that it predicts
        branches = [branch.astype(vectors.dtype) for branch in shifted(self.paths.top[token], offsets)]
        balance = reduce(add, (weight[:, k, None] * branch for k, branch in enumerate(branches)))
        count = reduce(add, (weight[:, k, None] * jnp.abs(branch) for k, branch in enumerate(branches)))
        above = top_loss(vectors @ top.T, count, balance)
        return PartLoss(value + above.value, weight.sum(), to_inputs + above.vectors, pulled.sum(1), above.nodes)

    def log_likelihood(self, inputs: Inputs, rows: dict[str, Any], batch: TokenBatch, part: int) -> Float[Array, " t"]:
        """Returns the weighted sum of log p(o | h) for each input h."""
        vectors, weight, offsets = inputs
        (below, top), token = rows["node"], present(batch.tokens)[part]
        sign = self.paths.branch[token].astype(vectors.dtype)[:, None, :]
        scores: Array = path_scores(vectors, below[part], offsets)
        by_path = jnp.abs(sign) * jax.nn.log_sigmoid(sign * scores)
        back = jnp.stack(transposed(by_path.sum(2), offsets)[::-1], 1)  # for each input, from its words
        at_top = vectors @ top.T
        branches = jnp.stack([branch.astype(vectors.dtype) for branch in shifted(self.paths.top[token], offsets)], 1)
        above = jnp.abs(branches) * jax.nn.log_sigmoid(branches * at_top[:, None])
        return jnp.sum(weight * (back + above.sum(2)), axis=1)


class PartLoss(NamedTuple):
    """The loss of a part, its terms, and the mass of its inputs, of the nodes below the top, and of the top."""

    value: Float[Array, ""]
    terms: Float[Array, ""]
    inputs: Float[Array, " t"]
    nodes: Float[Array, "t l"]
    top: Float[Array, " n"]


class TopLoss(NamedTuple):
    """The loss at the top nodes, and the sum of |d loss / d score| for each input and for each node."""

    value: Float[Array, ""]
    vectors: Float[Array, " t"]
    nodes: Float[Array, " n"]


def top_loss(scores: Float[Array, "t n"], count: Float[Array, "t n"], balance: Float[Array, "t n"]) -> TopLoss:
    """Returns the loss at the top nodes, given the numbers of paths through each node to both sides.

    With p paths to the side 1 and q to the side -1, the loss at a node with score s is
    p log(1 + e^-s) + q log(1 + e^s) = (p + q) log(1 + e^-s) + q s.

    Args:
        scores: score s of each input with each node, shape (t, n).
        count: p + q of each, shape (t, n).
        balance: p - q of each, shape (t, n).
    """
    left = (count - balance) / 2
    value, _ = log_loss(scores, count)
    right = pull(jax.lax.stop_gradient(scores), jnp.ones_like(scores))
    mass = (count - left) * right + left * (1 - right)
    return TopLoss(value + jnp.sum(left * scores), mass.sum(1), mass.sum(0))
