"""A corpus of the first words of the default English text."""

import numpy as np

from align.progress import stage_bars
from align.text.corpus import Corpus
from align.text.defaults import default_corpus
from align.text.vocab import Vocab

MIN_COUNT = 5


def english_excerpt(words: int) -> Corpus:
    """Returns the first ``words`` words of the default English text, which is fetched and tokenised on first use.

    Raises:
        OSError: the text cannot be fetched.
        ValueError: the excerpt is too short.
    """
    with stage_bars("English text: ") as report:
        whole = default_corpus("en", report=report)
    return excerpt_of(whole, words)


def excerpt_of(corpus: Corpus, words: int, *, min_count: int = MIN_COUNT) -> Corpus:
    """Returns the first ``words`` words of ``corpus``, without those that occur fewer than ``min_count`` times in them.

    Raises:
        ValueError: no word occurs ``min_count`` times.
    """
    ids = np.asarray(corpus.ids[: int(np.searchsorted(np.cumsum(corpus.ids >= 0), words, side="left")) + 1])
    counts = np.bincount(ids[ids >= 0], minlength=len(corpus.vocab))
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    if len(frequent) == 0:
        raise ValueError(f"no word occurs {min_count} times in the first {words:,} words of {corpus.name}; read more")
    row = np.full(len(corpus.vocab) + 1, -2, np.int32)
    row[frequent] = np.arange(len(frequent))
    row[-1] = -1  # the end of a sentence
    new = row[ids]
    new = np.append(new[new > -2], np.int32(-1))
    vocab = Vocab([corpus.vocab.words[int(i)] for i in frequent], counts[frequent])
    return Corpus(vocab, new.astype(np.int32), name=f"{corpus.name}, the first {words:,} words", language="en")
