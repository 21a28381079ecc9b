"""Hierarchical softmax: a word is predicted by the turns on the way to it, from the root of a Huffman tree."""

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int8, Key

from align.text.corpus import Corpus
from align.train.batchers.text import TextBatcher, TokenBatch
from align.train.cbow import bag_of, window_sums
from align.train.logistic import log_loss, pull
from align.train.neighbours import (
    Distances,
    shifted,
    thinned_window,
    turned,
    whole_window,
    window_weights,
)
from align.train.objective import Loss, Objective, Parameters
from align.train.paths import Paths, path_scores, paths_of
from align.train.textmodel import InitialVectors, TextModel, first_vectors
from align.train.update import Descent, Rule


class TopLoss(NamedTuple):
    """The loss over the uppermost nodes, and |d loss / d score| summed for each vector and for each node."""

    value: Float[Array, ""]
    vectors: Float[Array, " t"]
    nodes: Float[Array, " n"]


def top_loss(scores: Float[Array, "t n"], many: Float[Array, "t n"], balance: Float[Array, "t n"]) -> TopLoss:
    """The loss of ``many`` turns at each node, whose sum is ``balance``: those to one side less those to the other.

    With p to the side 1 and q to the side -1 it is p log(1 + e^-s) + q log(1 + e^s) = (p + q) log(1 + e^-s) + q s.
    """
    left = (many - balance) / 2
    value, _ = log_loss(scores, many)
    right = pull(jax.lax.stop_gradient(scores), jnp.ones_like(scores))
    mass = (many - left) * right + left * (1 - right)
    return TopLoss(value + jnp.sum(left * scores), mass.sum(1), mass.sum(0))


class HierarchicalSoftmax(Objective):
    """-sum over pairs (c, o) of log p(o | c), p(o | c) = prod_j s(turn_oj <v_c, n_j>) over the inner nodes j above o.

    ``word`` holds the vectors v (v, d), ``node`` the vectors n (v - 1, d) of a Huffman tree's inner nodes; s is the
    logistic function. Skip-gram predicts each word o from each neighbour c; as a ``bag`` (CBOW) the mean (or sum) of
    the neighbours' vectors stands in the place of v_c. Sources: F. Morin and Y. Bengio, Hierarchical Probabilistic
    Neural Network Language Model, AISTATS 2005; T. Mikolov et al. (NeurIPS 2013), equation 3; X. Rong, word2vec
    Parameter Learning Explained, 2014, section 3.1.

    But: skip-gram looks at some distances of the window only in each part of a batch (``neighbours.thinned_window``);
    and the tree's rarest words count as more frequent (``paths_of``).
    """

    paths: Paths
    start: Float[Array, "v d"] | None
    frozen_words: Bool[Array, " v"] | None
    dim: int = eqx.field(static=True)
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    bag: Literal["no", "mean", "sum"] = eqx.field(static=True)
    cap: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Draw v uniform in (-1/2d, 1/2d), as in word2vec, or as given; n all 0."""
        words = len(self.paths.top)
        drawn = first_vectors(self.start, words, self.dim, key=key)
        return Parameters({"word": drawn, "node": jnp.zeros((words - 1, drawn.shape[1]))}, ())

    def rule(self, name: str) -> Rule:
        """Capped descent."""
        del name
        return Descent(self.cap)

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """The words whose vectors v stay as they were given."""
        return {} if self.frozen_words is None else {"word": self.frozen_words}

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """The tokens; the nodes below the top on the way to each, and the top."""
        del key
        tokens = tuple(jnp.maximum(part, 0) for part in batch.tokens)
        below = tuple(self.paths.node[part] for part in tokens)
        return {"word": tokens, "node": (below, jnp.arange(self.paths.top.shape[1]))}

    def loss(self, rows: dict[str, Any], dense: Any, batch: TokenBatch, *, key: Key[Array, ""]) -> Loss:
        """The sum over the batch's pairs."""
        del dense, key
        below, top = rows["node"]
        found: list[Part] = []
        for part, (word, nodes) in enumerate(zip(rows["word"], below, strict=True)):
            inside = Vectors(word, nodes, top)
            token = jnp.maximum(batch.tokens[part], 0)
            turns = Turns(self.paths.top[token], self.paths.turn[token])
            whole = whole_window(self.window, fixed=self.fixed)
            thin = self.bag == "no" and not self.fixed
            chosen = thinned_window(self.window, part, len(batch.tokens)) if thin else whole
            weight = window_weights(batch, part, self.window, fixed=self.fixed, chosen=chosen)
            if self.bag == "no":
                found.append(_skip_gram(inside, turns, weight, chosen.at))
            else:
                found.append(_bag(inside, turns, weight, self.window, mean=self.bag == "mean"))
        values, pairs, words, nodes, tops = zip(*found, strict=True)
        return Loss(reduce(add, values), {"word": words, "node": (nodes, reduce(add, tops))}, reduce(add, pairs))


