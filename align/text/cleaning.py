"""Clean-up of text: no invisible characters, and one form for characters that look the same.

Every reader applies it: corpora, dictionaries, queries, look-ups in vector files. ``clean`` changes nothing that a
reader of the text can see. ``fold`` also removes differences of case and width, which the tokenisers ignore.

Source: Unicode Standard Annex 15 (normalisation forms); general category Cf (format characters).
But: zero-width joiners are removed as well, although some Indic and Persian spellings need them.
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters that are not white space
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07`\u00b4", "'"))
"""Maps the apostrophes and their likes to ``'``, for ``str.translate``."""


def clean(text: str) -> str:
    r"""Returns ``text`` without invisible characters and with composed accents (NFC).

    Soft hyphens, zero-width spaces and joiners, byte-order marks, bidirectional marks, variation selectors and control
    characters are invisible. White space stays.

    Args:
      text: any text.

    Returns:
      The cleaned text. Cleaning it again changes nothing.

    Example:
      >>> clean("soft\u00adhyphen 国\u200b王 cafe\u0301")
      'softhyphen 国王 café'
    """
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def fold(text: str) -> str:
    """Returns ``text`` cleaned, in lower case, in compatibility form (NFKC) and with plain apostrophes.

    Full-width letters and digits become plain, ligatures are taken apart. The Turkish İ becomes i.

    Args:
      text: any text.

    Returns:
      The folded text. Spellings with the same folded text count as one word, both in texts and in dictionaries.

    Example:
      >>> fold("Ｔ恤 DON’T İstanbul ﬁne")
      "t恤 don't istanbul fine"
    """
    if text.isascii():
        return _INVISIBLE.sub("", text).lower().replace("`", "'")
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(APOSTROPHES)).lower()
    return plain.replace("i\u0307", "i") if "\u0307" in plain else plain
