"""Output of the commands: lines, tables, TSV and JSON on standard output, messages on standard error, output files."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Generator, Iterable, Sequence
from errno import ELOOP
from pathlib import Path
from typing import TYPE_CHECKING, Any

from align.message import few, number_of

if TYPE_CHECKING:
    from align.space import Space

_NARROWEST = 10
"""The smallest width in which help is written. In a width of 0 to 2 columns, cyclopts would write it for ever."""


def prepare_streams() -> None:
    """Makes standard output and error write UTF-8, and opens standard streams that the shell has closed.

    A closed input reads as empty, and writing to a closed output fails. Without this, the first file that is opened
    would get the file descriptor of the closed stream.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def check_columns() -> None:
    """Ignores the environment variable COLUMNS if it is a width that no text fits into, such as 0."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) < _NARROWEST:
        del os.environ["COLUMNS"]


def write(text: str) -> None:
    """Writes one or more lines to standard output.

    Raises:
        OSError: standard output cannot be written.
    """
    with _named_output():
        sys.stdout.write(f"{text}\n")


def flush() -> None:
    """Writes buffered text to standard output; raises OSError as ``write`` does."""
    with _named_output():
        sys.stdout.flush()


@contextlib.contextmanager
def _named_output() -> Generator[None]:
    """Names standard output in an error of the operating system, except where a reader has closed the pipe."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise OSError(error.errno, error.strerror, "standard output") from error


def output_error(error: Exception) -> Exception:
    """Returns ``error``, or the error of standard output if that caused it; discards text that cannot be written."""
    try:
        flush()
    except BrokenPipeError:
        drop_output()
    except OSError as closed:
        if isinstance(error, OSError) and error.filename is None:
            return closed
    return error


def drop_output() -> None:
    """Discards buffered text of standard output, so that the interpreter does not try to write it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Writes a message to standard error; an error of writing is ignored."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")


def say_lost_ngrams(space: "Space", target: Path, kept_by: str) -> None:
    """Reports that a file lacks the n-grams of ``space``, if it has any; ``kept_by`` says which file keeps them."""
    if space.units is not None and target.suffix != ".safetensors":
        say(f"align: {target} has no n-grams, so unseen words get no vector there; {kept_by}")


def say_words(fact: str, what: str, words: Iterable[str]) -> None:
    """Reports the number of words of ``what`` to which a fact applies, and a few of them; nothing if there are none."""
    listed = list(words)
    if listed:
        say(f"align: {fact}: {number_of(len(listed), 'word')} of {what}: {few(listed)}")


def report_unknown(lines: Iterable[str], count: int, total: int, *, bulk: bool) -> int:
    """Prints one line about unknown words, and returns the exit status.

    Args:
        lines: a message for each unknown word, which takes time to make.
        count: the number of unknown words.
        total: the number of all words.
        bulk: whether the words come from standard input; they are then only counted, and the status is 0.
    """
    if not count:
        return 0
    if bulk:
        say(f"align: {count:,} of {total:,} words are not in the vocabulary")
        return 0
    say(f"align: {'; '.join(lines)}")
    return 2


def write_json(document: Any) -> None:
    """Writes one JSON document with hanzi unescaped.

    Raises:
        ValueError: the document holds NaN or an infinity, which JSON cannot express.
    """
    write(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))


def write_tsv(rows: Iterable[Sequence[object]]) -> None:
    """Writes rows with a tab between columns; a tab or newline within a cell becomes a space."""
    for row in rows:
        write("\t".join(" ".join(str(cell).split()) for cell in row))


def write_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Writes aligned columns under ``headings``: numbers are aligned right, and each hanzi is two columns wide."""
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


def output_file(path: str, endings: Sequence[str], *, inputs: Iterable[str] = ()) -> Path:
    """Returns ``path`` after checking, before any work starts, that it can be written.

    Raises:
        ValueError: the name has none of the ``endings``, or the file is one of the ``inputs`` and would be lost.
        OSError: ``path`` is a folder, its parent is a file, or its parent is not writable.
    """
    target = Path(path).expanduser()
    if target.is_dir():
        raise IsADirectoryError(f"{path}: is a folder; a file name was expected")
    if _is_loop(target):
        raise OSError(f"{path}: is a symbolic link to itself; a file name was expected")
    if target.exists() and not target.is_file():
        raise OSError(f"{path}: is a device or a pipe; a file name was expected")
    if target.exists() and any(_same(target, Path(name).expanduser()) for name in inputs if name):
        raise ValueError(f"{path}: is read by this command; the output needs another name")
    if not target.name.endswith(tuple(endings)):
        raise ValueError(f"{path}: the name of the output must end in {' or '.join(endings)}, which sets its format")
    parent = next(folder for folder in (target.parent.absolute(), *target.parent.absolute().parents) if folder.exists())
    if not parent.is_dir():
        raise NotADirectoryError(f"{path}: {parent} is a file, not a folder")
    if not os.access(parent, os.W_OK):
        raise PermissionError(f"{path}: the folder {parent} is not writable")
    return target


def _is_loop(path: Path) -> bool:
    """Returns whether symbolic links lead from ``path`` back to themselves."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == ELOOP
    return False


def distinct_outputs(*outputs: Path | None) -> None:
    """Checks that the outputs of one command are different files; None is an output that is not wanted.

    Raises:
        ValueError: two outputs are the same file, of which the second would replace the first.
    """
    named = [path for path in outputs if path is not None]
    places = [path.absolute().resolve() for path in named]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise ValueError(f"{named[number]}: two outputs of this command have this name; each needs its own")


def _same(target: Path, other: Path) -> bool:
    """Returns whether both are the same file, or ``other`` is a folder that contains ``target``."""
    return other.exists() and (target.samefile(other) or other.resolve() in target.resolve().parents)
