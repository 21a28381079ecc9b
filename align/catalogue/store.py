"""The cache on disk: one folder and one record for each resource, one working folder and lock for each source.

Layout: ``NAME/`` has the files; ``NAME.json`` has their source, the date, and each file's size, time and sha256;
``.work/SOURCE/`` has a download in progress, which can be resumed; ``.work/SOURCE.lock`` is its lock.
"""

import contextlib
import datetime
import hashlib
import json
import logging
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

from align.atomic import replacing
from align.cache import cache_folder
from align.catalogue.resource import CatalogueError, Resource
from align.locking import take_lock

_log = logging.getLogger(__name__)


def read_record(resource: Resource) -> dict[str, Any]:
    """Returns the record of ``resource`` from its present source; empty if there is none."""
    try:
        record = json.loads((cache_folder() / f"{resource.name}.json").read_text(encoding="utf-8"))
        right = record["source"] == resource.source and isinstance(record["files"], dict) and record["sha256"]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, TypeError, KeyError):
        _log.warning("%s: its record in the cache is damaged; it is fetched again", resource.name)
        return {}
    return record if right else {}


def stored(resource: Resource, *, thorough: bool = True) -> Path | None:
    """Returns the path of ``resource`` in the cache, or None if it is missing or has changed since it was fetched.

    A file with the recorded size and time counts as unchanged. Any other file is hashed again if ``thorough``, and
    counts as changed otherwise.
    """
    record = read_record(resource)
    if not record or (resource.sha256 and record["sha256"] != resource.sha256):
        return None
    folder, touched = cache_folder() / resource.name, False
    for name, entry in record["files"].items():
        try:
            state = (folder / name).stat()
        except OSError:
            return None
        if [state.st_size, state.st_mtime_ns] == [entry["size"], entry["time"]]:
            continue
        if not thorough:
            return None
        if state.st_size != entry["size"] or digest(folder / name) != entry["sha256"]:
            _log.warning(
                "%s: %s in the cache has changed since it was fetched; it is fetched again", resource.name, name
            )
            return None
        entry["time"], touched = state.st_mtime_ns, True
    if touched:
        try:
            _write_record(resource, record)
        except OSError as error:  # a read-only cache: the files are unchanged, but each process hashes them again
            _log.info("%s: the new times of its files cannot be recorded: %s", resource.name, error)
    return _path(folder, record["files"])


def place(resource: Resource, made: Path, sha256: str) -> Path:
    """Moves the complete folder ``made`` into the cache as ``resource`` and writes its record; returns the path."""
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(file for file in made.rglob("*") if file.is_file()):
        state = path.stat()
        files[path.relative_to(made).as_posix()] = {
            "size": state.st_size, "time": state.st_mtime_ns, "sha256": digest(path)
        }  # fmt: skip
    folder = cache_folder() / resource.name
    if folder.exists():
        old = made.with_name(f"{made.name}.old")
        folder.replace(old)
        made.replace(folder)
        shutil.rmtree(old)
    else:
        made.replace(folder)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _write_record(resource, {"source": resource.source, "sha256": sha256, "fetched": today, "files": files})
    return _path(folder, files)


def require_space(folder: Path, needed: int, label: str) -> None:
    """Checks that the disk of ``folder`` has ``needed`` bytes free.

    Raises:
        CatalogueError: the disk has fewer; the message gives both numbers.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CatalogueError(f"{label}: needs {needed:,} bytes, and the disk of {folder} has {free:,} free")


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Returns the file's sha256 (or md5) as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextlib.contextmanager
def working_folder(resource: Resource) -> Generator[Path]:
    """Yields the working folder of ``resource``'s source, locked against other processes.

    The folder remains afterwards, so that an interrupted download can be resumed.

    Raises:
        CatalogueError: the cache cannot be written or locked.
    """
    work = cache_folder() / ".work" / resource.source_key
    work.parent.mkdir(parents=True, exist_ok=True)
    with work.with_name(f"{work.name}.lock").open("a+b") as file:
        if not take_lock(file.fileno(), wait=False):
            _log.warning("%s: waiting for another process that is fetching it", resource.name)
            take_lock(file.fileno(), wait=True)
        work.mkdir(exist_ok=True)  # after the lock, because the previous process may have removed the folder
        yield work  # the lock ends when the file is closed or the process ends


def _path(folder: Path, names: dict[str, dict[str, Any]]) -> Path:
    return folder / next(iter(names)) if len(names) == 1 else folder


def _write_record(resource: Resource, record: dict[str, Any]) -> None:
    with replacing(cache_folder() / f"{resource.name}.json") as temporary:
        temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
