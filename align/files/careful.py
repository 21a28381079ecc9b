"""Reads word2vec's binary format entry by entry; words may hold spaces.

An entry is a word, a space and d floats. The format does not give the length of the word, so each space may end it. A
reading of an entry fits if the word is text without control characters, the d floats have the magnitude of the rest of
the file, and another word follows. The file is refused unless exactly one reading fits.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from align.files.gather import EntryBlock, ReadOptions
from align.files.header import Header
from align.files.sanity import MAX_RATIO
from align.files.stream import VectorFile
from align.files.words import MAX_WORD, Unreadable, decode_words, unreadable

_CHUNK = 1 << 20
_MAX_VALUE = 1e12
MIN_VALUE = 1e-15
"""The smallest magnitude of a value other than 0; the bytes of a word often give a smaller one."""
_USUAL = (1e-7, 1e2)
"""The range of the magnitudes of a row's values, relative to the largest value so far."""


class _Reading(NamedTuple):
    """One way to read an entry."""

    raw: bytes
    row: Float32[np.ndarray, " d"]
    end: int


class _Cursor:
    """The bytes of a file from the next entry on, with facts about earlier entries: line ends and largest value."""

    def __init__(self, source: VectorFile, header: Header, encoding: str) -> None:
        self.source, self.header, self.encoding = source, header, encoding
        self.buffer, self.position, self.ended = b"", 0, False
        self.newlines: bool | None = None
        self.largest_value = 0.0

    def fill(self) -> None:
        """Reads on until the buffer holds an entry and the word after it, or the rest of the file."""
        needed = 4 * self.header.dim + 3 * MAX_WORD
        while not self.ended and len(self.buffer) - self.position < needed:
            more = self.source.read(max(_CHUNK, needed))
            self.ended = not more
            self.buffer, self.position = self.buffer[self.position :] + more, 0


def careful_entries(source: VectorFile, header: Header, options: ReadOptions) -> Iterator[EntryBlock]:
    """Yields the entries of the file in blocks of a few hundred.

    Raises:
        ValueError: no reading fits an entry, or several do; the file is cut short, or longer than its header says. The
            message names the entry.
    """
    cursor = _Cursor(source, header, options.encoding)
    step = 512
    for first in range(1, header.words + 1, step):
        numbers = range(first, min(first + step, header.words + 1))
        readings = [_next(cursor, number) for number in numbers]
        yield _block(readings, numbers, header.dim, options)
    cursor.fill()
    if cursor.buffer[cursor.position :].strip(b"\r\n"):
        raise ValueError(header.trailing(source.name))


def _block(readings: list[_Reading], numbers: range, dim: int, options: ReadOptions) -> EntryBlock:
    words, bad = decode_words([reading.raw for reading in readings], options.encoding)
    lost: list[Unreadable] = [unreadable(readings[place].raw, numbers[place], options.encoding) for place in bad]
    wanted = options.places(words)
    places = [place for place in (range(len(words)) if wanted is None else wanted) if place not in set(bad)]
    rows = np.array([readings[place].row for place in places], np.float32).reshape(len(places), dim)
    skipped = len(words) - len(places) - len(lost)
    return EntryBlock([words[place] for place in places], rows, [numbers[place] for place in places], lost, skipped)


