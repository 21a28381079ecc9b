"""Detects the format of a vector file from its first bytes."""

import codecs
import re
from collections import Counter
from typing import NamedTuple

from align.encoding import suggest_encoding
from align.files.stream import VectorFile
from align.files.text import is_decimal_comma
from align.tensors import is_tensors
from align.unpacking import packing_of

FASTTEXT_MAGIC = 793_712_314

_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SPARSE = re.compile(rb"[0-9]+:[+-]?[0-9][0-9.eE+-]*")
_EXPECTED = "word2vec, GloVe, fastText, gensim, .npz or .safetensors vectors were expected"

_NOT_VECTORS = {
    b"\x93NUMPY": "a bare numpy array, which holds no words (save words and vectors with numpy.savez)",
    b"version https://git-lfs": "a Git LFS pointer, not the file itself (run git lfs pull)",
    b"<": "a web page or XML file (did a download fail?)",
    b"{": "a JSON file",
    b"\x89HDF": "an HDF5 file",
    b"(\xb5/\xfd": "packed with zstd, which is not read here (unpack it first)",
    b"7z\xbc\xaf": "a 7z archive, which is not read here (unpack it first)",
    b"Rar!": "a RAR archive, which is not read here (unpack it first)",
    b"\xff\xfe": "UTF-16 text (--encoding utf-16 reads it)",
    b"\xfe\xff": "UTF-16 text (--encoding utf-16 reads it)",
    b"SQLite format": "an SQLite database (Magnitude files are not read here)",
}


class Format(NamedTuple):
    """The format of a vector file and, for text without a header, its number of dimensions."""

    kind: str
    """``npz``, ``native``, ``fasttext``, ``pickle``, ``binary``, ``text`` (with a header) or ``glove`` (without)."""
    dim: int | None = None


def detect(source: VectorFile) -> Format:
    """Returns the format of ``source``, from its content.

    Raises:
        ValueError: the file is empty or holds no word vectors; the message says what it looks like.
    """
    if source.packing == "npz":
        return Format("npz")
    head = source.head()
    if not head:
        raise ValueError(f"{source.name}: is empty; {_EXPECTED}")
    if int.from_bytes(head[:4], "little") == FASTTEXT_MAGIC:
        return Format("fasttext")
    if is_tensors(head):  # before pickles: the length at the start of a safetensors file may be the bytes 80 04
        return Format("native")
    if head[0] == 0x80 and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return Format("pickle")
    if source.packing != "plain" and packing_of(head) != "plain":
        raise ValueError(
            f"{source.name}: is packed twice ({source.packing} of {packing_of(head)}); unpack it once first"
        )
    if head[257:262] == b"ustar":
        raise ValueError(f"{source.name}: is a tar archive; unpack it first and name the vector file in it")
    if head.startswith(codecs.BOM_UTF8):
        head = head.removeprefix(codecs.BOM_UTF8)
        source.file.seek(len(codecs.BOM_UTF8))
    first, newline, rest = head.partition(b"\n")
    fields = first.split()
    # From here on the file is text, or word2vec's binary.
    if newline and len(fields) == 2 and len(first) < 100 and all(field.isdigit() for field in fields):
        return _with_header(source, rest, int(fields[1]))
    return _without_header(source, head)


def _with_header(source: VectorFile, rest: bytes, dim: int) -> Format:
    """Returns the format of a file with a header: text if the next line ends in numbers or the rest is only text."""
    line, whole, _ = rest.partition(b"\n")
    fields = line.split()
    if not whole and len(rest) > 1000:
        fields = fields[:-1]
    values = fields[1:][-dim:]
    if values and all(_NUMBER.fullmatch(value) for value in values):
        return Format("text")
    if values and all(_SPARSE.fullmatch(value) for value in values):
        raise ValueError(f"{source.name}:2: {values[0][:40].decode()!r} found: sparse (PPMI) vectors cannot be read")
    _check_commas(source, values, 2)
    if not rest or _looks_like_text(rest, dim):
        return Format("text")
    return Format("binary")


def _looks_like_text(rest: bytes, dim: int) -> bool:
    """Returns whether ``rest`` is only text, and does not end where a binary entry of ``dim`` values would."""
    sample = rest[: 1 << 12]
    if any(byte < 32 and byte not in b"\t\n\r" for byte in sample):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    position = 0
    while 0 <= position < len(rest):
        space = rest.find(b" ", position)
        position = space + 1 + 4 * dim if space >= 0 else -1
        position += rest[position : position + 1] == b"\n"
    return position != len(rest)


def _without_header(source: VectorFile, head: bytes) -> Format:
    """Returns GloVe's format with its dimension; raises ValueError if ``head`` has no lines of a word and numbers."""
    for start, what in _NOT_VECTORS.items():
        if head.startswith(start) and not _numbers(head.partition(b"\n")[0]):
            raise ValueError(f"{source.name}: is {what}; {_EXPECTED}")
    if b"\0" in head[:1000] and (encoding := suggest_encoding(head[:1000])).startswith("utf-16"):
        raise ValueError(
            f"{source.name}: looks like UTF-16 text without a byte-order mark; --encoding {encoding} may read it"
        )
    lines = head.split(b"\n")[: -1 if b"\n" in head else None][:50]
    # The dimension is the number of numbers at the end of most lines: a word may be a phrase of several tokens.
    widths = Counter(count for line in lines if (count := _numbers(line)))
    dim = widths.most_common(1)[0][0] if widths else 0
    first = lines[0]
    _check_commas(source, first.split()[1:], 1)
    if dim < 2 or _numbers(first) < min(dim, len(first.split()) - 1) or _numbers(first) < 2:
        raise ValueError(f"{source.name}:1: {first[:60].decode(errors='replace')!r} found; {_EXPECTED}")
    return Format("glove", dim)


def _check_commas(source: VectorFile, values: list[bytes], line: int) -> None:
    """Raises ValueError if the numbers among ``values`` are written with a decimal comma."""
    numbers = [value for value in values if is_decimal_comma(value) or _NUMBER.fullmatch(value)]
    commas = [value for value in numbers if is_decimal_comma(value)]
    if commas and 2 * len(numbers) > len(values):
        raise ValueError(
            f"{source.name}:{line}: {commas[0][:40].decode()!r} found, a decimal comma; a decimal point was expected"
        )


def _numbers(line: bytes) -> int:
    """Returns the number of fields at the end of ``line`` that are numbers, without its first field."""
    count = 0
    for field in reversed(line.split()[1:]):
        if not _NUMBER.fullmatch(field):
            break
        count += 1
    return count
