"""Readings of Chinese words in pinyin, by pypinyin, or from a file in the cache.

pypinyin takes about as long to load as the rest of ``align translate``. The file, which is written with the default
translator, has the readings of its Chinese words: an empty line, then a line ``word TAB reading`` for each.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

from align.atomic import replacing
from align.cache import cache_folder


@lru_cache(maxsize=1 << 16)
def pinyin(word: str) -> str:
    """Returns the reading of ``word`` with tone marks and blanks between syllables.

    If a character has several readings, the most common one in this word is returned.

    Example:
      >>> pinyin("国王")
      'guó wáng'
    """
    return _kept_reading(word) or _reading(word)


def pinyin_letters(word: str) -> str:
    """Returns the reading of ``word`` as lower-case letters without tones or blanks; other letters stay.

    Example:
      >>> pinyin_letters("国王")
      'guowang'
    """
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word)).lower()


def keep_readings(words: Iterable[str]) -> None:
    """Writes the readings of ``words`` to the file in the cache, in place of those that are there.

    Raises:
      OSError: the cache cannot be written.
    """
    lines = [f"{word}\t{_reading(word)}\n" for word in words if word.isprintable()]
    with replacing(_path()) as temporary:
        temporary.write_bytes("".join(["\n", *lines]).encode())
    _kept.cache_clear()


def _reading(word: str) -> str:
    from pypinyin import lazy_pinyin
    from pypinyin.constants import Style

    return " ".join(lazy_pinyin(word, style=Style.TONE))


def _kept_reading(word: str) -> str:
    """Returns the reading of ``word`` in the file, or "" if it has none."""
    if not word.isprintable():
        return ""
    _, found, rest = _kept().partition(f"\n{word}\t".encode(errors="replace"))
    reading, ended, _ = rest[:10_000].partition(b"\n")
    return reading.decode(errors="replace") if found and ended else ""


@cache
def _kept() -> bytes:
    """Returns the contents of the file; nothing if it cannot be read."""
    try:
        return _path().read_bytes()
    except OSError:
        return b""


def _path() -> Path:
    """Returns the path of the file; its name has the version of pypinyin."""
    return cache_folder() / f"readings-{version('pypinyin')}.tsv"
