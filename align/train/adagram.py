"""Settings of AdaGram: skip-gram with several senses per word."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.checks import SettingError, above_zero, check_settings, within
from align.progress import Report
from align.senses import SenseSpace
from align.text.corpus import Corpus
from align.train.model import Plan, Request
from align.train.objectives.noise import noise_of
from align.train.objectives.sense_prior import expected_prior
from align.train.objectives.senses import SenseObjective, log_normalisers
from align.train.sources.text import check_pairs
from align.train.step import State
from align.train.window_models import NegativeSamplingOutput

_NOISE, _BLOCK = 4096, 4096
"""The number of noise words from which normalisers are estimated, and of senses that are processed at once."""
_MAX_SENSES = 100


class Merged(NamedTuple):
    """The senses of every word, most probable first: vectors, and probabilities (0: the word has no such sense)."""

    vectors: Float[np.ndarray, "v s d"]
    probability: Float[np.ndarray, "v s"]


@dataclass(frozen=True, kw_only=True)
class AdaGram(NegativeSamplingOutput[SenseSpace]):
    """Skip-gram whose words have up to ``senses`` senses; their number is learned from the text.

    The space has several vectors per word and the probability of each (``SenseSpace``). Similar senses are merged.

    >>> AdaGram(dim=50, senses=3).senses
    3

    Source: S. Bartunov, D. Kondrashkin, A. Osokin, D. Vetrov, Breaking Sticks and Ambiguities with Adaptive Skip-gram,
    AISTATS 2016.
    But: the output loss is negative sampling, not hierarchical softmax (``objectives.senses``).
    """

    takes: ClassVar[frozenset[str]] = frozenset({"devices", "workers", "shard", "checkpoint"})
    rows_per_word: ClassVar[int] = 7

    rate: float = 0.035
    senses: int = 5
    """Largest number of senses per word."""
    concentration: float = 0.1
    """The prior of new senses: the larger, the more senses a word has."""
    split: float = 0.4
    """The share of the run, from 0 to 1, after which words have several senses."""
    count_rate: float = 0.025
    """The weight of a single token in the running mean of the counts of senses."""
    merge: float = 0.9
    """Senses of a word whose vectors have at least this cosine are merged."""
    min_probability: float = 0.01
    """Senses of a lower probability are left out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, 1, _MAX_SENSES, "senses")
        check_settings(self, "must be from 1e-6 to 1e6", lambda value: 1e-6 <= value <= 1e6, "concentration")
        above_zero(self, "count_rate")
        shares = ("split", "count_rate", "merge", "min_probability")
        check_settings(self, "must be from 0 to 1", lambda value: 0 <= value <= 1, *shares)
        if self.vectors != "in":
            raise SettingError("vectors", self.vectors, "the senses of words have vectors of one kind: must be in")

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``.

        Raises:
            ValueError: no two words of the corpus are in one window.
        """
        del report
        check_pairs(corpus)
        batcher = self.text_batcher(corpus)
        occurrences = batcher.keep * jnp.asarray(corpus.vocab.occurrences, jnp.float32)
        steps = float(occurrences.sum()) * self.epochs / (batcher.size * max(request.devices, request.workers))
        objective = SenseObjective(
            self.output(corpus.vocab, batcher),
            occurrences,
            jnp.float32(self.concentration),
            jnp.float32(self.count_rate),
            jnp.float32(self.split * steps),
            self.senses,
            self.dim,
            self.window,
            self.fixed,
            self.cap,
        )
        return self.plan_of(corpus, request, objective, batcher, lambda state: self.space(state, corpus))

    def space(self, state: State, corpus: Corpus) -> SenseSpace:
        """Returns the space of a trained state."""
        tables, vocab = state.parameters.tables, corpus.vocab
        common = np.asarray(tables["word"])[:, None, : self.dim]
        rows = np.asarray(tables["sense"]).reshape(len(vocab), self.senses, -1)[:, :, : self.dim]
        contexts = np.asarray(tables["context"])[:, : self.dim]
        prior = expected_prior(np.asarray(state.carry.counts), self.concentration)
        senses, probability = merged(common + rows, prior, self.merge, self.min_probability)
        there = probability > 0
        vectors = senses[there]
        noise = noise_of(vocab.occurrences, self.power).draw((1,), _NOISE, key=jax.random.key(0))[0]
        blocks = [vectors[at : at + _BLOCK] for at in range(0, len(vectors), _BLOCK)]
        normalisers = [
            np.asarray(log_normalisers(jnp.asarray(block), jnp.asarray(contexts), noise, self.negatives))
            for block in blocks
        ]
        return SenseSpace(
            vocab,
            np.concatenate([[0], there.sum(axis=1).cumsum()]),
            vectors,
            probability[there].astype(np.float32),
            np.concatenate(normalisers),
            contexts,
            np.asarray(self.keep(vocab)),
            corpus.name,
            corpus.language,
        )


def merged(
    vectors: Float[np.ndarray, "v s d"], probability: Float[np.ndarray, "v s"], cosine: float, min_probability: float
) -> Merged:
    """Merges senses of a word whose vectors have at least ``cosine``; returns the senses, most probable first.

    The vector of a merged sense is the mean of its parts, weighted by their probabilities. Then senses with a
    probability below ``min_probability`` are left out, except the first, and the others are scaled to sum to 1.
    """
    order = np.argsort(-probability, axis=1, kind="stable")
    share = np.take_along_axis(probability, order, axis=1).astype(np.float64)
    mean = np.take_along_axis(vectors, order[:, :, None], axis=1).astype(np.float64)
    for late in range(1, share.shape[1]):
        free = np.ones(len(share), bool)
        for early in range(late):
            near = free & (_cosines(mean[:, early], mean[:, late]) >= cosine) & (share[:, early] > 0)
            both = share[near, early] + share[near, late]
            part = (share[near, late] / np.maximum(both, 1e-30))[:, None]
            mean[near, early] += part * (mean[near, late] - mean[near, early])
            share[near, early], share[near, late] = both, 0
            free &= ~near
    share[:, 1:][share[:, 1:] < min_probability] = 0
    share /= share.sum(axis=1, keepdims=True)
    order = np.argsort(-share, axis=1, kind="stable")
    found = np.take_along_axis(mean, order[:, :, None], axis=1)
    return Merged(found.astype(np.float32), np.take_along_axis(share, order, axis=1))


def _cosines(x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "v d"]) -> Float[np.ndarray, " v"]:
    """Returns the cosine of each row of ``x`` with the same row of ``y``."""
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return (x * y).sum(axis=1) / np.maximum(lengths, 1e-30)
