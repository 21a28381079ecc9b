"""Decimal text to float, many at a time: scipy's Matrix Market reader behind a check that every byte is accounted for.

That reader (fast_float) is some twenty times faster than ``float`` but reads on after rubbish: "0.5x" is 0.5 to it.
So a vectorised check of the separators, dots, signs and exponents comes first, and what does not pass is left to the
careful reader.
"""

import io

import numpy as np
from jaxtyping import Float32, Float64
from scipy.io import mmread, mmwrite

_LINES = bytes.maketrans(b" ", b"\n")
_NEWLINE, _SPACE, _PLUS, _MINUS, _DOT, _NINE = b"\n +-.9"


def parse_rows(text: bytes, count: int, dim: int) -> Float64[np.ndarray, "n d"] | None:
    """The numbers of ``count`` lines, each of ``dim`` plain decimals with one space between and a newline at the end.

    None where the text is anything else: other separators, another number of values, ``nan``, ``inf``, rubbish.
    """
    if b"+" in text:
        text = text.replace(b"e+", b"e").replace(b"E+", b"E")
    if not count or not text.endswith(b"\n") or b"/" in text or not _well_formed(text, count, dim):
        return None
    header = b"%%%%MatrixMarket matrix array real general\n%d 1\n" % (count * dim)
    try:
        flat = np.asarray(mmread(io.BytesIO(header + text.translate(_LINES))))
    except (ValueError, OverflowError):
        return None
    return flat.reshape(count, dim)


def _well_formed(text: bytes, count: int, dim: int) -> bool:
    """Whether separators stand where they should and each number has one dot, one exponent and leading signs at most.

    What is left to the parser, which refuses it: a number without digits before its exponent.
    """
    a = np.frombuffer(text, np.uint8)
    marks = (a < _MINUS) | (a == _DOT)
    exponents = bool(a.max() > _NINE)
    if exponents:
        marks |= a > _NINE
    at = np.flatnonzero(marks)
    mark = a[at]
    separator = mark <= _SPACE
    ends = mark[separator]
    if len(ends) != count * dim or np.count_nonzero(ends == _SPACE) != count * (dim - 1):
        return False
    if not (ends[dim - 1 :: dim] == _NEWLINE).all():
        return False
    dot = mark == _DOT
    if (dot[1:] & dot[:-1]).any():
        return False
    before = a[:-1] > _SPACE
    if exponents:
        power = ~separator & ~dot
        if not _exponents_fit(a, at[power], mark[power]) or (power[:-1] & ~separator[1:]).any():
            return False
        before &= (a[:-1] | 32) != ord("e")
    elif not (separator | dot).all():
        return False
    return not ((a[1:] == _MINUS) & before).any()


def _exponents_fit(a: np.ndarray, at: np.ndarray, mark: np.ndarray) -> bool:
    """Whether the marks that are neither separator nor dot are an "e" between a digit or dot and a digit or minus."""
    if not ((mark | 32) == ord("e")).all() or at[0] == 0:
        return False
    left, right = a[at - 1], a[at + 1]
    right = np.where(right == _MINUS, a[np.minimum(at + 2, len(a) - 1)], right)
    return bool((((left > ord("/")) & (left <= _NINE) | (left == _DOT)) & (right > ord("/")) & (right <= _NINE)).all())


def shortest(rows: Float32[np.ndarray, "n d"]) -> list[bytes]:
    """Each row as text, with a space between values: the shortest decimals that read back as the same float32.

    Matrix Market's writer finds the shortest digits; read back as float64 they are what ``repr`` prints, which does
    not write 1.25E-1 for 0.125.
    """
    if not rows.size:
        return [b""] * len(rows)
    with io.BytesIO() as file:
        mmwrite(file, rows.reshape(-1, 1), symmetry="general")
        file.seek(0)
        exact = np.asarray(mmread(file)).reshape(rows.shape)
    return [str(row)[1:-1].replace(",", "").encode() for row in exact.tolist()]
