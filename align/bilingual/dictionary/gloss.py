"""Parses lines and glosses of CC-CEDICT: entries, and the single English word of a gloss."""

import re
from typing import NamedTuple

from align.text.chinese import has_hanzi

ENTRY = re.compile(r"(\S+) (\S+) \[([^\]]*)\] /(.*)/$")
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\]]*\])")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W_]+|\d+)*")
_ERHUA = re.compile(r"erhua variant of (?:[^|\[/;]+\|)?([^|\[/;]+)")
_MARKED = re.compile(r"\([^()]*\b(?:archaic|arch\.|classical|dialect|literary|old|Tw)\b")
_LEADS = ("fig. ", "to be ", "to ", "a ", "an ", "the ")
_TRAILS = (" sb", " sth", " etc")
_REMARKS = (
    "CL:", "abbr. ", "also ", "archaic variant", "classifier ", "erhua variant", "Japanese variant", "lit. ",
    "old variant", "pr. ", "same as ", "see ", "surname ", "Taiwan pr.", "used in ", "variant ",
)  # fmt: skip
_NOT_WORDS = frozenset({"sb", "sth", "etc", "esp", "oneself", "one's"})
_LONE_LETTERS = frozenset("aIO")
_MARKED_WEIGHT = 0.1


class Entry(NamedTuple):
    """A line of CC-CEDICT: a headword in both scripts, its numbered pinyin, its glosses (split at ``/`` and ``;``)."""

    traditional: str
    simplified: str
    pinyin: str
    glosses: tuple[str, ...]


class GlossSense(NamedTuple):
    """An English word among the glosses of an entry, and its weight (see ``senses``)."""

    english: str
    weight: float


def parse_entry(line: str) -> Entry | None:
    """Returns the entry of a CC-CEDICT line, or None if the line is not ``trad simp [pinyin] /gloss/.../``.

    >>> parse_entry("國王 国王 [guo2 wang2] /king/CL:個|个[ge4]/").glosses
    ('king', 'CL:個|个[ge4]')
    """
    found = ENTRY.match(line)
    if found is None:
        return None
    traditional, simplified, pinyin, body = found.groups()
    glosses = (
        body.split("/") if ";" not in body else [part for gloss in body.split("/") for part in _at_semicolons(gloss)]
    )
    return Entry(traditional, simplified, pinyin, tuple(gloss for gloss in glosses if gloss))


def _at_semicolons(gloss: str) -> list[str]:
    """Splits ``gloss`` at semicolons outside brackets."""
    if "(" not in gloss:
        return [part.strip() for part in gloss.split(";")]
    parts, depth, start = list[str](), 0, 0
    for i, letter in enumerate(gloss):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == ";" and depth <= 0:
            parts.append(gloss[start:i].strip())
            start = i + 1
    return [*parts, gloss[start:].strip()]


def is_remark(gloss: str) -> bool:
    """Returns whether ``gloss`` is a remark (``variant of ...``, ``see ...``), not a translation."""
    return gloss.startswith(_REMARKS)


def english_word(gloss: str, *, name: bool = False) -> str | None:
    """Returns the single English word of ``gloss``, or None if the gloss is a phrase, a remark, or not English.

    The rules, in order:

    1. Text in round or square brackets is removed: ``(coll.) to eat`` becomes ``to eat``.
    2. Remarks give None: ``CL:…`` (measure words), ``variant of …`` and similar, ``see …``, ``also written …``,
       ``abbr. for …``, ``same as …``, ``used in …``, ``surname …``, pronunciations, and ``lit. …`` (the literal sense
       of an idiom; ``fig. …`` is its meaning and is used).
    3. In the gloss of a name (``name``) only the text before the first comma is used: ``Paris, capital of France``.
    4. Leading ``to``, ``to be``, ``a``, ``an``, ``the`` and trailing ``sb``, ``sth``, ``etc`` are removed:
       ``to be happy`` becomes ``happy``, ``to persuade sb`` becomes ``persuade``. ``scissors`` remains plural.
    5. One word must remain: letters, with apostrophes, hyphens or digits inside. It keeps its capitals, so
       ``Turkey`` and ``turkey`` are two words (with a lower-case vocabulary, case is ignored later).

    >>> [english_word(g) for g in ("(coll.) to eat", "a horse", "to be happy", "CL:匹[pi3]", "a kind of bird")]
    ['eat', 'horse', 'happy', None, None]
    """
    while "(" in gloss or "[" in gloss:
        bare = _BRACKETED.sub("", gloss)
        if bare == gloss:
            return None
        gloss = bare
    gloss = gloss.strip()
    if is_remark(gloss):
        return None
    if name:
        gloss = gloss.partition(",")[0]
    if " " in gloss:
        for lead in _LEADS:
            gloss = gloss.removeprefix(lead)
        for trail in _TRAILS:
            gloss = gloss.removesuffix(trail)
    gloss = gloss.strip(" .!?,…~\"“”'")
    if " " in gloss or not _WORD.fullmatch(gloss) or has_hanzi(gloss):
        return None
    if gloss in _NOT_WORDS or (len(gloss) == 1 and gloss not in _LONE_LETTERS):
        return None
    return gloss


def senses(entry: Entry) -> tuple[list[GlossSense], float]:
    """Returns the English words of ``entry`` with their weights, and the sum of the weights of all its glosses.

    The n-th gloss that is not a remark has weight 1/n; the weight of a gloss marked as archaic, literary,
    dialect or similar is a tenth of that.
    """
    name = entry.pinyin[:1].isupper()
    found: list[GlossSense] = []
    place, total = 0, 0.0
    for gloss in entry.glosses:
        if is_remark(gloss):
            continue
        place += 1
        weight = 1.0 / place
        if "(" in gloss and _MARKED.search(gloss):
            weight *= _MARKED_WEIGHT
        total += weight
        word = english_word(gloss, name=name)
        if word is not None:
            found.append(GlossSense(word, weight))
    return found, total


def erhua_bases(entry: Entry) -> list[str]:
    """Returns the simplified words of which ``entry`` is an erhua variant (花 for 花儿); usually empty."""
    return [base for gloss in entry.glosses if gloss.startswith("erhua") for base in _ERHUA.findall(gloss)]
