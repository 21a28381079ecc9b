"""Sentence pairs from files: read as they are, or refused in one line with file and line."""
# pyright: basic

import gzip
import re
import struct

import pytest

from align.bilingual.parallel.reading import read_line_pairs, read_sentence_pairs
from align.bilingual.parallel.sources import PARALLEL, parallel_text

PAIRS = [("The king rode.", "国王骑马。"), ("A horse", "一匹马")]


def mo_of(messages, order="<"):
    """A gettext catalogue, made from the layout in the manual."""
    items = [(key.encode(), value.encode()) for key, value in sorted(messages.items())]
    start = 28 + 16 * len(items)
    tables, block = [b"", b""], b""
    for side in (0, 1):
        for item in items:
            tables[side] += struct.pack(f"{order}2I", len(item[side]), start + len(block))
            block += item[side] + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(items), 28, 28 + 8 * len(items), 0, 0)
    return head + tables[0] + tables[1] + block


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_with_a_tab_plain_packed_and_encoded(tmp_path):
    text = "\ufeff" + "\n\n".join("\t".join(pair) for pair in PAIRS) + "\n"
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "gb.tsv").write_bytes(text.removeprefix("\ufeff").encode("gb18030"))
    assert list(read_sentence_pairs(write(tmp_path / "a.tsv", text))) == PAIRS
    assert list(read_sentence_pairs(tmp_path / "a.gz")) == PAIRS
    assert list(read_sentence_pairs(tmp_path / "gb.tsv", encoding="gb18030")) == PAIRS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a horse\t马\nno tab here\n", "a.tsv:2: no tab in 'no tab here'"),
        ("a\tb\tc\n", "a.tsv:1: 2 tabs in"),
        ("horse\t马\n\n\t马\n", "a.tsv:3: the English side is empty"),
        ("horse\t \n", "a.tsv:1: the Chinese side is empty"),
        ("", "holds no sentence pair"),
        ("马\thorse\n", "only 0 of the first 1 sentence pairs are English and Chinese"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, text, problem):
    with pytest.raises(ValueError, match=re.escape(problem)) as caught:
        list(read_sentence_pairs(write(tmp_path / "a.tsv", text)))
    assert "\n" not in str(caught.value)


def test_two_files_line_for_line(tmp_path):
    one = write(tmp_path / "en.txt", "The king rode.\n\nA horse\n")
    other = write(tmp_path / "zh.txt", "国王骑马。\n\n一匹马")
    assert list(read_line_pairs(one, other)) == PAIRS


@pytest.mark.parametrize(
    ("english", "chinese", "problem"),
    [
        ("a\nb\nc\n", "甲\n乙\n", "en.txt has 3 lines and {}/zh.txt has 2; equal numbers were expected"),
        ("a\n", "甲\n乙\n", "en.txt has 1 lines and {}/zh.txt has 2"),
        ("a\n\n", "甲\n乙\n", "en.txt:2: the line is empty, but line 2 of {}/zh.txt is not"),
        ("a\nb\n", "甲\n \n", "zh.txt:2: the line is empty, but line 2 of {}/en.txt is not"),
    ],
)
def test_unequal_files_are_refused(tmp_path, english, chinese, problem):
    files = write(tmp_path / "en.txt", english), write(tmp_path / "zh.txt", chinese)
    with pytest.raises(ValueError, match=re.escape(problem.format(tmp_path))):
        list(read_line_pairs(*files))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_gettext_catalogue_gives_its_messages(tmp_path, order):
    messages = {
        "": "Content-Type: text/plain; charset=UTF-8\n",
        "menu\x04A <b>red</b> horse\nruns": "一匹<b>红</b>马\n跑",
        "%d horse\0%d horses": "%d 匹马",
        "OK": "OK",
    }
    (tmp_path / "a.mo").write_bytes(mo_of(messages, order))
    expected = [
        ("horse", "匹马"),
        ("A red horse", "一匹 红 马"),
        ("runs", "跑"),
    ]
    assert list(read_sentence_pairs(tmp_path / "a.mo")) == expected


def test_a_damaged_catalogue_is_refused(tmp_path):
    whole = mo_of({"a horse": "一匹马"})
    for end in (6, 30, len(whole) - 4):
        (tmp_path / "a.mo").write_bytes(whole[:end])
        with pytest.raises(ValueError, match="damaged gettext catalogue"):
            list(read_sentence_pairs(tmp_path / "a.mo"))


def test_glosses_are_sentence_pairs_of_the_catalogue():
    pairs = list(parallel_text("cedict-glosses"))
    assert ("Western medicine", "西药") in pairs
    assert not any(english.startswith(("variant of", "CL:", "see ")) for english, _ in pairs)
    with pytest.raises(KeyError, match="no parallel text is called 'tencent'; there are tencent-docs"):
        next(parallel_text("tencent"))
    assert set(PARALLEL) >= {"cataclysm", "office-help", "quran", "emoji-annotations"}
