"""The word lists in `data/`: small tab-separated files, each with a header line that begins with `#`."""

import os
from pathlib import Path

from align.meaning.axes import built_in_file, rows_of


def list_path(name: str) -> Path:
    """Returns the path of the list ``name``: in `data/` of the source tree, or inside the installed package.

    Raises:
        FileNotFoundError: neither has it.
    """
    path = built_in_file(name)
    if not path.is_file():
        raise FileNotFoundError(f"data/{name}: this word list is not in the installation")
    return path


def read_list(path: str | os.PathLike[str], fields: int) -> tuple[tuple[str, ...], ...]:
    """Reads a list whose lines have ``fields`` non-empty fields, separated by tabs; skips blank and `#` lines.

    Raises:
        ValueError: a line has another number of fields, an empty field, is not UTF-8, or occurs twice (the message
            names file and line); or the file has no lines.
    """
    file = Path(path)
    found: dict[tuple[str, ...], int] = {}
    for number, columns in rows_of(file):
        line = "\t".join(columns)
        if len(columns) != fields or not all(columns):
            raise ValueError(f"{file}:{number}: {line[:60]!r}; {fields} tab-separated fields were expected")
        if (first := found.setdefault(tuple(columns), number)) != number:
            raise ValueError(f"{file}:{number}: {line[:60]!r} is already on line {first}")
    if not found:
        raise ValueError(f"{file}: has no lines; {fields} tab-separated fields were expected on each")
    return tuple(found)
