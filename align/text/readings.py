"""Readings of Chinese words in pinyin, by pypinyin, or from a file in the cache.

pypinyin takes about as long to load as the rest of ``align translate``. The file, which is written with the default
translator, has a line ``word TAB reading`` for each of its Chinese words.
"""

from collections.abc import Iterable
from contextlib import suppress
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
    return _kept(_path()).get(word) or _reading(word)


def pinyin_letters(word: str) -> str:
    """Returns the reading of ``word`` as lower-case letters without tones or blanks; other letters stay.

    Example:
      >>> pinyin_letters("国王")
      'guowang'
    """
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word)).lower()


def keep_readings(words: Iterable[str]) -> None:
    """Writes the readings of ``words`` to the file in the cache, which is replaced.

    If the cache cannot be written, nothing happens: the file only saves time.
    """
    lines = [f"{word}\t{_reading(word)}\n" for word in words if word.isprintable()]
    with suppress(OSError), replacing(_path()) as temporary:
        temporary.write_bytes("".join(lines).encode())
    _kept.cache_clear()


def _reading(word: str) -> str:
    """Returns the reading of a word by pypinyin."""
    from pypinyin import lazy_pinyin
    from pypinyin.constants import Style

    return " ".join(lazy_pinyin(word, style=Style.TONE))


@cache
def _kept(path: Path) -> dict[str, str]:
    """Returns the readings in a file by word; none if it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError):
        return {}
    return {word: reading for word, _, reading in (line.partition("\t") for line in lines)}


@cache
def _version() -> str:
    """Returns the version of pypinyin."""
    return version("pypinyin")


def _path() -> Path:
    """Returns the path of the file; its name has the version of pypinyin."""
    return cache_folder() / f"readings-{_version()}.tsv"
