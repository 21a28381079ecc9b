"""Words as character numbers."""

import numpy as np
import pytest

from align.text.characters import SPECIAL, Alphabet
from align.text.vocab import Vocab


def test_frequent_characters_are_known_and_rare_ones_are_not() -> None:
    vocab = Vocab(["ab", "b", "c国"], np.array([30, 10, 5]))
    alphabet = Alphabet.of(vocab, longest=9, min_count=6)
    assert alphabet == Alphabet("ba", 2)
    assert (alphabet.size, alphabet.width) == (SPECIAL + 2, 4)
    assert alphabet.rows(["c国", "b"]).tolist() == [[1, 3, 3, 2], [1, 5, 2, 0]]
    assert Alphabet.of(vocab, longest=1).longest == 1


def test_the_end_of_a_sentence_is_a_word_that_no_text_has() -> None:
    alphabet = Alphabet("ab", 3)
    assert alphabet.boundary().tolist() not in alphabet.rows(["a", "\4", "x", ""]).tolist()


def test_an_alphabet_with_a_letter_twice_or_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Alphabet("aa", 3)
    with pytest.raises(ValueError, match="longest 0: must be at least 1"):
        Alphabet("a", 0)
