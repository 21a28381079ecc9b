"""A user's own words for jieba, read from a file and normalised like the text."""

import re
from pathlib import Path
from typing import NamedTuple

from align.encoding import numbered_lines
from align.text.chinese import has_hanzi, simplify_all
from align.text.cleaning import fold

_TAGS = (
    " a ad ag an b bg c d df dg e eng f g h i j k l m mg mq n ng nr nrfg nrt ns nt nz o p q r rg rr rz s t tg u ud ug "
    "uj ul uv uz v vd vg vi vn vq w x y yg z zg "
)
"""The parts of speech that jieba knows, between blanks."""
_TAG = re.compile(r"[a-z]+")


class UserWord(NamedTuple):
    """A word as it occurs in folded text, with its frequency and part of speech if the file has them."""

    word: str
    frequency: int | None = None
    tag: str | None = None


def read_user_words(path: str) -> list[UserWord]:
    """Returns the words of a user dictionary for jieba, folded and simplified.

    A line is ``WORD``, ``WORD COUNT``, ``WORD TAG`` or ``WORD COUNT TAG``. A word may contain blanks
    (``New York 100``); with tabs between the fields, every word is unambiguous.

    Args:
      path: a UTF-8 file.

    Returns:
      One entry per line that is not empty, in order.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file is not UTF-8, or a line has another form; names file and line.
    """
    found: list[UserWord] = []
    for number, line in numbered_lines(Path(path), option=""):
        if not line.strip():
            continue
        entry = _parsed(line.strip())
        if entry is None or not fold(entry.word).strip():
            raise ValueError(
                f"{path}:{number}: {line.strip()!r}: WORD, or WORD COUNT TAG, was expected (tab-separated if the word "
                "contains blanks)"
            )
        found.append(entry)
    simple = simplify_all(" ".join(fold(entry.word).split()) for entry in found)
    return [entry._replace(word=word) for entry, word in zip(found, simple, strict=True)]


def _parsed(line: str) -> UserWord | None:
    """Returns the entry of a line, or None if the line is ambiguous."""
    if "\t" in line:
        word, *rest = (field.strip() for field in line.split("\t"))
    else:
        word, rest = _at_blanks(line.split())
    if not rest:
        return UserWord(word)
    count = int(rest.pop(0)) if rest[0].isdecimal() else None
    tag = rest.pop(0) if rest else None
    return None if rest or (tag is not None and not _TAG.fullmatch(tag)) else UserWord(word, count, tag)


def _at_blanks(fields: list[str]) -> tuple[str, list[str]]:
    """Returns the word, which may span several fields, and the fields after it; too many fields if it is ambiguous."""
    size = len(fields)
    if size > 1 and fields[-1].isdecimal():
        size -= 1
    elif size > 2 and fields[-2].isdecimal():
        size -= 2
    elif size > 1 and (f" {fields[-1]} " in _TAGS or (has_hanzi(fields[0]) and _TAG.fullmatch(fields[-1]))):
        size -= 1
    numbers = [field for field in fields[1:size] if field.isdecimal()]
    return " ".join(fields[:size]), fields[size:] if not numbers else ["", "", ""]
