"""What kind of vector file it is, told from its first bytes."""

import codecs
import re
from collections import Counter
from typing import NamedTuple

from align.files.stream import Source
from align.tensors import is_tensors
from align.unpacking import packing_of

FASTTEXT_MAGIC = 793_712_314

_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SPARSE = re.compile(rb"[0-9]+:[+-]?[0-9][0-9.eE+-]*")
_EXPECTED = "word2vec, GloVe, fastText, gensim, .npz or .safetensors vectors were expected"

_NOT_VECTORS = {
    b"\x93NUMPY": "a bare numpy array, which holds no words (save words and vectors with numpy.savez)",
    b"version https://git-lfs": "a Git LFS pointer, not the file it stands for (run git lfs pull)",
    b"<": "a web page or XML file (did a download fail?)",
    b"{": "a JSON file",
    b"\x89HDF": "an HDF5 file",
    b"(\xb5/\xfd": "packed with zstd, which is not read here (unpack it first)",
    b"7z\xbc\xaf": "a 7z archive, which is not read here (unpack it first)",
    b"Rar!": "a RAR archive, which is not read here (unpack it first)",
    b"\xff\xfe": "UTF-16 text (UTF-8 was expected)",
    b"\xfe\xff": "UTF-16 text (UTF-8 was expected)",
    b"SQLite format": "an SQLite database (Magnitude files are not read here)",
}


class Format(NamedTuple):
    """A format, and for text without a header the number of dimensions that its lines have."""

    kind: str
    """``npz``, ``native``, ``fasttext``, ``pickle``, ``binary``, ``text`` (with a header) or ``glove`` (without)."""
    dim: int | None = None


def detect(source: Source) -> Format:
    """Report the format of ``source`` from what it holds.

    Raises:
        ValueError: an empty file, or one that holds no word vectors; says what it looks like.
    """
    if source.packing == "npz":
        return Format("npz")
    head = source.head()
    if not head:
        raise ValueError(f"{source.name}: is empty; {_EXPECTED}")
    if int.from_bytes(head[:4], "little") == FASTTEXT_MAGIC:
        return Format("fasttext")
    if head[0] == 0x80 and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return Format("pickle")
    if is_tensors(head):
        return Format("native")
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


def _with_header(source: Source, rest: bytes, dim: int) -> Format:
    """Binary or text after a header: text where the next line ends in numbers, or at least is nothing but text."""
    line, whole, _ = rest.partition(b"\n")
    fields = line.split()
    if not whole and len(rest) > 1000:
        fields = fields[:-1]
    values = fields[1:][-dim:]
    if values and all(_NUMBER.fullmatch(value) for value in values):
        return Format("text")
    if values and all(_SPARSE.fullmatch(value) for value in values):
        raise ValueError(f"{source.name}:2: {values[0][:40].decode()!r} found: sparse (PPMI) vectors cannot be read")
    if not rest or _looks_like_text(rest, dim):
        return Format("text")
    return Format("binary")


def _looks_like_text(rest: bytes, dim: int) -> bool:
    """Whether ``rest`` has no byte that text has not, and does not end where a binary entry of ``dim`` values would."""
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


def _without_header(source: Source, head: bytes) -> Format:
    for start, what in _NOT_VECTORS.items():
        if head.startswith(start) and not _numbers(head.partition(b"\n")[0]):
            raise ValueError(f"{source.name}: is {what}; {_EXPECTED}")
    lines = head.split(b"\n")[: -1 if b"\n" in head else None][:50]
    widths = Counter(len(fields) - 1 for line in lines if (fields := line.split()))
    dim = widths.most_common(1)[0][0] if widths else 0
    first = lines[0]
    if dim < 2 or _numbers(first) < min(dim, len(first.split()) - 1) or _numbers(first) < 2:
        raise ValueError(f"{source.name}:1: {first[:60].decode(errors='replace')!r} found; {_EXPECTED}")
    return Format("glove", dim)


def _numbers(line: bytes) -> int:
    """How many fields at the end of ``line`` are numbers, not counting its first."""
    count = 0
    for field in reversed(line.split()[1:]):
        if not _NUMBER.fullmatch(field):
            break
        count += 1
    return count
