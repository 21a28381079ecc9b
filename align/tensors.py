"""Named arrays in one memory-mapped file: the safetensors layout, read and written without a copy.

Layout (https://huggingface.co/docs/safetensors): 8 bytes little-endian header length, a JSON header
``{name: {dtype, shape, data_offsets}, "__metadata__": {str: str}}`` padded with spaces, then the raw data.
But: the safetensors library copies every numpy array on reading and on writing; here an array is a view of the file.
"""

import json
import math
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from align.atomic import replacing

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_CODES = {np.dtype(kind): code for code, kind in _DTYPES.items()}
_MAX_HEADER = 100_000_000


def save_tensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> None:
    """Write ``arrays`` and the text ``metadata`` to ``path``, whole or not at all.

    Raises:
        ValueError: an array's type has no safetensors code.
        OSError: the file cannot be written.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, array in arrays.items():
        code = _CODES.get(array.dtype.newbyteorder("<"))
        if code is None:
            raise ValueError(f"array {name!r} is of type {array.dtype}; expected one of {', '.join(map(str, _CODES))}")
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 64)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for array in arrays.values():
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            file.write(little.reshape(-1).view(np.uint8).data)


def is_tensors(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (9 bytes or more) looks like safetensors."""
    return len(head) >= 9 and 2 <= int.from_bytes(head[:8], "little") <= _MAX_HEADER and head[8:9] == b"{"


def load_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays (read-only views of the memory-mapped file) and the metadata of ``path``.

    Raises:
        ValueError: not a safetensors file, or one whose header and size disagree; names the file and what was expected.
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
        header = json.loads(raw)
        if not isinstance(header, dict):
            raise TypeError("the header is not a JSON object")
        metadata = header.pop("__metadata__", {})
        spans = {
            name: (np.dtype(_DTYPES[entry["dtype"]]), tuple(map(int, entry["shape"])), *map(int, entry["data_offsets"]))
            for name, entry in header.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: the safetensors header cannot be read ({error})") from error
    arrays: dict[str, np.ndarray] = {}
    for name, (dtype, shape, start, stop) in spans.items():
        count = math.prod(shape)
        if min(shape, default=0) < 0 or start < 0 or stop - start != count * dtype.itemsize:
            raise ValueError(f"{path}: array {name!r} says shape {shape} of {dtype} but spans bytes {start} to {stop}")
        if 8 + length + stop > size:
            raise ValueError(f"{path}: cut short: {8 + length + stop} bytes expected, {size} found")
        arrays[name] = np.frombuffer(mapped, dtype, count, offset=8 + length + start).reshape(shape)
    if not isinstance(metadata, dict):
        raise ValueError(f"{path}: the safetensors metadata is not an object of strings")  # noqa: TRY004
    return arrays, {str(key): str(value) for key, value in metadata.items()}
