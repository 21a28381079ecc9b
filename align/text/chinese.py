"""Chinese text: simplification, hanzi, pinyin."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from align.text.cleaning import clean
from align.text.scripts import HANZI

_HANZI = re.compile(HANZI)

_ZHU = re.compile(r"(?<=[\u4e00-\u9fff])著|著(?=[\u4e00-\u9fff])")
_ZHU_AFTER = frozenset("专原名巨拙卓昭撰遗土新所编炳")
"""Characters after which 著 stays."""
_ZHU_BEFORE = frozenset("名作称录述译者《")
"""Characters before which 著 stays."""
_ZHU_AFTER_UNLESS = {
    "合": "结配混迎综融整符组凑集",
    "论": "讨议谈争评辩推理",
    "译": "翻口直",
    "显": "凸彰",
    "较": "计比",
}
"""Characters after which 著 stays, unless one of these characters comes before them."""


@cache
def _converter(direction: str = "t2s") -> Any:
    """Returns OpenCC's converter of a direction."""
    import opencc

    return opencc.OpenCC(direction)


@lru_cache(maxsize=1 << 18)
def simplify(text: str) -> str:
    """Returns a cleaned word in simplified characters.

    Every Chinese vocabulary, text and list of gold answers passes through this step, so 國王 and 国王 are one word.
    Only the script changes. Regional words stay as they are: 軟體 becomes 软体, not 软件.

    Args:
      text: a word or a short text in either script. Text that is not Chinese is only cleaned.

    Returns:
      The text in simplified characters.

    Source: OpenCC's ``t2s``, which converts characters with several simplified forms by the word that they are in.
    But: ``t2s`` leaves every 著 as it is, and ``tw2s`` also changes 原著. Here 著 becomes 着, except in the words for
    writing and for renown (著名, 原著, 显著).

    Example:
      >>> simplify("國王"), simplify("看著"), simplify("著名")
      ('国王', '看着', '著名')
    """
    return simplify_text(clean(text))


def simplify_text(text: str) -> str:
    """Returns long, cleaned text in simplified characters; unlike ``simplify`` it caches nothing."""
    if text.isascii():
        return text
    simple = _converter().convert(text)
    return _ZHU.sub(_zhe, simple) if "著" in simple else simple


def simplify_all(words: Iterable[str]) -> list[str]:
    """Returns ``simplify`` of every word, with one call of the converter.

    Example:
      >>> simplify_all(["國王", "king"])
      ['国王', 'king']
    """
    listed = list(words)
    simple = simplify_text(clean("\n".join(listed))).split("\n")
    return simple if len(simple) == len(listed) else [simplify(word) for word in listed]


def traditional(text: str) -> str:
    """Returns ``text`` in traditional characters (OpenCC's ``s2t``), for look-ups in vocabularies that have only these.

    Example:
      >>> traditional("国王")
      '國王'
    """
    return _converter("s2t").convert(text)


def _zhe(match: re.Match[str]) -> str:
    """Returns 著 where the characters around it make it zhù (to write, renown), else 着."""
    text, at = match.string, match.start()
    second, first = text[max(at - 2, 0) : max(at - 1, 0)].strip(), text[max(at - 1, 0) : at].strip()
    following = text[at + 1 : at + 3]
    written = (
        first in _ZHU_AFTER
        or following[:1] in _ZHU_BEFORE
        or (first in _ZHU_AFTER_UNLESS and not (second and second in _ZHU_AFTER_UNLESS[first]))
        or second + first in ("微知", "睹知", "识知")
        or (following.startswith("书") and (not first or text[at + 2 : at + 4] == "立说"))
        or following == "有《"
    )
    return "著" if written else "着"


def has_hanzi(text: str) -> bool:
    """Returns whether ``text`` contains at least one Chinese character.

    Example:
      >>> has_hanzi("T恤"), has_hanzi("ひらがな")
      (True, False)
    """
    return _HANZI.search(text) is not None
