"""CBOW with negative sampling: the neighbours of a word, taken together, predict it against words of noise."""

from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.text.corpus import Corpus
from align.train.batchers.text import TextBatcher, TokenBatch
from align.train.logistic import log_loss
from align.train.neighbours import shifted, turned, window_weights
from align.train.noise import Noise, noise_of
from align.train.objective import Loss, Objective, Parameters
from align.train.textmodel import InitialVectors, TextModel, first_vectors, group_size
from align.train.update import Descent, Rule


class Bag(NamedTuple):
    """The neighbours of every token taken together: how much each counts, and 1 where there is any, else 0."""

    weight: Float[Array, "t c"]
    some: Float[Array, " t"]


def bag_of(weight: Float[Array, "t c"], *, mean: bool) -> Bag:
    """The bags of tokens whose neighbours have ``weight`` (``window_weights``): their weighted mean, or sum."""
    total = weight.sum(1)
    taken = weight / jnp.where(total > 0, total, 1)[:, None] if mean else weight
    return Bag(taken, (total > 0).astype(weight.dtype))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def window_sums(x: Float[Array, "t d"], weight: Float[Array, "t c"], window: int) -> Float[Array, "t d"]:
    """h_t = sum_k weight_tk x_(t + k) over the window of every token; the weights are taken as constant."""
    return reduce(add, (weight[:, j, None] * near for j, near in enumerate(shifted(x, window))))


def _sums_forward(x: Array, weight: Array, window: int) -> tuple[Array, Array]:
    return window_sums(x, weight, window), weight


def _sums_backward(window: int, weight: Array, slope: Array) -> tuple[Array, None]:
    """d/d x_t = sum_k weight_(t - k)k slope_(t - k)."""
    nears = zip(turned(weight, window), shifted(slope, window)[::-1], strict=True)
    return reduce(add, (back[:, None] * near for back, near in nears)), None


window_sums.defvjp(_sums_forward, _sums_backward)


class ContinuousBag(Objective):
    """-sum over tokens o of [log s(<h, u_o>) + k E_n log s(-<h, u_n>)], h the mean of the vectors v of o's neighbours.

    ``word`` holds the vectors v, ``context`` the vectors u, both (v, d); s is the logistic function. A neighbour at
    distance k weighs (W + 1 - k) / W in the mean, or in the sum that h is without ``mean``. Sources: T. Mikolov et al.,
    Efficient Estimation of Word Representations in Vector Space, 2013, section 3.1; negative sampling as in skip-gram.

    But: noise is shared by groups of tokens, as in ``skipgram``. word2vec does not divide the slope by the number of
    neighbours; here it is the slope of the mean, and the rate is higher.
    """

    noise: Noise
    start: Float[Array, "v d"] | None
    frozen_words: Bool[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    mean: bool = eqx.field(static=True)
    negatives: int = eqx.field(static=True)
    group: int = eqx.field(static=True)
    shared: int = eqx.field(static=True)
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
        """The tokens in both tables, and the noise words of every group."""
        parts, size = batch.tokens.shape
        tokens = tuple(jnp.maximum(part, 0) for part in batch.tokens)
        noise = self.noise.draw((parts, size // self.group), self.shared, key=key)
        return {"word": tokens, "context": (tokens, tuple(noise))}

    def loss(self, rows: dict[str, Any], dense: Any, batch: TokenBatch, *, key: Key[Array, ""]) -> Loss:
        """The sum over the batch's tokens."""
        del dense, key
        total, terms = jnp.zeros(()), jnp.zeros(())
        masses: list[tuple[Array, Array, Array]] = []
        for part, (word, context, noise) in enumerate(zip(rows["word"], *rows["context"], strict=True)):
            bag = bag_of(window_weights(batch, part, self.window, fixed=self.fixed), mean=self.mean)
            h: Array = window_sums(word, bag.weight, self.window)
            near, pulled = log_loss(jnp.sum(h * context, axis=1), bag.some)
            scores = jnp.einsum("gld,gnd->gln", h.reshape(-1, self.group, h.shape[1]), noise)
            share = bag.some.reshape(-1, self.group, 1) * (self.negatives / self.shared)
            far, pushed = log_loss(-scores, jnp.broadcast_to(share, scores.shape))
            own = pulled + pushed.sum(2).reshape(-1)
            to_word = jnp.stack(turned(bag.weight * own[:, None], self.window)).sum(0)
            masses.append((to_word, pulled, pushed.sum(1)))
            total, terms = total + near + far, terms + bag.some.sum()
        words, contexts, noises = zip(*masses, strict=True)
        return Loss(total, {"word": words, "context": (contexts, noises)}, terms)


@dataclass(frozen=True, kw_only=True)
class CBOW(TextModel):
    """The settings of CBOW with negative sampling; the rest in ``TextModel``.

    ``mean`` of the neighbours, or their sum (at a rate of .02 or so); ``negatives`` noise words a token, drawn by
    count^``power``; ``group`` tokens share ``shared`` of them; a row's update in one step is held to ``cap``
    (``update.Descent``).
    """

    rate: float = 0.15
    sample: float = 1e-4
    mean: bool = True
    negatives: int = 5
    power: float = 0.75
    group: int = 128
    shared: int = 32
    cap: float = 24.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.negatives, self.group, self.shared) < 1 or self.cap <= 0:
            raise ValueError(f"{self}: negatives, group and shared of at least 1 and a cap above 0 were expected")

    def objective(self, corpus: Corpus, batcher: TextBatcher, given: InitialVectors) -> ContinuousBag:
        """The objective on ``corpus``."""
        return ContinuousBag(
            noise=noise_of(corpus.vocab.occurrences, self.power),
            start=given.start,
            frozen_words=given.frozen,
            words=len(corpus.vocab),
            dim=self.dim,
            window=self.window,
            fixed=self.fixed,
            mean=self.mean,
            negatives=self.negatives,
            group=group_size(self.group, batcher),
            shared=self.shared,
            cap=self.cap,
        )
