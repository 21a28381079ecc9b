"""Patterns for characters by script: hanzi, kana, hangul, and the letters of all alphabets with their marks."""

import unicodedata
from itertools import chain
from typing import Literal

Language = Literal["en", "zh"]
"""The languages of the project: English and Chinese."""

HANZI = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
"""One Chinese character."""
MARK = "[{}]".format("".join(chr(i) for i in chain(range(0x300, 0x3100), range(0xA660, 0xAC00))
                             if unicodedata.category(chr(i)).startswith("M")))  # fmt: skip
"""One combining mark, such as an accent that has no composed letter."""
_KANA = r"[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff]"
_HANGUL = r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"
CHARACTER = rf"{HANZI}|{_KANA}|{_HANGUL}"
"""One hanzi, kana or hangul."""
_LETTER = rf"(?!{HANZI}|{_KANA}|{_HANGUL})[^\W_]{MARK}*"

RUN = rf"(?:(?:{_LETTER})+(?:['.&+-](?:{_LETTER})+)*|{_KANA}+|{_HANGUL}+)"
"""One word of letters and digits of alphabets, of kana or of hangul. Apostrophes and hyphens stay inside a word."""
FOREIGN = (
    r"[^\x00-\xbf\xd7\xf7\u0300-\u036f\u2000-\u2bff\u2e00-\u3040\u30fb\u3200-\u4dff\u4e00-\u9fff\ud800-\uf8ff"
    rf"\uf900-\ufaff\ufe00-\ufe6f\uff00-\uffef\U00010000-\U0010ffff]|{MARK}"
)
"""One letter beyond ASCII that is not a hanzi, or a combining mark; a few symbols match as well."""
