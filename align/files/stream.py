"""The bytes of a vector file, decompressed by what they are and not by the file's name."""

import bz2
import contextlib
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

HEAD = 1 << 16

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, eq=False)
class Source:
    """An open vector file: its decompressed bytes from the start, and what messages and readers need to know of it."""

    path: Path
    """The file itself."""
    name: str
    """What messages call it: the path, with the member of an archive behind it."""
    file: IO[bytes]
    """The decompressed bytes, at their start."""
    size: int | None
    """How many bytes there are; None where only decompressing tells."""
    packing: str
    """``plain``, ``gzip``, ``bzip2``, ``xz``, ``zip`` or ``npz`` (a zip of numpy arrays, not opened)."""

    def read(self, count: int) -> bytes:
        """Up to ``count`` bytes, fewer only at the end; raises ValueError where the packed data is damaged."""
        if self.packing == "plain":
            return self.file.read(count)
        parts: list[bytes] = []
        while count > 0:
            try:
                part = self.file.read(min(count, 1 << 24))
            except _DAMAGE as error:
                raise ValueError(
                    f"{self.name}: the {self.packing} data is damaged or cut short ({error}); fetch it again"
                ) from error
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def head(self) -> bytes:
        """The first bytes, without moving on."""
        head = self.read(HEAD)
        self.file.seek(0)
        return head

    def blocks(self, size: int) -> Iterator[bytes]:
        """The bytes from here to the end, ``size`` at a time."""
        while block := self.read(size):
            yield block


def _packing(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "plain")


def _split(path: Path) -> tuple[Path, str]:
    """``archive.zip/member`` to the archive and the member; any other path to itself and an empty name."""
    if not path.exists():
        for parent in path.parents:
            if parent.is_file() and zipfile.is_zipfile(parent):
                return parent, path.relative_to(parent).as_posix()
    return path, ""


def _member(path: Path, archive: zipfile.ZipFile, wanted: str) -> zipfile.ZipInfo:
    files = {
        info.filename: info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    }
    listed = ", ".join(list(files)[:8]) + (" ..." if len(files) > 8 else "")
    if wanted:
        if wanted not in files:
            raise ValueError(f"{path}: no member {wanted!r}; it holds {listed}")
        return files[wanted]
    if len(files) != 1:
        raise ValueError(
            f"{path}: holds {len(files)} files where one was expected; name one as {path}/MEMBER: {listed}"
        )
    return next(iter(files.values()))


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Generator[Source]:
    """Open ``path`` for reading, plain or packed with gzip, bzip2, xz or zip.

    A zip archive must hold one file, or the file is named behind it: ``vectors.zip/glove.6B.50d.txt``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an archive that is damaged or holds several files.
    """
    path, member = _split(Path(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder; a vector file was expected")
    with contextlib.ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("rb"))
        head = file.read(16)
        file.seek(0)
        packing, name, size = _packing(head), str(path), None
        if packing == "plain":
            size = path.stat().st_size
        elif packing == "gzip":
            file = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=file)))
        elif packing == "bzip2":
            file = stack.enter_context(bz2.BZ2File(file))
        elif packing == "xz":
            file = stack.enter_context(lzma.LZMAFile(file))
        else:
            try:
                archive = stack.enter_context(zipfile.ZipFile(file))
                names = archive.namelist()
                if names and all(entry.endswith(".npy") for entry in names):
                    packing = "npz"
                else:
                    info = _member(path, archive, member)
                    file = stack.enter_context(archive.open(info))
                    name = f"{path}/{info.filename}"
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise ValueError(f"{path}: the zip archive cannot be read ({error})") from error
        yield Source(path, name, file, size, packing)
