"""Perplexity of language models on held-out text, over the whole vocabulary."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from align.encoder import Encoder
from align.evaluate.kneser_ney import fit_kneser_ney
from align.progress import Report
from align.text.held_out import HeldOutText, sentences_of

ORDER = 3
MOST = 50_000_000
"""Largest number of words of which an n-gram model is made."""
_SAMPLE = 10_000
_AT_ONCE = 64


class Perplexity(NamedTuple):
    """exp of the mean negative log-likelihood of a word or sentence end: of the next one, and of the one before."""

    forward: float
    backward: float
    predictions: int
    """The words and sentence ends of which it is the mean."""


class Comparison(NamedTuple):
    """Perplexities of an encoder and of an n-gram model on the same text.

    ``train`` is that of the encoder on sentences of its training text; ``test`` and ``ngram`` are those on held-out
    sentences. They are None where there is no such text, or it is too long for an n-gram model.
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
    return f"{found.forward:.1f} forward, {found.backward:.1f} backward"


def perplexity(
    encoder: Encoder, ids: Int[np.ndarray, " t"], *, most: int | None = None, report: Report = lambda *_: None
) -> Perplexity:
    """Returns the perplexity of an encoder on sentences of word numbers, each ended by -1.

    Args:
        encoder: the encoder; the numbers are those of its vocabulary.
        ids: the sentences, of which empty ones are left out.
        most: take evenly spread sentences of about this many words; None: all.
        report: gets the number of sentences done.

    Raises:
        ValueError: no sentence has a word.
    """
    words = encoder.vocab.words
    sentences = [[str(words[i]) for i in part.tolist()] for part in sentences_of(ids, most=most)]
    if not sentences:
        raise ValueError("no sentence has a word; the perplexity of at least one was to be computed")
    total, count, stage = np.zeros(2), 0, f"perplexity of {len(sentences):,} sentences"
    for first in range(0, len(sentences), _AT_ONCE):
        for found in encoder.log_probabilities(sentences[first : first + _AT_ONCE]):
            total += found.sum(1, dtype=np.float64)
            count += found.shape[1]
        report(stage, min(first + _AT_ONCE, len(sentences)), len(sentences))
    forward, backward = np.exp(-total / count).tolist()
    return Perplexity(forward, backward, count)


def compare_language_models(encoder: Encoder, text: HeldOutText, *, report: Report = lambda *_: None) -> Comparison:
    """Returns the perplexities of an encoder that was trained on ``text.train``, and of an n-gram model of it."""
    train = perplexity(encoder, text.train, most=_SAMPLE, report=report)
    tested = sentences_of(text.test)
    if not tested:
        return Comparison(None, train, None)
    test, ngram = perplexity(encoder, text.test, report=report), None
    if len(text.train) <= MOST:
        model = fit_kneser_ney(np.asarray(text.train), words=len(encoder.vocab), order=ORDER)
        ids = np.concatenate([np.append(sentence, -1) for sentence in tested])
        ngram = float(np.exp(-model.log_probabilities(ids).mean()))
    return Comparison(test, train, ngram)
