"""Named arrays in one memory-mapped file, in the safetensors layout, read and written without copies.

Layout (https://huggingface.co/docs/safetensors): 8 bytes little-endian header length, a JSON header
``{name: {dtype, shape, data_offsets}, "__metadata__": {str: str}}`` padded with spaces, then the raw data.
But: the safetensors library copies every numpy array on reading and on writing; here an array is a view of the file.
"""

import json
import math
import mmap
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from align.atomic import replacing

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_CODES = {np.dtype(kind): code for code, kind in _DTYPES.items()}
_MAX_HEADER = 100_000_000
"""The largest length of a header that the format allows, in bytes."""


def save_tensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> None:
    """Writes ``arrays`` and the text ``metadata`` to ``path``; the file appears whole or not at all.

    Raises:
        ValueError: an array's type has no safetensors code, or its name is ``__metadata__``.
        OSError: the file cannot be written.
    """
    header = _header({name: (array.dtype, array.shape) for name, array in arrays.items()}, metadata)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(header)
        for array in arrays.values():
            file.write(_raw(array))


def save_growing(
    path: str | os.PathLike[str],
    name: str,
    blocks: Iterable[np.ndarray],
    arrays: Mapping[str, np.ndarray],
    metadata: Mapping[str, str],
) -> None:
    """Writes a file like ``save_tensors``, but its first array, 1-D, comes in blocks and is never whole in memory.

    Args:
        path: the file to write.
        name: the name of the first array.
        blocks: its values, at least one block; all blocks are of one type.
        arrays: the other arrays.
        metadata: as in ``save_tensors``.

    Raises:
        ValueError: there is no block, or blocks differ in type; otherwise as in ``save_tensors``.
        OSError: the file cannot be written.
    """
    kinds = {other: (array.dtype, array.shape) for other, array in arrays.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        length, kind, room = 0, None, 0
        for block in blocks:
            if kind is None:
                kind = block.dtype
                room = len(_header({name: (kind, (1 << 44,)), **kinds}, metadata))
                file.write(b" " * room)
            if block.dtype != kind:
                raise ValueError(f"a block of array {name!r} is of type {block.dtype}, the first was of {kind}")
            file.write(_raw(block))
            length += len(block)
        if kind is None:
            raise ValueError(f"array {name!r} has no block")
        for array in arrays.values():
            file.write(_raw(array))
        file.seek(0)
        file.write(_header({name: (kind, (length,)), **kinds}, metadata, room))


def _header(
    kinds: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]], metadata: Mapping[str, str] | None, room: int = 0
) -> bytes:
    """Returns the length field and header for arrays of these types and shapes, padded to at least ``room`` bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, (kind, shape) in kinds.items():
        if name == "__metadata__":
            raise ValueError(f"an array cannot be named {name!r}, the name of the metadata")
        code = _CODES.get(kind.newbyteorder("<"))
        if code is None:
            raise ValueError(f"array {name!r} is of type {kind}; expected one of {', '.join(map(str, _CODES))}")
        size = kind.itemsize * math.prod(shape)
        header[name] = {"dtype": code, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (room - 8 - len(text) if room else -len(text) % 64)
    return len(text).to_bytes(8, "little") + text


def _raw(array: np.ndarray) -> memoryview:
    """Returns the bytes of ``array``, little-endian and in C order."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data


def is_tensors(head: bytes) -> bool:
    """Returns whether a file that begins with ``head`` (9 bytes or more) looks like safetensors."""
    return len(head) >= 9 and 2 <= int.from_bytes(head[:8], "little") <= _MAX_HEADER and head[8:9] == b"{"


def load_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Returns the arrays of ``path``, as read-only views of the memory-mapped file, and its metadata.

    Raises:
        ValueError: not a safetensors file, or its header and size disagree; names the file and what was expected.
        OSError: the file cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(9)
        if not is_tensors(head):
            raise ValueError(f"{path}: not a safetensors file (no header at its start)")
        length = int.from_bytes(head[:8], "little")
        if 8 + length > size:
            raise ValueError(f"{path}: cut short: the header should take {length} bytes, the file has {size}")
        file.seek(8)
        raw = file.read(length)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        entries, metadata = _parsed(raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: the safetensors header cannot be read ({error})") from error
    for name, (dtype, shape, start, stop) in entries.items():
        if stop - start != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{path}: array {name!r} has shape {shape} of {dtype} but spans bytes {start} to {stop}")
    _check_cover(path, entries, size - 8 - length)
    arrays: dict[str, np.ndarray] = {}
    for name, (dtype, shape, start, _) in entries.items():
        arrays[name] = np.frombuffer(mapped, dtype, math.prod(shape), offset=8 + length + start).reshape(shape)
    return arrays, metadata


def check_names(arrays: Mapping[str, np.ndarray], *known: str) -> None:
    """Checks that a file has no array but the ``known`` ones.

    Raises:
        ValueError: an array has another name. Its data, and the part that it was meant to be, would be ignored.

    Example:
        >>> check_names({"word": np.zeros(1)}, "words", "vectors")
        Traceback (most recent call last):
        ValueError: an array 'word'; the names expected are words, vectors
    """
    for name in arrays:
        if name not in known:
            raise ValueError(f"an array {name!r}; the names expected are {', '.join(known)}")


def _check_cover(path: Path, entries: Mapping[str, "_Entry"], size: int) -> None:
    """Raises ValueError unless the arrays cover the ``size`` bytes after the header without gaps or overlaps."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].start, item[1].stop)):
        if entry.start != end:
            raise ValueError(f"{path}: array {name!r} begins at byte {entry.start} of the data; {end} was expected")
        end = entry.stop
    if end != size:
        what = "cut short" if end > size else "more follows the arrays"
        raise ValueError(f"{path}: {what}: {end} bytes of data expected, {size} found")


class _Entry(NamedTuple):
    """The type, shape and position of an array; ``start`` and ``stop`` are bytes after the end of the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


def _parsed(raw: bytes) -> tuple[dict[str, _Entry], dict[str, str]]:
    """Returns the entries and the metadata of a header."""
    header: dict[str, Any] = json.loads(raw)  # it begins with a brace, so it is an object
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise TypeError("its metadata is not an object of strings")
    entries: dict[str, _Entry] = {}
    for name, entry in header.items():
        code, shape, span = entry["dtype"], entry["shape"], entry["data_offsets"]
        if code not in _DTYPES:
            raise ValueError(f"array {name!r} is of type {code!r}; expected one of {', '.join(_DTYPES)}")
        whole = all(type(n) is int and 0 <= n < 1 << 40 for n in (*shape, *span))
        if not whole or len(shape) > 32 or math.prod(n or 1 for n in shape) >= 1 << 48 or len(span) != 2:
            raise ValueError(f"array {name!r} has shape {shape} and data_offsets {span}")
        entries[name] = _Entry(np.dtype(_DTYPES[code]), tuple(shape), *span)
    return entries, {str(key): str(value) for key, value in metadata.items()}
