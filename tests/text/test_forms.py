"""A typed word is found in a vocabulary with the smallest change of form; unknown words get suggestions."""

import pytest

from align.text.forms import Form, find_form, is_word, segments, suggestions
from align.text.vocab import Vocab

ENGLISH = Vocab(
    [
        "the",
        "city",
        "big",
        "run",
        "horse",
        "horses",
        "China",
        "NATO",
        "New_York",
        "stop",
        "lie",
        "ly",
        "hors",
        "box",
        "wolf",
        "knife",
        "try",
        "happy",
        "boss",
        "mother-in-law",
        "go",
        "Horse",
        "dont",
        "it's",
        "bigcity",
        "café",
    ]
)
CHINESE = Vocab(
    [
        "国王",
        "朋友",
        "马车",
        "马",
        "北京",
        "天安门",
        "北京天安门广场",
        "我",
        "爱",
        "T恤",
        "脸蛋",
        "卡拉ok",
        "看着",
        "頭髮",
    ]
)


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("horse", Form("horse", "")),
        ("horses", Form("horses", "")),
        ("HORSES", Form("horses", "case")),
        ("Horse", Form("Horse", "")),
        ("hORSE", Form("horse", "case")),
        ("china", Form("China", "case")),
        ("nato", Form("NATO", "case")),
        ("New York", Form("New_York", "joined with _")),
        ("new-york", Form("New_York", "joined with _")),
        ("Mother in law", Form("mother-in-law", "hyphenated")),
        ("cities", Form("city", "inflection")),
        ("Stopped", Form("stop", "inflection")),
        ("stopping", Form("stop", "inflection")),
        ("running", Form("run", "inflection")),
        ("bigger", Form("big", "comparative")),
        ("biggest", Form("big", "superlative")),
        ("happiest", Form("happy", "superlative")),
        ("lying", Form("lie", "inflection")),
        ("boxes", Form("box", "inflection")),
        ("bosses", Form("boss", "inflection")),
        ("wolves", Form("wolf", "inflection")),
        ("knives", Form("knife", "inflection")),
        ("tried", Form("try", "inflection")),
        ("goes", Form("go", "inflection")),
        ("city's", Form("city", "possessive")),
        ("ｈｏｒｓｅ", Form("horse", "full-width")),
        ("ＨＯＲＳＥ", Form("horse", "full-width")),
        (" horse ", Form("horse", "")),
        ("hor\u200bse\u00ad", Form("horse", "invisible characters")),
        ("cafe\u0301", Form("café", "another encoding of the accents")),
        ("ca\u200bfe\u0301", Form("café", "invisible characters")),
        ("ＨＯＲＳＥＳ", Form("horses", "full-width")),
        ("don't", Form("dont", "without apostrophe")),
        ("Don’t", Form("dont", "without apostrophe")),
        ("it’s", Form("it's", "apostrophe")),
        ("big city", Form("bigcity", "joined")),
        ("city’s", Form("city", "possessive")),
    ],
)
def test_english_falls_back_by_the_mildest_change(typed, form):
    assert find_form(typed, ENGLISH) == form


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("国王", Form("国王", "")),
        ("國王", Form("国王", "traditional")),
        ("朋友们", Form("朋友", "plural")),
        ("朋友們", Form("朋友", "plural")),
        ("脸蛋儿", Form("脸蛋", "erhua")),
        ("Ｔ恤", Form("T恤", "full-width")),
        ("t恤", Form("T恤", "case")),
        ("卡拉OK", Form("卡拉ok", "case")),
        ("卡啦OK們", None),
        ("看著", Form("看着", "traditional")),
        ("国\u200b王", Form("国王", "invisible characters")),
        ("头发", Form("頭髮", "in traditional characters")),
        ("天安 门", Form("天安门", "joined")),
    ],
)
def test_chinese_falls_back_to_simplified_and_to_the_word_without_its_ending(typed, form):
    assert find_form(typed, CHINESE) == form


@pytest.mark.parametrize("typed", ["", " ", "qwzx", "们", "'s", "s", "ing", "🐎", "\u200b", "x" * 5000])
def test_what_is_not_there_is_none(typed):
    assert find_form(typed, ENGLISH) is None
    assert find_form(typed, CHINESE) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("qwzx", True), ("国", True), ("T恤", True), ("ｋ", True), ("café", True), ("don't", True), ("🐎", False),
     ("дом", False), ("ひらがな", False), ("한국", False), ("...", False), ("", False), ("\u200b", False)],
)  # fmt: skip
def test_what_may_be_a_word_of_the_two_languages(text: str, expected: bool) -> None:
    assert is_word(text) is expected


def test_of_two_stems_the_more_frequent_wins():
    assert find_form("horsed", Vocab(["hors", "horse"])) == Form("hors", "inflection")
    assert find_form("horsed", Vocab(["horse", "hors"])) == Form("horse", "inflection")


def test_suggestions_for_a_misspelling():
    assert suggestions("horsse", ENGLISH)[0] in ("horse", "horses")
    assert "Horse" in suggestions("hORSSE", ENGLISH)
    assert len(suggestions("horse", ENGLISH, 2)) <= 2


def test_suggestions_for_chinese_are_words_that_contain_it_and_its_parts():
    assert suggestions("天安", CHINESE)[:2] == ["天安门", "北京天安门广场"]
    assert suggestions("我爱北京", CHINESE)[:3] == ["北京", "我", "爱"]
    assert "天安门" in suggestions("天安門前", CHINESE)


@pytest.mark.parametrize("typed", ["", "  ", "🐎🐎", "\n", "x" * 10_000, "国" * 10_000])
def test_suggestions_never_fail_and_never_take_long(typed):
    assert isinstance(suggestions(typed, ENGLISH), list)
    assert isinstance(suggestions(typed, CHINESE), list)


def test_segments_cover_from_the_left_with_the_longest_words():
    assert segments("我爱北京天安门!", CHINESE.index) == ["我", "爱", "北京", "天安门"]
    assert segments("", CHINESE.index) == []
