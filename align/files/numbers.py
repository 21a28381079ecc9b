"""Converts decimal text to floats, many at a time, with scipy's Matrix Market reader after a check of every byte.

That reader (fast_float) is about twenty times faster than ``float``, but it ignores invalid text: it reads "0.5x" as
0.5. So a vectorised check of the separators, dots, signs and exponents comes first. ``files.text`` reads text that
fails the check with ``float``, one number at a time.
"""

import importlib
import io
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int, UInt8
from scipy.io import mmread, mmwrite

_market: Any = importlib.import_module("scipy.io._fast_matrix_market")
_LINES = bytes.maketrans(b" ", b"\n")
_NEWLINE, _SPACE, _PLUS, _MINUS, _DOT, _NINE = b"\n +-.9"


def parse_rows(text: bytes, count: int, dim: int) -> Float64[np.ndarray, "n d"] | None:
    """Returns the numbers in lines of plain decimals, separated by one space, if the text has exactly this form.

    Args:
        text: the lines, each with a newline at its end.
        count: the number n of lines.
        dim: the number d of values in a line.

    Returns:
        The numbers, shape (n, d). None for all other text: other separators, another number of values, ``nan``,
        ``inf``, invalid text.
    """
    if b"+" in text:
        text = text.replace(b"e+", b"e").replace(b"E+", b"E")
    if not count or not text.endswith(b"\n") or b"/" in text or not _well_formed(text, count, dim):
        return None
    try:
        return _read(text.translate(_LINES), count * dim).reshape(count, dim)
    except (ValueError, OverflowError):
        return None


def _read(lines: bytes, count: int) -> Float64[np.ndarray, " u"]:
    """Reads ``count`` numbers, one per line, on one thread: blocks are small, and threads take time to start."""
    header = b"%%%%MatrixMarket matrix array real general\n%d 1\n" % count
    threads = _market.PARALLELISM
    _market.PARALLELISM = 1
    try:
        flat = np.asarray(mmread(io.BytesIO(header + lines))).reshape(-1)
    finally:
        _market.PARALLELISM = threads
    zeros = np.flatnonzero(flat == 0)
    if len(zeros) and b"-" in lines:  # scipy adds to a matrix of zeros, and 0 + -0 is 0
        a = np.frombuffer(lines, np.uint8)
        starts = np.flatnonzero(a == _NEWLINE)[zeros - 1] + 1
        starts[zeros == 0] = 0
        flat[zeros[a[starts] == _MINUS]] = -0.0
    return flat


def _well_formed(text: bytes, count: int, dim: int) -> bool:
    """Returns whether separators are in place and numbers have at most one dot, one exponent and leading signs.

    A number without digits before its exponent is not found here, but the parser refuses it.
    """
    a = np.frombuffer(text, np.uint8)
    above = a - np.uint8(_MINUS)  # minus 0, dot 1, digits 3 to 12; bytes below a minus wrap around
    at = np.flatnonzero((above > _NINE - _MINUS) | (above == _DOT - _MINUS))
    mark = a[at]
    dot = mark == _DOT
    separator = mark <= _SPACE
    power = ~(separator | dot)
    if (dot[1:] & dot[:-1]).any() or (power[:-1] & ~separator[1:]).any():
        return False
    if not _lines_fit(mark.compress(separator), count, dim):
        return False
    if power.any() and not _exponents_fit(a, at[power], mark[power]):
        return False
    inside = np.flatnonzero((above[1:] == 0) & (a[:-1] > _SPACE))  # a minus that does not begin a number
    return bool(((a[inside] | 32) == ord("e")).all())


def _lines_fit(ends: UInt8[np.ndarray, " u"], count: int, dim: int) -> bool:
    """Returns whether the separators are a newline after every ``dim`` numbers and a space after all others."""
    if len(ends) != count * dim:
        return False
    return bool((ends[dim - 1 :: dim] == _NEWLINE).all() and np.count_nonzero(ends == _SPACE) == count * (dim - 1))


def _exponents_fit(a: UInt8[np.ndarray, " t"], at: Int[np.ndarray, " u"], mark: UInt8[np.ndarray, " u"]) -> bool:
    """Returns whether all marks except separators and dots are an "e" between a digit or dot and a digit or minus."""
    if not ((mark | 32) == ord("e")).all() or at[0] == 0:
        return False
    left, right = a[at - 1], a[at + 1]
    right = np.where(right == _MINUS, a[np.minimum(at + 2, len(a) - 1)], right)
    return bool((((left > ord("/")) & (left <= _NINE) | (left == _DOT)) & (right > ord("/")) & (right <= _NINE)).all())


def shortest(rows: Float32[np.ndarray, "n d"]) -> list[bytes]:
    """Returns each row as text, with a space between values: the shortest decimals that read back as the same float32.

    Matrix Market's writer finds the shortest digits. They are read back as float64 and printed by ``repr``, which does
    not write 1.25E-1 for 0.125.
    """
    if not rows.size:
        return [b""] * len(rows)
    with io.BytesIO() as file:
        mmwrite(file, rows.reshape(-1, 1), symmetry="general")
        digits = file.getvalue().partition(b"\n%d 1\n" % rows.size)[2]
    exact = _read(digits, rows.size).reshape(rows.shape)
    return [str(row)[1:-1].replace(",", "").encode() for row in exact.tolist()]
