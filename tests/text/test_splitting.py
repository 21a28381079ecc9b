"""Pieces between blanks compared with ``str.split``, also where the slots of the hash table are few."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text import splitting
from align.text.numbering import numbered
from align.text.splitting import split_pieces
from align.text.tokenise import Presegmented

BLANKS = "".join(chr(code) for code in range(1, 0x3001) if chr(code).isspace())
LETTERS = st.text(st.sampled_from("abé國王\U0001f600" + BLANKS + "\n\n"), max_size=30)
WORDS = st.lists(st.sampled_from(["a", "abcdefgh", "abcdefghi", "abcdefghabcdefghX", "abcdefghabcdefghY", "\n"]))


def check(text: str) -> None:
    expected = text.replace("\n", " | ").split()
    found = split_pieces(text, "|")
    assert [found.distinct[number] for number in found.numbers] == expected
    assert found.distinct == list(dict.fromkeys(expected))


@settings(deadline=None)
@given(LETTERS, WORDS)
def test_pieces_are_those_of_split(letters: str, words: list[str]) -> None:
    check(letters)
    check(" ".join(words))


def test_colliding_slots_and_hashes_are_told_apart_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_MIN_SLOT_BITS", 2)
    monkeypatch.setattr(splitting, "_MAX_SLOT_BITS", 2)
    check(" ".join(f"word{i % 37}\n{i % 11}" for i in range(200)))
    monkeypatch.setattr(splitting, "_hashes", lambda spans: spans.sizes.astype(np.uint64))
    check(" ".join(f"verylongword{i % 37:03}" for i in range(200)))


@settings(deadline=None)
@given(WORDS)
def test_words_that_need_no_cleaning_are_numbered_as_others(words: list[str]) -> None:
    """One word that cleaning changes, after the others, takes the block the longer way."""
    text = " ".join(words)
    short, long = (numbered(one, Presegmented("en")) for one in (text, f"{text} e\u0301"))
    assert [*short.words, "é"] == long.words
    assert [*short.ids.tolist(), len(short.words)] == long.ids.tolist()
    assert [*short.counts.tolist(), 1] == long.counts.tolist()
    assert (short.ids.dtype, short.counts.dtype) == (long.ids.dtype, long.counts.dtype)


def test_words_that_cleaning_makes_equal_are_one_word() -> None:
    found = numbered("a a\u00ad \u00ad b\n國王\n", Presegmented("zh"))
    assert found.words == ["a", "b", "国王"]
    assert (found.ids.tolist(), found.counts.tolist()) == ([0, 0, 1, -1, 2, -1], [2, 1, 1])
