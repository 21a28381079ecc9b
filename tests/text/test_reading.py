"""Blocks of text from every kind of file: nothing is lost, lines stay whole, errors name file and line."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.text.reading import Block, Text, _cut, blocks, size_of, text_of, texts_in

TEXT = "".join(f"line {i} 国王\n" for i in range(5000))
PACKERS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
DUMP = files("gensim") / "test" / "test_data" / "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


def read(path, size=1 << 14, lines=None) -> list[Block]:
    return list(blocks(Text(Path(path), lines), size, lambda _: None))


def joined(found: list[Block]) -> str:
    return b"".join(block.data for block in found).decode()


@pytest.mark.parametrize("packing", PACKERS)
def test_a_file_is_read_by_what_it_is_and_its_progress_adds_up(tmp_path, packing) -> None:
    path = tmp_path / "text.dat"
    path.write_bytes(PACKERS[packing](TEXT.encode()))
    moved: list[int] = []
    found = list(blocks(Text(path), 1 << 14, moved.append))
    assert joined(found) == TEXT
    assert len(found) > 4
    assert all(block.data.endswith(b"\n") and len(block.data) <= 1 << 14 for block in found)
    assert [block.line for block in found[:2]] == [1, 1 + found[0].data.count(b"\n")]
    assert sum(moved) == path.stat().st_size == size_of([path])


def test_members_of_gzip_one_behind_the_other_are_all_read(tmp_path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert joined(read(tmp_path / "a.gz")) == "a\nb\n"


@given(st.lists(st.binary(max_size=9).map(lambda x: x.replace(b"\n", b" "))), st.integers(8, 40))
def test_cutting_loses_nothing_and_ends_the_last_line(parts: list[bytes], size: int) -> None:
    data = b"\n".join(parts)
    cut = list(_cut(iter([data[i : i + 5] for i in range(0, len(data), 5)]), size))
    assert b"".join(cut).removesuffix(b"\n") == data.removesuffix(b"\n")
    assert not cut or cut[-1].endswith(b"\n")
    assert all(0 < len(block.removesuffix(b"\n") + b"\n") <= size + 1 for block in cut)


def test_a_line_longer_than_a_block_is_cut_at_a_blank_or_between_characters(tmp_path) -> None:
    (tmp_path / "a").write_text("word " * 100)
    assert [block.data for block in read(tmp_path / "a", 32)][:2] == [b"word " * 6] * 2
    (tmp_path / "b").write_text("国" * 100)
    found = read(tmp_path / "b", 32)
    assert all(text_of(block) for block in found)
    assert joined(found) == "国" * 100 + "\n"


def test_byte_order_marks(tmp_path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be"):
        mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
        (tmp_path / "a").write_bytes(mark + "国王\nking\n".encode(encoding))
        assert joined(read(tmp_path / "a")) == "国王\nking\n"
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00\xd8\x20\x00")
    with pytest.raises(ValueError, match=r"a:1: byte 0x\S+ is not UTF-16"):
        read(tmp_path / "a")


def test_what_is_not_utf8_is_refused_with_its_line_or_replaced(tmp_path) -> None:
    path = tmp_path / "gb.txt"
    path.write_bytes(b"a\n" * 9000 + "国王".encode("gb18030") + b"\n")
    found = read(path)
    with pytest.raises(ValueError, match=r"gb.txt:9001: byte 0xb9 is not UTF-8"):
        [text_of(block) for block in found]
    assert "\ufffd" in text_of(found[-1], replace=True)
    with pytest.raises(ValueError, match=r"gb.txt:9001: byte 0xb9 is not UTF-8"):
        read(path, lines=lambda lines: lines)


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz"])
def test_damaged_packed_data_is_reported(tmp_path, packing) -> None:
    data = PACKERS[packing](os.urandom(1 << 16))
    second = PACKERS[packing](b"second")
    for damaged in (data[:-20], data[:1000] + b"damage!!" + data[1008:], data + b"?" + second[1:], data + b"more"):
        (tmp_path / "a").write_bytes(damaged)
        with pytest.raises(ValueError, match=rf"a: the {packing} data is damaged or cut short"):
            read(tmp_path / "a")


def test_a_zip_archive_is_refused(tmp_path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match=r"a.zip: a zip archive; unpack it"):
        read(tmp_path / "a.zip")


def test_a_folder_is_its_files_in_order_but_for_hidden_ones(tmp_path) -> None:
    for name in ("b/2", "b/1", "a", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [str(path.relative_to(tmp_path)) for path in texts_in(tmp_path)] == ["a", "b/1", "b/2"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty: the folder has no file"):
        texts_in(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="none: no such file"):
        texts_in(tmp_path / "none")


@pytest.mark.parametrize("packing", PACKERS)
def test_standard_input_is_a_pipe_that_cannot_seek(packing) -> None:
    code = (
        "import sys; from pathlib import Path; from align.text.reading import *\n"
        "for b in blocks(Text(Path('-')), 99, lambda _: None): sys.stdout.buffer.write(b.data)"
    )
    data = PACKERS[packing](TEXT.encode())
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.decode() == TEXT
    assert size_of([Path("-")]) == 0


def test_standard_input_that_is_not_a_file(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb")))
    assert [(block.data, block.name) for block in read("/dev/stdin")] == [(b"a\nb\n", "standard input")]


def test_lines_made_into_running_text(tmp_path) -> None:
    (tmp_path / "a").write_text("one\ntwo\nthree")
    assert (
        joined(read(tmp_path / "a", lines=lambda lines: (line.strip().upper() for line in lines)))
        == "ONE\nTWO\nTHREE\n"
    )


@pytest.mark.parametrize("size", [1 << 12, 1 << 22])
def test_a_dump_comes_in_whole_pages_whatever_the_block(size) -> None:
    found = read(str(DUMP), size)
    assert "".join(map(text_of, found)) == text_of(read(str(DUMP), 1 << 30)[0])
    assert all(block.data.count(b"<page>") == block.data.count(b"</page>") for block in found)
    assert all("Category" in block.names for block in found)
    assert len(found) > 1 or size > 1 << 20


def test_a_dump_that_is_cut_is_refused(tmp_path) -> None:
    page = "<page><title>A</title><ns>0</ns><text>a</text></page>"
    (tmp_path / "a.xml").write_text(f"<mediawiki>\n{page}\n</mediawiki>\n")
    assert [text_of(block) for block in read(tmp_path / "a.xml")] == ["a\n"]
    for cut in (f"<mediawiki>\n{page}\n<page><title>B", f"<mediawiki>\n{page}\n", "<mediawiki>\n<siteinfo>"):
        (tmp_path / "a.xml").write_text(cut)
        with pytest.raises(ValueError, match=r"a.xml:\d: the dump is cut short: it ends without </mediawiki>"):
            read(tmp_path / "a.xml")


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "utf-16-le"])
def test_text_of_a_named_encoding(tmp_path, encoding) -> None:
    (tmp_path / "a").write_bytes(("國王 horse\n" * 3000).encode(encoding))
    assert "".join(map(text_of, blocks(Text(tmp_path / "a", None, encoding), 1 << 12, lambda _: None))) == (
        "國王 horse\n" * 3000
    )
    (tmp_path / "a").write_bytes("a\n國".encode(encoding)[:-1])
    with pytest.raises(ValueError, match=r"a:2: byte 0x\S+ is not"):
        list(blocks(Text(tmp_path / "a", None, encoding), 99, lambda _: None))


def test_text_with_nul_bytes_is_refused_and_its_encoding_suggested(tmp_path) -> None:
    (tmp_path / "a").write_bytes("the king rode a horse\n".encode("utf-16-le") * 20)
    for replace in (False, True):
        with pytest.raises(ValueError, match=r"a:1: a NUL byte found; text was expected; --encoding utf-16-le"):
            [text_of(block, replace=replace) for block in read(tmp_path / "a")]


def test_an_empty_file_has_no_block(tmp_path) -> None:
    (tmp_path / "a").touch()
    assert read(tmp_path / "a") == []
