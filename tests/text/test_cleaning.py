"""Clean-up: invisible characters are removed, characters that look the same become equal, nothing else changes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.text.cleaning import clean, fold

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@pytest.mark.parametrize(
    ("text", "cleaned", "folded"),
    [
        ("國\u200b王\u00ad\ufeff\u200d", "國王", "國王"),
        ("\u202ba\u202c \u2067b\u2069\u200e", "a b", "a b"),
        ("cafe\u0301 CAFÉ", "café CAFÉ", "café café"),
        ("Ｔ恤 ﬁ ①", "Ｔ恤 ﬁ ①", "t恤 fi 1"),
        ("DON’T don`t", "DON’T don`t", "don't don't"),
        ("İstanbul I\u0307", "İstanbul İ", "istanbul i"),
        ("tab\tnew\nline\r\n", "tab\tnew\nline\r\n", "tab\tnew\nline\r\n"),
        ("a\x00b\x07c\x7fd\x9fe", "abcde", "abcde"),
        ("☀\ufe0f", "☀", "☀"),
        ("", "", ""),
    ],
)
def test_worked_examples(text: str, cleaned: str, folded: str) -> None:
    assert (clean(text), fold(text)) == (cleaned, folded)


@given(ANY)
def test_cleaning_twice_is_cleaning_once_and_leaves_no_format_character(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not [c for c in clean(text) if unicodedata.category(c) == "Cf" and c not in PREPENDED]
    assert clean(text).split() == clean(" ".join(text.split())).split()


PREPENDED = {chr(i) for i in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)} | {
    chr(i) for i in range(0x13430, 0x13440)
}
"""Format characters that are seen: signs over Arabic and Syriac numbers, and the joiners of hieroglyphs."""


@given(st.text(st.sampled_from("abz \n国王é，.0"), max_size=40))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
