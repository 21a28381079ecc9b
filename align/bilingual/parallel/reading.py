"""Sentence pairs from files: lines ``English<TAB>Chinese``, two files with parallel lines, or a gettext catalogue."""

import os
import re
import struct
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from align.encoding import check_encoding
from align.text.chinese import has_hanzi
from align.text.reading import Text, blocks, text_of

SentencePair = tuple[str, str]
"""An English and a Chinese sentence that are translations of each other."""

PathLike = str | os.PathLike[str]
_MO_MAGIC = {0x950412DE: "<", 0xDE120495: ">"}
_PLACEHOLDER = re.compile(r"<[^<>\n]{1,60}>|%(?:\d+\$)?[-+ 0#]*\d*(?:\.\d+)?l?[a-zA-Z]|\{[^{}\n]{0,40}\}|\\n")
_SAMPLE, _MIN_SHARE = 1000, 0.5


def read_sentence_pairs(path: PathLike, *, encoding: str = "") -> Iterator[SentencePair]:
    r"""Yields the sentence pairs of one file.

    A gettext catalogue (``.mo``, recognised by its first bytes) gives its messages and their translations, line by line
    if both have the same number of lines. Any other file, plain or packed, has lines ``English<TAB>Chinese``; empty
    lines are skipped.

    Args:
        path: the file.
        encoding: its text encoding, such as ``gb18030``; empty: UTF-8.

    Raises:
        ValueError: a line without exactly one tab or with an empty side (with file and line), bytes that do not decode,
            a damaged catalogue, or a second column that is not Chinese.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "pairs.tsv")
        ...     _ = file.write_text("The king rode.\t国王骑马。\n", encoding="utf-8")
        ...     list(read_sentence_pairs(file))
        [('The king rode.', '国王骑马。')]
    """
    found = Path(path).expanduser()
    if _is_mo(found):
        yield from _messages(found)
        return
    yield from checked(_columns(found, encoding), str(found))


def read_line_pairs(english: PathLike, chinese: PathLike, *, encoding: str = "") -> Iterator[SentencePair]:
    """Yields the sentence pairs of two files: line i of one is the translation of line i of the other.

    Raises:
        ValueError: the numbers of lines differ, a line is empty in one file only, bytes do not decode, or the second
            file is not Chinese; names file and line.
        OSError: a file cannot be read.
    """
    files = Path(english).expanduser(), Path(chinese).expanduser()
    yield from checked(_line_by_line(files, encoding), str(files[1]))


def checked(pairs: Iterable[SentencePair], name: str) -> Iterator[SentencePair]:
    """Yields ``pairs``.

    Raises ValueError unless at least half of the first 1,000 have hanzi in the Chinese side and none in the English.
    """
    count = right = 0
    held: list[SentencePair] = []
    for pair in pairs:
        if count < _SAMPLE:
            count += 1
            right += has_hanzi(pair[1]) and not has_hanzi(pair[0])
            held.append(pair)
            if count < _SAMPLE:
                continue
            _check_languages(right, count, name)
            yield from held
        else:
            yield pair
    if count == 0:
        raise ValueError(f"{name}: holds no sentence pair; lines 'English<TAB>Chinese' were expected")
    if count < _SAMPLE:
        _check_languages(right, count, name)
        yield from held


def _check_languages(right: int, count: int, name: str) -> None:
    if right < _MIN_SHARE * count:
        raise ValueError(
            f"{name}: only {right:,} of the first {count:,} sentence pairs are English and Chinese in this order"
        )


def _numbered(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yields the number and the text of each line of a file, plain or packed."""
    text = Text(path, encoding=check_encoding(encoding))
    for block in blocks(text, 1 << 20, lambda _: None):
        yield from enumerate(text_of(block).split("\n")[:-1], block.line)


def _columns(path: Path, encoding: str) -> Iterator[SentencePair]:
    for number, line in _numbered(path, encoding):
        if not line.strip():
            continue
        sides = line.split("\t")
        if len(sides) != 2:
            found = "no tab" if len(sides) == 1 else f"{len(sides) - 1} tabs"
            raise ValueError(f"{path}:{number}: {found} in {line[:40]!r}; 'English<TAB>Chinese' was expected")
        english, chinese = sides[0].strip(), sides[1].strip()
        if not english or not chinese:
            raise ValueError(f"{path}:{number}: the {'English' if chinese else 'Chinese'} side is empty")
        yield english, chinese


def _line_by_line(paths: tuple[Path, Path], encoding: str) -> Iterator[SentencePair]:
    for left, right in zip_longest(*(_numbered(path, encoding) for path in paths)):
        if left is None or right is None:
            counts = [sum(1 for _ in _numbered(path, encoding)) for path in paths]
            raise ValueError(
                f"{paths[0]} has {counts[0]:,} lines and {paths[1]} has {counts[1]:,}; equal numbers were expected"
            )
        english, chinese = left[1].strip(), right[1].strip()
        if english and chinese:
            yield english, chinese
        elif english or chinese:
            path, other = (paths[1], paths[0]) if english else paths
            raise ValueError(f"{path}:{left[0]}: the line is empty, but line {left[0]} of {other} is not")


def _is_mo(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4)
    return len(head) == 4 and struct.unpack("<I", head)[0] in _MO_MAGIC


def _messages(path: Path) -> Iterator[SentencePair]:
    """Yields the messages of a gettext catalogue and their Chinese translations, without markup and placeholders.

    The header has the number of strings at byte 8 and the offsets of two tables at bytes 12 and 16; a table holds the
    length and the offset of each string. A message may begin with a context, which byte 4 ends, and may have several
    plural forms, separated by byte 0. The first form is used.

    Source: the GNU gettext manual, section "The Format of GNU MO Files".
    """
    data = path.read_bytes()
    try:
        order = _MO_MAGIC[struct.unpack("<I", data[:4])[0]]
        count, originals, translations = struct.unpack(f"{order}3I", data[8:20])
        for i in range(count):
            texts = [_string(data, order, table + 8 * i) for table in (originals, translations)]
            english, chinese = texts[0].rpartition("\x04")[2].partition("\0")[0], texts[1].partition("\0")[0]
            yield from _by_line(english, chinese)
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: a damaged gettext catalogue ({error})") from error


def _string(data: bytes, order: str, entry: int) -> str:
    """Returns the string whose length and offset are at byte ``entry``."""
    length, offset = struct.unpack(f"{order}2I", data[entry : entry + 8])
    if offset + length > len(data):
        raise struct.error("a string ends beyond the end of the file")
    return data[offset : offset + length].decode()


def _by_line(english: str, chinese: str) -> Iterator[SentencePair]:
    """Yields the lines of a message with those of its translation, or both whole if the numbers of lines differ."""
    sides = [
        [" ".join(line.split()) for line in _PLACEHOLDER.sub(" ", side).split("\n") if line.strip()]
        for side in (english, chinese)
    ]
    if len(sides[0]) != len(sides[1]):
        sides = [[" ".join(side)] for side in sides]
    for one, other in zip(*sides, strict=True):
        if any(letter.isalpha() for letter in one) and has_hanzi(other) and not has_hanzi(one):
            yield one, other
