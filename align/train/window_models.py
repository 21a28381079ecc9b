"""Settings of the models of running text: skip-gram and CBOW, each with any of three output losses.

    SGNS, CBOW                negative sampling
    SkipGramHS, CBOWHS        hierarchical softmax
    Softmax, CBOWSoftmax      full softmax

``SkipGramInput`` and ``BagInput`` choose the encoder; ``NegativeSamplingOutput``, ``HierarchicalSoftmaxOutput`` and
``FullSoftmaxOutput`` choose the output loss. A model inherits from one of each, the output first, because its defaults
take precedence over those of ``WindowModel``.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int

from align.checks import SettingError, at_least_one
from align.progress import Report
from align.space import Space
from align.text.contexts import Features, Place, find_contexts
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.batchers.contexts import context_batcher
from align.train.batchers.text import TextBatcher
from align.train.features import BIGRAM_MIN_COUNT, check_features
from align.train.model import Made, Plan, Request
from align.train.objectives.encoders import InputEncoder, WordEncoder
from align.train.objectives.full_softmax import FullSoftmax
from align.train.objectives.hierarchical_softmax import HierarchicalSoftmax
from align.train.objectives.lookup import Lookup
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.noise import noise_of
from align.train.objectives.output import OutputLoss
from align.train.objectives.paths import paths_of
from align.train.objectives.window import WindowObjective
from align.train.sources.text import check_pairs
from align.train.window_model import BagInput, SkipGramInput, WindowModel

SOFTMAX_WORDS = 100_000
"""Largest vocabulary of full softmax."""


@dataclass(frozen=True, kw_only=True)
class NegativeSamplingOutput(WindowModel[Made]):
    """Settings of negative sampling."""

    sample: float = 1e-4
    negatives: int = 5
    """Number of noise words per pair."""
    power: float = 0.75
    """Exponent of the counts by which noise words are drawn (word2vec 0.75, fastText 0.5)."""
    group: int = 64
    """Number of tokens that share their noise words."""
    shared: int = 32
    """Number of noise words per group."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "negatives", "group", "shared")

    def output(self, vocab: Vocab, batcher: TextBatcher) -> NegativeSampling:
        """Returns the loss of negative sampling."""
        return self.sampling(vocab.occurrences, batcher)

    def sampling(
        self, counts: Int[np.ndarray, " n"], batcher: TextBatcher, characters: Place = "window"
    ) -> NegativeSampling:
        """Returns the loss of negative sampling for contexts with these ``counts``."""
        part = batcher.size // batcher.parts
        group = min(self.group, part)
        if part % group:
            raise SettingError("batch", batcher.size, f"its parts of {part} tokens must be multiples of group, {group}")
        noise = noise_of(counts, self.power)
        return NegativeSampling(noise, len(counts), self.negatives, group, self.shared, characters)


