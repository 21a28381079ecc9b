"""Vectors as text, a word and its values a line: word2vec's text and fastText's ``.vec`` (with a header), GloVe (none).

A word is all that stands left of the last ``d`` fields, so it may hold spaces, and non-breaking ones. Lines end at a
newline only; blanks at their end and empty lines count for nothing. What is not UTF-8 is read as U+FFFD.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from align.files.gather import Block, Gathered, Keep, check_finite, gather
from align.files.numbers import parse_rows, shortest
from align.files.stream import Source, blocks
from align.files.word2vec import MAX_WORD, read_header
from align.space import Space

_CHUNK = 1 << 19
_ROWS = 2048
_VALUE_BYTES = 64
_BLANKS = b" \t\r"
# What a value looks like and a part of a word hardly ever does.
_VALUE = re.compile(rb"[+-]?[0-9]*\.[0-9]{3,}(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-][0-9]+")
_SPARSE = re.compile(rb"[0-9]+:[0-9.eE+-]+")


def read_text(source: Source, keep: Keep, *, dim: int | None) -> Gathered:
    """Read lines of a word and ``dim`` values; where ``dim`` is None the first line is a header that says it.

    Raises:
        ValueError: a line that does not fit, a header that lies, or a vector that is not finite; names the line.
    """
    if dim is None:
        count, dim = read_header(source)
        lines = _blocks(source, dim, 2, count, keep)
    else:
        lines = _blocks(source, dim, 1, None, keep)
    return gather(lines, dim, keep, name=source.name)


def _blocks(source: Source, dim: int, first: int, count: int | None, keep: Keep) -> Iterator[Block]:
    number, found, rest = first, 0, b""
    for chunk in _whole_lines(source, dim):
        text = _trimmed(chunk)
        lines = text[:-1].split(b"\n")
        numbers: Sequence[int] = range(number, number + len(lines))
        number += len(lines)
        if b"" in lines:
            numbers = [n for n, line in zip(numbers, lines, strict=True) if line]
            lines = list(filter(None, lines))
        if count is not None and found + len(lines) > count:
            lines, numbers, rest = lines[: count - found], numbers[: count - found], lines[count - found]
        found += len(lines)
        if keep.words is not None and b"\t" not in text and not any(" " in word for word in keep.words):
            lines, numbers = _named(lines, numbers, keep.words)
        step = keep.limit or len(lines)  # what stands behind the limit is not looked at
        for i in range(0, len(lines), step or 1):
            yield _block(lines[i : i + step], numbers[i : i + step], dim, source.name)
        if rest:
            raise ValueError(
                f"{source.name}:{number}: more than the {count} words that the header says (limit={count} reads those)"
            )
    if count is not None and found < count:
        raise ValueError(
            f"{source.name}:{number}: the file ends after {found} words; its header says {count} "
            f"(limit={found} reads what is there)"
        )


def _trimmed(text: bytes) -> bytes:
    """``text`` without the blank or carriage return before each newline, where its first line has one."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    return text.replace(b" \n", b"\n") if text.partition(b"\n")[0].endswith(b" ") else text


def _whole_lines(source: Source, dim: int) -> Iterator[bytes]:
    """The rest of ``source`` in chunks that end with a newline (one is added to the last line where it is missing)."""
    rest = b""
    for chunk in blocks(source, _CHUNK):
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield rest + head + newline
            rest = tail
        else:
            rest += tail
        if len(rest) > _CHUNK + MAX_WORD + dim * _VALUE_BYTES:
            raise ValueError(f"{source.name}: a line of more than {len(rest)} bytes; {dim} values a line were expected")
    if rest.strip(_BLANKS):
        yield rest + b"\n"


