"""Typed words and phrases as queries: unknown words, and words whose vector is zero."""

import numpy as np
import pytest

from align.bilingual.query import known_queries, parse_query, unknown_line
from align.bilingual.translator import Translator
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture(scope="module")
def translator() -> Translator:
    points = np.eye(3, dtype=np.float32)
    points[2] = 0
    english, chinese = Space(Vocab(["king", "queen", "man"]), points), Space(Vocab(["国王", "王后", "男人"]), points)
    return Translator(english, chinese, *np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("word", ["🐎", "дом", "ひらがな", "..."])
def test_what_is_no_word_of_either_language_gets_no_suggestion(translator, word):
    assert unknown_line(translator, parse_query(translator, word)) == f"{word!r} is not a known word"


def test_a_misspelt_word_gets_suggestions(translator):
    assert "did you mean: king" in unknown_line(translator, parse_query(translator, "kinng"))


@pytest.mark.parametrize("word", ["man", "男人"])
def test_a_word_with_a_zero_vector_is_refused(translator, word):
    with pytest.raises(KeyError, match=f"'{word}' has no vector: its row of the space is zero"):
        known_queries(translator, ["king", word])
