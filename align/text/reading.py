"""Input streams: files, folders, standard input and MediaWiki dumps, plain or packed, as blocks of whole lines.

What a file is, is told by its content, not by its name. Text is UTF-8, or UTF-16 with its byte-order mark; bytes that
are neither are refused with file and line, as a file in GB 18030 read as UTF-8 would be a corpus of noise, unless
replacing is asked for.
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

from align.text.wiki import articles, namespaces
from align.unpacking import DAMAGE, Unpacking, packing_of

STDIN = ("-", "/dev/stdin")
_STEP = 1 << 18
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DUMP = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<mediawiki\b")
_PAGE_END = b"</page>"

Lines = Callable[[Iterator[str]], Iterator[str]]
"""From the lines of a file to lines of running text."""


@dataclass(frozen=True)
class Text:
    """A file of text, and how its lines become running text where they are not that already (None: they are).

    ``path`` may be ``-``, standard input.
    """

    path: Path
    lines: Lines | None = None


class Block(NamedTuple):
    """Whole lines of a text, or whole pages of a dump, as they are in the file; and where they stand in it."""

    data: bytes
    name: str
    """The file, as messages call it."""
    line: int
    """The number of its first line."""
    names: list[str]
    """Of a dump: what links to files and categories begin with; otherwise empty."""


def texts_in(path: Path) -> list[Path]:
    """``path`` itself, or all files in a folder and its folders, sorted, but for hidden ones.

    Raises:
        FileNotFoundError: there is no such file, or no file in the folder.
    """
    if str(path) in STDIN or path.is_file() or path.is_fifo():
        return [path]
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    found = [file for file in path.rglob("*") if file.is_file()]
    files = sorted(file for file in found if not any(part[0] == "." for part in file.relative_to(path).parts))
    if not files:
        raise FileNotFoundError(f"{path}: a folder without a file; texts were expected in it")
    return files


def size_of(paths: Iterable[Path]) -> int:
    """The bytes of all files together, as they are on disk; 0 where standard input or a pipe is among them."""
    sizes = [path.stat().st_size if str(path) not in STDIN and path.is_file() else -1 for path in paths]
    return 0 if -1 in sizes else sum(sizes)


def blocks(text: Text, size: int, moved: Callable[[int], object]) -> Iterator[Block]:
    """``text`` in blocks of ``size`` bytes or a little less, cut where a line ends; pages of a dump stay whole.

    A line longer than a block is cut at a blank, or between characters. Memory is bounded by a few blocks, or by the
    longest page. ``moved`` is told by how many bytes of the file on disk reading has advanced.

    Raises:
        ValueError: packed data that is damaged, or text that ``text.lines`` cannot read; names the file.
        OSError: the file cannot be read.
    """
    name = "standard input" if str(text.path) in STDIN else str(text.path)
    chunks = _as_utf8(_chunks(text.path, name, moved), name)
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
    """The running text of a block; bytes that are not UTF-8 become U+FFFD where ``replace`` says so.

    Raises:
        ValueError: bytes that are not UTF-8; names file and line.
    """
    try:
        text = block.data.decode("utf-8", "replace" if replace else "strict")
    except UnicodeDecodeError as error:
        line = block.line + block.data.count(b"\n", 0, error.start)
        raise ValueError(
            f"{block.name}:{line}: byte {block.data[error.start]:#04x} is not UTF-8; convert the file, or ask for such "
            "bytes to be replaced"
        ) from error
    return "".join(f"{article}\n" for article in articles(text, block.names)) if block.names else text


def _chunks(path: Path, name: str, moved: Callable[[int], object]) -> Generator[bytes]:
    """The decompressed bytes of a file, as they come."""
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
            moved(now - before)
            before = now
            if not data:
                return
            yield data


def _opened(path: Path) -> io.BufferedIOBase:
    """The open file; standard input is opened anew, so that closing leaves it alone."""
    if str(path) not in STDIN:
        return path.open("rb")
    stream: BinaryIO = sys.stdin.buffer
    try:
        return os.fdopen(os.dup(stream.fileno()), "rb")
    except io.UnsupportedOperation:  # not a real file
        return io.BytesIO(stream.read())


def _rejoined(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _as_utf8(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """``chunks`` (the first of 16 bytes or more, or all there is) as UTF-8 where they are UTF-16; else as they are."""
    gathered = b""
    while len(gathered) < 1 << 10 and (chunk := next(chunks, b"")):
        gathered += chunk
    if not gathered.startswith(_UTF16):
        yield gathered
        yield from chunks
        return
    try:
        for part in codecs.iterdecode(_rejoined(gathered, chunks), "utf-16"):
            yield part.encode()
    except UnicodeError as error:
        raise ValueError(f"{name}: begins as UTF-16 but is not ({error})") from error


def _cut(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """``chunks`` rearranged into blocks of up to ``size`` bytes that end where a line does; the last line is ended."""
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
    """Where to cut a line longer than ``size``: behind its last blank, or between two characters."""
    blank = max(line.rfind(b" ", size // 2, size), line.rfind(b"\t", size // 2, size)) + 1
    end = blank or size
    while not blank and end > size - 4 and line[end] & 0xC0 == 0x80:
        end -= 1
    return end


def _pages(chunks: Iterable[bytes], name: str, size: int) -> Iterator[Block]:
    """The pages of a dump, as many at a time as fill a block; what is not within a page is left out."""
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


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """The lines of a file; raises ValueError with file and line where they are not UTF-8."""
    number = 0
    for block in _cut(chunks, _STEP):
        try:
            lines = block.decode().split("\n")
        except UnicodeDecodeError as error:
            line = number + 1 + block.count(b"\n", 0, error.start)
            raise ValueError(f"{name}:{line}: byte {block[error.start]:#04x} is not UTF-8") from error
        number += len(lines) - 1
        yield from (f"{line}\n" for line in lines[:-1])
        if lines[-1]:
            yield lines[-1]


def _encoded(lines: Iterable[str], size: int) -> Iterator[bytes]:
    """``lines`` with a newline behind each, as bytes, many at a time."""
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
