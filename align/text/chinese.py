"""What is particular to Chinese: the one simplification step, hanzi, pinyin."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

HANZI = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
"""A pattern for one Chinese character."""
_HANZI = re.compile(HANZI)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1 << 18)
def simplify(text: str) -> str:
    """Traditional characters to simplified (OpenCC's ``t2s``); what is simplified or not Chinese stays as it is.

    Every Chinese vocabulary and gold list passes through here, so that 國王 and 国王 are one word.

    >>> simplify("國王")
    '国王'
    """
    return simplify_text(text)


def simplify_text(text: str) -> str:
    """``simplify`` for long text: the answer is not kept."""
    return text if text.isascii() else _converter().convert(text)


def simplify_all(words: Iterable[str]) -> list[str]:
    """``simplify`` on every word, in one call of the converter (newlines keep the words apart)."""
    listed = list(words)
    simple = _converter().convert("\n".join(listed)).split("\n")
    return simple if len(simple) == len(listed) else [simplify(word) for word in listed]


def has_hanzi(text: str) -> bool:
    """Whether ``text`` holds at least one Chinese character."""
    return _HANZI.search(text) is not None


@lru_cache(maxsize=1 << 16)
def pinyin(word: str) -> str:
    """The reading of ``word`` with tone marks, syllables apart (the commonest reading where there are several).

    >>> pinyin("国王")
    'guó wáng'
    """
    from pypinyin import lazy_pinyin
    from pypinyin.constants import Style

    return " ".join(lazy_pinyin(word, style=Style.TONE))


def pinyin_letters(word: str) -> str:
    """The reading of a word as plain letters, without tones or spaces; what is not hanzi stays, in lower case.

    >>> pinyin_letters("国王")
    'guowang'
    """
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word)).lower()
