"""The objective of ELMo: a forward and a backward language model, with sampled softmax in training."""

from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from align.networks.bilm import BiLM, BiLMSizes, BiLMState, init_bilm, zero_state
from align.train.batchers.streams import StreamBatch, WordGroup
from align.train.config import TrainingConfig
from align.train.objective import Loss, Objective, Parameters
from align.train.optimiser import scale_by_rate
from align.train.update import AdaGrad, Rule

Optimiser = Literal["adam", "adagrad"]
TABLE_RATE = 25.0
"""The rate of the softmax's rows, as a multiple of the rate of the dense weights under Adam."""
_START = 1e-8
"""Initial value of AdaGrad's sums of squared gradients."""


class LanguageModel(Objective):
    """The mean negative log-likelihood of the next and of the previous word, over the candidates of a batch.

    With candidates C, a score s(w) for each, and Q(w) the probability that a batch has w among its candidates, the
    probability of w is softmax(s - log Q) over C. The candidates are the words of the batch and words of noise; all
    tokens of a batch share them. A state becomes 0 where a sentence begins and otherwise passes from batch to batch,
    without gradients.

    Rows of ``characters``, and of the table ``softmax`` (whose last column is the bias), are the words, the end of a
    sentence, and padding.

    Source: Peters et al. 2018, section 3.1. For sampled softmax, S. Jean et al., On Using Very Large Target Vocabulary
    for Neural Machine Translation, ACL 2015, section 3.
    But: there every token has its target and its own noise words; here all words of a batch are candidates.
    """

    carry_scope: ClassVar[Literal["shared", "worker"]] = "worker"

    characters: Int[Array, "v c"]
    log_share: Float[Array, " v"]
    """Logarithm of the share of each word in the text: the bias before training."""
    groups: tuple[WordGroup, ...] = eqx.field(static=True)
    """How the words of a batch are grouped by their numbers of characters."""
    sizes: BiLMSizes = eqx.field(static=True)
    alphabet: int = eqx.field(static=True)
    streams: int = eqx.field(static=True)
    """Streams of one worker or device."""
    clip: float = eqx.field(static=True)
    """Largest norm of the gradient of the dense weights."""
    chosen: Optimiser = eqx.field(static=True)
    """The optimiser of the dense weights."""

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns random weights; the rows of the softmax are 0 except for their biases."""
        rows = jnp.zeros((len(self.characters), self.sizes.dim))
        table = jnp.concatenate([rows, self.log_share[:, None]], axis=1)
        return Parameters({"softmax": table}, init_bilm(self.sizes, self.alphabet, key=key))

    def init_carry(self, *, key: Key[Array, ""]) -> BiLMState:
        """Returns the states before the first step, which are 0."""
        del key
        return zero_state(self.sizes.layers, self.sizes.cells, self.sizes.dim, self.streams)

    def rows(self, batch: StreamBatch, *, key: Key[Array, ""]) -> dict[str, Int[Array, " c"]]:
        """Returns the candidates."""
        del key
        return {"softmax": batch.candidates}

    def loss(self, rows: dict[str, Any], dense: BiLM, batch: StreamBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the loss of a batch, with all states 0."""
        return self.recurrent_loss(rows, dense, batch, dense.zeros(self.streams), key=key)[0]

    def recurrent_loss(
        self, rows: dict[str, Any], dense: BiLM, batch: StreamBatch, carry: BiLMState, *, key: Key[Array, ""]
    ) -> tuple[Loss, BiLMState]:
        """Returns the loss of a batch, and the states after it."""
        del key
        vectors = self._vectors(dense, batch.words)
        places = batch.places.transpose(1, 2, 0)  # two, time, streams
        ends = batch.words[places[:, :-1]] == len(self.characters) - 2
        inputs = vectors[places[0, :-1]], vectors[places[1, :-1]]
        outputs, after = dense(inputs, (ends[0], ends[1]), carry)
        value = sum(
            (
                _cross_entropy(found, target, rows["softmax"], batch.offsets)
                for found, target in zip(outputs[-1], places[:, 1:], strict=True)
            ),
            jnp.zeros(()),
        )
        return Loss(value / 2, {}), jax.lax.stop_gradient(after)

    def _vectors(self, dense: BiLM, words: Int[Array, " u"]) -> Float[Array, "u d"]:
        """Returns the vectors of the words of a batch."""
        parts = jnp.split(words, np.cumsum([group.room for group in self.groups])[:-1])
        found = [
            dense.words(self.characters[part, : group.width]) for part, group in zip(parts, self.groups, strict=True)
        ]
        return jnp.concatenate(found)

    def rule(self, name: str) -> Rule:
        """Returns AdaGrad for the rows of the softmax."""
        del name
        return AdaGrad(_START, TABLE_RATE if self.chosen == "adam" else 1.0)

    def optimiser(self, config: TrainingConfig) -> optax.GradientTransformation:
        """Returns Adam or AdaGrad of the clipped gradient."""
        del config
        scaled = optax.scale_by_adam() if self.chosen == "adam" else optax.scale_by_rss(_START)
        return optax.chain(optax.clip_by_global_norm(self.clip), scaled, scale_by_rate())


def _cross_entropy(
    outputs: Float[Array, "t b d"], targets: Int[Array, "t b"], rows: Float[Array, "c d+1"], offsets: Float[Array, " c"]
) -> Float[Array, ""]:
    """Returns the mean negative log-likelihood of targets, which are positions in the list of candidates."""
    flat = outputs.reshape(-1, outputs.shape[-1])
    logits = flat @ rows[:, :-1].T + (rows[:, -1] + offsets)
    picked = jnp.take_along_axis(logits, targets.reshape(-1, 1), axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - picked)
