"""Locks between processes, which end with the process that holds them."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Generator
from pathlib import Path

from align.cache import cache_folder


def take_lock(descriptor: int, *, wait: bool) -> bool:
    """Takes the exclusive lock on an open file; returns whether it succeeded (always True with ``wait``)."""
    if sys.platform == "win32":
        import msvcrt
        import time

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    return False
                time.sleep(0.2)
            else:
                return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def only_writer(path: str | os.PathLike[str]) -> Generator[None]:
    """Refuses to let two runs of this user on this machine write the file ``path`` at the same time.

    The lock is a file in the cache folder, so that nothing is left next to ``path``. Without a writable cache folder
    there is no lock.

    Raises:
        FileExistsError: another run holds the lock.

    Example:
        >>> with only_writer("news.checkpoint"):
        ...     pass
    """
    with contextlib.ExitStack() as opened:
        file = None
        with contextlib.suppress(OSError):
            folder = cache_folder() / ".work" / "writers"
            folder.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(os.fsencode(Path(path).resolve())).hexdigest()
            file = opened.enter_context((folder / f"{name}.lock").open("a+b"))
        if file is not None and not take_lock(file.fileno(), wait=False):
            raise FileExistsError(f"{path}: another run is writing it; wait for that run, or name another file")
        yield
