"""Payload: named arrays and a JSON document as one compressed block, which the page unpacks."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

ALIGNMENT = 8
KINDS = {"uint8": "Uint8Array", "uint16": "Uint16Array", "uint32": "Uint32Array", "float32": "Float32Array"}


def pack(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Returns a document and arrays as one gzip block; equal contents give equal bytes.

    The layout before compression: the length of the header (4 bytes, little-endian), the header (JSON with the
    document and, for each array, its kind, shape and offset), then the arrays, each at a multiple of 8 bytes.

    Args:
      document: a document that ``json`` can write.
      arrays: arrays of the types in ``KINDS``, by name.

    Raises:
      ValueError: an array has another type.

    Example:
      >>> from gzip import decompress
      >>> decompress(pack({"n": 1}, {}))[4:].rstrip()
      b'{"arrays":{},"document":{"n":1}}'
    """
    layout: dict[str, dict[str, Any]] = {}
    body = bytearray()
    for name, array in arrays.items():
        if array.dtype.name not in KINDS:
            raise ValueError(f"{name}: an array of {array.dtype.name}; one of {', '.join(KINDS)} was expected")
        data = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes()
        layout[name] = {"kind": KINDS[array.dtype.name], "shape": list(array.shape), "offset": len(body)}
        body += data + bytes(-len(data) % ALIGNMENT)
    content = {"arrays": layout, "document": document}
    header = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(header) + 4) % ALIGNMENT)
    return gzip.compress(len(header).to_bytes(4, "little") + header + bytes(body), 9, mtime=0)


def as_text(block: bytes) -> str:
    """Returns a block in base64: letters, digits, ``+``, ``/`` and ``=``, harmless inside HTML."""
    return base64.b64encode(block).decode("ascii")
