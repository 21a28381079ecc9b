"""The word lists in `data/`: small tab-separated files, each with a header line that begins with `#`."""

import os
from importlib import resources
from pathlib import Path


def list_path(name: str) -> Path:
    """Where the list ``name`` lies: in `data/` of the source tree, or inside the installed package.

    Raises:
        FileNotFoundError: it is in neither place.
    """
    package = Path(str(resources.files("align")))
    for path in (package.parent / "data" / name, package / "data" / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"data/{name}: this word list is not in the installation")


def read_list(path: str | os.PathLike[str], fields: int) -> tuple[tuple[str, ...], ...]:
    """The lines of a list, each ``fields`` non-empty fields with a tab between; blank and `#` lines are skipped.

    Raises:
        ValueError: a line has another number of fields, an empty field, or stands twice (file and line are named);
            the file is not UTF-8, or holds no line at all.
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
            raise ValueError(f"{file}:{number}: {line[:60]!r}; {fields} fields with a tab between were expected")
        if parts in found:
            raise ValueError(f"{file}:{number}: {line[:60]!r} stands on line {found[parts]} already")
        found[parts] = number
    if not found:
        raise ValueError(f"{file}: holds no line; {fields} fields with a tab between were expected on each")
    return tuple(found)
