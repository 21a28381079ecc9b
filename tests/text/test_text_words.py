"""Words of whole collections of texts against ``bytes.split``, one text at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.classify.tokens import TokeniserName, text_words, tokenise
from align.text.text_words import TextWords, listed_words, split_words


def same(found: TextWords, expected: TextWords) -> None:
    assert found.words == expected.words
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.lengths, expected.lengths)


@given(st.lists(st.text(st.sampled_from("ab \t\n\r\x0b\x0c\0\x1c国"), max_size=40).map(str.encode), max_size=5))
def test_words_are_those_of_split(texts: list[bytes]) -> None:
    same(split_words(texts), listed_words([text.split() for text in texts]))


def test_words_that_differ_only_after_many_bytes_are_different() -> None:
    words = [b"x" * n + end for n in (7, 8, 15, 16, 40) for end in (b"", b"a", b"b", b"\0", b"ab")]
    words += [b"abcdefgh" + b"%d" % n for n in range(3000)]
    rng = np.random.default_rng(0)
    texts = [[words[i] for i in rng.integers(len(words), size=50)] for _ in range(200)]
    same(split_words([b" ".join(own) for own in texts]), listed_words(texts))


@pytest.mark.parametrize("name", ["split", "english", "characters"])
def test_numbers_stand_for_the_words_of_the_tokeniser(name: TokeniserName) -> None:
    texts = ["It's  10,000 miles\u3000to www.a.b \0 x", "", "国王\nCafé </s> it's", " \t"]
    expected = listed_words(tokenise(texts, name))
    found = text_words(texts, name)
    assert [found.words[i] for i in found.ids] == [expected.words[i] for i in expected.ids]
    np.testing.assert_array_equal(found.lengths, expected.lengths)


def test_words_can_be_dropped() -> None:
    found = split_words([b"a b a", b"b"]).without(lambda word: word == b"b")
    assert [found.words[i] for i in found.ids] == [b"a", b"a"]
    assert found.lengths.tolist() == [2, 0]
