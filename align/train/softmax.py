"""Full softmax: each word predicts its neighbours against the whole vocabulary, with two vectors a word."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.text.corpus import Corpus
from align.train.batchers.text import TextBatcher, TokenBatch
from align.train.cbow import bag_of, window_sums
from align.train.neighbours import turned, window_scores, window_weights
from align.train.objective import Loss, Objective, Parameters
from align.train.textmodel import InitialVectors, TextModel, first_vectors
from align.train.update import Descent, Rule

MOST = 100_000
_SCORES = 1 << 23


class FullSoftmax(Objective):
    """-sum over pairs (c, o) of log P(o | c), P(o | c) = exp <v_c, u_o> / sum_j exp <v_c, u_j> over all words j.

    ``word`` holds the vectors v, ``context`` the vectors u, both (v, d). The derivative by v_c of one pair's loss is
    -(u_o - sum_j P(j | c) u_j). As a ``bag`` (CBOW) a word o is predicted by the mean (or sum) of its neighbours'
    vectors in the place of v_c. Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their
    Compositionality, NeurIPS 2013, equation 2.

    Every batch scores all words: t v d operations for t tokens, in blocks whose scores take some 32 MB. It is meant for
    small vocabularies and for teaching.
    """

    start: Float[Array, "v d"] | None
    frozen_words: Bool[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    bag: Literal["no", "mean", "sum"] = eqx.field(static=True)
    cap: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Draw v uniform in (-1/2d, 1/2d), as in word2vec, or as given; u all 0."""
        drawn = first_vectors(self.start, self.words, self.dim, key=key)
        return Parameters({"word": drawn, "context": jnp.zeros_like(drawn)}, ())

    def rule(self, name: str) -> Rule:
        """Capped descent."""
        del name
        return Descent(self.cap)

    def frozen(self) -> dict[str, Bool[Array, " rows"]]:
        """The words whose vectors v stay as they were given."""
        return {} if self.frozen_words is None else {"word": self.frozen_words}

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """The tokens, and all contexts."""
        del key
        return {"word": tuple(jnp.maximum(part, 0) for part in batch.tokens), "context": jnp.arange(self.words)}

    def loss(self, rows: dict[str, Any], dense: Any, batch: TokenBatch, *, key: Key[Array, ""]) -> Loss:
        """The sum over the batch's pairs.

        The masses are bounds: sum_j |P(j | c) - [j = o]| is at most 2, and |P - 1| at most 1.
        """
        del dense, key
        contexts = rows["context"]
        total, terms, to_contexts = jnp.zeros(()), jnp.zeros(()), jnp.zeros(self.words)
        to_words: list[Array] = []
        for part, word in enumerate(rows["word"]):
            token = jnp.maximum(batch.tokens[part], 0)
            weight = window_weights(batch, part, self.window, fixed=self.fixed)
            if self.bag == "no":
                scores: Array = window_scores(word, contexts[token], self.window)
                pairs, vectors, right = weight.sum(1), word, jnp.sum(weight * scores)
                to_words.append(2 * pairs)
                wanted = jnp.stack(turned(weight, self.window)).sum(0)
            else:
                bag = bag_of(weight, mean=self.bag == "mean")
                vectors: Array = window_sums(word, bag.weight, self.window)
                pairs, right = bag.some, jnp.sum(bag.some[:, None] * vectors * contexts[token])
                to_words.append(jnp.stack(turned(2 * bag.weight * bag.some[:, None], self.window)).sum(0))
                wanted = bag.some
            partition, expected = log_partition(vectors, pairs, contexts)
            to_contexts = to_contexts.at[token].add(wanted) + expected
            total, terms = total + partition - right, terms + pairs.sum()
        return Loss(total, {"word": tuple(to_words), "context": to_contexts}, terms)


def log_partition(
    vectors: Float[Array, "t d"], weight: Float[Array, " t"], contexts: Float[Array, "v d"]
) -> tuple[Float[Array, ""], Float[Array, " v"]]:
    """Give sum_t w_t log sum_j exp <x_t, u_j>, and sum_t w_t P(j | t) for every word j, block by block of tokens."""

    @jax.checkpoint
    def block(one: tuple[Array, Array]) -> tuple[Array, Array]:
        scores = one[0] @ contexts.T
        top = jax.nn.logsumexp(scores, axis=1)
        likely = jax.lax.stop_gradient(one[1] @ jnp.exp(scores - top[:, None]))
        return jnp.sum(one[1] * top), likely

    size = next(n for n in range(max(1, min(len(vectors), _SCORES // len(contexts))), 0, -1) if len(vectors) % n == 0)
    values, likely = jax.lax.map(block, (vectors.reshape(-1, size, vectors.shape[1]), weight.reshape(-1, size)))
    return values.sum(), likely.sum(0)


@dataclass(frozen=True, kw_only=True)
class Softmax(TextModel):
    """The settings of full softmax; the rest in ``TextModel``.

    ``bag``: skip-gram (``no``), or CBOW of the neighbours' ``mean`` or ``sum``; a row's update in one step is held to
    ``cap`` (``update.Descent``).
    """

    per_step: ClassVar[int] = 8192  # every step moves all rows

    rate: float = 0.05
    bag: Literal["no", "mean", "sum"] = "no"
    cap: float = 8.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cap <= 0:
            raise ValueError(f"cap {self.cap} is to be above 0")

    def objective(self, corpus: Corpus, batcher: TextBatcher, given: InitialVectors) -> FullSoftmax:
        """The objective on ``corpus``.

        Raises:
            ValueError: a vocabulary that is too large.
        """
        del batcher
        if len(corpus.vocab) > MOST:
            raise ValueError(
                f"full softmax over {len(corpus.vocab):,} words: at most {MOST:,} were expected; make the corpus with "
                "a smaller vocabulary, or take negative sampling or hierarchical softmax"
            )
        return FullSoftmax(
            start=given.start,
            frozen_words=given.frozen,
            words=len(corpus.vocab),
            dim=self.dim,
            window=self.window,
            fixed=self.fixed,
            bag=self.bag,
            cap=self.cap,
        )
