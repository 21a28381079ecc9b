"""The bytes of a vector file, decompressed. The content decides the packing, not the file's name."""

import contextlib
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from align import unpacking
from align.encoding import as_utf8
from align.unpacking import Unpacking, packing_of

HEAD = 1 << 18
_LARGE = 1 << 26

# The errors of the decompressors and of the zip reader on damaged data.
DAMAGE = (*unpacking.DAMAGE, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True, eq=False)
class VectorFile:
    """An open vector file: its decompressed bytes, and its name and size for readers and messages."""

    path: Path
    """The file itself."""
    name: str
    """The name in messages: the path, followed by the member if it is an archive."""
    file: io.BufferedIOBase
    """The decompressed bytes, positioned at the start."""
    size: int | None
    """The number of decompressed bytes; None if it is not known before decompressing."""
    raw: io.BufferedIOBase
    """The bytes of ``path`` as they are on disk; their position is the progress of reading."""
    closing: contextlib.ExitStack
    """Closes everything that depends on the file, then the file."""
    packing: str
    """``plain``, ``gzip``, ``bzip2``, ``xz``, ``zip`` or ``npz`` (a zip of numpy arrays, not opened)."""
    converted: bool = False
    """Whether the bytes come from the temporary file of `in_utf8`."""

    def read(self, count: int) -> bytes:
        """Reads ``count`` bytes, or fewer at the end; raises ValueError if the packed data is damaged."""
        if self.packing == "plain":
            return self.file.read(count)
        parts: list[bytes] = []
        while count > 0:
            try:
                part = self.file.read(min(count, 1 << 24))
            except DAMAGE as error:
                raise ValueError(
                    f"{self.name}: the {self.packing} data is damaged or cut short ({error}); fetch it again"
                ) from error
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def fill(self, view: memoryview) -> int:
        """Reads into ``view`` until it is full or the file ends; returns the number of bytes. Errors: see ``read``."""
        if self.packing != "plain":
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        done = 0
        while done < len(view) and (count := self.file.readinto(view[done:])):
            done += count
        return done

    def skip(self, count: int) -> None:
        """Skips ``count`` bytes."""
        if self.packing == "plain":
            self.file.seek(count, 1)
            return
        while count > 0 and (part := self.read(min(count, 1 << 24))):
            count -= len(part)

    def head(self) -> bytes:
        """Returns the first bytes without changing the position."""
        head = self.read(HEAD)
        self.file.seek(0)
        return head


def _split(path: Path) -> tuple[Path, str]:
    """Splits ``archive.zip/member`` into archive and member; any other path into itself and an empty name."""
    if not path.exists():
        for parent in path.parents:
            if parent.is_file() and zipfile.is_zipfile(parent):
                return parent, path.relative_to(parent).as_posix()
    return path, ""


def _member(path: Path, archive: zipfile.ZipFile, wanted: str) -> zipfile.ZipInfo:
    files = {
        info.filename: info
        for info in archive.infolist()
        if not info.filename.endswith("/") and not info.filename.startswith("__MACOSX/")
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
def opened(path: str | os.PathLike[str]) -> Generator[VectorFile]:
    """Opens ``path`` for reading, plain or packed with gzip, bzip2, xz or zip.

    A zip archive must hold one file, or the path names the file in it: ``vectors.zip/glove.6B.50d.txt``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an archive is damaged or holds several files.
    """
    path, member = _split(Path(path))
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder; a vector file was expected")
    with contextlib.ExitStack() as stack:
        file: io.BufferedIOBase = stack.enter_context(path.open("rb"))
        raw = file
        head = file.read(16)
        file.seek(0)
        packing, name, size = packing_of(head), str(path), None
        if packing == "plain":
            size = path.stat().st_size
        elif packing in ("gzip", "bzip2", "xz"):
            file = io.BufferedReader(Unpacking(file, packing), HEAD)
        else:
            try:
                archive = stack.enter_context(zipfile.ZipFile(file))
                names = archive.namelist()
                if names and not member and all(entry.endswith(".npy") for entry in names):
                    packing = "npz"
                else:
                    info = _member(path, archive, member)
                    file = stack.enter_context(cast(zipfile.ZipExtFile, archive.open(info)))
                    name = f"{path}/{info.filename}"
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise ValueError(f"{path}: the zip archive cannot be read ({error})") from error
        yield VectorFile(path, name, file, size, raw, stack, packing)


def in_utf8(source: VectorFile, encoding: str) -> VectorFile:
    """Returns ``source`` converted to UTF-8, in a temporary file, if ``encoding`` is not a superset of ASCII.

    Readers separate fields and lines by their ASCII bytes, which UTF-16 and UTF-32 do not have; other encodings are
    decoded word by word.

    Raises:
        ValueError: the text does not decode; names the line.
    """
    if "a 0\n".encode(encoding) == b"a 0\n":
        return source
    temporary = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the source
    file = cast(io.BufferedIOBase, source.closing.enter_context(temporary))
    chunks = iter(lambda: source.read(HEAD), b"")
    for chunk in as_utf8(chunks, source.name, encoding=encoding):
        file.write(chunk)
    size = file.tell()
    file.seek(0)
    return replace(source, file=file, raw=file, size=size, packing="plain", converted=True)


def blocks(source: VectorFile, size: int) -> Iterator[bytes]:
    """Yields the rest of ``source``, ``size`` bytes at a time; a large file shows its progress.

    Another thread decompresses packed data while the previous block is used. The thread ends when the source is closed,
    because an abandoned generator is collected at an unknown time.
    """
    advance = progress(source)
    ahead = None if source.packing == "plain" else source.closing.enter_context(ThreadPoolExecutor(1))
    pending = ahead.submit(source.read, size) if ahead else None
    while found := pending.result() if pending else source.read(size):
        pending = ahead.submit(source.read, size) if ahead else None
        advance()
        yield found


def progress(source: VectorFile) -> Callable[[], None]:
    """Returns a function that moves a progress bar to the current position in a large file."""
    total, before = source.path.stat().st_size, 0
    if total <= _LARGE:
        return lambda: None
    from align.progress import bytes_bar

    move = source.closing.enter_context(bytes_bar(f"reading {source.path.name}", total))

    def advance() -> None:
        nonlocal before
        now = source.raw.tell()
        move(now - before)
        before = now

    return advance


@contextlib.contextmanager
def unpacked(source: VectorFile) -> Generator[Path]:
    """Yields a path with the decompressed bytes of ``source``: its own path if it is not packed."""
    if source.packing == "plain":
        yield source.path
        return
    with tempfile.TemporaryDirectory(prefix="align-") as folder:
        path = Path(folder) / source.path.with_suffix("").name
        with path.open("wb") as file:
            while block := source.read(1 << 24):
                file.write(block)
        yield path
