"""Symbols of a text, case by case, and where they end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.cleaning import clean
from align.text.discovery.symbols import is_mark, read_symbols, same_length


@pytest.mark.parametrize(
    ("text", "symbols", "ends"),
    [
        ("國王騎馬", "国王骑马", [1, 2, 3, 4]),
        ("１９９８年，", "0年|", [4, 5, 6]),
        ("3.5元 12.", "0元|0|", [3, 4, 5, 7, 8]),
        ("iPhone手机", "|手机", [6, 7, 8]),
        ("——好！！\n", "|好||", [2, 3, 5, 6]),
        ("〇𠀀", "〇𠀀", [1, 2]),
        ("", "", []),
    ],
)
def test_symbols(text: str, symbols: str, ends: list[int]) -> None:
    found = read_symbols(text)
    assert "".join(map(chr, found.ids)).replace("\0", "|") == symbols
    assert found.ends.tolist() == ends


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_every_character_belongs_to_one_symbol_and_keeps_its_place(text: str) -> None:
    cleaned = clean(text)
    assert len(same_length(cleaned)) == len(cleaned)
    ends = read_symbols(text).ends.tolist()
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([len(cleaned)] if cleaned else [])


def test_marks() -> None:
    assert is_mark("……")
    assert not any(map(is_mark, ("a", "5", "王")))
