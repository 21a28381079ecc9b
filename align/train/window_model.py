"""Settings that all models of running text share, and their input encoders."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from align.checks import MAX_TRAINED_DIM, above_zero, at_least_one, check_choices, not_negative, up_to, within
from align.cores import usable_cores
from align.progress import Report
from align.space import Space
from align.text.cooccurrence import MAX_WINDOW
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.batchers.batcher import Batcher
from align.train.batchers.text import TextBatcher
from align.train.config import Schedule, TrainingConfig
from align.train.model import Made, Plan, Request, SteppedModel, Tables, space_of
from align.train.objective import Objective
from align.train.objectives.encoders import BagEncoder, InputEncoder, WordEncoder
from align.train.objectives.lookup import Lookup, WordRows, initial_vectors, width_of
from align.train.objectives.output import OutputLoss
from align.train.objectives.window import WindowObjective
from align.train.sources.text import TextSource, check_pairs, corpus_name, parts_of, step_tokens
from align.train.step import State

WORKER_WORDS = 8_000_000
"""Workers share a corpus of at least this many words; their copies are then merged at least five times per epoch."""
WORKER_BYTES = 1 << 29
"""Workers are used only if all tables have at most this many bytes, because each worker has a copy of them."""


@dataclass(frozen=True, kw_only=True)
class WindowModel(SteppedModel[Made]):
    """Settings that all models of running text share.

    Sub-sampling keeps an occurrence of a word with share f of the corpus with probability min(1, sqrt(s / f) + s / f),
    s = ``sample``. The learning rate falls from ``rate`` to a ten-thousandth of it.

    Raises:
        SettingError: a setting is out of range.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"start", "frozen", "devices", "workers", "shard", "checkpoint"})
    tokens_per_step: ClassVar[int] = 1024
    """Largest number of tokens of a step on a processor whose caches they must fit, except for large vocabularies."""
    rows_per_word: ClassVar[int] = 2
    """Approximate number of rows of all tables per word of the vocabulary."""

    dim: int = 100
    """Dimensions of the vectors."""
    window: int = 5
    """Words to either side of a word; nearer words have a higher weight."""
    fixed: bool = False
    """Whether all words of a window have the same weight."""
    epochs: int = 5
    """How many times the corpus is read."""
    rate: float = 0.05
    """Learning rate at the beginning."""
    schedule: Schedule = "linear"
    """How the learning rate falls."""
    sample: float = 1e-3
    """Threshold of sub-sampling, as a share of the corpus; 0 keeps all words."""
    batch: int = 0
    """Tokens of a step; 0 decides by the corpus, the vocabulary, ``dim`` and the device."""
    cap: float = 64.0
    """Bound of the update of a row in one step (``update.Descent``)."""
    vectors: Tables = "in"
    """Which vectors the space has: of words (in), of contexts (out), or both combined."""

    def __post_init__(self) -> None:
        check_choices(self)
        at_least_one(self, "dim", "epochs")
        up_to(self, MAX_TRAINED_DIM, "dim")
        within(self, 1, MAX_WINDOW, "window")
        above_zero(self, "rate", "cap")
        not_negative(self, "sample", "batch")

    @abstractmethod
    def output(self, vocab: Vocab, batcher: TextBatcher) -> OutputLoss:
        """Returns the output loss for a vocabulary and batches of this form."""

    def default_workers(self, corpus: Corpus, *, devices: int = 1) -> int:
        """Returns 2 if the corpus is large, the tables are small and the processor has several cores, else 1."""
        shared = devices == 1 and jax.default_backend() == "cpu" and usable_cores() > 1
        tables = self.rows_per_word * 4 * len(corpus.vocab) * width_of(self.dim)
        return 2 if shared and corpus.tokens >= WORKER_WORDS and tables <= WORKER_BYTES else 1

    def text_batcher(self, corpus: Corpus) -> TextBatcher:
        """Returns the batcher of the corpus's words."""
        size = self.batch or step_tokens(corpus, self.dim, self.tokens_per_step)
        return TextBatcher(self.keep(corpus.vocab), size, parts_of(size))

    def plan_of(
        self,
        corpus: Corpus,
        request: Request,
        objective: Objective,
        batcher: Batcher,
        finish: Callable[[State], Made],
    ) -> Plan:
        """Returns the run of ``objective`` on the batches of ``batcher``."""
        seed, devices, workers = request.seed, request.devices, request.workers
        return Plan(
            objective,
            TextSource(batcher, corpus, self.epochs, seed, max(devices, workers)),
            TrainingConfig(
                self.rate, self.rate / 10_000, schedule=self.schedule, loss_every_step=False, workers=workers
            ),
            stage="training",
            total=corpus.tokens * self.epochs,
            finish=finish,
            nothing_seen=(
                f"{corpus_name(corpus)}: sub-sampling ({self.sample:g}) leaves no pair of words; set --sample 0"
            ),
        )

    def keep(self, vocab: Vocab) -> Float[Array, " v"]:
        """Returns the probability with which sub-sampling keeps each word."""
        return jnp.asarray(vocab.keep_probability(self.sample), jnp.float32)

    @abstractmethod
    def space(self, state: State, corpus: Corpus) -> Made:
        """Returns the space of a trained state."""


@dataclass(frozen=True, kw_only=True)
class WordInput(WindowModel[Space]):
    """Settings of models that give each word one vector."""

    @abstractmethod
    def encoder(self, lookup: Lookup) -> InputEncoder:
        """Returns the input encoder."""

    def lookup(self, vocab: Vocab, request: Request) -> Lookup:
        """Returns the table of words, with the initial vectors of the request."""
        initial = initial_vectors(vocab, self.dim, request.start, request.frozen)
        return WordRows(initial.vectors, initial.frozen, len(vocab), self.dim)

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``.

        Raises:
            ValueError: no two words of the corpus are in one window, or the initial vectors have other dimensions.
            KeyError: a word to freeze has no initial vector.
        """
        del report
        check_pairs(corpus)
        batcher = self.text_batcher(corpus)
        lookup = self.lookup(corpus.vocab, request)
        objective = WindowObjective(self.encoder(lookup), self.output(corpus.vocab, batcher), self.cap)
        return self.plan_of(corpus, request, objective, batcher, lambda state: self.space(state, corpus))

    def space(self, state: State, corpus: Corpus) -> Space:
        """Returns the space of a trained state."""
        tables = {name: np.asarray(table)[:, : self.dim] for name, table in state.parameters.tables.items()}
        context = tables["context"][: len(corpus.vocab)] if "context" in tables else None  # bigrams may follow
        return space_of(self.vectors, tables["word"], context, corpus)


@dataclass(frozen=True, kw_only=True)
class SkipGramInput(WordInput):
    """Settings of models in which each word predicts its neighbours."""

    def encoder(self, lookup: Lookup) -> InputEncoder:
        """Returns the encoder of single words."""
        return WordEncoder(lookup, self.window, self.fixed)


@dataclass(frozen=True, kw_only=True)
class BagInput(WordInput):
    """Settings of models in which the neighbours of a word together predict it."""

    mean: bool = True
    """Whether the neighbours' vectors are averaged; if not, they are added."""

    def encoder(self, lookup: Lookup) -> InputEncoder:
        """Returns the encoder of bags of words."""
        return BagEncoder(lookup, self.window, self.fixed, self.mean)
