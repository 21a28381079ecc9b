"""Settings of ELMo: a bidirectional language model over characters, which becomes an encoder."""

import re
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int32

from align.checks import SettingError, above_zero, at_least_one, check_choices, within
from align.encoder import Encoder
from align.networks.bilm import BiLMSizes
from align.progress import Report
from align.text.characters import Alphabet
from align.text.corpus import Corpus
from align.text.held_out import held_out
from align.train.batchers.streams import StreamBatcher
from align.train.config import Schedule, TrainingConfig
from align.train.model import Plan, Request, SteppedModel
from align.train.objectives.language_model import LanguageModel, Optimiser
from align.train.objectives.noise import noise_of
from align.train.sources.streams import Streams, StreamSource, word_groups
from align.train.sources.text import check_pairs, no_pairs
from align.train.step import State

_WARMUP = 0.1
"""The share of the run over which the learning rate rises."""
_NOISE_POWER = 0.75
"""The power of the counts by which noise words are drawn."""
_CHAR_DIM, _CHAR_DIM_OF_MANY = 16, 64
_FEW_LETTERS = 1000
"""Characters have ``_CHAR_DIM_OF_MANY`` dimensions if an alphabet has more characters than this, else ``_CHAR_DIM``."""
_MAX_SIZE, _MAX_LAYERS = 100_000, 100
_MAX_WIDTH, _MAX_FILTERS = 100, 100_000


