"""WordCounts: segmentation of text, and its file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.cleaning import clean
from align.text.discovery.lexicon import WordCounts, read_word_counts

KING = WordCounts({"国王": 5, "骑": 2, "马": 3, "0年": 4, "国": 1})


def test_lines_and_characters_stay_as_they_are() -> None:
    assert KING.segment("國王騎馬\n\n  ＡＢ１２年……\n") == "國王 騎 馬\n\n  ＡＢ １２年 ……\n"
    assert KING.segment("") == ""


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_only_blanks_are_added(text: str) -> None:
    found = KING.segment(text)
    assert found.replace(" ", "") == clean(text).replace(" ", "")
    assert [line.split() for line in found.split("\n")] == [KING.segment(line).split() for line in found.split("\n")]


def test_a_file_keeps_the_words(tmp_path) -> None:
    KING.save(tmp_path / "a.words")
    assert (tmp_path / "a.words").read_text("utf-8") == "国王\t5\n0年\t4\n马\t3\n骑\t2\n国\t1\n"
    assert read_word_counts(tmp_path / "a.words") == KING
    (tmp_path / "b.words").write_bytes("国王\t5\r\n\r\n马 \t 3\r\n".encode())
    rare = WordCounts({"乾": 1, "干": 2})  # 乾 becomes 干, but not in 乾隆
    rare.save(tmp_path / "c.words")
    assert read_word_counts(tmp_path / "c.words") == rare
    assert read_word_counts(tmp_path / "b.words").counts == {"国王": 5, "马": 3}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no word in the file"),
        ("国王 5\n", ":1: '国王 5': WORD, a tab and a count were expected"),
        ("国王\t5\n马\t-1\n", ":2: .*WORD, a tab and a count"),
        ("国王\t5\t1\n", ":1: .*WORD, a tab and a count"),
        ("国王\t0\n", ":1: .*a count is 1 or more"),
        ("king\t5\n", ":1: .*only Chinese characters"),
        ("国，王\t5\n", ":1: .*only Chinese characters"),
        ("12年\t5\n", ":1: .*0 for a number"),
        ("国王\t5\n国王\t6\n", ":2: '国王' occurs twice"),
        ("王" * 31 + "\t5\n", ":1: .*1 to 30 characters"),
        (b"\xff\t5\n", ":1: byte 0xff is not UTF-8"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content, message) -> None:
    path = tmp_path / "a.words"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        read_word_counts(path)


def test_a_lexicon_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        WordCounts({})
    with pytest.raises(ValueError, match="'a' with count 1"):
        WordCounts({"a": 1})
