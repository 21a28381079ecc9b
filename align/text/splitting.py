"""Splits text at blanks into numbered pieces, all at once, without a string for each piece.

The bytes of a piece give a hash, eight bytes at a time. The first piece in each slot of a hash table represents the
pieces with its hash; the other pieces go to the next round, with other slots. The bytes of long pieces are then
compared, so the result is exact.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int32, UInt64

_LETTER, _LEAD, _BLANK, _NEWLINE = 0, 1, 2, 3
"""Classes of bytes; a lead is the first byte of a character that may be a wide blank."""
_WIDE_BLANKS = [chr(code).encode() for code in range(128, 0x10000) if chr(code).isspace()]
"""The blanks outside ASCII, at which ``str.split`` cuts too: two or three bytes each."""
_LEADS = {blank[0] for blank in _WIDE_BLANKS}
_CLASSES = bytes(
    _NEWLINE if byte == 10 else _BLANK if byte < 128 and chr(byte).isspace() else _LEAD if byte in _LEADS else _LETTER
    for byte in range(256)
)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
"""Masks of the first 0 to 8 bytes of a number."""
_WORD = 8
_HALF, _TWO, _HIGHEST = np.uint64(32), np.uint64(2), np.uint64(0xFF << 56)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIN_SLOT_BITS, _MAX_SLOT_BITS = 10, 22
"""Smallest and largest number of bits of a slot in the hash table."""


class Pieces(NamedTuple):
    """The distinct pieces of a text by first occurrence, and the number of each piece in order."""

    distinct: list[str]
    numbers: Int32[np.ndarray, " p"]


class Spans(NamedTuple):
    """The pieces of a text.

    ``words`` holds the eight bytes that begin at each position of the text. ``starts`` and ``sizes`` are the start and
    the length of each piece, in bytes.
    """

    words: UInt64[np.ndarray, " bytes"]
    starts: Int[np.ndarray, " p"]
    sizes: Int[np.ndarray, " p"]

    def word(self, some: Int[np.ndarray, " n"], index: int) -> UInt64[np.ndarray, " n"]:
        """Returns the bytes 8 ``index`` to 8 ``index`` + 7 of the pieces ``some``, each as one number.

        Bytes after the end of a piece are 0.
        """
        left = np.minimum(self.sizes[some] - 8 * index, 8)
        return self.words[self.starts[some] + 8 * index] & _MASKS[left]


def split_pieces(text: str, line_end: str) -> Pieces:
    r"""Returns the pieces of ``text.replace("\n", f" {line_end} ").split()``, where the text has no NUL.

    >>> split_pieces("a b\na", "|")
    Pieces(distinct=['a', 'b', '|'], numbers=array([0, 1, 2, 0], dtype=int32))
    """
    data = text.encode()
    spans = _spans(data)
    first = first_occurrences(spans)
    own = first == np.arange(len(first))
    numbers = (np.cumsum(own, dtype=np.int32) - 1)[first]
    return Pieces([line_end if word == "\n" else word for word in _texts(data, spans, own)], numbers)


def _spans(data: bytes) -> Spans:
    """Returns the pieces of a text: runs of bytes without blanks, and newlines."""
    words = np.ndarray((len(data) + 1,), "<u8", data + bytes(8), strides=(1,))
    kinds = np.frombuffer(bytearray(data).translate(_CLASSES), np.uint8)
    leads = np.flatnonzero(kinds == _LEAD)
    for size in {len(blank) for blank in _WIDE_BLANKS} if len(leads) else ():
        blanks = np.array([int.from_bytes(blank, "little") for blank in _WIDE_BLANKS if len(blank) == size], np.uint64)
        found = leads[np.isin(words[leads] & _MASKS[size], blanks)]
        kinds[found[:, None] + np.arange(size)] = _BLANK
    letter, newline = np.zeros(len(data) + 2, bool), kinds == _NEWLINE
    letter[1:-1] = kinds < _BLANK
    starts = np.flatnonzero((letter[1:-1] & ~letter[:-2]) | newline)
    ends = np.flatnonzero((letter[1:-1] & ~letter[2:]) | newline)
    return Spans(words, starts, ends - starts + 1)


def first_occurrences(spans: Spans) -> Int[np.ndarray, " p"]:
    """Returns for each piece the number of the first piece with the same bytes."""
    hashes, everywhere = _hashes(spans), np.arange(len(spans.sizes), dtype=np.int32)
    first, rest, keys, factor = everywhere, everywhere, hashes, _FACTOR
    bits = min(max(len(rest).bit_length(), _MIN_SLOT_BITS), _MAX_SLOT_BITS)
    table = np.empty(1 << bits, np.int32)
    while len(rest):
        slots = ((keys * factor) >> np.uint64(64 - bits)).astype(np.int32)
        table[slots[::-1]] = rest[::-1]  # of equal slots the last assignment remains: the first piece
        found = table[slots]
        same = hashes[found] == keys
        _compare_long(spans, rest, found, same)
        if rest is everywhere:
            first = found  # pieces that differ are looked up again
        else:
            first[rest] = found
        missed = np.flatnonzero(~same)
        rest, keys, factor = rest[missed], keys[missed], factor + _TWO
    return first


def _hashes(spans: Spans) -> UInt64[np.ndarray, " p"]:
    """Returns the hash of each piece.

    The hash of up to eight bytes is the bytes themselves. Other hashes have 0xFF as their highest byte, which does not
    occur in UTF-8. So only two pieces of more than eight bytes can have equal hashes and differ.
    """
    hashes = spans.words[spans.starts] & _MASKS[np.minimum(spans.sizes, _WORD)]
    long = np.flatnonzero(spans.sizes > _WORD)
    some, index = long, 0
    while len(some):
        index += 1
        mixed = hashes[some] * _FACTOR
        hashes[some] = (mixed ^ (mixed >> _HALF)) + spans.word(some, index)
        some = some[spans.sizes[some] > _WORD * (index + 1)]
    hashes[long] |= _HIGHEST
    return hashes


def _compare_long(
    spans: Spans, some: Int[np.ndarray, " n"], others: Int[np.ndarray, " n"], same: Bool[np.ndarray, " n"]
) -> None:
    """Sets ``same`` to False where pieces of more than eight bytes differ from ``others``."""
    left = np.flatnonzero(spans.sizes[some] > _WORD)
    left = left[same[left] & (some[left] != others[left])]
    same[left] &= spans.sizes[some[left]] == spans.sizes[others[left]]
    left, index = left[same[left]], 0
    while len(left):
        same[left] &= spans.word(some[left], index) == spans.word(others[left], index)
        index += 1
        left = left[spans.sizes[some[left]] > _WORD * index]


def _texts(data: bytes, spans: Spans, own: Bool[np.ndarray, " p"]) -> list[str]:
    """Returns the pieces that ``own`` marks, as strings."""
    sizes = spans.sizes[own]
    ends = np.cumsum(sizes + 1)
    joined = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    source = np.frombuffer(data, np.uint8)
    joined[np.repeat(ends - sizes - 1, sizes) + within] = source[np.repeat(spans.starts[own], sizes) + within]
    return joined.tobytes().decode().split("\0")[:-1]
