"""Symbols: the units of word discovery, and where they are in the text.

Each hanzi is a symbol. Every number, of any length, is the symbol ``0``. All else is a break, which no word crosses: a
run of one punctuation mark, a word of letters, a blank, or the end of a line.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8

from align.text.chinese import simplify_text
from align.text.cleaning import clean, fold
from align.text.scripts import HANZI

BREAK = 0
"""The symbol of a break."""
NUMBER = ord("0")
"""The symbol of a number."""
SYMBOLS = 1 << 18
"""All symbols are below this number: the code points of hanzi, ``NUMBER`` and ``BREAK``."""
_BASIC = 1 << 16
"""Characters below this number are looked up in a table."""
_OTHER, _HANZI, _DIGIT, _LETTER, _BLANK = range(5)
"""Kinds of characters."""


class Symbols(NamedTuple):
    """A text as symbols."""

    ids: Int32[np.ndarray, " t"]
    """Code points of hanzi, ``NUMBER``, and ``BREAK``."""
    ends: Int32[np.ndarray, " t"]
    """The number of characters of the text up to the end of each symbol."""


class _Character(NamedTuple):
    """The folded form and the kind of a character."""

    folded: int
    kind: int


def codes_of(text: str) -> Int32[np.ndarray, " t"]:
    """Returns the code points of ``text``."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)


def same_length(text: str) -> str:
    """Returns cleaned ``text`` folded and simplified character by character, so that positions stay the same.

    Characters that fold to several, such as ligatures, stay as they are.

    Example:
      >>> same_length("國王，ＡＢＣ１２３")
      '国王,abc123'
    """
    codes = codes_of(text)
    if len(special := _special(codes)):
        table = np.arange(_BASIC, dtype=np.int32)
        table[special] = [_character(code).folded for code in special.tolist()]
        basic = codes < _BASIC
        plain = table[codes] if basic.all() else np.where(basic, table[np.where(basic, codes, 0)], codes)
        text = plain.astype("<i4").tobytes().decode("utf-32-le", "surrogatepass")
    simple = simplify_text(text)
    if len(simple) == len(text):
        return simple
    return "".join(one if len(one := simplify_text(letter)) == 1 else letter for letter in text)


def symbols_of(text: str) -> Symbols:
    r"""Returns the symbols of folded, simplified text. A line end is one break.

    Example:
      >>> found = symbols_of("国王1234.5元……\n")
      >>> "".join(map(chr, found.ids)).replace("\0", "|"), found.ends.tolist()
      ('国王0元||', [1, 2, 8, 9, 11, 12])
    """
    codes = codes_of(text)
    if not len(codes):
        return Symbols(codes, codes)
    kind = _kinds(codes)
    run = np.zeros(len(codes), bool)  # whether a character belongs to the symbol before it
    run[1:] = (kind[1:] == kind[:-1]) & (
        (kind[1:] == _DIGIT) | (kind[1:] == _LETTER) | ((codes[1:] == codes[:-1]) & (kind[1:] == _OTHER))
    )
    starts = np.flatnonzero(~run)
    ids = np.where(kind == _HANZI, codes, np.where(kind == _DIGIT, NUMBER, BREAK))[starts]
    return Symbols(ids.astype(np.int32), np.append(starts[1:], len(codes)).astype(np.int32))


def read_symbols(text: str) -> Symbols:
    """Returns the symbols of any text, with their ends in the cleaned text."""
    return symbols_of(same_length(clean(text)))


def is_mark(text: str) -> bool:
    """Returns whether a piece of text has neither hanzi, digits nor letters.

    Example:
      >>> is_mark("……"), is_mark("12"), is_mark("国")
      (True, False, False)
    """
    return not any(letter.isalnum() or unicodedata.category(letter)[0] == "M" for letter in text)


def _kinds(codes: Int32[np.ndarray, " t"]) -> UInt8[np.ndarray, " t"]:
    """Returns the kind of each character; a full stop between digits belongs to the number."""
    special = _special(codes)
    table = np.full(_BASIC, _HANZI, np.uint8)
    table[special] = [_character(code).kind for code in special.tolist()]
    basic = codes < _BASIC
    kind = table[codes] if basic.all() else np.where(basic, table[np.where(basic, codes, 0)], np.uint8(_OTHER))
    kind[(codes >= 0x20000) & (codes < 0x323B0)] = _HANZI
    digit: Bool[np.ndarray, " t"] = kind == _DIGIT
    points = np.flatnonzero(codes[1:-1] == ord(".")) + 1
    kind[points[digit[points - 1] & digit[points + 1]]] = _DIGIT
    return kind


def _special(codes: Int32[np.ndarray, " t"]) -> Int64[np.ndarray, " c"]:
    """Returns the distinct characters below U+10000, without the unified ideographs, which fold to themselves."""
    seen = np.zeros(_BASIC + 1, bool)
    seen[np.minimum(codes, _BASIC)] = True
    seen[0x3400:0x4DC0] = seen[0x4E00:0xA000] = seen[_BASIC] = False
    return np.flatnonzero(seen)


@cache
def _character(code: int) -> _Character:
    """Returns the folded form and the kind of a character."""
    letter = chr(code)
    plain, category = fold(letter), unicodedata.category(letter)
    folded = ord(plain) if len(plain) == 1 else code
    if re.match(HANZI, letter):
        return _Character(folded, _HANZI)
    if category == "Nd":
        return _Character(folded, _DIGIT)
    kind = _LETTER if category[0] in "LM" else _BLANK if letter.isspace() else _OTHER
    return _Character(folded, kind)