def _next(cursor: _Cursor, number: int) -> _Reading:
    """Reads the next entry and moves the cursor past it."""
    cursor.fill()
    name, header = cursor.source.name, cursor.header
    found = _readings(cursor, number)
    if number == header.words:
        found = [one for one in found if not cursor.buffer[one.end :].strip(b"\r\n")] or found
    sound = [one for one in found if not decode_words([one.raw], cursor.encoding)[1]]
    usual = [one for one in sound if _usual(one.row, cursor.largest_value)]
    # A word that cannot be decoded is accepted only if no other reading fits; it is then dropped and counted.
    best = next((few for few in (usual, sound, found) if few), [])
    rest = cursor.buffer[cursor.position :]
    if not best and cursor.ended and rest.find(b" ") + 1 + 4 * header.dim > len(rest):
        raise ValueError(header.cut(name, number - 1))
    if len(best) != 1:
        before = [] if best else [one for one in _readings(cursor, number, alone=True) if _sound_and_usual(cursor, one)]
        faulty, at = (number + 1, before[0].end) if len(before) == 1 else (number, cursor.position)
        shown = cursor.buffer[at : at + 20].lstrip(b"\n")
        raise ValueError(
            f"{name}:word {faulty}: {shown!r} found, which can be read in {len(best) or 'no'} way"
            f"{'s' if best else ''} as a word, a space and {header.dim} values of the file's magnitude; {header}"
        )
    reading = best[0]
    if cursor.newlines is None and number < header.words:
        cursor.newlines = cursor.buffer[reading.end : reading.end + 1] == b"\n"
    cursor.position = reading.end
    cursor.largest_value = max(cursor.largest_value, float(np.abs(reading.row).max()))
    return reading


def _sound_and_usual(cursor: _Cursor, reading: _Reading) -> bool:
    """Returns whether the word decodes in the file's encoding and ``_usual`` holds for the values."""
    return not decode_words([reading.raw], cursor.encoding)[1] and _usual(reading.row, cursor.largest_value)


def _readings(cursor: _Cursor, number: int, *, alone: bool = False) -> list[_Reading]:
    """Returns the possible readings of the entry at the cursor. ``alone``: do not check that another entry follows."""
    buffer, width = cursor.buffer, 4 * cursor.header.dim
    start = cursor.position + (number > 1 and cursor.newlines is not False and _newline(buffer, cursor.position))
    found: list[_Reading] = []
    space = start - 1
    while (space := buffer.find(b" ", space + 1, start + MAX_WORD)) >= 0:
        raw, end = buffer[start:space], space + 1 + width
        if end > len(buffer) or any(byte < 32 for byte in raw):
            break
        row = np.frombuffer(buffer, "<f4", cursor.header.dim, space + 1)
        if _plausible(row, cursor.largest_value) and (alone or _entry_follows(cursor, end)):
            found.append(_Reading(raw, row, end))
    return found


def _newline(buffer: bytes, at: int) -> bool:
    return buffer[at : at + 1] == b"\n"


def _plausible(row: Float32[np.ndarray, " d"], largest_value: float) -> bool:
    """Returns whether the values are finite and at most MAX_RATIO times the largest so far."""
    largest = float(np.abs(row).max()) if np.isfinite(row).all() else np.inf
    return largest <= (max(largest_value, 1e-6) * MAX_RATIO if largest_value else _MAX_VALUE)


def _usual(row: Float32[np.ndarray, " d"], largest_value: float) -> bool:
    """Returns whether all values other than 0 have the magnitude of trained vectors, relative to the largest so far.

    The bytes of a word, read as floats, rarely meet this condition.
    """
    sizes = np.abs(row[row != 0])
    least, most = (largest_value * _USUAL[0], largest_value * _USUAL[1]) if largest_value else (MIN_VALUE, _MAX_VALUE)
    return bool(((sizes > least) & (sizes < most)).all())


def _entry_follows(cursor: _Cursor, end: int) -> bool:
    """Returns whether the next entry, or the end of the file, may be at ``end``."""
    buffer = cursor.buffer
    if cursor.ended and not buffer[end:].strip(b"\r\n"):
        return True
    newline = _newline(buffer, end)
    if cursor.newlines is not None and newline != cursor.newlines:
        return False
    space = buffer.find(b" ", end, end + MAX_WORD)
    if space < 0:
        return cursor.ended
    word = buffer[end + newline : space]
    sound = not any(byte < 32 for byte in word)
    return sound and (bool(cursor.newlines) or not decode_words([word], cursor.encoding)[1])
