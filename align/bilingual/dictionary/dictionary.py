"""Dictionary: word pairs of two languages from CC-CEDICT, MUSE or TSV files, and their coverage by two spaces."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from align.atomic import replacing
from align.bilingual.dictionary.cedict import Pair, is_cedict, pairs_key, parse_cedict, read_text
from align.catalogue import resolve
from align.message import number_of
from align.text.chinese import has_hanzi, simplify_all
from align.text.cleaning import APOSTROPHES, clean, fold
from align.text.vocab import Vocab

_WIDE = range(0xFF01, 0xFF5F)
"""The full-width forms of the characters from ``!`` to ``~``."""
_PLAIN = {**APOSTROPHES, **{wide: wide - 0xFEE0 for wide in _WIDE}}


@dataclass(frozen=True)
class Coverage:
    """The coverage of a dictionary by two spaces. A source word is covered if at least one of its pairs is.

    ``latin`` is the number of pairs without a Chinese character on either side (``angela angela``).

    Example:
        >>> print(Coverage("muse", 1, 2, 3, 4, 0))
        muse: 1 of 2 source words covered (50.0%), 3 of 4 pairs; 0 pairs in Latin script
    """

    name: str
    words: int
    words_total: int
    pairs: int
    pairs_total: int
    latin: int

    def __str__(self) -> str:
        share = self.words / self.words_total if self.words_total else 0.0
        return (
            f"{self.name or 'dictionary'}: {self.words:,} of {self.words_total:,} source words covered ({share:.1%}), "
            f"{self.pairs:,} of {self.pairs_total:,} pairs; {number_of(self.latin, 'pair')} in Latin script"
        )


@dataclass(frozen=True)
class Dictionary:
    """Pairs (source word, target word), each once; the targets of a source word are in order of preference.

    Args:
      pairs: the pairs.
      name: the dictionary's name.

    Raises:
      ValueError: an empty word.

    Example:
      >>> Dictionary((("king", "国王"), ("king", "王")), "royal")
      Dictionary('royal', 2 pairs of 1 source word)
      >>> Dictionary((("king", "国王"), ("king", "王"))).targets["king"]
      ('国王', '王')
    """

    pairs: tuple[Pair, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if any(not source or not target for source, target in self.pairs):
            raise ValueError(f"{self.name or 'dictionary'}: a pair with an empty word")

    def __repr__(self) -> str:
        pairs, words = number_of(len(self.pairs), "pair"), number_of(len(self.targets), "source word")
        return f"Dictionary({self.name!r}, {pairs} of {words})"

    def __len__(self) -> int:
        return len(self.pairs)

    @cached_property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """Each source word with its targets, in order."""
        table: dict[str, list[str]] = {}
        for source, target in self.pairs:
            table.setdefault(source, []).append(target)
        return {source: tuple(targets) for source, targets in table.items()}

    def reversed(self) -> "Dictionary":
        """Returns the dictionary of the other direction."""
        return replace(self, pairs=tuple((target, source) for source, target in self.pairs))

    def answers_in_chinese(self) -> bool:
        """Returns whether more targets than sources contain Chinese characters, as in CC-CEDICT."""
        return sum(has_hanzi(target) - has_hanzi(source) for source, target in self.pairs) > 0

    def without_latin(self) -> "Dictionary":
        """Returns the pairs with a Chinese character on at least one side, without copied names and loan words."""
        return replace(self, pairs=tuple(pair for pair in self.pairs if not is_latin(pair)))

    def without(self, other: "Dictionary") -> "Dictionary":
        """Returns the pairs that are not in ``other``, ignoring letter case.

        Example:
            >>> Dictionary((("king", "国王"), ("King", "王"))).without(Dictionary((("king", "王"),))).pairs
            (('king', '国王'),)
        """
        held = {(source.casefold(), target.casefold()) for source, target in other.pairs}
        kept = tuple(pair for pair in self.pairs if (pair[0].casefold(), pair[1].casefold()) not in held)
        return replace(self, pairs=kept)

    def covered(self, source: Vocab, target: Vocab) -> "Dictionary":
        """Returns the pairs whose words are both in the vocabularies, in the spelling of the vocabularies.

        If a vocabulary lacks a word, another form of it is used (:func:`forms`): ``Angela`` finds ``angela`` in a
        lower-case vocabulary, ``android`` finds ``Android``, and 國王 finds 国王.
        """
        left = forms((pair[0] for pair in self.pairs), source)
        right = forms((pair[1] for pair in self.pairs), target)
        found = [(left[s], right[t]) for s, t in self.pairs if s in left and t in right]
        return replace(self, pairs=tuple(dict.fromkeys(found)))

    def coverage(self, source: Vocab, target: Vocab) -> Coverage:
        """Returns the numbers of source words and pairs that the two vocabularies cover."""
        left = forms((pair[0] for pair in self.pairs), source)
        right = forms((pair[1] for pair in self.pairs), target)
        covered = [pair for pair in self.pairs if pair[0] in left and pair[1] in right]
        words = len({source for source, _ in covered})
        latin = sum(map(is_latin, self.pairs))
        return Coverage(self.name, words, len(self.targets), len(covered), len(self.pairs), latin)


def is_latin(pair: Pair) -> bool:
    """Returns whether neither word of ``pair`` has a Chinese character."""
    return not has_hanzi(pair[0]) and not has_hanzi(pair[1])


def forms(words: Iterable[str], vocab: Vocab) -> dict[str, str]:
    """Returns the form of each covered word in ``vocab``.

    It is the word itself; else the most frequent word that differs only in case; else that of the word in usual width,
    with plain apostrophes and in simplified characters.

    Example:
      >>> forms(["Ｋing", "國王", "²"], Vocab(["king", "国王", "2"]))
      {'Ｋing': 'king', '國王': '国王'}
    """
    wanted = dict.fromkeys(words)
    found = {word: word for word in wanted if word in vocab.index}
    others = [word for word in wanted if word not in found]
    plain = dict(zip(others, simplify_all(word.translate(_PLAIN) for word in others), strict=True))
    keys = {word: (word.casefold(), plain[word].casefold()) for word in others}
    missing = {key for pair in keys.values() for key in pair}
    first: dict[str, str] = {}
    if missing:
        for word in vocab:
            key = word.casefold()
            if key in missing:
                first.setdefault(key, word)
    for word, pair in keys.items():
        key = next((key for key in pair if key in first), None)
        if key is not None:
            found[word] = first[key]
    return found


def word_keys(words: Sequence[str]) -> Callable[[str], str]:
    """Returns a function from ``words`` to keys.

    Words that differ only in case, width, script or apostrophes have the same key.

    Example:
      >>> key = word_keys(["King", "king", "Ｔ恤", "T恤", "國王", "国王", "o’clock", "o'clock"])
      >>> key("King") == key("king"), key("國王") == key("国王"), key("o’clock") == key("o'clock")
      (True, True, True)
    """
    table = {word: form.casefold() for word, form in zip(words, simplify_all(map(fold, words)), strict=True)}
    return table.__getitem__


def read_dictionary(source: str | os.PathLike[str], *, encoding: str = "") -> Dictionary:
    """Returns a dictionary from a file, or from the catalogue by name (``cedict``, the MUSE dictionaries).

    The content, plain or gzip, decides the format: CC-CEDICT (``trad simp [pinyin] /gloss/.../``, English to Chinese),
    or two columns per line, separated by a tab (a word may then contain blanks) or white space (MUSE). Columns keep
    their order. Before the first pair, lines that start with ``# ``, or with ``#`` and have no tab, are a header. Words
    are cleaned like texts (no invisible characters) and simplified; pairs that become equal are merged.

    Args:
      source: a file or a name of the catalogue.
      encoding: the file's text encoding, such as ``gb18030``; empty: UTF-8.

    Raises:
      OSError: the file cannot be read.
      KeyError: neither a file nor a name of the catalogue.
      ValueError: bytes do not decode, a line does not have two columns (with file and line), or there is no pair.

    Example:
      >>> read_dictionary("cedict").targets["king"][0]
      '国王'
    """
    path = resolve(source)
    name = Path(source).name
    text = read_text(path, encoding=encoding, option="--dictionary-encoding")
    if is_cedict(text):
        return Dictionary(parse_cedict(text, str(path), key=pairs_key(path)).pairs, name)
    pairs = _read_columns(text.split("\n"), path)
    left = simplify_all([pair[0] for pair in pairs])
    right = simplify_all([pair[1] for pair in pairs])
    return Dictionary(tuple(dict.fromkeys(zip(left, right, strict=True))), name)


def _read_columns(lines: Sequence[str], path: Path) -> list[Pair]:
    """Returns the pairs of a two-column file; raises ValueError for a line without two columns."""
    pairs: list[Pair] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (not pairs and _is_header(line)):
            continue
        columns = [clean(column).strip() for column in (line.split("\t") if "\t" in line else line.split())]
        if len(columns) != 2 or not all(columns):
            raise ValueError(f"{path}:{number}: {line[:60]!r} does not have two columns 'source<TAB>target'")
        pairs.append((columns[0], columns[1]))
    if not pairs:
        raise ValueError(f"{path}: contains no pair; lines 'source<TAB>target' were expected")
    return pairs


def _is_header(line: str) -> bool:
    """Returns whether ``line`` is a comment: ``# …``, or ``#…`` without a tab (``#`` itself may be a word)."""
    return line.startswith("# ") or (line.startswith("#") and "\t" not in line)


def write_dictionary(dictionary: Dictionary, path: str | os.PathLike[str]) -> None:
    """Writes ``dictionary`` as TSV, one ``source<TAB>target`` per line; the file appears whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{source}\t{target}\n" for source, target in dictionary.pairs), encoding="utf-8")
