"""Input streams: files, folders, standard input and MediaWiki dumps, plain or compressed, as blocks of whole lines.

The content of a file decides how it is read, not its name. Text is in UTF-8, in UTF-16 with a byte-order mark, or in
the encoding that the caller names. Bytes that do not decode are refused with file and line, unless ``replace`` is
set: a file in GB 18030 read as UTF-8 would give a corpus of noise.
"""

import codecs
import io
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from align.encoding import UTF8, as_utf8, decode
from align.progress import Advance
from align.text.wiki import articles, namespaces
from align.unpacking import DAMAGE, Unpacking, packing_of

STDIN = ("-", "/dev/stdin")
"""Paths of standard input."""
_STEP = 1 << 18
"""Bytes that are read at once."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DUMP = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<mediawiki\b")
_PAGE_END = b"</page>"
_DUMP_END = b"</mediawiki>"

Lines = Callable[[Iterator[str]], Iterator[str]]
"""A function from the lines of a file to lines of running text."""


@dataclass(frozen=True)
class Text:
    """A file of text.

    Args:
      path: the file; ``-`` is standard input.
      lines: converts the file's lines to running text; None if they are running text already.
      encoding: the text encoding. If it is UTF-8, a file with a UTF-16 byte-order mark is read as UTF-16.
    """

    path: Path
    lines: Lines | None = None
    encoding: str = UTF8


class Block(NamedTuple):
    """Whole lines of a text, or whole pages of a dump, as UTF-8."""

    data: bytes
    name: str
    """The name of the file in messages."""
    line: int
    """The number of the first line."""
    names: list[str]
    """For a dump: the namespaces of links to files, media and categories. Otherwise empty."""


def texts_in(path: Path) -> list[Path]:
    """Returns ``path`` itself, or all files in a folder and its subfolders, sorted, without hidden ones.

    Raises:
      FileNotFoundError: the path does not exist, or the folder has no file.
    """
    if str(path) in STDIN or path.is_file() or path.is_fifo():
        return [path]
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    found = [file for file in path.rglob("*") if file.is_file()]
    files = sorted(file for file in found if not any(part[0] == "." for part in file.relative_to(path).parts))
    if not files:
        raise FileNotFoundError(f"{path}: the folder has no file; texts were expected in it")
    return files


def size_of(paths: Iterable[Path]) -> int:
    """Returns the size of all files on disk together, in bytes; 0 if one is standard input or a pipe."""
    sizes = [path.stat().st_size if str(path) not in STDIN and path.is_file() else -1 for path in paths]
    return 0 if -1 in sizes else sum(sizes)


def blocks(text: Text, size: int, advance: Advance, *, replace: bool = False) -> Iterator[Block]:
    """Yields ``text`` in blocks that end with a line; the pages of a dump stay whole.

    A line longer than a block is cut at a blank, or between characters. Memory is bounded by a few blocks, or by the
    longest page.

    Args:
      text: what to read.
      size: the largest block, in bytes of UTF-8.
      advance: receives the number of bytes by which reading the file has advanced.
      replace: replace bytes that do not decode in an encoding other than UTF-8 by U+FFFD. Those that are not UTF-8 are
        in the blocks as they are; ``text_of`` replaces them.

    Raises:
      ValueError: compressed data is damaged, bytes do not decode, a dump has no end, or ``text.lines`` cannot read the
        text; names the file.
      OSError: the file cannot be read.
    """
    name = "standard input" if str(text.path) in STDIN else str(text.path)
    chunks = _in_utf8(_chunks(text.path, name, advance), name, text.encoding, replace)
    head = next(chunks, b"")
    whole = _rejoined(head.removeprefix(codecs.BOM_UTF8), chunks)
    if text.lines is not None:
        whole = _encoded(text.lines(_decoded(whole, name)), size)
    elif _DUMP.match(head.removeprefix(codecs.BOM_UTF8)):
        yield from _pages(whole, name, size)
        return
    line = 1
    for data in _cut(whole, size):
        yield Block(data, name, line, [])
        line += data.count(b"\n")


def text_of(block: Block, *, replace: bool = False) -> str:
    """Returns the running text of a block.

    Args:
      block: what ``blocks`` yields.
      replace: replace bytes that are not UTF-8 by U+FFFD instead of refusing them.

    Raises:
      ValueError: bytes that are not UTF-8, or a NUL byte; names file and line.
    """
    data = block.data.decode(UTF8, "replace").encode() if replace else block.data
    text = decode(data, block.name, first_line=block.line)
    return "".join(f"{article}\n" for article in articles(text, block.names)) if block.names else text


def _chunks(path: Path, name: str, advance: Advance) -> Generator[bytes]:
    """Yields the decompressed bytes of a file."""
    with _opened(path) as file:
        head = file.read(16)
        packing = packing_of(head)
        if packing == "zip":
            raise ValueError(f"{name}: a zip archive; unpack it, or pack the text with gzip, bzip2 or xz")
        packed = packing != "plain"
        stream = Unpacking(file, packing, head) if packed else file
        if not packed:
            yield head
        before, read = 0, len(head)
        while True:
            try:
                data = stream.read(_STEP)
            except DAMAGE as error:
                if not packed:
                    raise
                raise ValueError(f"{name}: the {packing} data is damaged or cut short ({error})") from error
            read += len(data or b"")
            now = file.tell() if file.seekable() else read
            advance(now - before)
            before = now
            if not data:
                return
            yield data


def _opened(path: Path) -> io.BufferedIOBase:
    """Opens a file; standard input is duplicated, so that closing the result does not close it."""
    if str(path) not in STDIN:
        return path.open("rb")
    stream: BinaryIO = sys.stdin.buffer
    try:
        return os.fdopen(os.dup(stream.fileno()), "rb")
    except io.UnsupportedOperation:  # not a real file
        return io.BytesIO(stream.read())


def _rejoined(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yields ``head``, then ``chunks``."""
    yield head
    yield from chunks


