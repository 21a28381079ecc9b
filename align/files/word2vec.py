"""word2vec's binary format: a header ``v d``, then for each word its UTF-8, a space and d little-endian float32.

The original tool ends an entry with a newline and gensim does not; both are read, the first is written.
But: a word that is not UTF-8 (the original tool cut long words between bytes) keeps its place, with U+FFFD for each
byte that cannot be read.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from align.files.gather import Block, Gathered, Keep, gather
from align.files.stream import Source
from align.space import Space

_CHUNK = 1 << 22
_MAX_WORD = 10_000
MAX_DIM = 100_000


def read_header(source: Source) -> tuple[int, int]:
    """The counts of the first line, "words dimensions", checked against what the file can hold.

    Raises:
        ValueError: the line is not two numbers, or they cannot be right.
    """
    line = source.file.readline(200)
    fields = line.split()
    if len(fields) != 2 or not line.endswith(b"\n") or not all(field.isdigit() for field in fields):
        raise ValueError(f"{source.name}:1: {line[:60]!r} found; the header 'words dimensions' was expected")
    count, dim = map(int, fields)
    if not 1 <= dim <= MAX_DIM:
        raise ValueError(f"{source.name}:1: the header says {dim} dimensions; 1 to {MAX_DIM} were expected")
    return count, dim


def read_binary(source: Source, keep: Keep) -> Gathered:
    """Read word2vec's binary format from the start of ``source``.

    Raises:
        ValueError: the header and the rest of the file disagree, or a vector is not finite.
    """
    count, dim = read_header(source)
    if source.size is not None and count * (4 * dim + 1) > source.size:
        raise ValueError(
            f"{source.name}:1: the header says {count} words of {dim} dimensions, at least "
            f"{count * (4 * dim + 1)} bytes; the file has {source.size}: it is cut short, or its header is wrong"
        )
    return gather(_entries(source, count, dim), dim, keep, name=source.name, unit="word ",
                  count=None if source.size is None else count)  # fmt: skip


def _entries(source: Source, count: int, dim: int) -> Iterator[Block]:
    width = 4 * dim
    chunk = max(_CHUNK, 8 * (width + _MAX_WORD))
    buffer, done = b"", 0
    while done < count:
        more = source.read(chunk)
        buffer += more
        raw: list[bytes] = []
        starts: list[int] = []
        position, size = 0, len(buffer)
        while done + len(raw) < count:
            space = buffer.find(b" ", position, position + _MAX_WORD)
            if space < 0 or space + 1 + width > size:
                break
            raw.append(buffer[position:space])
            starts.append(space + 1)
            position = space + 1 + width
        if not raw:
            raise ValueError(_broken(source, buffer, done + 1, count, dim))
        rows = np.ndarray((size - width + 1,), f"V{width}", buffer, strides=(1,))[starts]
        words = b" ".join(raw).decode(errors="replace").split(" ")
        yield Block([word.lstrip("\n") for word in words], rows.view("<f4").reshape(len(raw), dim), done + 1)
        done += len(raw)
        buffer = buffer[position:]
    rest = (buffer + source.read(64)).lstrip(b"\r\n")
    if rest:
        raise ValueError(
            f"{source.name}: more follows after the {count} words of {dim} dimensions that its header says"
        )


def _broken(source: Source, buffer: bytes, entry: int, count: int, dim: int) -> str:
    if b" " in buffer[:_MAX_WORD] or len(buffer) < _MAX_WORD:
        return f"{source.name}:word {entry}: cut short here; the header says {count} words of {dim} dimensions"
    return f"{source.name}:word {entry}: {buffer[:20]!r}... found; a word ending with a space was expected"


def write_binary(space: Space, path: Path) -> None:
    """Write ``space`` to ``path`` in word2vec's binary format.

    Raises:
        ValueError: a word that the format cannot hold.
    """
    with path.open("wb") as file:
        file.write(f"{len(space)} {space.dim}\n".encode())
        for word, row in zip(space.vocab.words, space.vectors, strict=True):
            if " " in word or word.startswith("\n"):
                raise ValueError(
                    f"the word {word!r} cannot stand in word2vec's binary format; write .txt, .vec or .safetensors"
                )
            file.write(word.encode() + b" " + np.asarray(row, "<f4").tobytes() + b"\n")
