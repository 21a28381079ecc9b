"""Files that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path]:
    """Yield a temporary path beside ``path``; on success it replaces ``path`` in one step, on any error it is removed.

    The rename is atomic on one file system, so a reader (or a second writer of the same file) sees the old content or
    the new, never a part. The directory is made if it is missing; of a symbolic link, what it points to is replaced.

    Raises:
        IsADirectoryError: ``path`` is a folder.
        OSError: ``path`` is a device or a pipe, the folder cannot be written, or the disk is full; nothing that was
            there is changed.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target}: is a folder; a file name was expected")
    if target.exists() and not target.is_file():
        raise OSError(f"{target}: is a device or a pipe; a file name was expected")
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:60]}.", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
