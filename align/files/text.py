"""Vectors as text, one word and its values per line: word2vec and fastText's ``.vec`` (with a header), GloVe (without).

The word is the text before the last ``d`` fields of its line, so it may hold spaces. A word whose parts after the first
are all numbers (``route 66``) is read only among other words of several parts: elsewhere the line has a value too many.
Lines end at a newline only.
Blanks at the ends of a line and empty lines are ignored.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from align.files.gather import EntryBlock, Gathered, ReadOptions, block_of, gather
from align.files.header import read_header
from align.files.numbers import parse_rows, shortest
from align.files.sanity import RowCheck
from align.files.stream import VectorFile, blocks
from align.files.words import MAX_WORD, Unreadable, check_storable, decode_words, unreadable
from align.message import number_of
from align.space import Space

_CHUNK = 1 << 19
_ROWS = 2048
_VALUE_BYTES = 64
_BLANKS = b" \t\r"
# The form of a vector's value, which parts of words hardly ever have.
_VALUE = re.compile(rb"[+-]?[0-9]*\.[0-9]{3,}(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-][0-9]+")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_SPARSE = re.compile(rb"[0-9]+:[0-9.eE+-]+")
_DECIMAL_COMMA = re.compile(rb"[+-]?(?:[0-9]*|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+(?:[eE][+-]?[0-9]+)?")


def read_text(source: VectorFile, options: ReadOptions, *, dim: int | None) -> Gathered:
    """Reads lines of a word and its values.

    Args:
        source: the open file.
        options: the words to read, and their encoding.
        dim: the number of values in a line; None if the first line is a header that gives it.

    Raises:
        ValueError: a line does not fit, the header is wrong, a word does not decode, or a vector is not finite or
            absurdly long; names the line.
    """
    if dim is None:
        count, dim = read_header(source)
        lines = _blocks(source, dim, 2, count, options)
    else:
        lines = _blocks(source, dim, 1, None, options)
    return gather(lines, dim, options, name=source.name)


def _blocks(source: VectorFile, dim: int, first: int, count: int | None, options: ReadOptions) -> Iterator[EntryBlock]:
    """Yields the entries of the lines from line ``first`` on; ``count`` is the number in the header, if any."""
    number, found, surplus = first, 0, 0
    named = _RequestedWords(options)
    for chunk in _whole_lines(source, dim):
        text = _trimmed(chunk)
        lines = text[:-1].split(b"\n")
        numbers: Sequence[int] = range(number, number + len(lines))
        number += len(lines)
        if b"" in lines:
            numbers = [n for n, line in zip(numbers, lines, strict=True) if line]
            lines = list(filter(None, lines))
        if count is not None and found + len(lines) > count:
            lines, numbers, surplus = lines[: count - found], numbers[: count - found], numbers[count - found]
        found, every = found + len(lines), lines
        if named.usable and b"\t" not in text:
            lost, total = named.unreadable(text, lines, numbers), len(lines)
            lines, numbers = named.chosen(lines, numbers)
            yield EntryBlock([], np.empty((0, dim), np.float32), [], lost, total - len(lines) - len(lost))
        step = options.limit or len(lines)  # lines after the limit are not parsed
        for i in range(0, len(lines), step or 1):
            yield _block(
                lines[i : i + step], numbers[i : i + step], dim, source.name, options.encoding, neighbours=every
            )
        if surplus and count is not None:
            said = f"the header says {number_of(count, 'word')} (limit={count} reads those)"
            raise ValueError(f"{source.name}:{surplus}: more follows; {said}")
    if count is not None and found < count:
        raise ValueError(
            f"{source.name}:{number}: the file ends after {number_of(found, 'word')}; its header says {count:,} "
            f"(limit={found} reads what is there)"
        )


def _trimmed(text: bytes) -> bytes:
    """Returns ``text`` without the blank or carriage return before each newline, if its first line has one."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    return text.replace(b" \n", b"\n") if text.partition(b"\n")[0].endswith(b" ") else text


def _whole_lines(source: VectorFile, dim: int) -> Iterator[bytes]:
    """Yields the rest of ``source`` in chunks that end with a newline, which is added to the last line if missing."""
    rest = b""
    for chunk in blocks(source, _CHUNK):
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield rest + head + newline
            rest = tail
        else:
            rest += tail
        if len(rest) > _CHUNK + MAX_WORD + dim * _VALUE_BYTES:
            raise ValueError(
                f"{source.name}: a line of more than {len(rest)} bytes; {dim} values per line were expected"
            )
    if rest.strip(_BLANKS):
        yield rest + b"\n"


class _RequestedWords:
    """Picks the lines of requested words before their values are parsed."""

    def __init__(self, options: ReadOptions) -> None:
        words = options.early or frozenset()
        self._encoding = options.encoding
        self.usable = options.early is not None and not any(" " in word for word in words)
        self._raw = (
            frozenset(word.encode(options.encoding, "replace") for word in words) if self.usable else frozenset()
        )

    def chosen(self, lines: list[bytes], numbers: Sequence[int]) -> tuple[list[bytes], list[int]]:
        """Returns the lines that begin with a requested word or with a blank."""
        pairs = [
            (line, number)
            for line, number in zip(lines, numbers, strict=True)
            if (word := line.partition(b" ")[0]) in self._raw or not word
        ]
        return [line for line, _ in pairs], [number for _, number in pairs]

    def unreadable(self, text: bytes, lines: list[bytes], numbers: Sequence[int]) -> list[Unreadable]:
        """Returns the lines that do not decode, found by decoding all lines in one step."""
        try:
            text.decode(self._encoding)
        except UnicodeDecodeError:
            words = [line.partition(b" ")[0] for line in lines]
            bad = decode_words(words, self._encoding)[1]
            return [unreadable(words[place], numbers[place], self._encoding) for place in bad]
        return []


