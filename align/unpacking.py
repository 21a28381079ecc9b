"""gzip, bzip2 and xz data as a stream, decompressed in large steps.

The standard library's file classes read 8 KiB at a time and take the interpreter lock for each read. Next to a thread
that parses, they are five times slower. After the last member, zeros are ignored and other data is an error, because
it may be a damaged member.
"""

import bz2
import io
import lzma
import zlib
from typing import Any, BinaryIO

_STEP = 1 << 18

DAMAGE = (EOFError, zlib.error, lzma.LZMAError, OSError)
"""Exceptions that the decompressors raise for damaged data."""

MAGIC = {b"\x1f\x8b\x08": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}


def packing_of(head: bytes) -> str:
    """Returns the compression of a file that begins with ``head``: gzip, bzip2, xz, zip, or plain."""
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "plain")


def _engine(kind: str) -> Any:
    """Returns a new decompressor."""
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    return bz2.BZ2Decompressor() if kind == "bzip2" else lzma.LZMADecompressor(memlimit=1 << 30)


class Unpacking(io.RawIOBase):
    """The decompressed bytes of a gzip, bzip2 or xz file with one or more members.

    The file must be at its start, or after ``head`` if these bytes have been read from it (a pipe cannot seek back).
    Reading raises EOFError if the data is truncated, and the decompressor's own error or OSError if it is damaged.
    """

    def __init__(self, file: io.BufferedIOBase | BinaryIO, kind: str, head: bytes = b"") -> None:
        self._file, self._kind = file, kind
        self._begin(head)

    def _begin(self, waiting: bytes) -> None:
        self._engine = _engine(self._kind)
        self._waiting = waiting
        self._position = 0

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True, although seeking backwards starts again from the beginning."""
        return True

    def tell(self) -> int:
        """Returns the number of decompressed bytes read so far."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to ``offset``; to move backwards it starts again and reads up to ``offset``."""
        offset += self._position if whence == 1 else 0
        if whence == 2:
            raise io.UnsupportedOperation("the end is not known")
        if offset < self._position:
            self._file.seek(0)
            self._begin(b"")
        while self._position < offset and self.read(min(_STEP, offset - self._position)):
            continue
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fills ``buffer`` with the result of one decompression step; returns 0 at the end."""
        view = memoryview(buffer).cast("B")
        while len(view):
            if self._engine.eof and not self._next_member():
                return 0
            if not self._waiting and getattr(self._engine, "needs_input", True):
                self._waiting = self._file.read(_STEP)
                if not self._waiting:
                    raise EOFError("it ends before its end marker")
            data = self._engine.decompress(self._waiting, len(view))
            self._waiting = getattr(self._engine, "unconsumed_tail", b"")
            if data:
                view[: len(data)] = data
                self._position += len(data)
                return len(data)
        return 0

    def _next_member(self) -> bool:
        """Starts the next member; returns False if there is none."""
        rest = self._engine.unused_data or self._waiting
        while rest and not rest.strip(b"\0") and (more := self._file.read(_STEP)):
            rest = more
        rest = rest.lstrip(b"\0")
        rest += self._file.read(16)
        if not rest:
            return False
        if packing_of(rest) != self._kind:
            raise OSError(f"after its end there is data that is not {self._kind}")
        self._engine, self._waiting = _engine(self._kind), rest
        return True
