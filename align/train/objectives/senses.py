"""AdaGram's objective: skip-gram in which each word has several senses, and the context decides between them."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.text import TokenBatch
from align.train.objective import Gather, Loss, Objective, Parameters
from align.train.objectives.encoders import Inputs
from align.train.objectives.lookup import width_of
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.sense_prior import expected_log_prior, move_rate, moved_counts
from align.train.objectives.windows import inner_products, neighbour_weights, present, whole_window, window_sums
from align.train.update import Descent, Rule

NORMALISER_RATE = 0.1
"""The weight of one token in the running mean of a normaliser."""
MEASURED = 4
"""In each step, the normalisers of one token in this many are estimated, those of other tokens in the next step."""
NORMALISER_NOISE = 64
"""The number of noise words of a step from which normalisers are estimated."""
_HIGHEST = 30.0
"""Larger scores count as this number in estimates of normalisers, so that their exponentials stay finite."""


class SenseState(NamedTuple):
    """The state carried from step to step: the tokens of each sense, Z of each sense, and the number of steps."""

    counts: Float[Array, "v s"]
    normaliser: Float[Array, "v s"]
    steps: Int[Array, ""]


class SenseBatch(NamedTuple):
    """A batch of text with the senses of its tokens.

    ``shares`` are the responsibilities of each token, ``drawn`` is the sense that is drawn from them, and ``own`` is 0
    until words have several senses, then 1. ``there`` is 0 for padding and for tokens without neighbours.
    ``normaliser`` is Z of the senses of some tokens, whose places are ``measured``, estimated from the words ``noise``.
    """

    text: TokenBatch
    shares: Float[Array, "t s"]
    drawn: Int[Array, " t"]
    own: Float[Array, ""]
    there: Float[Array, " t"]
    measured: Int[Array, " m"]
    normaliser: Float[Array, "m s"]
    noise: Int[Array, " n"]


class SenseObjective(Objective):
    """AdaGram: p(context | w) = sum_k pi_wk prod_o p(o | h_wk), with a Dirichlet-process prior on pi_w.

    The table ``word`` has the common vector of each word, and row w K + k of ``sense`` is added to it for sense k of
    word w; h_wk is the sum. For each token the responsibilities r_k ~ exp(E[log pi_k] + sum_o log p(o | h_k)) are
    computed in closed form, a sense is drawn with these probabilities, and its vector predicts the words of the window.
    The gradient is thus an unbiased estimate of the gradient of the sum over all senses, and touches one sense per
    token. E[log pi] depends on the counts of senses, which are carried from step to step (``sense_prior``).

    Source: Bartunov et al. 2016, algorithm 1.
    But: log p(o | h) is that of negative sampling, log q(o) + <h, u_o> - log Z(h). Z is a running mean over the noise
    words of earlier steps. If it were estimated from the noise words of the same step, a sense would be chosen because
    these happen to fit it badly. Until the step ``split`` a word has its common vector only. Senses with random initial
    vectors would all learn the same, and the most probable sense would take every token. Senses that start from a
    trained common vector separate along the largest differences between the contexts of the word.
    """

    output: NegativeSampling
    occurrences: Float[Array, " v"]
    """How many tokens of each word an epoch has after sub-sampling."""
    concentration: Float[Array, ""]
    count_rate: Float[Array, ""]
    split: Float[Array, ""]
    """The step from which words have several senses."""
    senses: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    window: int = eqx.field(static=True)
    fixed: bool = eqx.field(static=True)
    cap: float = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns the tables: vectors uniform in (-1/2d, 1/2d), contexts 0."""
        width, words = width_of(self.dim), len(self.occurrences)
        drawn = (jax.random.uniform(key, (words, self.senses + 1, self.dim)) - 0.5) / self.dim
        rows = jnp.pad(drawn, ((0, 0), (0, 0), (0, width - self.dim)))
        tables = {"word": rows[:, 0], "sense": rows[:, 1:].reshape(-1, width)}
        return Parameters(tables | self.output.init(width), ())

    def init_carry(self, *, key: Key[Array, ""]) -> SenseState:
        """Returns the state before the first step, in which all senses of a word are equally frequent."""
        del key
        counts = jnp.repeat(self.occurrences[:, None] / self.senses, self.senses, axis=1)
        return SenseState(counts, jnp.full_like(counts, self.output.negatives), jnp.zeros((), jnp.int32))

    def rule(self, name: str) -> Rule:
        """Returns gradient descent with a bounded update."""
        del name
        return Descent(self.cap)

    def infer(self, batch: TokenBatch, gather: Gather, carry: SenseState, *, key: Key[Array, ""]) -> SenseBatch:
        """Returns the batch with the senses of its tokens.

        All neighbours count equally in the responsibilities. Their weights by distance apply to the loss only.
        """
        draw_key, noise_key = jax.random.split(key)
        tokens = batch.tokens.reshape(-1)
        words, near = jnp.maximum(tokens, 0), self._near(batch)
        sizes = jnp.concatenate([inside.sum(axis=1) for inside in near])
        count = -(-len(words) // MEASURED)
        start = jnp.minimum(carry.steps % MEASURED * count, len(words) - count)
        measured = start + jnp.arange(count)
        noise = self.output.noise.draw((1,), NORMALISER_NOISE, key=noise_key)[0]
        contexts, common = gather("context", noise), gather("word", words[measured])
        counts, means = carry.counts[words], carry.normaliser[words]

        def several() -> tuple[Array, Array, Array]:
            sums = self._neighbours(batch, gather, near)
            senses = gather("sense", words[:, None] * self.senses + jnp.arange(self.senses))
            scores = inner_products(sums, [senses[:, s] for s in range(self.senses)])
            against = sizes[:, None] * jnp.log(means)
            shares = jax.nn.softmax(expected_log_prior(counts, self.concentration) + scores - against)
            here = jax.lax.dynamic_slice_in_dim(senses, start, count)
            return shares, _draw(shares, key=draw_key), self._normaliser(common[:, None] + here, contexts)

        def one() -> tuple[Array, Array, Array]:
            shares = jnp.full((len(words), self.senses), 1 / self.senses)
            same = self._normaliser(common[:, None], contexts)
            return shares, jnp.zeros(len(words), jnp.int32), jnp.broadcast_to(same, (count, self.senses))

        own = carry.steps >= self.split
        shares, drawn, normaliser = jax.lax.cond(own, several, one)
        there = ((tokens >= 0) & (sizes > 0)).astype(jnp.float32)
        return SenseBatch(batch, shares, drawn, own.astype(jnp.float32), there, measured, normaliser, noise)

    def rows(self, batch: SenseBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the rows of the words, of the senses that are drawn, and of the contexts."""
        words = present(batch.text.tokens)
        drawn = batch.drawn.reshape(batch.text.tokens.shape)
        senses = tuple(word * self.senses + sense for word, sense in zip(words, drawn, strict=True))
        return {"word": words, "sense": senses} | self.output.rows(batch.text, key=key)

    def loss(self, rows: dict[str, Any], dense: Any, batch: SenseBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch, a sum over its pairs."""
        del dense, key
        text, window = batch.text, whole_window(self.window, fixed=self.fixed)
        inputs = tuple(
            Inputs(common + batch.own * sense, neighbour_weights(text, part, window), window.offsets)
            for part, (common, sense) in enumerate(zip(rows["word"], rows["sense"], strict=True))
        )
        found = self.output.loss(inputs, rows, text)
        mass = {"word": found.input_mass, "sense": found.input_mass} | found.row_mass
        return Loss(found.value, mass, found.terms)

    def recurrent_loss(
        self, rows: dict[str, Any], dense: Any, batch: SenseBatch, carry: SenseState, *, key: Key[Array, ""]
    ) -> tuple[Loss, SenseState]:
        """Returns the loss of a batch, a sum over its pairs, and the state after it."""
        words = jnp.maximum(batch.text.tokens.reshape(-1), 0)
        rates = move_rate(len(carry.counts), words, batch.there, batch.own * self.count_rate)
        counts = moved_counts(carry.counts, words, batch.shares, self.occurrences, rates)
        some = words[batch.measured]
        rates = move_rate(len(carry.counts), some, batch.there[batch.measured], NORMALISER_RATE)
        moved = rates[:, None] * (batch.normaliser - carry.normaliser[some])
        state = SenseState(counts, carry.normaliser.at[some].add(moved), carry.steps + 1)
        return self.loss(rows, dense, batch, key=key), state

    def _near(self, batch: TokenBatch) -> list[Float[Array, "t c"]]:
        """Returns for each part 1 where a token has a neighbour, else 0."""
        window = whole_window(self.window, fixed=self.fixed)
        return [(neighbour_weights(batch, part, window) > 0).astype(jnp.float32) for part in range(len(batch.tokens))]

    def _neighbours(self, batch: TokenBatch, gather: Gather, near: list[Array]) -> Float[Array, "t w"]:
        """Returns the sum of the context vectors of each token's neighbours."""
        offsets = whole_window(self.window, fixed=self.fixed).offsets
        contexts = (gather("context", token) for token in present(batch.tokens))
        return jnp.concatenate([window_sums(*each, offsets) for each in zip(contexts, near, strict=True)])

    def _normaliser(self, vectors: Float[Array, "t s w"], contexts: Float[Array, "n w"]) -> Float[Array, "t s"]:
        """Returns Z of vectors, estimated from the vectors of noise words."""
        scores = vectors.reshape(-1, vectors.shape[2]) @ contexts.T
        mean = jnp.exp(jnp.minimum(scores, _HIGHEST)).mean(axis=1)
        return self.output.negatives * mean.reshape(vectors.shape[:2])


def _draw(shares: Float[Array, "t s"], *, key: Key[Array, ""]) -> Int[Array, " t"]:
    """Draws a sense for each token with these probabilities."""
    places = jax.random.uniform(key, (len(shares), 1))
    return jnp.minimum((jnp.cumsum(shares, axis=1) < places).sum(axis=1), shares.shape[1] - 1)


def log_normalisers(
    vectors: Float[Array, "r w"], contexts: Float[Array, "n w"], noise: Int[Array, " m"], negatives: int
) -> Float[Array, " r"]:
    """Returns log Z(h) of each vector, Z(h) = sum_o q(o) exp(<h, u_o>), q the noise distribution times ``negatives``.

    Args:
        vectors: h, shape (r, w).
        contexts: u of every word, shape (n, w).
        noise: words drawn from the noise distribution, shape (m,).
        negatives: noise words of a pair in training.
    """
    return jnp.log(negatives) + jax.nn.logsumexp(vectors @ contexts[noise].T, axis=1) - jnp.log(len(noise))
