"""The word lists in `data/`: small tab-separated files, each with a header line that begins with `#`."""

import os
from pathlib import Path

from align.meaning.axes import built_in_file


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
        ValueError: a line has another number of fields, an empty field, or occurs twice (the message names file and
            line); or the file is not UTF-8, or has no lines.
    """
    file = Path(path)
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text (byte {error.start})") from error
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = tuple(part.strip() for part in line.split("\t"))
        if len(parts) != fields or not all(parts):
            raise ValueError(f"{file}:{number}: {line[:60]!r}; {fields} tab-separated fields were expected")
        if parts in found:
            raise ValueError(f"{file}:{number}: {line[:60]!r} is already on line {found[parts]}")
        found[parts] = number
    if not found:
        raise ValueError(f"{file}: has no lines; {fields} tab-separated fields were expected on each")
    return tuple(found)