class Vectors(NamedTuple):
    """The vectors of a part's words, of the nodes below the top on the way to each, and of the top."""

    word: Float[Array, "t d"]
    nodes: Float[Array, "t l d"]
    top: Float[Array, "n d"]


class Turns(NamedTuple):
    """The turns on the way to each word of a part, as in ``Paths``."""

    top: Int8[Array, "t n"]
    below: Int8[Array, "t l"]


class Part(NamedTuple):
    """The loss of a part, its pairs, and the mass of its words, of the nodes below the top, and of the top."""

    value: Float[Array, ""]
    pairs: Float[Array, ""]
    word: Float[Array, " t"]
    nodes: Float[Array, "t l"]
    top: Float[Array, " n"]


def _skip_gram(vectors: Vectors, turns: Turns, weight: Float[Array, "t c"], at: Distances) -> Part:
    """Every neighbour's vector against the nodes on the way to each token."""
    word, nodes, top = vectors
    sign = turns.below.astype(word.dtype)[:, None, :]
    scores: Array = path_scores(word, nodes, at)
    value, pulled = log_loss(sign * scores, weight[:, :, None] * jnp.abs(sign))
    to_word = jnp.stack(turned(pulled.sum(2), at)).sum(0)
    # at the top the same pairs from the other side: each token against the turns on the way to its neighbours
    ways = [way.astype(word.dtype) for way in shifted(turns.top, at)]
    balance = reduce(add, (weight[:, k, None] * way for k, way in enumerate(ways)))
    many = reduce(add, (weight[:, k, None] * jnp.abs(way) for k, way in enumerate(ways)))
    above = top_loss(word @ top.T, many, balance)
    return Part(value + above.value, weight.sum(), to_word + above.vectors, pulled.sum(1), above.nodes)


def _bag(vectors: Vectors, turns: Turns, weight: Float[Array, "t c"], window: int, *, mean: bool) -> Part:
    """The mean or the sum of each token's neighbours against the nodes on the way to it."""
    word, nodes, top = vectors
    taken = bag_of(weight, mean=mean)
    near: Array = window_sums(word, taken.weight, window)
    sign = turns.below.astype(word.dtype)
    scores: Array = path_scores(near, nodes, (0,))
    value, pulled = log_loss(sign * scores[:, 0], taken.some[:, None] * jnp.abs(sign))
    way = turns.top.astype(word.dtype) * taken.some[:, None]
    above = top_loss(near @ top.T, jnp.abs(way), way)
    own = pulled.sum(1) + above.vectors
    back = jnp.stack(turned(taken.weight * own[:, None], window)).sum(0)
    return Part(value + above.value, taken.some.sum(), back, pulled, above.nodes)


@dataclass(frozen=True, kw_only=True)
class SkipGramHS(TextModel):
    """The settings of skip-gram with hierarchical softmax; the rest in ``TextModel``.

    The ``top`` most frequent nodes of the tree are scored for all tokens at once; a row's update in one step is held
    to ``cap`` (``update.Descent``).
    """

    per_step: ClassVar[int] = 2048  # four parts, each with distances of its own

    rate: float = 0.035
    sample: float = 1e-4
    top: int = 32
    cap: float = 64.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top < 1 or self.cap <= 0:
            raise ValueError(f"top {self.top} of at least 1 and cap {self.cap} above 0 were expected")
        if self.vectors != "in":
            raise ValueError(
                f"vectors {self.vectors!r}: hierarchical softmax has those of words only; 'in' was expected"
            )

    @property
    def bag(self) -> Literal["no", "mean", "sum"]:
        """No bag: skip-gram."""
        return "no"

    def objective(self, corpus: Corpus, batcher: TextBatcher, given: InitialVectors) -> HierarchicalSoftmax:
        """The objective on ``corpus``."""
        del batcher
        return HierarchicalSoftmax(
            paths=paths_of(corpus.vocab.occurrences, self.top),
            start=given.start,
            frozen_words=given.frozen,
            dim=self.dim,
            window=self.window,
            fixed=self.fixed,
            bag=self.bag,
            cap=self.cap,
        )


@dataclass(frozen=True, kw_only=True)
class CBOWHS(SkipGramHS):
    """The settings of CBOW with hierarchical softmax, of the ``mean`` of the neighbours or their sum."""

    mean: bool = True

    @property
    def bag(self) -> Literal["no", "mean", "sum"]:
        """The mean or the sum."""
        return "mean" if self.mean else "sum"