@dataclass(frozen=True, kw_only=True)
class HierarchicalSoftmaxOutput(WindowModel[Made]):
    """Settings of hierarchical softmax.

    Its output table has inner nodes, not words, so ``vectors`` must be "in".
    """

    tokens_per_step: ClassVar[int] = 2048  # four parts, each with some distances of the window

    sample: float = 1e-4
    top: int = 32
    """Number of the most frequent inner nodes, which are scored for all tokens at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "top")
        if self.vectors != "in":
            raise SettingError("vectors", self.vectors, "hierarchical softmax has vectors of words only: must be in")

    def output(self, vocab: Vocab, batcher: TextBatcher) -> OutputLoss:
        """Returns the loss of hierarchical softmax."""
        del batcher
        return HierarchicalSoftmax(paths_of(vocab.occurrences, self.top))


@dataclass(frozen=True, kw_only=True)
class FullSoftmaxOutput(WindowModel[Made]):
    """Settings of full softmax, for vocabularies of at most ``SOFTMAX_WORDS`` words."""

    takes: ClassVar[frozenset[str]] = WindowModel.takes - {"shard"}  # every step needs all rows

    tokens_per_step: ClassVar[int] = 8192  # every step updates all rows of the output table

    cap: float = 8.0

    def output(self, vocab: Vocab, batcher: TextBatcher) -> OutputLoss:
        """Returns the loss of full softmax.

        Raises:
            ValueError: the vocabulary is too large.
        """
        del batcher
        if len(vocab) > SOFTMAX_WORDS:
            raise ValueError(
                f"full softmax over {len(vocab):,} words: at most {SOFTMAX_WORDS:,} are possible; make the corpus with "
                "a smaller vocabulary, or use negative sampling or hierarchical softmax"
            )
        return FullSoftmax(len(vocab))


@dataclass(frozen=True, kw_only=True)
class SGNS(NegativeSamplingOutput[Space], SkipGramInput):
    """Skip-gram with negative sampling (Mikolov et al., NeurIPS 2013, equation 4).

    With ``features`` each word also predicts the bigrams or the characters of its window (Li et al., ACL 2018). These
    are also drawn as noise, by their counts.

    >>> SGNS(dim=50).dim
    50
    """

    rate: float = 0.035
    features: Features = "word"
    """The contexts of a word: words, and optionally bigrams (ngram) or characters."""
    bigram_min_count: int = BIGRAM_MIN_COUNT
    """The smallest count of a bigram."""
    characters: Place = "window"
    """Whose characters are contexts: those of the words of the window, of the word itself (own), or both."""
    slots: int = 1
    """Number of characters of a word that a step uses."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "bigram_min_count", "slots")
        bigrams = self.bigram_min_count
        check_features(self.features, self.window, characters=self.characters, bigram_min_count=bigrams)

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``.

        Raises:
            ValueError: no two words of the corpus are in one window, the initial vectors have other dimensions, or the
                corpus has no contexts of the ``features``.
            KeyError: a word to freeze has no initial vector.
        """
        if self.features == "word":
            return super().plan(corpus, request, report=report)
        check_pairs(corpus)
        contexts = find_contexts(corpus, self.features, min_count=self.bigram_min_count, report=report)
        batcher = context_batcher(self.text_batcher(corpus), contexts, self.slots)
        lookup = self.lookup(corpus.vocab, request)
        output = self.sampling(contexts.counts, batcher.text, self.characters)
        objective = WindowObjective(self.encoder(lookup), output, self.cap)
        return self.plan_of(corpus, request, objective, batcher, lambda state: self.space(state, corpus))


@dataclass(frozen=True, kw_only=True)
class CBOW(NegativeSamplingOutput[Space], BagInput):
    """CBOW with negative sampling (Mikolov et al., Efficient Estimation of Word Representations, 2013, section 3.1).

    With ``mean=False``, set the rate to about .02.

    But: word2vec does not divide the gradient by the number of neighbours; here it is the gradient of the mean, and the
    rate is higher.

    >>> CBOW(dim=50, mean=False, rate=0.02).mean
    False
    """

    rate: float = 0.15
    group: int = 128
    cap: float = 24.0


@dataclass(frozen=True, kw_only=True)
class SkipGramHS(HierarchicalSoftmaxOutput[Space], SkipGramInput):
    """Skip-gram with hierarchical softmax (Mikolov et al., NeurIPS 2013, equation 3).

    But: each part of a batch uses only some distances of the window (``windows.thinned_window``).

    >>> SkipGramHS(dim=50, window=10).window
    10
    """

    rate: float = 0.035

    def encoder(self, lookup: Lookup) -> InputEncoder:
        """Returns the encoder of single words, with thinned windows."""
        return WordEncoder(lookup, self.window, self.fixed, thinned=True)


@dataclass(frozen=True, kw_only=True)
class CBOWHS(HierarchicalSoftmaxOutput[Space], BagInput):
    """CBOW with hierarchical softmax (X. Rong, word2vec Parameter Learning Explained, 2014, section 3.1).

    >>> CBOWHS(dim=50).rate
    0.035
    """

    rate: float = 0.035


@dataclass(frozen=True, kw_only=True)
class Softmax(FullSoftmaxOutput[Space], SkipGramInput):
    """Skip-gram with full softmax (Mikolov et al., NeurIPS 2013, equation 2).

    >>> Softmax(dim=50).cap
    8.0
    """


@dataclass(frozen=True, kw_only=True)
class CBOWSoftmax(FullSoftmaxOutput[Space], BagInput):
    """CBOW with full softmax.

    >>> CBOWSoftmax(mean=False).mean
    False
    """
