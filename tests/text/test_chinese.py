"""One simplification step for all Chinese, and what counts as Chinese."""

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.text.chinese import has_hanzi, pinyin, simplify, simplify_all

ANY = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("國馬後頭髮乾坤干濕發現髮型裏裡\n "))


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("國王", "国王"),
        ("馬", "马"),
        ("頭髮", "头发"),
        ("發現", "发现"),
        ("乾燥", "干燥"),
        ("乾坤", "乾坤"),  # stays in this word: the step goes by words, not by characters alone
        ("皇后", "皇后"),
        ("後來", "后来"),
        ("国王", "国王"),
        ("king", "king"),
        ("卡拉OK", "卡拉OK"),
        ("", ""),
    ],
)
def test_words_are_simplified(traditional: str, simplified: str) -> None:
    assert simplify(traditional) == simplified


@given(st.lists(ANY, max_size=6))
def test_a_whole_list_at_once_is_each_word_alone(words: list[str]) -> None:
    assert simplify_all(words) == [simplify(word) for word in words]


@given(ANY)
def test_simplification_is_what_opencc_says(text: str) -> None:
    assert simplify(text) == opencc.OpenCC("t2s").convert(text)


def test_words_with_newlines_do_not_shift_the_others() -> None:
    assert simplify_all(["國\n王", "馬", "\n"]) == ["国\n王", "马", "\n"]
    assert simplify_all(iter(["國", "王"])) == ["国", "王"]
    assert simplify_all([]) == []
    assert simplify_all([""]) == [""]


@pytest.mark.parametrize("text", ["国", "king国", "〇", "㐀", "𠀀", "豈", "国王!"])
def test_hanzi_are_seen(text: str) -> None:
    assert has_hanzi(text)


@pytest.mark.parametrize("text", ["", "king", "é", "ひらがな", "カタカナ", "한국", "，。", "１２", "①"])
def test_what_is_no_hanzi_is_not(text: str) -> None:
    assert not has_hanzi(text)


def test_pinyin_has_tone_marks() -> None:
    assert pinyin("马") == "mǎ"
    assert pinyin("银行") == "yín háng"
    assert pinyin("卡拉OK") == "kǎ lā OK"
