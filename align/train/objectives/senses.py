"""AdaGram's objective: skip-gram in which each word has several senses, and the context decides between them."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from align.train.batchers.text import TokenBatch
from align.train.objective import Loss, Objective, Parameters
from align.train.objectives.encoders import Inputs
from align.train.objectives.lookup import width_of
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.sense_prior import expected_log_prior, move_rate, moved_counts
from align.train.objectives.windows import inner_products, neighbour_weights, present, whole_window, window_sums
from align.train.update import Descent, Rule

NORMALISER_RATE = 0.05
"""The weight of one token in the running mean of a normaliser."""
_HIGHEST = 30.0


class SenseState(NamedTuple):
    """The state carried from step to step: the tokens of each sense, Z of each sense, and the number of steps.

    Z of sense s of word w is at w K + s, where K is the number of senses.
    """

    counts: Float[Array, "v s"]
    normaliser: Float[Array, " vs"]
    steps: Int[Array, ""]


class Choice(NamedTuple):
    """The senses of the tokens of a part.

    ``shares`` are the responsibilities, ``inputs`` has the vector of the sense that is drawn from them, and
    ``normaliser`` is Z of every sense, estimated from the noise words of the part. ``there`` is 0 for padding.
    """

    shares: Float[Array, "t s"]
    inputs: Inputs
    normaliser: Float[Array, "t s"]
    there: Float[Array, " t"]


class SenseObjective(Objective):
    """AdaGram: p(context | w) = sum_k pi_wk prod_o p(o | h_wk), with a Dirichlet-process prior on pi_w.

    The table ``sense`` has a row for each word: its common vector, then for each sense the vector that is added to it;
    h_wk is the sum. For each token the responsibilities r_k ~ exp(E[log pi_k] + sum_o log p(o | h_k)) are computed in
    closed form, a sense is drawn with these probabilities, and its vector predicts the words of the window. The
    gradient is thus an unbiased estimate of the gradient of the sum over all senses. E[log pi] depends on the counts of
    senses, which are carried from step to step (``sense_prior``).

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
        width = width_of(self.dim)
        drawn = (jax.random.uniform(key, (len(self.occurrences), self.senses + 1, self.dim)) - 0.5) / self.dim
        rows = jnp.pad(drawn, ((0, 0), (0, 0), (0, width - self.dim))).reshape(len(drawn), -1)
        return Parameters({"sense": rows} | self.output.init(width), ())

    def init_carry(self, *, key: Key[Array, ""]) -> SenseState:
        """Returns the state before the first step, in which all senses of a word are equally frequent."""
        del key
        counts = jnp.repeat(self.occurrences[:, None] / self.senses, self.senses, axis=1)
        normaliser = jnp.full(counts.size, self.output.negatives, counts.dtype)
        return SenseState(counts, normaliser, jnp.zeros((), jnp.int32))

    def rule(self, name: str) -> Rule:
        """Returns gradient descent with a bounded update."""
        del name
        return Descent(self.cap)

    def rows(self, batch: TokenBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Returns the rows of the words, and those of the contexts."""
        return {"sense": present(batch.tokens)} | self.output.rows(batch, key=key)

    def loss(self, rows: dict[str, Any], dense: Any, batch: TokenBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch in the first step."""
        return self.recurrent_loss(rows, dense, batch, self.init_carry(key=key), key=key)[0]

    def recurrent_loss(
        self, rows: dict[str, Any], dense: Any, batch: TokenBatch, carry: SenseState, *, key: Key[Array, ""]
    ) -> tuple[Loss, SenseState]:
        """Returns the loss of a batch, a sum over its pairs, and the state after it."""
        del dense
        chosen = [
            self._choice(rows, batch, carry, part, key=jax.random.fold_in(key, part))
            for part in range(len(batch.tokens))
        ]
        found = self.output.loss(tuple(choice.inputs for choice in chosen), rows, batch)
        words = jnp.concatenate(present(batch.tokens))
        shares, normaliser, there = (
            jnp.concatenate([getattr(choice, name) for choice in chosen]) for name in ("shares", "normaliser", "there")
        )
        rate = jnp.where(carry.steps < self.split, 0.0, self.count_rate)
        rates, slow = (move_rate(len(carry.counts), words, there, each) for each in (NORMALISER_RATE, rate))
        counts = moved_counts(carry.counts, words, shares, self.occurrences, slow)
        places = words[:, None] * self.senses + jnp.arange(self.senses)
        means = carry.normaliser.at[places].add(rates[:, None] * (normaliser - carry.normaliser[places]))
        state = SenseState(counts, means, carry.steps + 1)
        return Loss(found.value, {"sense": found.input_mass} | found.row_mass, found.terms), state

    def _choice(
        self, rows: dict[str, Any], batch: TokenBatch, carry: SenseState, part: int, *, key: Key[Array, ""]
    ) -> Choice:
        """Returns the senses of the tokens of a part.

        All neighbours count equally in the responsibilities. Their weights by distance apply to the loss only.
        """
        window = whole_window(self.window, fixed=self.fixed)
        weight = neighbour_weights(batch, part, window)
        token = present(batch.tokens)[part]
        parts = rows["sense"][part].reshape(len(token), self.senses + 1, -1)
        still, context, noise = jax.lax.stop_gradient((parts, *(kind[part] for kind in rows["context"])))
        own = jnp.where(carry.steps < self.split, 0.0, 1.0)
        inside = (weight > 0).astype(weight.dtype)
        sums: Array = window_sums(context, inside, window.offsets)
        near = inner_products(sums, [still[:, s] for s in range(self.senses + 1)])
        places = token[:, None] * self.senses + jnp.arange(self.senses)
        against = inside.sum(axis=1, keepdims=True) * jnp.log(carry.normaliser[places])
        prior = expected_log_prior(carry.counts[token], self.concentration)
        shares = jax.nn.softmax(prior + near[:, :1] + own * near[:, 1:] - against)
        picked = own * jax.nn.one_hot(_draw(shares, key=key), self.senses, dtype=weight.dtype)
        mask = jnp.concatenate([jnp.ones_like(picked[:, :1]), picked], axis=1)
        vectors = (parts * mask[:, :, None]).sum(axis=1)
        there = (batch.tokens[part] >= 0) & (inside.sum(axis=1) > 0)
        normaliser = self._normaliser(still[:, :1] + own * still[:, 1:], noise)
        return Choice(shares, Inputs(vectors, weight, window.offsets), normaliser, there.astype(weight.dtype))

    def _normaliser(self, vectors: Float[Array, "t s w"], noise: Float[Array, "g n w"]) -> Float[Array, "t s"]:
        """Returns Z of every sense of each token, estimated from the noise words of its group."""
        grouped = vectors.reshape(len(noise), -1, vectors.shape[2])
        scores = jnp.einsum("gld,gnd->gln", grouped, noise)
        return self.output.negatives * jnp.exp(jnp.minimum(scores, _HIGHEST)).mean(axis=2).reshape(-1, self.senses)


def _draw(shares: Float[Array, "t s"], *, key: Key[Array, ""]) -> Int[Array, " t"]:
    """Draws a sense for each token with these probabilities."""
    places = jax.random.uniform(key, (len(shares), 1))
    return jnp.minimum((jnp.cumsum(shares, axis=1) < places).sum(axis=1), shares.shape[1] - 1)


def log_normalisers(
    vectors: Float[Array, "r w"], contexts: Float[Array, "n w"], noise: Int[Array, " m"], negatives: int
) -> Float[Array, " r"]:
    """Returns log Z(h) of each vector, Z(h) = sum_o q(o) exp(<h, u_o>), q the noise distribution times ``negatives``.

    Args:
        vectors: h.
        contexts: u of the noise words.
        noise: words drawn from the noise distribution.
        negatives: noise words of a pair in training.
    """
    return jnp.log(negatives) + jax.nn.logsumexp(vectors @ contexts[noise].T, axis=1) - jnp.log(len(noise))
