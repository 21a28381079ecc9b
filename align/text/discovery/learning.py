"""Word discovery: learns a lexicon from raw Chinese text, without a dictionary.

1. Count the n-grams of all lengths (``ngrams``). Candidates are those whose parts occur together more often than by
   chance at every place where they can be split (PMI).
2. Segment the text once into words whose neighbours vary at both ends (``autonomy``). These words are the lexicon.
3. Estimate a unigram model from the best segmentation (Viterbi), and drop the words without which the description of
   text and lexicon is shorter. Repeat this step until the description gets no shorter.

Source: Magistry and Sagot 2012 and 2013 (steps 2 and 3); Su, The minimum entropy principle (2018), for candidates.
But: the model credits each word boundary with ``BOUNDARY`` nats. Magistry and Sagot choose the words by local search.
"""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from align.checks import SettingError, at_least
from align.cores import usable_cores
from align.encoding import check_encoding
from align.progress import Report, running_total
from align.text.catalogued import text_files
from align.text.discovery.lexicon import MAX_WORD_LENGTH, WordCounts
from align.text.discovery.model import (
    Step,
    Words,
    known_counts,
    length_of,
    savings,
    scores_of,
    symbols_in,
    unprofitable,
    words_of,
)
from align.text.discovery.ngrams import Level, autonomy, count_ngrams, families, pmi
from align.text.discovery.symbols import BREAK, NUMBER, SYMBOLS
from align.text.discovery.workers import Blocks, worked
from align.text.reading import Text, blocks, size_of, text_of

PathLike = str | os.PathLike[str]
BLOCK = 1 << 22
"""Bytes of text in a block."""
_LENGTH_POWER = 0.5
"""In the first segmentation, the score of a word is its autonomy times this power of its length."""
_MAX_SPELLING = 1000
"""Largest weight of the lexicon."""
_MAX_ROUNDS = 40
"""Largest number of rounds of learning."""
_MIN_GAIN = 3e-5
"""Learning ends with a round that shortens the description by fewer nats per symbol."""


@dataclass(frozen=True)
class Discovery:
    """Settings of word discovery.

    Args:
      max_length: symbols in the longest word, 2 to 30.
      min_count: least count of a word in the first segmentation. None: one per million symbols of the text, but at
        least 2.
      min_pmi: least pointwise mutual information of the parts of a candidate, in nats.
      spelling: weight of the lexicon in the description length, 0 to 1000; more gives fewer words.

    Raises:
      ValueError: a setting out of range.

    Example:
      >>> Discovery(max_length=8).frequent(30_000_000)
      30
    """

    max_length: int = 5
    min_count: int | None = None
    min_pmi: float = 1.0
    spelling: float = 0.3

    def __post_init__(self) -> None:
        if not 2 <= self.max_length <= MAX_WORD_LENGTH:
            raise SettingError("max_length", self.max_length, f"must be from 2 to {MAX_WORD_LENGTH}")
        at_least(2 if self.min_count is None else self.min_count, 1, "min_count")
        if not 0 <= self.spelling <= _MAX_SPELLING:
            raise SettingError("spelling", self.spelling, f"must be from 0 to {_MAX_SPELLING}")
        if not np.isfinite(self.min_pmi):
            raise SettingError("min_pmi", self.min_pmi, "must be a finite number")

    def frequent(self, symbols: int) -> int:
        """Returns the least count of a word in a text of this many symbols."""
        return self.min_count if self.min_count is not None else max(2, round(symbols / 1e6))


class Round(NamedTuple):
    """One round of learning."""

    words: int
    tokens: int
    bits: float
    """Description length less the credit for word boundaries, in bits per symbol of the text. It can be below 0."""


class Discovered(NamedTuple):
    """The result of word discovery."""

    lexicon: WordCounts
    saved: dict[str, float]
    """By how many bits each word of several symbols shortens the description."""
    rounds: list[Round]
    symbols: int
    """Symbols of the text: hanzi and numbers."""


def discover(
    texts: PathLike | Text | Iterable[PathLike | Text],
    settings: Discovery | None = None,
    *,
    known: WordCounts | None = None,
    encoding: str = "",
    workers: int | None = None,
    replace_invalid: bool = False,
    report: Report = lambda *_: None,
) -> Discovered:
    """Learns the words of Chinese text, in bounded memory.

    Args:
      texts: files, folders, names of the catalogue, or ``-``, as for ``build_corpus``. A line is a sentence.
      settings: the settings of word discovery; by default ``Discovery()``.
      known: a lexicon learned from other text. Its counts are added, so learning continues from it.
      encoding: text encoding of the files.
      workers: worker processes; by default one per usable core if the text has several blocks.
      replace_invalid: replace bytes that do not decode instead of refusing them.
      report: progress callback.

    Returns:
      The lexicon, and the description length by round.

    Raises:
      ValueError: undecodable or damaged text, or no Chinese in it.
      KeyError: no such catalogue name.
      OSError: a file cannot be read, or the disk is full.

    Example:
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     _ = Path(folder, "a.txt").write_text("国王骑马。国王说话。他骑马来。王说。国家。" * 9)
      ...     discover(Path(folder, "a.txt")).lexicon.segment("国王骑马")
      '国王 骑马'
    """
    chosen = settings or Discovery()
    files = text_files(texts, check_encoding(encoding))
    at_least(1 if workers is None else workers, 1, "workers")
    with tempfile.TemporaryDirectory(prefix="align-discover-") as name:
        numbers = _write_blocks(files, folder := Path(name), replace_invalid, report)
        if not numbers:
            raise ValueError("the text is empty")
        with worked(folder, numbers, min(workers or usable_cores(), len(numbers))) as text:
            return _learn(text, chosen, known, report)


