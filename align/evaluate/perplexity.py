"""Perplexity of language models on held-out text, over the whole vocabulary."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from align.encoder import Encoder
from align.evaluate.kneser_ney import fit_kneser_ney
from align.progress import Report
from align.text.held_out import HeldOutText, sentences_of

ORDER = 3
MAX_WORDS = 50_000_000
"""An n-gram model is fitted only to a text of at most this many words and sentence ends."""
_SAMPLE = 10_000
_AT_ONCE = 64


class Perplexity(NamedTuple):
    """exp of the mean negative log-likelihood of a word or sentence end, given the words before it or after it.

    ``forward`` is given the words before, ``backward`` the words after.
    """

    forward: float
    backward: float
    predictions: int
    """The number of words and sentence ends that the mean is over."""


class Comparison(NamedTuple):
    """Perplexities of an encoder and of an n-gram model on the same text.

    ``train`` is the perplexity of the encoder on sentences of its training text. ``test`` is its perplexity on held-out
    sentences, None if there are none. ``ngram`` is that of the n-gram model on held-out sentences, None if there are
    none or the training text is too long.
    """

    test: Perplexity | None
    train: Perplexity
    ngram: float | None

    def __str__(self) -> str:
        shown = f"training text {_shown(self.train)}"
        if self.test is None:
            return f"{shown}; the corpus has one sentence, so none is held out"
        ngram = "" if self.ngram is None else f"; Kneser-Ney {ORDER}-grams {self.ngram:.1f}"
        return f"held-out perplexity {_shown(self.test)} over {self.test.predictions:,} predictions; {shown}{ngram}"


def _shown(found: Perplexity) -> str:
    """Returns both perplexities as text."""
    return f"{found.forward:.1f} forward, {found.backward:.1f} backward"


def perplexity(
    encoder: Encoder, ids: Int[np.ndarray, " t"], *, about_words: int | None = None, report: Report = lambda *_: None
) -> Perplexity:
    """Returns the perplexity of an encoder on sentences of word numbers, each ended by -1.

    Args:
        encoder: the encoder; the numbers are those of its vocabulary.
        ids: the sentences; empty sentences are left out.
        about_words: use evenly spaced sentences of about this many to twice as many words in all; None: all sentences.
        report: is called with the number of sentences done.

    Raises:
        ValueError: no sentence has a word.
    """
    words = encoder.vocab.words
    sentences = [[str(words[i]) for i in part.tolist()] for part in sentences_of(ids, about_words=about_words)]
    if not sentences:
        raise ValueError("no sentence has a word, so there is no perplexity")
    total, count, stage = np.zeros(2), 0, f"perplexity of {len(sentences):,} sentences"
    for first in range(0, len(sentences), _AT_ONCE):
        for found in encoder.log_probabilities(sentences[first : first + _AT_ONCE]):
            total += found.sum(1, dtype=np.float64)
            count += found.shape[1]
        report(stage, min(first + _AT_ONCE, len(sentences)), len(sentences))
    forward, backward = np.exp(-total / count).tolist()
    return Perplexity(forward, backward, count)


def compare_language_models(encoder: Encoder, text: HeldOutText, *, report: Report = lambda *_: None) -> Comparison:
    """Returns the perplexities of an encoder and of an n-gram model that are trained on the same text.

    Args:
        encoder: the encoder, trained on ``text.train``.
        text: training and held-out sentences of word numbers.
        report: is called with the number of sentences done.
    """
    train = perplexity(encoder, text.train, about_words=_SAMPLE, report=report)
    tested = sentences_of(text.test)
    if not tested:
        return Comparison(None, train, None)
    test, ngram = perplexity(encoder, text.test, report=report), None
    if len(text.train) <= MAX_WORDS:
        model = fit_kneser_ney(np.asarray(text.train), words=len(encoder.vocab), order=ORDER)
        ids = np.concatenate([np.append(sentence, -1) for sentence in tested])
        ngram = float(np.exp(-model.log_probabilities(ids).mean()))
    return Comparison(test, train, ngram)
