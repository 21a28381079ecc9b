"""The fonts of the pictures, and what they can draw."""

import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FALLBACK = "DejaVu Sans"
"""Matplotlib's own font, used for characters that the hanzi font lacks."""


def hanzi_font() -> Path:
    """Returns the file of a font with hanzi: zhplot's Noto Sans SC (SIL Open Font License).

    Raises:
      FileNotFoundError: zhplot or its font is not installed.

    But: zhplot is located, not imported; importing it changes matplotlib's default font for the whole process.

    Example:
      >>> hanzi_font().name
      'NotoSansSC-Regular.ttf'
    """
    spec = importlib.util.find_spec("zhplot")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the hanzi font is missing: the package zhplot, which holds it, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "fonts" / "NotoSansSC-Regular.ttf"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: the hanzi font is missing from the installed zhplot")
    return path


@cache
def families() -> list[str]:
    """Adds the hanzi font to matplotlib's fonts; returns the font families to draw with, the preferred one first."""
    from matplotlib import font_manager

    path = hanzi_font()
    font_manager.fontManager.addfont(path)
    return [font_manager.get_font(path).family_name, FALLBACK]


@cache
def _characters() -> frozenset[int]:
    """Returns the code points that at least one of the fonts can draw."""
    from matplotlib import font_manager

    paths = (hanzi_font(), font_manager.findfont(FALLBACK))
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


def missing_glyphs(text: str) -> list[str]:
    """Returns the characters of ``text`` that none of the fonts can draw, each once.

    Example:
      >>> missing_glyphs("马 horse 🐎")
      ['🐎']
    """
    return [char for char in dict.fromkeys(text) if ord(char) not in _characters() and not char.isspace()]


def drawable(text: str) -> str:
    """Returns ``text`` with every character that none of the fonts can draw replaced by its code point.

    Example:
      >>> drawable("𠮷野")
      '[U+20BB7]野'
    """
    missing = {ord(char): f"[U+{ord(char):04X}]" for char in missing_glyphs(text)}
    return text.translate(missing)


def missing_note(words: Iterable[str]) -> str:
    """Returns a line that names the characters that none of the fonts can draw; "" if there are none.

    Example:
      >>> missing_note(["horse", "🐎"])
      'drawn as code points, for lack of a font: 🐎 (U+1F40E)'
    """
    missing = missing_glyphs("".join(words))
    if not missing:
        return ""
    return f"drawn as code points, for lack of a font: {', '.join(f'{char} (U+{ord(char):04X})' for char in missing)}"