def _named(lines: list[bytes], numbers: Sequence[int], words: frozenset[str]) -> tuple[list[bytes], list[int]]:
    """Only the lines that begin with one of ``words``."""
    pairs = [
        (line, number)
        for line, number in zip(lines, numbers, strict=True)
        if line.partition(b" ")[0].decode(errors="replace") in words
    ]
    return [line for line, _ in pairs], [number for _, number in pairs]


def _block(lines: list[bytes], numbers: Sequence[int], dim: int, name: str) -> Block:
    parts = [line.partition(b" ") for line in lines]
    words = [part[0] for part in parts]
    rows = parse_rows(b"\n".join([part[2] for part in parts]) + b"\n", len(lines), dim)
    if rows is None or any(b"\t" in word for word in words):
        fields = [_fields(line, dim, f"{name}:{number}") for line, number in zip(lines, numbers, strict=True)]
        words = [word for word, _ in fields]
        rows = parse_rows(b"\n".join([b" ".join(values) for _, values in fields]) + b"\n", len(lines), dim)
        if rows is None:
            places = zip(fields, numbers, strict=True)
            rows = np.array([_floats(values, f"{name}:{number}") for (_, values), number in places], np.float64)
    return Block(b"\n".join(words).decode(errors="replace").split("\n"), rows, numbers)


def _fields(line: bytes, dim: int, where: str) -> tuple[bytes, list[bytes]]:
    """The word of a line and its ``dim`` values, still as text."""
    line = line.rstrip(_BLANKS)
    fields = line.rsplit(b" ", dim)
    if len(fields) != dim + 1 or b"" in fields[1:] or any(b"\t" in field for field in fields[1:]):
        fields = line.rsplit(None, dim) or [b""]
    word, values = fields[0], fields[1:]
    if len(values) != dim:
        raise ValueError(f"{where}: {len(values)} values found for {_shown(word)}; {dim} were expected")
    if _SPARSE.fullmatch(values[-1]):
        raise ValueError(
            f"{where}: {_shown(values[-1])} found: sparse (PPMI) vectors cannot be read; dense were expected"
        )
    if extra := ends_like_value(word):
        raise ValueError(f"{where}: more than the expected {dim} values found: {_shown(extra)} stands before them")
    return word, values


def ends_like_value(word: bytes) -> bytes:
    """The last part of a word of several parts, where it looks like one of a vector's values; else nothing."""
    parts = word.replace(b"\t", b" ").rsplit(b" ", 1)
    return parts[1] if len(parts) == 2 and _VALUE.fullmatch(parts[1]) else b""


def _floats(values: list[bytes], where: str) -> list[float]:
    numbers: list[float] = []
    for place, value in enumerate(values, 1):
        try:
            numbers.append(float(value.replace(b"_", b"?")))
        except ValueError as error:
            raise ValueError(f"{where}: value {place} is {_shown(value)}; a number was expected") from error
    return numbers


def _shown(text: bytes) -> str:
    return repr(text[:40].decode(errors="replace"))


def write_text(space: Space, path: Path) -> None:
    """Write ``space`` to ``path`` as word2vec's text: a header, then a word and its values a line.

    A value is the shortest decimal that reads back as the same float32.

    Raises:
        ValueError: a word that would not be read back as it is, or a vector that is not finite.
    """
    words = space.vocab.words
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (len(space), space.dim))
        for start in range(0, len(words), _ROWS):
            rows = np.asarray(space.vectors[start : start + _ROWS], np.float32)
            check_finite(rows, words[start : start + _ROWS], range(start + 1, len(words) + 1), "word ")
            lines = zip(words[start : start + _ROWS], shortest(rows), strict=True)
            file.write(b"".join([b"%b %b\n" % (_writable(word), values) for word, values in lines]))


def _writable(word: str) -> bytes:
    raw = word.encode()
    if b"\n" in raw or ends_like_value(raw):
        what = "a newline" if b"\n" in raw else "a part that looks like a value"
        raise ValueError(f"the word {word[:40]!r} cannot stand in a text file ({what}); write .bin or .safetensors")
    return raw
