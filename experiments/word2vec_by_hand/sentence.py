"""The sentence, its vocabulary, and the window that slides over it."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.text.vocab import Vocab

SENTENCE = "The dog was chased by a white cat as it was"
WINDOW = 2


class Window(NamedTuple):
    """The word at ``position`` (from 0), and the words at most ``WINDOW`` positions to its left and to its right."""

    position: int
    centre: str
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def contexts(self) -> tuple[str, ...]:
        """The context words from left to right."""
        return self.left + self.right


def tokens_of(sentence: str) -> tuple[str, ...]:
    """Returns the words of a sentence in lower case.

    >>> tokens_of("The dog was")
    ('the', 'dog', 'was')
    """
    return tuple(sentence.lower().split())


def vocab_of(tokens: Sequence[str]) -> Vocab:
    """Returns the distinct words with their counts, by descending count and then by first occurrence.

    >>> list(vocab_of(("the", "dog", "was", "was")))
    ['was', 'the', 'dog']
    """
    counted = Counter(tokens).most_common()
    return Vocab([word for word, _ in counted], np.array([count for _, count in counted]))


def windows(tokens: Sequence[str], size: int = WINDOW) -> list[Window]:
    """Returns the window at every position; it is shorter at the ends of the sentence.

    >>> windows(("a", "b", "c", "d"), 2)[1]
    Window(position=1, centre='b', left=('a',), right=('c', 'd'))
    """
    return [
        Window(i, centre, tuple(tokens[max(0, i - size) : i]), tuple(tokens[i + 1 : i + 1 + size]))
        for i, centre in enumerate(tokens)
    ]


def pairs(slid: Sequence[Window]) -> list[tuple[str, str]]:
    """Returns the (centre, context) pairs of all windows, on which skip-gram is trained."""
    return [(window.centre, context) for window in slid for context in window.contexts]


def one_hot(row: int, size: int) -> Float[np.ndarray, " v"]:
    """Returns a vector of ``size`` numbers: 1 at ``row``, 0 elsewhere.

    >>> one_hot(1, 3)
    array([0., 1., 0.])
    """
    return np.eye(size)[row]


def noise(vocab: Vocab, power: float = 0.75) -> Float[np.ndarray, " v"]:
    """Returns the probability of each word as noise: count^power / sum of count^power.

    Raises:
        ValueError: the vocabulary has no counts.

    Source: Mikolov et al. 2013 (Distributed Representations ...), section 2.2.
    """
    weights = counts_of(vocab).astype(np.float64) ** power
    return weights / weights.sum()


def counts_of(vocab: Vocab) -> Int[np.ndarray, " v"]:
    """Returns the counts of the words; raises ValueError if the vocabulary has none."""
    if vocab.counts is None:
        raise ValueError("a vocabulary with counts was expected")
    return vocab.counts