def _block(
    lines: list[bytes], numbers: Sequence[int], dim: int, name: str, encoding: str, *, neighbours: list[bytes]
) -> EntryBlock:
    """Parses lines, all at once if their form is plain, otherwise field by field; ``neighbours`` surround them."""
    parts = [line.partition(b" ") for line in lines]
    raw = [part[0] for part in parts]
    rows = parse_rows(b"\n".join([part[2] for part in parts]) + b"\n", len(lines), dim)
    if rows is None or any(b"\t" in word for word in raw):
        fields = [_fields(line, dim, f"{name}:{number}") for line, number in zip(lines, numbers, strict=True)]
        raw = [word for word, _ in fields]
        _check_values(raw, numbers, dim, name, neighbours)
        rows = parse_rows(b"\n".join([b" ".join(values) for _, values in fields]) + b"\n", len(lines), dim)
        if rows is None:
            places = zip(fields, numbers, strict=True)
            rows = np.array([_floats(values, f"{name}:{number}") for (_, values), number in places], np.float64)
    return block_of(raw, rows, numbers, encoding)


def _fields(line: bytes, dim: int, where: str) -> tuple[bytes, list[bytes]]:
    """Returns the word of a line and its ``dim`` values, as text."""
    line = line.rstrip(_BLANKS)
    fields = line.rsplit(b" ", dim)
    if len(fields) != dim + 1 or b"" in fields[1:] or any(b"\t" in field for field in fields[1:]):
        fields = line.rsplit(None, dim) or [b""]
    word, values = fields[0].lstrip(_BLANKS), fields[1:]
    if len(values) != dim:
        raise ValueError(f"{where}: {len(values)} values found for {_shown(word)}; {dim} were expected")
    if _SPARSE.fullmatch(values[-1]):
        raise ValueError(
            f"{where}: {_shown(values[-1])} found: sparse (PPMI) vectors cannot be read; dense were expected"
        )
    if extra := ends_like_value(word):
        raise ValueError(f"{where}: more than the expected {dim} values found: {_shown(extra)} precedes them")
    return word, values


def _check_values(words: list[bytes], numbers: Sequence[int], dim: int, name: str, neighbours: list[bytes]) -> None:
    """Raises ValueError if a word ends in numbers that may be values, and no neighbour has a word of several parts."""
    doubtful = [place for place, word in enumerate(words) if _ends_in_numbers(word)]
    if not doubtful or any(
        len(fields := line.split()) > dim + 1 and not _ends_in_numbers(b" ".join(fields[:-dim])) for line in neighbours
    ):
        return
    where, extra = f"{name}:{numbers[doubtful[0]]}", words[doubtful[0]].split()[1]
    raise ValueError(f"{where}: more than the expected {dim} values found: {_shown(extra)} precedes them")


def _ends_in_numbers(word: bytes) -> bool:
    """Returns whether a word has several parts, and all after the first are numbers."""
    rest = word.split()[1:]
    return bool(rest) and all(map(_NUMBER.fullmatch, rest))


def is_decimal_comma(value: bytes) -> bool:
    """Returns whether a value is written with a decimal comma, as in ``0,5``."""
    return _DECIMAL_COMMA.fullmatch(value) is not None


def ends_like_value(word: bytes) -> bytes:
    """Returns the last part of a word of several parts if it looks like a vector's value, otherwise b""."""
    parts = word.replace(b"\t", b" ").rsplit(b" ", 1)
    return parts[1] if len(parts) == 2 and _VALUE.fullmatch(parts[1]) else b""


def _floats(values: list[bytes], where: str) -> list[float]:
    """Reads values one at a time; raises ValueError that names the first that is no number."""
    numbers: list[float] = []
    for place, value in enumerate(values, 1):
        try:
            numbers.append(float(value.replace(b"_", b"?")))
        except ValueError as error:
            comma = " (a decimal comma; a decimal point was expected)" if is_decimal_comma(value) else ""
            raise ValueError(f"{where}: value {place} is {_shown(value)}; a number was expected{comma}") from error
    return numbers


def _shown(text: bytes) -> str:
    return repr(text[:40].decode(errors="replace"))


def write_text(space: Space, path: Path) -> None:
    """Writes ``space`` to ``path`` as word2vec's text: a header, then one word and its values per line.

    A value is the shortest decimal that reads back as the same float32.

    Raises:
        ValueError: a word would not be read back unchanged, or a vector is not finite or absurdly long.
    """
    words = space.vocab.words
    check = RowCheck("word ")
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (len(space), space.dim))
        for start in range(0, len(words), _ROWS):
            rows = np.asarray(space.vectors[start : start + _ROWS], np.float32)
            check(rows, words[start : start + _ROWS], range(start + 1, len(words) + 1))
            lines = zip(words[start : start + _ROWS], shortest(rows), strict=True)
            file.write(b"".join([b"%b %b\n" % (_writable(word), values) for word, values in lines]))


def _writable(word: str) -> bytes:
    """Returns a word as bytes; raises ValueError if a reader would not return it unchanged."""
    check_storable(word, "a text file")
    raw = word.encode()
    reason = "a part that looks like a value" if ends_like_value(raw) or _ends_in_numbers(raw) else ""
    reason = "a blank at its start" if raw.lstrip(_BLANKS) != raw else reason
    if reason:
        raise ValueError(f"the word {word[:40]!r} cannot be written to a text file ({reason}); write .safetensors")
    return raw
