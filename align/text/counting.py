"""Exact word counts in bounded memory: words get provisional numbers, and the vocabulary is chosen at the end.

The text is read once. A table gives each word a provisional number, and the numbers are written to a file. A table of
``TABLE`` words is sorted and written to a file, and a new one begins with number 0. At the end the sorted tables are
merged, which gives exact counts. word2vec's ReduceVocab (word2vec.c) and gensim's ``max_vocab_size`` drop the rarest
words of a full table instead, so their counts depend on the order of the text.
"""

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Int32, Int64

from align.text.numbering import Numbered, new_table
from align.text.vocab import Vocab

TABLE = 1 << 21
"""Number of distinct words held in memory while counting; they take about 400 MB."""
MAX_SENTENCE = 10_000
"""Largest number of words in a sentence. Longer sentences are cut, as in gensim; word2vec.c cuts at 1,000."""
_STEP = 1 << 20
"""Numbers that are read at once."""

Entry = tuple[str, int, int]
"""A word, its count, its provisional number."""


class Part(NamedTuple):
    """The words of a table; the next ``length`` numbers of the text belong to this table."""

    entries: Callable[[], Iterator[Entry]]
    """Yields the words of the table, sorted if there are several parts."""
    words: int
    length: int


class Counted(NamedTuple):
    """A text in provisional numbers."""

    parts: list[Part]
    numbers: BinaryIO
    """A temporary file of int32: provisional numbers, with -1 after each sentence."""


def count(blocks: Iterable[Numbered], folder: Path, files: ExitStack, *, table: int = TABLE) -> Counted:
    """Gives each word of all blocks a provisional number, and counts it.

    Args:
      blocks: the text.
      folder: the folder for temporary files; they have no name and exist until ``files`` is closed.
      files: closes the temporary files.
      table: distinct words to hold in memory.

    Raises:
      OSError: a temporary file cannot be written.
    """
    numbers = files.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
    parts: list[Part] = []
    index, counts, length = new_table(), np.zeros(1 << 16, np.int64), 0
    for block in blocks:
        if len(index) >= table:
            parts.append(_spilled(index, counts, length, folder, files))
            index, counts, length = new_table(), np.zeros(1 << 16, np.int64), 0
        rows = np.fromiter(map(index.__getitem__, block.words), np.int32, len(block.words))
        if len(index) > len(counts):
            counts = np.concatenate([counts, np.zeros(len(index), np.int64)])
        counts[rows] += block.counts
        numbers.write(np.append(rows, np.int32(-1))[block.ids].data)
        length += len(block.ids)
    if parts:
        parts.append(_spilled(index, counts, length, folder, files))
    else:
        entries = zip(index, counts[: len(index)].tolist(), range(len(index)), strict=True)
        parts.append(Part(list(entries).__iter__, len(index), length))
    return Counted(parts, numbers)


def _spilled(
    index: dict[str, int], counts: Int64[np.ndarray, " v"], length: int, folder: Path, files: ExitStack
) -> Part:
    """Writes the words of a table to a file, sorted."""
    opened = tempfile.TemporaryFile("w+", dir=folder, encoding="utf-8", newline="\n")  # noqa: SIM115
    file = files.enter_context(opened)
    file.writelines(f"{word}\t{counts[row]}\t{row}\n" for word, row in sorted(index.items()))

    def entries() -> Iterator[Entry]:
        file.seek(0)
        for line in file:
            word, times, row = line[:-1].rsplit("\t", 2)
            yield word, int(times), int(row)

    return Part(entries, len(index), length)


def choose(parts: list[Part], min_count: int, max_vocab: int | None) -> Vocab:
    """Returns the vocabulary, sorted by descending count, then by word.

    Args:
      parts: the counts.
      min_count: leave out words that occur less often.
      max_vocab: keep only this many words; None: all.

    Raises:
      ValueError: there is no word, or no word occurs ``min_count`` times (the message has the most frequent word).
    """
    commonest = ("", 0)

    def frequent() -> Iterator[tuple[str, int]]:
        nonlocal commonest
        for word, times in _totals(parts):
            if times > commonest[1]:
                commonest = (word, times)
            if times >= min_count:
                yield word, times

    def order(pair: tuple[str, int]) -> tuple[int, str]:
        return -pair[1], pair[0]

    chosen = sorted(frequent(), key=order) if max_vocab is None else heapq.nsmallest(max_vocab, frequent(), order)
    if not commonest[1]:
        raise ValueError("no word in the text")
    if not chosen:
        raise ValueError(
            f"no word occurs {min_count} times; the most frequent, {commonest[0]!r}, occurs {commonest[1]} times"
        )
    return Vocab([word for word, _ in chosen], np.array([times for _, times in chosen], np.int64))


def _totals(parts: list[Part]) -> Iterator[tuple[str, int]]:
    """Yields each word and its count in all parts together."""
    if len(parts) == 1:
        yield from ((word, times) for word, times, _ in parts[0].entries())
        return
    merged = heapq.merge(*(part.entries() for part in parts), key=itemgetter(0))
    for word, same in groupby(merged, itemgetter(0)):
        yield word, sum(times for _, times, _ in same)


def vocabulary_ids(counted: Counted, vocab: Vocab) -> Iterator[Int32[np.ndarray, " t"]]:
    """Yields the text as row numbers of ``vocab``, -1 at the end of a line, -2 for words that it lacks."""
    counted.numbers.seek(0)
    for part in counted.parts:
        rows = np.full(part.words + 2, -2, np.int32)  # the last two entries are for -2 and -1
        rows[-1] = -1
        for word, _, row in part.entries():
            rows[row] = vocab.index.get(word, -2)
        for start in range(0, part.length, _STEP):
            size = min(_STEP, part.length - start)
            yield rows[np.frombuffer(counted.numbers.read(4 * size), np.int32)]


def sentences(
    blocks: Iterable[Int32[np.ndarray, " t"]], *, longest: int = MAX_SENTENCE
) -> Iterator[Int32[np.ndarray, " s"]]:
    """Yields ``blocks`` of ids without omitted words (-2) and empty sentences; sentences are cut at ``longest`` words.

    If the last sentence has no end, -1 is added.
    """
    run = 0
    for block in blocks:
        ids, run = _sentences(block[block > -2], run, longest)
        yield ids
    yield np.full(1 if run else 0, -1, np.int32)


def _sentences(ids: Int32[np.ndarray, " s"], run: int, longest: int) -> tuple[Int32[np.ndarray, " t"], int]:
    """Returns ``ids`` without empty sentences and with long ones cut, and the length of the last, unended sentence.

    ``run`` is the length of the unended sentence before ``ids``.
    """
    if not len(ids):
        return ids, run
    ended = ids == -1
    before = np.concatenate([[run == 0], ended[:-1]])
    ids = ids[~(ended & before)]
    ends = np.concatenate([[-1 - run], np.flatnonzero(ids == -1), [len(ids)]])  # the last sentence may be unended
    left = len(ids) - 1 - int(ends[-2])
    long = np.flatnonzero(np.diff(ends) > longest + 1)
    if len(long):
        cuts = [np.arange(ends[i] + 1 + longest, ends[i + 1], longest) for i in long]
        ids = np.insert(ids, np.concatenate(cuts), np.int32(-1))
    return ids, left - max(left - 1, 0) // longest * longest
