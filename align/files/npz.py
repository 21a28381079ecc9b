"""numpy's ``.npz`` with two arrays: ``words`` (strings, or bytes) and ``vectors`` of shape (v, d).

The names ``vocab`` and ``embedding`` of PaddleNLP's files are read as well. Nothing is unpickled.
"""

import zipfile
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from align.encoding import UTF8
from align.files.gather import EntryBlock, Gathered, ReadOptions, block_of, gather
from align.files.header import MAX_DIM
from align.files.stream import DAMAGE, VectorFile, opened

_CHUNK = 1 << 22
_WORDS = ("words", "vocab")
_VECTORS = ("vectors", "embedding")


class _Header(NamedTuple):
    """The header of an array; ``fortran``: its columns, not its rows, are contiguous."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype


def read_npz(source: VectorFile, options: ReadOptions) -> Gathered:
    """Reads the arrays ``words`` (or ``vocab``) and ``vectors`` (or ``embedding``; float16, float32 or float64).

    Args:
        source: the open file.
        options: the words to read, and the encoding of words stored as bytes.

    Raises:
        ValueError: an array is missing, has another type or is pickled, or the lengths differ.
    """
    with zipfile.ZipFile(source.path) as archive:  # its directory was checked when the source was opened
        held = [name.removesuffix(".npy") for name in archive.namelist()]
    words_name, vectors_name = _named(source, held, _WORDS), _named(source, held, _VECTORS)
    with opened(source.path / f"{words_name}.npy") as member:
        words, encoding = _words(member, options.encoding)
    with opened(source.path / f"{vectors_name}.npy") as member:
        header = _header(member)
        if header.dtype.kind != "f" or len(header.shape) != 2 or not 1 <= header.shape[1] <= MAX_DIM:
            raise ValueError(
                f"{member.name}: {header.dtype} of shape {header.shape}; floats (words, dims) were expected"
            )
        if header.shape[0] != len(words):
            raise ValueError(
                f"{source.name}: {len(words)} words and {header.shape[0]} vectors; equal numbers were expected"
            )
        blocks = _blocks(member, header, words, encoding)
        return gather(blocks, header.shape[1], options, name=source.name, unit="word ")


def _named(source: VectorFile, held: list[str], names: tuple[str, str]) -> str:
    """Returns the first of ``names`` that the archive holds; raises ValueError if it holds neither."""
    found = next((name for name in names if name in held), None)
    if found is None:
        listed = ", ".join(held[:8]) + (" ..." if len(held) > 8 else "")
        raise ValueError(f"{source.name}: holds the arrays {listed}; one called {' or '.join(names)} was expected")
    return found


def _header(member: VectorFile) -> _Header:
    try:
        version = np.lib.format.read_magic(member.file)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(member.file)
        else:
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(member.file)
    except (ValueError, TypeError, *DAMAGE) as error:
        raise ValueError(f"{member.name}: not a numpy array that can be read ({error})".replace("\n", " ")) from error
    if dtype.hasobject:
        raise ValueError(
            f"{member.name}: holds Python objects, which would have to be unpickled, and unpickling runs code; "
            "words were expected as an array of strings (numpy.array(words, dtype=str))"
        )
    return _Header(shape, fortran, dtype)


def _bytes(member: VectorFile, count: int) -> bytes:
    raw = member.read(count)
    if len(raw) < count:
        raise ValueError(f"{member.name}: cut short: {count} bytes were expected, {len(raw)} found")
    return raw


def _words(member: VectorFile, encoding: str) -> tuple[list[bytes], str]:
    """Returns the words as bytes, and their encoding. Reads block by block: numpy pads every word to the longest."""
    shape, _, dtype = _header(member)
    if dtype.kind not in "US" or len(shape) != 1 or not dtype.itemsize:
        raise ValueError(f"{member.name}: {dtype} of shape {shape}; a list of strings was expected")
    words: list[bytes] = []
    step = max(1, _CHUNK // dtype.itemsize)
    for start in range(0, shape[0], step):
        raw = _bytes(member, min(step, shape[0] - start) * dtype.itemsize)
        try:
            part = np.frombuffer(raw, dtype).tolist()
        except ValueError as error:
            raise ValueError(f"{member.name}: a word holds an invalid character ({error})") from error
        words += [word if isinstance(word, bytes) else word.encode(errors="surrogatepass") for word in part]
    return words, encoding if dtype.kind == "S" else UTF8


def _blocks(member: VectorFile, header: _Header, words: list[bytes], encoding: str) -> Iterator[EntryBlock]:
    (count, dim), width = header.shape, header.shape[1] * header.dtype.itemsize
    step = count if header.fortran else max(1, _CHUNK // width)
    for start in range(0, count, step or 1):
        part = words[start : start + step]
        raw = np.frombuffer(_bytes(member, width * len(part)), header.dtype)
        rows = raw.reshape((len(part), dim), order="F" if header.fortran else "C")
        yield block_of(part, rows, range(start + 1, start + len(part) + 1), encoding)
