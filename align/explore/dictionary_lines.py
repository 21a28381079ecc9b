"""The lines of CC-CEDICT that the page shows for a word."""

from functools import lru_cache

from align.bilingual.dictionary.cedict import Cedict

MAX_LINES, MAX_LENGTH, MAX_WORDS = 4, 240, 12


def lines_of_chinese(cedict: Cedict, word: str) -> list[str]:
    """Returns one line for each entry of a Chinese word: its pinyin and its glosses.

    Example:
      >>> lines_of_chinese(Cedict(("國王 国王 [guo2 wang2] /king/",), ("国王",)), "国王")
      ['guó wáng · king']
    """
    lines: list[str] = []
    for entry in cedict.of_chinese(word)[:MAX_LINES]:
        glosses = [gloss for gloss in entry.glosses if not gloss.startswith("CL:")]
        line = f"{tone_marks(entry.pinyin)} · {'; '.join(glosses)}"
        lines.append(line if len(line) <= MAX_LENGTH else f"{line[:MAX_LENGTH].rsplit(';', 1)[0]}; ...")
    return lines


def lines_of_english(cedict: Cedict, word: str) -> list[str]:
    """Returns one line with the Chinese words that have ``word`` as a gloss, likeliest first; no line if none has."""
    found = dict.fromkeys(chinese for _, chinese in cedict.by_english.get(word.casefold(), ()))
    return [" · ".join(list(found)[:MAX_WORDS])] if found else []


@lru_cache(maxsize=1 << 16)
def tone_marks(numbered: str) -> str:
    """Returns pinyin with tone marks in place of CC-CEDICT's numbers.

    Example:
      >>> tone_marks("lu:4 se4"), tone_marks("ma5")
      ('lǜ sè', 'ma')
    """
    from pypinyin.contrib.tone_convert import to_tone

    return " ".join(to_tone(part.replace("u:", "v")) if part[-1:].isdigit() else part for part in numbered.split())
