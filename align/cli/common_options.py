"""What every command shares: where text goes, checked outputs and numbers, how space files are read."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

from cyclopts import Parameter

if TYPE_CHECKING:
    from align.space import Space

STDIN = "/dev/stdin"
SEEDS = 1 << 32
SPACE_ENDINGS = (".bin", ".txt", ".vec", ".safetensors")


def check_seed(value: int) -> None:
    """Raise ValueError where ``value`` is not from 0 to 2^32 - 1: every generator of random numbers takes these."""
    if not 0 <= value < SEEDS:
        raise ValueError(f"{value} is not a whole number from 0 to {SEEDS - 1}")


def _check_seed_option(_kind: object, value: int | None) -> None:
    if value is not None:
        check_seed(value)


Flag = Annotated[bool, Parameter(show_default=False)]
Maybe = Annotated[str, Parameter(show_default=False)]
Seed = Annotated[int, Parameter(validator=_check_seed_option)]
MaybeSeed = Annotated[int | None, Parameter(validator=_check_seed_option)]
Count = Annotated[int, Parameter(name=["--k", "-k"])]
Output = Annotated[str, Parameter(name=["-o", "--output"])]


@Parameter(name="*")
@dataclass(frozen=True)
class Reading:
    """How vector files are read."""

    limit: int | None = None
    """Read only the first LIMIT words."""
    trust: Flag = False
    """Read pickles (gensim .kv) too: only for files whose maker you trust, as a pickle can run any program."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"--limit {self.limit}: at least 1 was expected")

    def space(self, source: str) -> "Space":
        """The space in the file, or of the catalogue name, ``source``."""
        from align.catalogue import resolve
        from align.files import load

        return load(resolve(source), limit=self.limit, trust=self.trust, name=Path(source).name)


READ_ALL = Reading()


def write(text: str) -> None:
    """Write a line, or lines, to standard output."""
    sys.stdout.write(f"{text}\n")


def say(text: str) -> None:
    """Write a message to standard error."""
    sys.stderr.write(f"{text}\n")


def write_json(document: Any) -> None:
    """Write one JSON document, hanzi as they are; raises ValueError where it holds a number that JSON has not."""
    write(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))


def write_tsv(rows: Iterable[Sequence[object]]) -> None:
    """Write rows with a tab between columns; tabs and newlines within a cell become spaces."""
    for row in rows:
        write("\t".join(" ".join(str(cell).split()) for cell in row))


def write_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write aligned columns under ``headings``, hanzi counted as two columns wide; numbers to the right."""
    from rich.cells import cell_len

    table = [tuple(headings), *[tuple(map(str, row)) for row in rows]]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(headings))]
    right = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(headings))]
    for row in table:
        cells: list[str] = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            gap = " " * (width - cell_len(cell))
            cells.append(gap + cell if to_right else cell + gap)
        write("  ".join(cells).rstrip())


def output_file(path: str, endings: Sequence[str]) -> Path:
    """``path`` if it can be written to and ends as one of ``endings``; checked before the work, not after it.

    Raises:
        ValueError: another ending.
        OSError: ``path`` is a folder, or stands in something that is not one, or in one that is not writable.
    """
    target = Path(path).expanduser()
    if target.is_dir():
        raise IsADirectoryError(f"{path}: is a folder; a file name was expected")
    if not target.name.endswith(tuple(endings)):
        raise ValueError(f"{path}: the ending of the output chooses its format: one of {', '.join(endings)}")
    parent = next(folder for folder in (target.parent.absolute(), *target.parent.absolute().parents) if folder.exists())
    if not parent.is_dir():
        raise NotADirectoryError(f"{path}: {parent} is a file, not a folder")
    if not os.access(parent, os.W_OK):
        raise PermissionError(f"{path}: the folder {parent} cannot be written to")
    return target


def at_least(value: int, least: int, option: str) -> int:
    """``value``; raises ValueError where it is below ``least``."""
    if value < least:
        raise ValueError(f"{option} {value}: at least {least} was expected")
    return value


def one_of(**chosen: bool) -> None:
    """Raise ValueError where more than one of the named options is on."""
    on = [f"--{name}" for name, value in chosen.items() if value]
    if len(on) > 1:
        raise ValueError(f"{' and '.join(on)} exclude each other")


def words_of(words: Sequence[str]) -> Iterator[str]:
    """``words``, or those on standard input, one a line, where there is none or the only one is ``-``.

    Raises:
        ValueError: nothing given and standard input is a terminal, or a line that is not UTF-8.
    """
    if words and tuple(words) != (STDIN,):
        yield from words
        return
    if not words and sys.stdin.isatty():
        raise ValueError("no word given; name words, or write - and type or pipe them, one a line")
    stream: BinaryIO = sys.stdin.buffer
    for number, line in enumerate(stream, 1):
        try:
            word = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise ValueError(f"standard input:{number}: byte {line[error.start]:#04x} is not UTF-8") from error
        if word:
            yield word