def _write_blocks(files: list[Text], folder: Path, replace: bool, report: Report) -> range:
    """Writes the text to the folder in blocks; returns their numbers."""
    advance = running_total(report, "reading", size_of(text.path for text in files))
    number = 0
    for text in files:
        for block in blocks(text, BLOCK, advance, replace=replace):
            (folder / f"text-{number}").write_bytes(text_of(block, replace=replace).encode())
            number += 1
    return range(number)


def _learn(text: Blocks, settings: Discovery, known: WordCounts | None, report: Report) -> Discovered:
    """Learns the words of a text."""
    text.run("read")
    single = text.total("single")
    symbols = int(single.sum() - single[BREAK])
    if symbols == single[NUMBER]:
        raise ValueError("no Chinese character in the text; words are discovered in Chinese text only")
    least = settings.frequent(symbols)
    levels = count_ngrams(text, settings.max_length, least, single)
    listed, counts = _first_words(text, levels, settings.min_pmi, least)
    words, start = _with_known(listed, counts, known, single, settings.spelling)
    found, rounds = _shorten(text, words, start, symbols, report)
    kept = np.flatnonzero(found.counts)
    bits = savings(words, found) / np.log(2)
    counted = WordCounts({words.listed[i]: int(found.counts[i]) for i in kept})
    return Discovered(counted, {words.listed[i]: float(bits[i]) for i in kept if not words.single[i]}, rounds, symbols)


def _first_words(
    text: Blocks, levels: list[Level], min_pmi: float, least: int
) -> tuple[list[str], Int64[np.ndarray, " v"]]:
    """Returns the words of the first segmentation, among them every symbol, and their counts in it."""
    parts = families(levels)
    values = autonomy(levels, parts)
    taken = [np.flatnonzero(mutual >= min_pmi) for mutual in pmi(levels, parts)]
    taken[1:] = [rows[value[rows] > 0] for rows, value in zip(taken[1:], values[1:], strict=True)]  # symbols score 0
    edges = np.cumsum([0, *map(len, taken)])
    scores: list[Float64[np.ndarray, " n"]] = []
    for level, (value, rows) in enumerate(zip(values, taken, strict=True), 1):
        numbers = np.full(len(value), -1, np.int32)
        numbers[rows] = np.arange(edges[level - 1], edges[level])
        text.store.save(f"first-{level}", numbers)
        scores.append(value[rows] * level**_LENGTH_POWER)
    text.store.save("scores", np.concatenate(scores))
    text.run("segment_first")
    counts = text.total("counts")
    frequent = counts >= least
    frequent[: edges[1]] = True
    rows = [level[frequent[begin : begin + len(level)]] for level, begin in zip(taken, edges[:-1], strict=True)]
    return symbols_in([level.keys for level in levels], rows, SYMBOLS), counts[frequent]


def _with_known(
    listed: list[str],
    counts: Int64[np.ndarray, " v"],
    known: WordCounts | None,
    single: Int64[np.ndarray, " c"],
    spelling: float,
) -> tuple[Words, Int64[np.ndarray, " w"]]:
    """Returns the candidates together with the words known before and their symbols, and the counts to begin with."""
    before = dict(known.counts) if known else {}
    more = dict.fromkeys([*before, *(letter for word in before for letter in word)])
    for word in listed:
        more.pop(word, None)
    every = listed + list(more)
    memory = np.array([before.get(word, 0) for word in every], np.int64)
    start = np.concatenate([counts, np.zeros(len(more), np.int64)]) + memory
    return words_of(every, memory, single, spelling), start


def _shorten(
    text: Blocks, words: Words, counts: Int64[np.ndarray, " v"], symbols: int, report: Report
) -> tuple[Step, list[Round]]:
    """Drops words until the description gets no shorter; returns the step with the shortest, and all rounds."""
    for level, (keys, numbers) in enumerate(zip(words.trie.keys, words.trie.words, strict=True), 1):
        text.store.save(f"trie-{level}", keys)
        text.store.save(f"words-{level}", numbers)
    text.run("place_words")
    total = symbols + int(words.known @ np.array([len(word) for word in words.listed]))
    best = Step(counts, np.ones(len(counts), bool), np.inf)
    alive, rounds = best.alive, list[Round]()
    for number in range(_MAX_ROUNDS):
        scores = scores_of(words, counts, alive)
        text.store.save("scores", scores)
        text.run("segment")
        counts = text.total("counts") + known_counts(words, scores)
        step = Step(counts, alive, length_of(words, counts, alive))
        rounds.append(Round(int(alive.sum()), int(counts.sum()), step.length / total / float(np.log(2))))
        report("shortening the description", number + 1, 0)
        if step.length > best.length - _MIN_GAIN * total:
            break
        best = step
        alive = alive & ~unprofitable(words, step)
    return best, rounds
