"""Skip-gram with negative sampling: each word predicts its neighbours against words of noise."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from align.text.corpus import Corpus
from align.train.batchers.text import TextBatcher, TokenBatch
from align.train.logistic import log_loss
from align.train.neighbours import turned, window_scores, window_weights
from align.train.noise import Noise, noise_of
from align.train.objective import Loss, Objective, Parameters
from align.train.textmodel import InitialVectors, TextModel, first_vectors, group_size
from align.train.update import Descent, Rule


class SkipGram(Objective):
    """-sum over pairs (c, o) of [log s(<v_c, u_o>) + k E_n log s(-<v_c, u_n>)], s the logistic function.

    ``word`` holds the vectors v, ``context`` the vectors u, both (v, d). The k noise words of a pair are drawn from
    P(w) ~ count(w)^power. Source: T. Mikolov et al., Distributed Representations of Words and Phrases and their
    Compositionality, NeurIPS 2013, equation 4.

    But: ``shared`` noise words serve a group of ``group`` tokens together, each weighed by k / ``shared`` for every
    pair of the token, so that scores are products of matrices; and they are drawn by strata of equal probability.
    """

    noise: Noise
    start: Float[Array, "v d"] | None
    frozen_words: Bool[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
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
        """The sum over the batch's pairs."""
        del dense, key
        total, pairs = jnp.zeros(()), jnp.zeros(())
        masses: list[tuple[Array, Array, Array]] = []
        for part, (centre, context, noise) in enumerate(zip(rows["word"], *rows["context"], strict=True)):
            weight = window_weights(batch, part, self.window, fixed=self.fixed)
            near, pulled = log_loss(window_scores(centre, context, self.window), weight)
            by_group = centre.reshape(-1, self.group, centre.shape[1])
            scores = jnp.einsum("gld,gnd->gln", by_group, noise)
            share = weight.sum(1).reshape(-1, self.group, 1) * (self.negatives / self.shared)
            far, pushed = log_loss(-scores, jnp.broadcast_to(share, scores.shape))
            to_context = jnp.stack(turned(pulled, self.window)).sum(0)
            masses.append((pulled.sum(1) + pushed.sum(2).reshape(-1), to_context, pushed.sum(1)))
            total, pairs = total + near + far, pairs + weight.sum()
        words, contexts, noises = zip(*masses, strict=True)
        return Loss(total, {"word": words, "context": (contexts, noises)}, pairs)


@dataclass(frozen=True, kw_only=True)
class SGNS(TextModel):
    """The settings of skip-gram with negative sampling; the rest in ``TextModel``.

    ``negatives`` noise words a pair, drawn by count^``power`` (word2vec 0.75, fastText 0.5); ``group`` tokens share
    ``shared`` of them; a row's update in one step is held to ``cap`` (``update.Descent``).
    """

    rate: float = 0.035
    sample: float = 1e-4
    negatives: int = 5
    power: float = 0.75
    group: int = 64
    shared: int = 32
    cap: float = 64.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.negatives, self.group, self.shared) < 1 or self.cap <= 0:
            raise ValueError(f"{self}: negatives, group and shared of at least 1 and a cap above 0 were expected")

    def objective(self, corpus: Corpus, batcher: TextBatcher, given: InitialVectors) -> SkipGram:
        """The objective on ``corpus``."""
        return SkipGram(
            noise=noise_of(corpus.vocab.occurrences, self.power),
            start=given.start,
            frozen_words=given.frozen,
            words=len(corpus.vocab),
            dim=self.dim,
            window=self.window,
            fixed=self.fixed,
            negatives=self.negatives,
            group=group_size(self.group, batcher),
            shared=self.shared,
            cap=self.cap,
        )
