"""Words of a vector file, decoded from bytes; bytes that cannot be a word are reported, never guessed."""

import logging
import re
from collections.abc import Sequence
from typing import NamedTuple

from align.encoding import UTF8, suggest_encoding
from align.message import number_of

_LOG = logging.getLogger("align.files")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
_C0 = bytes(byte for byte in (*range(32), 127) if byte != ord("\n"))
MAX_WORD = 2_000
"""The largest number of bytes of a word; longer ones show that a file is damaged or misread."""
_SAMPLE = 2_000
_EARLY = 5_000
_STRAY = 1_000


class Unreadable(NamedTuple):
    """An entry whose word cannot be read."""

    number: int
    """The entry's line in a text file, or its position from 1 in a binary file."""
    raw: bytes
    """The word as it is in the file."""
    undecodable: bool
    """True: it does not decode in the file's encoding. False: it holds a control character or U+FFFD."""


def decode_words(raw: Sequence[bytes], encoding: str) -> tuple[list[str], list[int]]:
    r"""Decodes words, all in one step if every word is valid.

    Args:
        raw: the bytes of each word, n of them.
        encoding: the text encoding.

    Returns:
        The n words as text, and the positions of words that do not decode, or hold a control character or U+FFFD.
        At these positions the word is an empty string.

    Example:
        >>> decode_words(["国王".encode(), b"caf\xe9", b"a\0b", b"king"], "utf-8")
        (['国王', '', '', 'king'], [1, 2])
    """
    words = decode_lines(b"\n".join(raw), len(raw), encoding)
    if words is not None:
        return words, []
    decoded = [_word(entry, encoding) for entry in raw]
    return [word or "" for word in decoded], [place for place, word in enumerate(decoded) if word is None]


def decode_lines(lines: bytes, count: int, encoding: str) -> list[str] | None:
    """Decodes ``count`` words separated by newlines; returns None if any of them is unreadable."""
    try:
        text = lines.decode(encoding)
    except UnicodeDecodeError:
        return None
    words = text.split("\n") if count else []
    if len(words) != count:
        return None
    if encoding == UTF8 and b"\xc2" not in lines and b"\xef\xbf\xbd" not in lines:
        return words if len(lines.translate(None, _C0)) == len(lines) else None
    return None if any(map(_CONTROL.search, words)) else words


def _word(raw: bytes, encoding: str) -> str | None:
    """Returns a word as text; None if it does not decode or holds a control character."""
    try:
        word = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(word) else word


def unreadable(raw: bytes, number: int, encoding: str) -> Unreadable:
    """Returns the entry of a word that `decode_words` does not accept."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return Unreadable(number, raw, undecodable=True)
    return Unreadable(number, raw, undecodable=False)


def check_storable(word: str, what: str) -> None:
    """Raises ValueError for a word that `decode_words` would not accept when it is read again.

    Args:
        word: the word to write.
        what: the kind of file, for the message.
    """
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the word {word[:40]!r} holds {word[error.start]!r}, which is no character") from error
    if found := _CONTROL.search(word):
        advice = "which no format can hold" if "\n" in word else f"which {what} cannot hold; write .safetensors"
        raise ValueError(f"the word {word[:40]!r} holds {found.group()!r}, {advice}")


class WordCheck:
    """Counts the unreadable words of a file, and refuses the file if there are too many.

    A file is refused if more than one word, and more than 1 in 1,000, do not decode. Fewer are dropped and logged,
    because word2vec's own tool cuts long words inside a character.
    """

    def __init__(self, name: str, unit: str, encoding: str) -> None:
        """``name`` is the file, ``unit`` the name of an entry in messages, ``encoding`` the encoding of the words."""
        self._name, self._unit, self._encoding = name, unit, encoding
        self._found: list[Unreadable] = []
        self._seen = 0

    def add(self, readable: int, entries: Sequence[Unreadable]) -> None:
        """Counts the words of a block: ``readable`` readable words, and the unreadable ``entries``.

        Raises:
            ValueError: too many words so far do not decode.
        """
        self._seen += readable + len(entries)
        if entries:
            self._found.extend(entries)
            if self._seen >= _EARLY:
                self._check()

    def finish(self) -> None:
        """Checks the counts of the whole file, and logs the number of dropped words.

        Raises:
            ValueError: too many words do not decode; names the first, and suggests an encoding. Or no word is readable.
        """
        self._check()
        if self._found:
            first = self._found[0]
            reason = f"not {self._encoding.upper()}, or control characters"
            if len(self._found) == self._seen:
                raise ValueError(f"{self._name}: no word can be read ({reason}); the first is {first.raw[:40]!r}")
            _LOG.warning(
                "%s: %s dropped (%s); the first is %s%d: %r",
                *(self._name, number_of(len(self._found), "word"), reason, self._unit, first.number, first.raw[:40]),
            )

    def _check(self) -> None:
        """Raises ValueError if too many words so far do not decode."""
        wrong = [entry for entry in self._found if entry.undecodable]
        if len(wrong) <= max(1, self._seen // _STRAY):
            return
        first = wrong[0]
        suggested = suggest_encoding(b"\n".join([entry.raw for entry in wrong[:_SAMPLE]]))
        hint = f"; --encoding {suggested} may read it" if suggested and self._encoding == UTF8 else ""
        raise ValueError(
            f"{self._name}:{self._unit}{first.number}: the word {first.raw[:40]!r} is not {self._encoding.upper()}, "
            f"like {len(wrong):,} of the first {self._seen:,} words{hint}"
        )
