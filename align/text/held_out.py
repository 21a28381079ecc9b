"""Held-out text: evenly spaced sentences of a corpus, for testing a language model."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

from align.text.corpus import Corpus

TOKENS = 20_000
"""The approximate number of words held out of a large corpus."""
MIN_STEP = 20
"""Of a corpus with at least this many sentences, at most one in this many is held out."""


class HeldOutText(NamedTuple):
    """The text to train on and the text to test on, as ``Corpus.ids``."""

    train: Int32[np.ndarray, " t"]
    test: Int32[np.ndarray, " u"]


def held_out(corpus: Corpus) -> HeldOutText:
    """Returns a corpus without every n-th sentence, and the held-out sentences.

    n is so large that about 20,000 words are held out, and at least 20. In a corpus of fewer than n sentences, the last
    one is held out. Nothing is held out of a single sentence.
    """
    ids = np.asarray(corpus.ids)
    number = np.cumsum(ids < 0) - (ids < 0)
    sentences = int(number[-1]) + 1 if len(ids) else 0
    every = min(max(MIN_STEP, corpus.tokens // TOKENS), max(sentences, 2))
    chosen = number % every == every - 1
    return HeldOutText(ids[~chosen], ids[chosen])


def sentences_of(ids: Int32[np.ndarray, " t"], *, about_words: int | None = None) -> list[Int32[np.ndarray, " w"]]:
    """Returns the sentences of ``Corpus.ids`` that have a word; with ``about_words``, only some, evenly spaced.

    Every n-th sentence is returned, with the largest n that leaves ``about_words`` words if sentences are equally long.
    So there are about ``about_words`` to twice as many words in all.

    >>> [sentence.tolist() for sentence in sentences_of(np.array([3, 1, -1, -1, 2, -1], np.int32))]
    [[3, 1], [2]]
    """
    found = [part[part >= 0] for part in np.split(ids, np.flatnonzero(ids < 0) + 1)]
    found = [part for part in found if len(part)]
    words = sum(map(len, found))
    return found if about_words is None else found[:: max(1, words // about_words)]