def _in_utf8(chunks: Iterator[bytes], name: str, encoding: str, replace: bool) -> Iterator[bytes]:
    """Yields ``chunks`` as UTF-8; the first one has 1,024 bytes or more before conversion, unless it is the last."""
    gathered = b""
    while len(gathered) < 1 << 10 and (chunk := next(chunks, b"")):
        gathered += chunk
    if encoding == UTF8 and not gathered.startswith(_UTF16):
        yield gathered
        yield from chunks
        return
    other = "utf-16" if encoding == UTF8 else encoding
    yield from as_utf8(_rejoined(gathered, chunks), name, encoding=other, replace=replace)


def _cut(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yields the bytes of ``chunks`` in blocks of at most ``size`` bytes; each ends with a newline."""
    waiting, ended = bytearray(), True
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > size:
            end = waiting.rfind(b"\n", 0, size) + 1 or _inside(waiting, size)
            yield bytes(waiting[:end])
            ended = waiting[end - 1] == ord("\n")
            del waiting[:end]
    if waiting or not ended:
        yield bytes(waiting) if waiting.endswith(b"\n") else bytes(waiting) + b"\n"


def _inside(line: bytearray, size: int) -> int:
    """Returns where to cut a line longer than ``size``: after its last blank, or between two characters."""
    blank = max(line.rfind(b" ", size // 2, size), line.rfind(b"\t", size // 2, size)) + 1
    end = blank or size
    while not blank and end > size - 4 and line[end] & 0xC0 == 0x80:
        end -= 1
    return end


def _pages(chunks: Iterable[bytes], name: str, size: int) -> Iterator[Block]:
    """Yields the pages of a dump, as many at a time as fill a block, without the text between pages.

    Raises:
      ValueError: the dump does not end with ``</mediawiki>``.
    """
    waiting, names, line = bytearray(), [], 1
    for chunk in chunks:
        start = max(0, len(waiting) - len(_PAGE_END))
        waiting += chunk
        if not names:
            begun = waiting.find(b"<page>")
            if begun < 0:
                continue
            names, start = namespaces(waiting[:begun].decode("utf-8", "replace")), begun
        if len(waiting) >= size and waiting.find(_PAGE_END, start) >= 0:
            end = waiting.rfind(_PAGE_END) + len(_PAGE_END)
            yield Block(bytes(waiting[:end]), name, line, names)
            line += waiting.count(b"\n", 0, end)
            del waiting[:end]
    end = waiting.rfind(_PAGE_END) + len(_PAGE_END)
    if names and end >= len(_PAGE_END):
        yield Block(bytes(waiting[:end]), name, line, names)
    if _DUMP_END not in waiting:
        last = line + waiting.count(b"\n")
        raise ValueError(
            f"{name}:{last}: the dump is cut short: it ends without </mediawiki>; fetch it again, or add that "
            "line to use the part that is there"
        )


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """Yields the lines of a file; raises ValueError with file and line if one is not UTF-8."""
    number = 1
    for block in _cut(chunks, _STEP):
        lines = decode(block, name, first_line=number).split("\n")
        number += len(lines) - 1
        yield from (f"{line}\n" for line in lines[:-1])
        if lines[-1]:
            yield lines[-1]


def _encoded(lines: Iterable[str], size: int) -> Iterator[bytes]:
    """Yields ``lines`` as bytes with a newline after each, many at a time."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= min(size, _STEP):
            yield ("\n".join(waiting) + "\n").encode()
            waiting, length = [], 0
    if waiting:
        yield ("\n".join(waiting) + "\n").encode()
