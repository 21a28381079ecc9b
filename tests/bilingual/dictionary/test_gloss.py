import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.bilingual.dictionary.gloss import GlossSense, english_word, erhua_bases, parse_entry, senses
from align.text.chinese import has_hanzi

RULE = {
    # brackets go
    "(coll.) to eat": "eat",
    "(loanword) pizza (food)": "pizza",
    "to read (a book [in full])": "read",
    "(nested (brackets) too) fish": "fish",
    "week(s)": "week",
    "(bound form)": None,
    "unclosed (bracket": None,
    # remarks
    "CL:個|个[ge4],位[wei4]": None,
    "variant of 花[hua1]": None,
    "old variant of 獾[huan1]": None,
    "erhua variant of 花[hua1]": None,
    "see 馬虎|马虎[ma3 hu5]": None,
    "also written 獅子|狮子[shi1 zi5]": None,
    "abbr. for 北京[Bei3 jing1]": None,
    "same as 米拉": None,
    "surname Wang": None,
    "Taiwan pr. [xi2]": None,
    "classifier for horses": None,
    "lit. iron": None,
    "fig. to endure": "endure",
    # articles, infinitives, objects
    "a horse": "horse",
    "an ox": "ox",
    "the Earth": "Earth",
    "to eat": "eat",
    "to be": "be",
    "to be happy": "happy",
    "to persuade sb": "persuade",
    "to fix sth": "fix",
    "a": "a",
    "sth": None,
    # one word, as it is written
    "king": "king",
    "scissors": "scissors",
    "Monday": "Monday",
    "well-known": "well-known",
    "o'clock": "o'clock",
    "café": "café",
    "hello!": "hello",
    "MP3": "MP3",
    "wild horse": None,
    "B": None,
    "I": "I",
    "@": None,
    "88": None,
    "拜拜": None,
    "": None,
}


@pytest.mark.parametrize(("gloss", "word"), RULE.items())
def test_the_rule_of_glosses(gloss, word):
    assert english_word(gloss) == word


def test_a_name_ends_at_the_first_comma_and_other_glosses_do_not():
    assert english_word("Paris, capital of France", name=True) == "Paris"
    assert english_word("computers, communications", name=False) is None


@given(st.text(max_size=60), st.booleans())
def test_any_gloss_gives_one_word_or_none(gloss, name):
    word = english_word(gloss, name=name)
    if word is not None:
        assert word
        assert not any(letter.isspace() for letter in word)
        assert not has_hanzi(word)
        assert english_word(word, name=name) == word


def test_an_entry_is_cut_at_slashes_and_at_semicolons_outside_brackets():
    entry = parse_entry("吃 吃 [chi1] /to eat; to consume (one; or many)/to eat at (a cafeteria etc)/")
    assert entry is not None
    assert entry.glosses == ("to eat", "to consume (one; or many)", "to eat at (a cafeteria etc)")
    assert (entry.traditional, entry.simplified, entry.pinyin) == ("吃", "吃", "chi1")


@pytest.mark.parametrize("line", ["", "吃", "吃 吃 chi1 /eat/", "吃 吃 [chi1] eat", "吃 [chi1] /eat/"])
def test_what_is_no_entry(line):
    assert parse_entry(line) is None


@given(st.text(max_size=80))
def test_parsing_any_line_raises_nothing(line):
    parse_entry(line)
    parse_entry(f"馬 马 [ma3] /{line}/")


def test_senses_weigh_less_the_later_they_come_and_remarks_weigh_nothing():
    entry = parse_entry("馬 马 [ma3] /horse/CL:匹[pi3]/piece in chess/(archaic) big/")
    assert entry is not None
    found, total = senses(entry)
    assert found == [GlossSense("horse", 1.0), GlossSense("big", pytest.approx(0.1 / 3))]
    assert total == pytest.approx(1 + 1 / 2 + 0.1 / 3)


def test_the_name_rule_is_for_entries_with_capital_pinyin():
    name = parse_entry("巴黎 巴黎 [Ba1 li2] /Paris, capital of France/")
    word = parse_entry("三C 三C [san1 C] /computers, communications/")
    assert name is not None
    assert word is not None
    assert senses(name)[0] == [GlossSense("Paris", 1.0)]
    assert senses(word)[0] == []


def test_erhua_bases_are_simplified():
    entry = parse_entry("笑話兒 笑话儿 [xiao4 hua5 r5] /erhua variant of 笑話|笑话[xiao4 hua5]/")
    same = parse_entry("花兒 花儿 [hua1 r5] /erhua variant of 花[hua1]/")
    plain = parse_entry("花 花 [hua1] /flower/")
    assert [erhua_bases(e) for e in (entry, same, plain) if e is not None] == [["笑话"], ["花"], []]
