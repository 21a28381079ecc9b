"""Words as sequences of character numbers, for networks that read the characters of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int32

from align.checks import at_least
from align.text.vocab import Vocab

PADDING, BEGIN, END, UNKNOWN, BOUNDARY = range(5)
"""The special character numbers: padding, the two ends of a word, an unknown character, and the end of a sentence."""
SPECIAL = 5
"""The number of special character numbers."""


@dataclass(frozen=True)
class Alphabet:
    """The characters that a network knows, and the number of characters that it reads of a word.

    A word is BEGIN, the numbers of its first ``longest`` characters, END and padding. The end of a sentence is a word
    of one character, BOUNDARY.

    Args:
        letters: the characters, which get the numbers from ``SPECIAL``.
        longest: the largest number of characters to read of a word.

    >>> Alphabet("ab", longest=3).rows(["ba", "abbax", "x"]).tolist()
    [[1, 6, 5, 2, 0], [1, 5, 6, 6, 2], [1, 3, 2, 0, 0]]

    Raises:
        ValueError: a character occurs twice, or ``longest`` is below 1.
    """

    letters: str
    longest: int

    def __post_init__(self) -> None:
        if len(set(self.letters)) != len(self.letters):
            raise ValueError("a letter occurs twice in the alphabet; different letters were expected")
        at_least(self.longest, 1, "longest")

    @classmethod
    def of(cls, vocab: Vocab, *, longest: int, min_count: int = 20) -> "Alphabet":
        """Returns the characters of a vocabulary's words, most frequent first.

        Args:
            vocab: words and their counts.
            longest: largest number of characters to read of a word; less if all words are shorter.
            min_count: rarer characters are unknown, so that the vector of unknown characters is trained too.
        """
        counts: dict[str, int] = {}
        for word, count in zip(vocab.words, vocab.occurrences.tolist(), strict=True):
            for letter in word:
                counts[letter] = counts.get(letter, 0) + count
        common = sorted((letter for letter in counts if counts[letter] >= min_count), key=lambda x: (-counts[x], x))
        return cls("".join(common), min(longest, max(map(len, vocab.words), default=1)))

    @property
    def size(self) -> int:
        """The number of character numbers, including the special ones."""
        return SPECIAL + len(self.letters)

    @property
    def width(self) -> int:
        """The number of character numbers of a word."""
        return self.longest + 2

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each character."""
        return {letter: SPECIAL + i for i, letter in enumerate(self.letters)}

    def rows(self, words: Sequence[str]) -> Int32[np.ndarray, "w c"]:
        """Returns the character numbers of ``words``, shape (w, width)."""
        found, numbers = np.zeros((len(words), self.width), np.int32), self._numbers
        for row, word in zip(found, words, strict=True):
            inside = [numbers.get(letter, UNKNOWN) for letter in word[: self.longest]]
            row[: len(inside) + 2] = [BEGIN, *inside, END]
        return found

    def boundary(self) -> Int32[np.ndarray, " c"]:
        """Returns the character numbers of the end of a sentence, shape (width,)."""
        row = np.zeros(self.width, np.int32)
        row[:3] = BEGIN, BOUNDARY, END
        return row
