"""Word lists: read whole, or refused with file and line; those of the project are sound."""

from collections import Counter

import pytest

from align.text.chinese import has_hanzi, simplify
from experiments.word_lists import list_path, read_list


def test_lines_are_read_in_order(tmp_path):
    file = tmp_path / "l.tsv"
    file.write_text("\ufeff# a<TAB>b\nking\t 王 \n\nqueen\t后\r\n", "utf-8")
    assert read_list(file, 2) == (("king", "王"), ("queen", "后"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\na\n", r":2: 'a'; 2 tab-separated fields were expected"),
        (b"a\t\n", r":1: "),
        (b"# h\na\tb\n\na\tb\n", r":4: 'a\\tb' is already on line 2"),
        (b"# h\n", "has no lines"),
        (b"a\t\xff\n", r":1: byte 0xff is not UTF-8"),
    ],
)
def test_a_bad_list_is_refused(tmp_path, content, message):
    file = tmp_path / "l.tsv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_list(file, 2)


def test_a_list_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"data/none\.tsv"):
        list_path("none.tsv")


def test_relations_are_sound():
    path = list_path("relations.tsv")
    lines = read_list(path, 4)
    assert path.read_text("utf-8").startswith("#")
    assert {language for _, language, _, _ in lines} == {"en", "zh"}
    for _, language, *words in lines:
        assert [has_hanzi(word) for word in words] == [language == "zh"] * 2
        assert [simplify(word) for word in words] == words
    uses = Counter((relation, language, word) for relation, language, *words in lines for word in words)
    assert [use for use, times in uses.items() if times > 1] == [], "a word stands once in a relation"
    pairs = Counter((relation, language) for relation, language, _, _ in lines)
    assert min(pairs["gender", "en"], pairs["gender", "zh"]) >= 20
    assert {("capital", "en"), ("capital", "zh"), ("tense", "en"), ("plural", "en"), ("comparative", "en")} <= {*pairs}
