"""Decoding: errors name file, line and byte; suggestions name the encoding that the text was written in."""

from pathlib import Path

import pytest

from align.encoding import as_utf8, check_encoding, decode, numbered_lines, suggest_encoding

CHINESE = "国王 王后 男人 女人 中国 北京\n天气 学习 语言 计算机\n"
TAIWAN = "國王 王后 男人 女人 中國 北京\n天氣 學習 語言 計算機\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("gb18030", CHINESE), ("big5", TAIWAN), ("utf-16-le", CHINESE), ("utf-16-be", TAIWAN), ("utf-16", CHINESE)],
)
def test_the_encoding_of_chinese_text_is_suggested_and_reads_it(encoding: str, text: str) -> None:
    raw = text.encode(encoding)
    assert suggest_encoding(raw) == encoding
    assert decode(raw, "zh.txt", encoding=encoding) == text
    with pytest.raises(ValueError, match=rf"^zh\.txt:1: .*; --encoding {encoding} may read it$"):
        decode(raw, "zh.txt")


def test_ascii_in_utf_16_without_a_mark_is_refused_for_its_nul_bytes() -> None:
    with pytest.raises(ValueError, match=r"en\.txt:4: a NUL byte found; .* --encoding utf-16-le may read it"):
        decode("king queen man woman".encode("utf-16-le"), "en.txt", first_line=4)


def test_one_nul_byte_suggests_no_encoding() -> None:
    with pytest.raises(ValueError, match=r"en\.txt:1: a NUL byte found; text was expected$"):
        decode(b"king\0queen of\n", "en.txt")


def test_the_line_of_the_bad_byte_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_bytes("a\r\nb\nnaïve\n".encode("latin-1"))
    assert list(numbered_lines(path, encoding="latin-1")) == [(1, "a"), (2, "b"), (3, "naïve"), (4, "")]
    with pytest.raises(ValueError, match=r"words:3: byte 0xef is not UTF-8"):
        list(numbered_lines(path))
    with pytest.raises(ValueError, match=r"x:8: byte 0x80 is not ASCII$"):
        decode(b"a\n\x80", "x", encoding="ascii", first_line=7)


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_is_converted_whatever_its_chunks(encoding: str, size: int) -> None:
    raw = TAIWAN.encode(encoding)
    chunks = [raw[i : i + size] for i in range(0, len(raw), size)]
    assert b"".join(as_utf8(chunks, "zh.txt", encoding=encoding)).decode() == TAIWAN


def test_a_stream_that_is_not_of_the_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"^zh\.txt:2: byte 0xff is not GB18030$"):
        list(as_utf8(["中\n".encode("gb18030"), b"ab\xff\xff\n"], "zh.txt", encoding="gb18030"))
    with pytest.raises(ValueError, match=r"^zh\.txt:1: byte 0xd6 is not GB18030$"):
        list(as_utf8([b"\xd6"], "zh.txt", encoding="gb18030"))
    with pytest.raises(ValueError, match=r"^zh\.txt:( is not UTF-16 \(.*\)|1: byte 0x61 is not UTF-16)$"):
        list(as_utf8([b"abcd"], "zh.txt", encoding="utf-16"))
    with pytest.raises(ValueError, match=r"^zh\.txt:( is not PUNYCODE \(.*\)|1: byte 0x3a is not PUNYCODE)$"):
        decode(b": a\n", "zh.txt", encoding="punycode")


def test_encodings_are_checked() -> None:
    assert check_encoding("BIG5") == "big5"
    for wrong in ("klingon", "rot13", "hex"):
        with pytest.raises(ValueError, match=f"--encoding {wrong}: not a text encoding"):
            check_encoding(wrong)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_english_in_utf_16_without_a_mark_is_suggested(encoding: str) -> None:
    assert suggest_encoding(("hello world\n" * 5).encode(encoding)) == encoding
