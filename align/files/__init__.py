"""Vector files: every format is read by what it contains; the ending chooses what is written."""

import os
from collections.abc import Iterable
from pathlib import Path

from align.atomic import replacing
from align.files.gather import Keep
from align.files.native import read_native, write_native
from align.files.stream import opened
from align.files.text import read_text, write_text
from align.files.word2vec import read_binary, write_binary
from align.space import Space
from align.tensors import is_tensors
from align.text.vocab import Vocab

__all__ = ["load", "save"]

_WRITERS = {".bin": write_binary, ".txt": write_text, ".vec": write_text, ".safetensors": write_native}


def load(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    words: Iterable[str] | None = None,
    trust: bool = False,  # noqa: ARG001
    name: str = "",
) -> Space:
    """Read a file of word vectors; its format and packing are found from what it holds, never from its name."""
    keep = Keep(limit, None if words is None else frozenset(words))
    with opened(path) as source:
        name = name or Path(path).stem
        head = source.head()
        if is_tensors(head):
            return read_native(source.path, name).restrict(limit, keep.words)
        first, _, rest = head.partition(b"\n")
        fields = first.split()
        if len(fields) == 2 and all(field.isdigit() for field in fields):
            line = rest.partition(b"\n")[0]
            try:
                line.split()[-1].decode("ascii")
                float(line.split()[-1])
                found = read_text(source, keep, dim=None)
            except (ValueError, IndexError):
                found = read_binary(source, keep)
        else:
            found = read_text(source, keep, dim=len(fields) - 1)
    return Space(Vocab(found.words), found.vectors, name=name)


def save(space: Space, path: str | os.PathLike[str]) -> None:
    """Write ``space`` in the format of the ending of ``path``: ``.bin``, ``.txt``, ``.vec`` or ``.safetensors``."""
    path = Path(path)
    if path.suffix not in _WRITERS:
        raise ValueError(f"{path}: the ending {path.suffix!r} is not one of {', '.join(_WRITERS)}")
    with replacing(path) as temporary:
        _WRITERS[path.suffix](space, temporary)
