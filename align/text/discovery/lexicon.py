"""WordCounts: discovered words with their counts, segmentation with them, and their file.

Segmentation maximises the sum over words of log p(w) + BOUNDARY, where p(w) is the share of the word's count.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int32, Int64

from align.atomic import replacing
from align.encoding import numbered_lines
from align.text.cleaning import clean
from align.text.discovery.lattice import lattice_of, places, stretches_of, viterbi, word_ends
from align.text.discovery.symbols import BREAK, Symbols, codes_of, same_length, symbols_of
from align.text.discovery.trie import WordTrie, match, word_trie
from align.text.file_state import FileState, file_state
from align.text.scripts import HANZI

BOUNDARY = 3.0
"""A bonus for each word, in nats, added to its log probability.

Neighbouring words predict each other, but a unigram model assumes independence. Without the bonus it joins frequent
neighbours.
"""
RARE = 0.1
"""The count of a symbol that is not a word."""
_WORD = re.compile(rf"(?:{HANZI}|0(?!0))+")
_BLANKS = np.array([code for code in range(0x3001) if chr(code).isspace()], np.int32)
"""Every character of white space."""
MAX_WORD_LENGTH = 30
"""Largest number of symbols in a word of a lexicon."""


@dataclass(frozen=True)
class WordCounts:
    """A lexicon of words with their counts, which segments Chinese text.

    Args:
      counts: the count of each word, 1 or more. A word consists of hanzi and of ``0``, which means any number.

    Raises:
      ValueError: no word, a word of other characters or too long, or a count below 1.

    Example:
      >>> lexicon = WordCounts({"国王": 5, "骑": 2, "马": 3, "国": 1})
      >>> lexicon.segment("国王骑马，国王100次。")
      '国王 骑 马 ， 国王 100 次 。'
    """

    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        if not self.counts:
            raise ValueError("no word; a lexicon has at least one")
        for word, count in self.counts.items():
            if fault := _fault(word, count):
                raise ValueError(f"{word!r} with count {count}: {fault}")

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        return f"WordCounts({len(self):,} words)"

    def segment(self, text: str) -> str:
        r"""Returns ``text`` with blanks between words; line breaks stay.

        Only blanks are added; invisible characters are removed. Punctuation, numbers and Latin words count as words.

        Args:
          text: one or more lines, in simplified or traditional characters.

        Example:
          >>> WordCounts({"国王": 5, "马": 3}).segment("國王騎馬!!\nOK")
          '國王 騎 馬 !!\nOK'
        """
        cleaned = clean(text)
        return spaced(cleaned, self.ends(symbols_of(same_length(cleaned))))

    def ends(self, symbols: Symbols) -> Int64[np.ndarray, " w"]:
        """Returns the positions at which words and breaks end, in characters."""
        found = match(self._trie, symbols.ids)
        stretches = stretches_of(symbols.ids, found)
        lattice = lattice_of(len(symbols.ids), stretches.layout, found)
        scores, unknown = word_scores(np.fromiter(self.counts.values(), np.float64, len(self)))
        _, chosen = viterbi(lattice, scores, unknown)
        ended = stretches.ends
        ended[places(stretches.layout)[word_ends(stretches.layout, chosen)]] = True
        return symbols.ends[ended].astype(np.int64)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the words to a text file, one ``WORD<TAB>COUNT`` per line, most frequent first.

        Raises:
          OSError: the file cannot be written.
        """
        order = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        with replacing(path) as temporary:
            temporary.write_text("".join(f"{word}\t{count}\n" for word, count in order), encoding="utf-8", newline="\n")

    @cached_property
    def _trie(self) -> WordTrie:
        """The trie of the words, in the order of ``counts``."""
        return word_trie(spell(list(self.counts)))


def read_word_counts(path: str | os.PathLike[str]) -> WordCounts:
    """Returns the lexicon in a file of ``WORD<TAB>COUNT`` lines.

    Args:
      path: a UTF-8 file. Its words are in simplified characters, as text is before it is segmented.

    Raises:
      OSError: the file cannot be read.
      ValueError: no word, or a line of another form; names file and line.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     WordCounts({"国王": 5, "马": 3}).save(path := Path(folder, "king.words"))
      ...     read_word_counts(path)
      WordCounts(2 words)
    """
    counts: dict[str, int] = {}
    for number, line in numbered_lines(Path(path), option=""):
        if not line.strip():
            continue
        field, tab, times = line.partition("\t")
        word = clean(field.strip())
        times = times.strip()
        if not tab or not (times.isascii() and times.isdigit()):
            raise ValueError(f"{path}:{number}: {line.strip()[:40]!r}: WORD, a tab and a count were expected")
        if fault := _fault(word, int(times)):
            raise ValueError(f"{path}:{number}: {line.strip()[:40]!r}: {fault}")
        if word in counts:
            raise ValueError(f"{path}:{number}: {word!r} occurs twice")
        counts[word] = int(times)
    if not counts:
        raise ValueError(f"{path}: no word in the file; lines of WORD, a tab and a count were expected")
    return WordCounts(counts)


def opened_words(path: str) -> WordCounts:
    """Returns the lexicon in a file, which is read again only if it has changed."""
    return _opened(path, file_state(path))


@lru_cache(maxsize=4)
def _opened(path: str, _state: FileState) -> WordCounts:
    """Returns the lexicon in a file with this state."""
    return read_word_counts(path)


def word_scores(counts: Float64[np.ndarray, " v"]) -> tuple[Float64[np.ndarray, " v"], float]:
    """Returns the score of each word, log p + BOUNDARY, and the score of a symbol that is not a word."""
    total = counts.sum()
    return np.log(counts / total) + BOUNDARY, float(np.log(RARE / total) + BOUNDARY)


def spell(words: Iterable[str]) -> Int32[np.ndarray, "v l"]:
    """Returns the symbols of each word, with ``BREAK`` after its end.

    Example:
      >>> spell(["国", "国王"]).tolist()
      [[22269, 0], [22269, 29579]]
    """
    listed = list(words)
    longest = max(map(len, listed), default=1)
    padded = "".join(word.ljust(longest, chr(BREAK)) for word in listed)
    return codes_of(padded).reshape(len(listed), longest)


def spaced(text: str, ends: Int64[np.ndarray, " w"]) -> str:
    """Returns ``text`` with a blank at each of ``ends`` that has no white space beside it.

    Example:
      >>> spaced("国王骑马 吧", np.array([2, 4, 6]))
      '国王 骑马 吧'
    """
    codes = codes_of(text)
    blank = np.isin(codes, _BLANKS)
    inner = ends[(ends > 0) & (ends < len(codes))]
    inner = inner[~blank[inner] & ~blank[inner - 1]]
    before = np.zeros(len(codes), np.int32)
    before[inner] = 1
    out = np.full(len(codes) + len(inner), ord(" "), np.int32)
    out[np.arange(len(codes)) + np.cumsum(before)] = codes
    return out.astype("<i4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def _fault(word: str, count: int) -> str:
    """Returns what is wrong with a word and its count, or an empty string."""
    if count < 1:
        return "a count is 1 or more"
    if not 0 < len(word) <= MAX_WORD_LENGTH:
        return f"a word has 1 to {MAX_WORD_LENGTH} characters"
    return "" if _WORD.fullmatch(word) else "a word has only Chinese characters, and 0 for a number"