@dataclass(frozen=True, kw_only=True)
class ELMo(SteppedModel[Encoder]):
    """ELMo: vectors of words in their sentences, from a forward and a backward language model.

    It trains on all sentences that ``align.text.held_out`` does not hold out. The text is cut into ``streams`` equal
    parts, which are read in parallel, ``steps`` words of each per step; the LSTM states pass from a step to the next.

    >>> ELMo(dim=64, cells=128).sizes("abc").layers
    2

    Source: M. Peters et al., Deep Contextualized Word Representations, NAACL 2018. The published model is
    ``dim=512, cells=4096, highways=2, filters="1:32,2:32,3:64,4:128,5:256,6:512,7:1024", longest=48``.

    Raises:
        SettingError: a setting is out of range.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"devices", "workers", "checkpoint"})

    dim: int = 128
    """Dimensions of the vector of a word, and of the output of each LSTM; the encoder's vectors have twice as many."""
    cells: int = 256
    """Cells of each LSTM."""
    layers: int = 2
    """Layers of LSTMs in each direction."""
    char_dim: int = 0
    """Dimensions of the vector of a character. 0: 16, or 64 if there are more than 1,000 characters, as in Chinese."""
    filters: str = "1:32,2:32,3:64,4:64"
    """The filters over characters: ``WIDTH:NUMBER`` for each width, separated by commas."""
    highways: int = 1
    """Highway layers over the filters."""
    longest: int = 20
    """Largest number of characters of a word that are read."""
    streams: int = 64
    """Number of equal parts of the text that are read in parallel."""
    steps: int = 16
    """Words of each part per step; gradients flow back through the words of a step only."""
    negatives: int = 512
    """Noise words per step, besides the words of the step."""
    epochs: int = 1
    """How many times the corpus is read."""
    rate: float = 0.004
    """Largest learning rate."""
    schedule: Schedule = "cosine"
    """How the learning rate falls."""
    optimiser: Optimiser = "adam"
    """The optimiser of the network."""
    clip: float = 1.0
    """Largest norm of the network's gradient."""

    def __post_init__(self) -> None:
        check_choices(self)
        at_least_one(self, "epochs", "negatives")
        within(self, 1, _MAX_SIZE, "dim", "cells", "longest", "streams", "steps")
        within(self, 0, _MAX_SIZE, "char_dim")
        within(self, 1, _MAX_LAYERS, "layers")
        above_zero(self, "rate", "clip")
        within(self, 0, _MAX_LAYERS, "highways")
        _filters(self.filters)

    def sizes(self, letters: str) -> BiLMSizes:
        """Returns the sizes of the network for words of these characters."""
        char_dim = self.char_dim or (_CHAR_DIM if len(letters) <= _FEW_LETTERS else _CHAR_DIM_OF_MANY)
        return BiLMSizes(self.dim, self.cells, self.layers, char_dim, _filters(self.filters), self.highways)

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``.

        Raises:
            ValueError: no sentence of the corpus has two words.
        """
        check_pairs(corpus)
        pieces, words = max(request.devices, request.workers), len(corpus.vocab)
        text = self._text(corpus)
        count = max(1, min(self.streams, len(text) // (2 * self.steps)) // pieces) * pieces
        streams = Streams(text, count, self.steps, pieces)
        alphabet = Alphabet.of(corpus.vocab, longest=self.longest)
        sizes = self.sizes(alphabet.letters)
        width = max(alphabet.width, *(taps for taps, _ in sizes.filters))
        alphabet = Alphabet(alphabet.letters, width - 2)
        characters = [alphabet.rows(corpus.vocab.words), alphabet.boundary()[None], np.zeros((1, width), np.int32)]
        table = np.concatenate(characters)
        widths = np.minimum(width, (table > 0).sum(1) + max(taps for taps, _ in sizes.filters))
        batches, per_width = streams.occurrence(widths, report=report)
        groups = word_groups(per_width)
        counts = np.bincount(text, minlength=words + 2)
        batcher = self._batcher(counts, batches / len(per_width))
        source = StreamSource(batcher, streams, self.epochs, groups, widths, words + 1)
        objective = LanguageModel(
            jnp.asarray(table),
            jnp.asarray(np.log(np.maximum(counts, 1) / len(text)), jnp.float32),
            groups,
            sizes,
            alphabet.size,
            count // pieces,
            self.clip,
            self.optimiser,
        )

        def finish(state: State) -> Encoder:
            tables, network = state.parameters
            softmax = np.array(tables["softmax"][: words + 1])
            return Encoder(corpus.vocab, alphabet, sizes, network, softmax, corpus.name, corpus.language)

        config = TrainingConfig(self.rate, 0.01 * self.rate, _WARMUP, self.schedule, workers=request.workers)
        return Plan(objective, source, config, "training", self.epochs * len(text), finish, no_pairs(corpus))

    def _text(self, corpus: Corpus) -> Int32[np.ndarray, " t"]:
        """Returns the word ids to train on; the end of a sentence has the id after the last word's."""
        ids = held_out(corpus).train
        return np.where(ids < 0, len(corpus.vocab), ids).astype(np.int32)

    def _batcher(self, counts: np.ndarray, share: np.ndarray) -> StreamBatcher:
        """Returns the batcher; ``share`` is the share of the batches that have each word."""
        noise = noise_of(np.maximum(counts[:-1], 1), _NOISE_POWER)
        drawn = np.bincount(np.asarray(noise.table), minlength=len(counts)) / len(noise.table)
        chance = 1 - (1 - share) * (1 - np.minimum(1, self.negatives * drawn))
        return StreamBatcher(noise, jnp.asarray(np.log(np.maximum(chance, 1e-9)), jnp.float32), self.negatives)


def _filters(text: str) -> tuple[tuple[int, int], ...]:
    """Returns the widths and numbers of filters from a text such as 1:32,2:64."""
    parts = [re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", part) for part in text.split(",")]
    found = tuple((int(part[1]), int(part[2])) for part in parts if part)
    if len(found) < len(parts) or any(min(pair) < 1 for pair in found):
        raise SettingError("filters", text, "must be widths and numbers above 0, such as 1:32,2:64")
    if max(width for width, _ in found) > _MAX_WIDTH or sum(number for _, number in found) > _MAX_FILTERS:
        raise SettingError("filters", text, f"widths must be at most {_MAX_WIDTH}, all numbers together {_MAX_FILTERS}")
    return found
