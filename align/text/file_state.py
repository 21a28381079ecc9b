"""The state of a file, by which caches of its content notice that it has changed."""

from pathlib import Path
from typing import NamedTuple


class FileState(NamedTuple):
    """The time of the last change of a file, in nanoseconds, and its size in bytes."""

    changed: int
    size: int


def file_state(path: str) -> FileState:
    """Returns the state of a file; zeros for an empty path, which names none.

    Raises:
      OSError: the file cannot be read.

    Example:
      >>> file_state("")
      FileState(changed=0, size=0)
    """
    state = Path(path).stat() if path else None
    return FileState(state.st_mtime_ns, state.st_size) if state else FileState(0, 0)
