"""Vectors as text, one word and its values a line: word2vec's text and ``.vec`` (with a header), GloVe (none)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from align.files.gather import Block, Gathered, Keep, gather
from align.files.stream import Source
from align.files.word2vec import read_header
from align.space import Space

_LINES = 1000


def read_text(source: Source, keep: Keep, *, dim: int | None) -> Gathered:
    """Read lines of a word and ``dim`` values; where ``dim`` is None the first line is the header.

    Raises:
        ValueError: a line that does not fit, or a header that lies; names the line.
    """
    first = 1
    if dim is None:
        _, dim = read_header(source)
        first = 2
    return gather(_lines(source, dim, first), dim, keep, name=source.name, unit="")


def _lines(source: Source, dim: int, first: int) -> Iterator[Block]:
    words: list[str] = []
    rows: list[list[bytes]] = []
    number = first
    for number, line in enumerate(source.file, first):
        fields = line.rstrip(b"\r\n ").rsplit(b" ", dim)
        if len(fields) != dim + 1:
            raise ValueError(f"{source.name}:{number}: {len(fields) - 1} values found; {dim} expected")
        words.append(fields[0].decode(errors="replace"))
        rows.append(fields[1:])
        if len(words) == _LINES:
            yield Block(words, np.array(rows, dtype=np.float64), number - _LINES + 1)
            words, rows = [], []
    if words:
        yield Block(words, np.array(rows, dtype=np.float64), number - len(words) + 1)


def write_text(space: Space, path: Path) -> None:
    """Write ``space`` to ``path`` as word2vec's text: a header, then a word and its values a line."""
    with path.open("wb") as file:
        file.write(f"{len(space)} {space.dim}\n".encode())
        for word, row in zip(space.vocab.words, space.vectors, strict=True):
            file.write(f"{word} {' '.join(map(str, row))}\n".encode())
