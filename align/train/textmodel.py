"""What all models of running text share: their settings, how they are planned and run, and the space that results."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.batchers.text import TextBatcher
from align.train.config import Schedule, TrainingConfig
from align.train.loop import run
from align.train.objective import Objective
from align.train.sources.text import SEGMENT_TOKENS, TextSource, batch_size, parts_of, power_of_two
from align.train.step import State

Watch = Callable[[int, State, float], bool | None]
"""Told the segments done, the state and the loss; True stops the run (``loop.run``)."""

SHARED = 8_000_000
"""Words of a corpus from which on workers share it: they are joined five times an epoch or more."""
ROOM = 1 << 29
"""Bytes of both tables up to which each worker has a copy of them."""
LONG = 200
"""Dimensions above which a step has half as many tokens, for the same reason as ``TextModel.per_step``."""
BATCH_GPU = 65_536
"""Tokens a step at most on a GPU, which is busy only with many."""


class InitialVectors(NamedTuple):
    """What a training begins from: initial vectors of the vocabulary (NaN: none), and which words keep theirs."""

    start: Float[Array, "v d"] | None = None
    frozen: Bool[Array, " v"] | None = None


def width_of(dim: int) -> int:
    """The columns of a table of vectors: d, filled up with zeros to a multiple of 8 where that takes 5 % at most.

    The gradient of a column that is 0 in both tables is 0: it stays so.

    >>> width_of(100), width_of(300), width_of(50), width_of(20)
    (104, 304, 50, 20)
    """
    filled = -(-dim // 8) * 8
    return filled if filled <= 1.05 * dim else dim


def first_vectors(
    given: Float[Array, "v d"] | None, words: int, dim: int, *, key: Key[Array, ""]
) -> Float[Array, "v w"]:
    """The vectors v before the first step: as given, or where that is NaN uniform in (-1/2d, 1/2d), as in word2vec."""
    drawn = (jax.random.uniform(key, (words, dim)) - 0.5) / dim
    if given is not None:
        drawn = jnp.where(jnp.isnan(given), drawn, given)
    return jnp.pad(drawn, ((0, 0), (0, width_of(dim) - dim)))


def group_size(group: int, batcher: TextBatcher) -> int:
    """The tokens of a group, cut to those of a part of a batch.

    Raises:
        ValueError: a part does not fall into groups.
    """
    part = batcher.size // batcher.parts
    if part % min(group, part):
        raise ValueError(f"parts of {part} tokens (batch {batcher.size}) do not fall into groups of {group}")
    return min(group, part)


class Plan(NamedTuple):
    """A run that is ready to begin."""

    objective: Objective
    source: TextSource
    config: TrainingConfig
    seed: int


@dataclass(frozen=True, kw_only=True)
class TextModel(ABC):
    """Settings of every model that reads windows of running text.

    ``dim`` dimensions; ``window`` words to either side, each nearer one likelier unless ``fixed``; ``epochs`` over the
    corpus; the rate falls from ``rate`` to a ten-thousandth of it by ``schedule``; a word of share f in the corpus is
    kept with probability sqrt(s / f) + s / f, s = ``sample`` (0: always). ``batch`` tokens a step (0: by the corpus's
    size, the vocabulary, ``dim`` and the device). ``vectors`` are those of the words (``in``), of the contexts
    (``out``), their ``sum``, ``average`` or ``concatenation``. ``workers`` share a processor (``loop.Run``; 0:
    ``settled`` decides).
    """

    per_step: ClassVar[int] = 1024
    """Tokens a step at most on a processor, whose caches they are to fit, but for large vocabularies (``_most``)."""

    dim: int = 100
    window: int = 5
    fixed: bool = False
    epochs: int = 5
    rate: float = 0.05
    schedule: Schedule = "linear"
    sample: float = 1e-3
    batch: int = 0
    workers: int = 0
    vectors: Literal["in", "out", "sum", "average", "concatenation"] = "in"

    def __post_init__(self) -> None:
        if min(self.dim, self.window, self.epochs) < 1:
            raise ValueError(
                f"dim {self.dim}, window {self.window}, epochs {self.epochs}: each at least 1 was expected"
            )
        if not self.rate > 0 or min(self.sample, self.batch, self.workers) < 0:
            raise ValueError(
                f"rate {self.rate} above 0, sample {self.sample}, batch {self.batch} and workers {self.workers} from 0"
                " were expected"
            )

    def settled(self, corpus: Corpus, *, devices: int = 1) -> "TextModel":
        """These settings with a number of ``workers`` of its own choice in place of 0.

        Two where one processor of several cores has a corpus of ``SHARED`` words or more and tables of ``ROOM`` at most
        (each worker has a copy); else one.
        """
        if self.workers:
            return self
        room = 2 * 4 * len(corpus.vocab) * width_of(self.dim)
        alike = devices == 1 and jax.default_backend() == "cpu" and (os.cpu_count() or 1) > 1
        return replace(self, workers=2 if alike and corpus.tokens >= SHARED and room <= ROOM else 1)

    @abstractmethod
    def objective(self, corpus: Corpus, batcher: TextBatcher, given: InitialVectors) -> Objective:
        """The model's objective on ``corpus``."""

    def plan(
        self,
        corpus: Corpus,
        *,
        seed: int,
        start: Space | None = None,
        frozen: frozenset[str] = frozenset(),
        devices: int = 1,
        segment: int = SEGMENT_TOKENS,
    ) -> Plan:
        """The run of this model on ``corpus``, ready to begin; arguments as in ``train``."""
        if corpus.tokens == 0:
            raise ValueError(f"{corpus.name or 'the corpus'}: holds no word; there is nothing to train on")
        workers = self.settled(corpus, devices=devices).workers
        size = self.batch or batch_size(corpus.tokens, self._most(len(corpus.vocab)))
        parts = parts_of(size)
        keep = jnp.asarray(corpus.vocab.keep_probability(self.sample), jnp.float32)
        batcher = TextBatcher(keep, size, parts)
        source = TextSource(batcher, corpus, self.epochs, seed, max(devices, workers), segment)
        config = TrainingConfig(
            self.rate, self.rate / 10_000, schedule=self.schedule, loss_every_step=False, workers=workers
        )
        return Plan(self.objective(corpus, batcher, self._given(corpus.vocab, start, frozen)), source, config, seed)

    def _most(self, words: int) -> int:
        """Tokens a step at most: what fits the cache, or more where sums over all rows would cost more than that."""
        if jax.default_backend() != "cpu":
            return BATCH_GPU
        cached = self.per_step if self.dim <= LONG else self.per_step // 2
        return max(cached, power_of_two(words // 128))

    def _given(self, vocab: Vocab, start: Space | None, frozen: frozenset[str]) -> InitialVectors:
        if start is None:
            if frozen:
                raise ValueError("words can be frozen only where initial vectors are given for them")
            return InitialVectors()
        if start.dim != self.dim:
            raise ValueError(f"the initial vectors have {start.dim} dimensions; {self.dim} were expected")
        rows = start.vocab.ids(vocab.words)
        first = np.where(rows[:, None] >= 0, np.asarray(start.vectors)[np.maximum(rows, 0)], np.nan)
        lacking = [word for word in frozen if word not in start]
        if lacking:
            raise KeyError(f"{len(lacking)} words to freeze have no initial vector, {lacking[0]!r} among them")
        stay = np.array([word in frozen for word in vocab.words])
        return InitialVectors(jnp.asarray(first, jnp.float32), jnp.asarray(stay) if frozen else None)

    def train(
        self,
        corpus: Corpus,
        *,
        seed: int,
        start: Space | None = None,
        frozen: frozenset[str] = frozenset(),
        devices: int = 1,
        watch: Watch = lambda *_: None,
    ) -> Space:
        """Train on ``corpus``; the same seed on the same kind of machine gives the same vectors.

        ``start`` gives initial vectors to the words it has; the ``frozen`` of them keep theirs.

        Raises:
            ValueError: an empty corpus, initial vectors of other dimensions; ``loop.DivergedError``, a loss that is no
                number.
            KeyError: a word to freeze without an initial vector.
        """
        plan = self.plan(corpus, seed=seed, start=start, frozen=frozen, devices=devices)
        state, _ = run(
            plan.objective, plan.source, plan.config, key=jax.random.key(seed), callback=watch, devices=devices
        )
        return self.space(state, corpus)

    def space(self, state: State, corpus: Corpus) -> Space:
        """The space of a trained state: the vectors that ``vectors`` names."""
        tables = state.parameters.tables
        word = np.asarray(tables["word"])[:, : self.dim]
        if self.vectors == "in":
            made = word
        else:
            context = np.asarray(tables["context"])[:, : self.dim]
            if len(context) != len(word):
                raise ValueError(f"vectors {self.vectors!r}: the model's second table is not one of words")
            made = {
                "out": lambda: context,
                "sum": lambda: word + context,
                "average": lambda: (word + context) / 2,
                "concatenation": lambda: np.concatenate([word, context], axis=1),
            }[self.vectors]()
        return Space(corpus.vocab, made.astype(np.float32), name=corpus.name)
