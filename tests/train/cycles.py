"""A text in which each word follows from the one before, and an encoder trained on it once for all tests."""

from functools import cache

import numpy as np

from align.encoder import Encoder
from align.text.corpus import Corpus
from align.train.elmo import ELMo
from align.train.models import train

WORDS = [*"abcdefgh", "ab", "bc", "cd", "de"]
MODEL = ELMo(
    dim=6, cells=10, char_dim=4, filters="1:4,2:6", streams=8, steps=4, negatives=4, rate=0.02, epochs=2, longest=6
)


def corpus(sentences: int = 120, name: str = "cycles") -> Corpus:
    """Sentences of three to eight words: word i is followed by word i + 1."""
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(0, len(WORDS), sentences), rng.integers(3, 9, sentences)
    text = [
        [WORDS[(start + i) % len(WORDS)] for i in range(length)] for start, length in zip(starts, lengths, strict=True)
    ]
    return Corpus.from_sentences(text, min_count=1, name=name, language="en")


@cache
def encoder() -> Encoder:
    """The encoder of a short training."""
    return train(MODEL, corpus(), seed=1)
