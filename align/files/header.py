"""The header line of word2vec's formats: the numbers of words and dimensions."""

from typing import NamedTuple

from align.files.stream import VectorFile
from align.message import number_of

MAX_DIM = 100_000


class Header(NamedTuple):
    """The first line of a word2vec file."""

    words: int
    dim: int

    def __str__(self) -> str:
        return f"the header says {number_of(self.words, 'word')} of {number_of(self.dim, 'dimension')}"

    def trailing(self, name: str) -> str:
        """Returns the message for a binary file with bytes after its last entry."""
        return f"{name}:word {self.words + 1}: more follows; {self} (limit={self.words} reads those)"

    def no_word(self, name: str, number: int, found: bytes) -> str:
        """Returns the message for a binary entry whose word does not end."""
        return f"{name}:word {number}: {found!r} found; a word and a space were expected"

    def cut(self, name: str, done: int) -> str:
        """Returns the message for a binary file that ends after ``done`` entries."""
        return f"{name}:word {done + 1}: cut short here; {self} (limit={done} reads what is there)"


def read_header(source: VectorFile) -> Header:
    """Reads the first line: the numbers of words and dimensions.

    Raises:
        ValueError: the line is not two numbers, or there are too many dimensions for dense vectors, or none.
    """
    line = source.file.readline(200)
    fields = line.split()
    if len(fields) != 2 or not line.endswith(b"\n") or not all(field.isdigit() for field in fields):
        raise ValueError(f"{source.name}:1: {line[:60]!r} found; the header 'words dimensions' was expected")
    count, dim = map(int, fields)
    if not 1 <= dim <= MAX_DIM:
        raise ValueError(
            f"{source.name}:1: the header says {dim} dimensions; 1 to {MAX_DIM} were expected"
            + ("; sparse (PPMI) vectors cannot be read" if dim > MAX_DIM else "")
        )
    return Header(count, dim)
