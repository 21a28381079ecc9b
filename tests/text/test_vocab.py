"""Words and row numbers, packed and plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.text.vocab import PackedWords, Vocab

WORDS = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",))), max_size=8)


def test_ids_are_row_numbers_and_minus_one_for_what_is_not_there() -> None:
    vocab = Vocab(["the", "国王", "king"])
    assert vocab.ids(["king", "queen", "the", "king"]).tolist() == [2, -1, 0, 2]
    assert vocab.ids(iter(())).tolist() == []
    assert vocab.ids(["x"]).dtype == np.int64
    assert "国王" in vocab
    assert "王" not in vocab
    assert 3 not in vocab
    assert list(vocab) == ["the", "国王", "king"]
    assert len(vocab) == 3


def test_take_has_the_given_order_and_the_counts() -> None:
    taken = Vocab(["a", "b", "c"], np.array([5, 3, 1])).take(np.array([2, 0]))
    assert list(taken.words) == ["c", "a"]
    assert taken.counts is not None
    assert taken.counts.tolist() == [1, 5]
    assert Vocab(["a"]).take(np.array([], np.int64)).counts is None


def test_a_word_that_occurs_twice_is_named() -> None:
    with pytest.raises(ValueError, match="the word 'b' occurs twice"):
        _ = Vocab(["a", "b", "c", "b", "a"]).index


def test_counts_belong_to_words() -> None:
    with pytest.raises(ValueError, match="2 words but 3 counts"):
        Vocab(["a", "b"], np.array([1, 2, 3]))


@given(WORDS)
def test_packed_words_come_back(words: list[str]) -> None:
    packed = PackedWords.pack(words)
    again = PackedWords(packed.block.copy(), len(words))
    assert list(again) == words
    assert len(again) == len(words)
    assert again[1:3] == words[1:3]
    assert [again[i] for i in range(len(words))] == words


def test_packed_words_are_decoded_on_first_use() -> None:
    packed = PackedWords(np.full(10, 255, np.uint8), 3)
    assert len(packed) == 3
    with pytest.raises(ValueError, match="the word block is not UTF-8"):
        _ = packed[0]


@pytest.mark.parametrize(("block", "count"), [(b"a\nb\n", 3), (b"a\nb\n", 1), (b"a\nb", 1), (b"a\nb", 2), (b"", 1)])
def test_a_block_of_another_number_of_words_is_refused(block: bytes, count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} were expected|{count} was expected"):
        _ = PackedWords(np.frombuffer(block, np.uint8), count).decoded


def test_a_word_with_a_newline_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match=r"word 1 \('a\\nb'\) contains a newline"):
        PackedWords.pack(["a", "a\nb"])


def test_similar_words_are_those_a_person_would_offer() -> None:
    vocab = Vocab(["the", "king", "horse", "queen", "skin", "Paris", "PARIS", "kin", "国王", "shore"])
    assert vocab.similar("paris") == ["Paris", "PARIS"]
    assert vocab.similar("kign")[0] == "king"
    assert vocab.similar("hosre")[:2] == ["horse", "shore"]
    assert vocab.similar("qween")[0] == "queen"
    assert vocab.similar("zzzz") == []
    assert vocab.similar("") == []
    assert len(vocab.similar("kin", k=1)) == 1


def test_of_words_equally_like_it_the_more_frequent_comes_first() -> None:
    assert Vocab(["bater", "cater", "rater"]).similar("tater", 2) == ["bater", "cater"]
    assert Vocab(["rater", "cater", "bater"]).similar("tater", 2) == ["rater", "cater"]
