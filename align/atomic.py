"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path]:
    """Yields a temporary path next to ``path``, which replaces ``path`` on success and is removed on any error.

    The data reaches the disk before the rename, and the rename is atomic on one file system. A reader, or
    a second writer of the same file, sees the old content or the new, never a part, even after a power failure.
    Missing folders are made, and removed again on an error. If ``path`` is a symbolic link, its target is
    replaced.

    Args:
        path: the file to write.

    Raises:
        IsADirectoryError: ``path`` is a folder.
        OSError: ``path`` is a device or a pipe, the folder cannot be written, or the disk is full. The error names
            the file, and nothing that existed is changed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder, "new", "words.txt")) as temporary:
        ...         _ = temporary.write_text("king")
        ...     Path(folder, "new", "words.txt").read_text()
        'king'
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target}: is a folder; a file name was expected")
    if target.exists() and not target.is_file():
        raise OSError(f"{target}: is a device or a pipe; a file name was expected")
    target = target.resolve()
    made = _make_folders(target.parent)
    temporary = None
    try:
        temporary = _new_file(target)
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        _flush_names(target.parent)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        for folder in made:
            with contextlib.suppress(OSError):  # another process may use it by now
                folder.rmdir()
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary or error.filename)):
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Makes ``folder`` and the folders above it; returns those that were missing, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _new_file(target: Path) -> Path:
    """Makes an empty file next to ``target``, with the usual permissions of a new file."""
    while True:
        path = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.part")
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
            return path


def _flush(path: Path) -> None:
    """Waits until the content of a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_names(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, if the system can open a folder."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
