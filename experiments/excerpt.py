"""Parts of a text as a corpus: its first words, or all except given words."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Int

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


def excerpt_of(corpus: Corpus, words: int, *, min_count: int = MIN_COUNT, language: str = "en") -> Corpus:
    """Returns the first ``words`` words of ``corpus``, without words rarer than ``min_count`` in this part.

    Raises:
        ValueError: no word occurs ``min_count`` times.
    """
    ids = np.asarray(corpus.ids[: int(np.searchsorted(np.cumsum(corpus.ids >= 0), words, side="left")) + 1])
    counts = np.bincount(ids[ids >= 0], minlength=len(corpus.vocab))
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    if len(frequent) == 0:
        raise ValueError(f"no word occurs {min_count} times in the first {words:,} words of {corpus.name}; read more")
    name = f"{corpus.name}, the first {words:,} words"
    return _with_rows(Corpus(corpus.vocab, ids), frequent, counts, name, language)


def without_words(corpus: Corpus, words: Collection[str]) -> Corpus:
    """Returns the text of ``corpus`` without some words; they are removed before windows are taken."""
    rows = np.array([i for i, word in enumerate(corpus.vocab.words) if word not in words])
    return _with_rows(corpus, rows, corpus.vocab.occurrences, f"{corpus.name}, without some", corpus.language)


def _with_rows(
    corpus: Corpus, rows: Int[np.ndarray, " n"], counts: Int[np.ndarray, " v"], name: str, language: str
) -> Corpus:
    """Returns the text of ``corpus`` with only the words in ``rows``, numbered in this order."""
    row = np.full(len(corpus.vocab) + 1, -2, np.int32)
    row[rows] = np.arange(len(rows))
    row[-1] = -1  # the end of a sentence
    new = row[corpus.ids]
    new = np.append(new[new > -2], np.int32(-1))
    vocab = Vocab([corpus.vocab.words[int(i)] for i in rows], counts[rows])
    return Corpus(vocab, new.astype(np.int32), name=name, language=language)
