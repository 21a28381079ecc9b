"""Counting words in bounded memory, exactly: the words of a text are numbered as they come, and chosen at the end.

The text is read once. Its words get provisional numbers from a table, and the numbers go to a file. When the table has
grown to ``TABLE`` words it is sorted, written to a file and begun anew, with numbers from 0 again; at the end the
sorted tables are merged, which gives exact counts. But: word2vec's ReduceVocab (word2vec.c) and gensim's
``max_vocab_size`` drop the rarest words of a full table instead, so that counts depend on where a word stands.
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
"""How many different words are held in memory while counting: about 400 MB of them."""
LONGEST = 10_000
"""Words in the longest sentence; a longer one is cut (as in gensim; word2vec.c cuts at 1,000)."""
_STEP = 1 << 20

Entry = tuple[str, int, int]
"""A word, its count, its provisional number."""


class Part(NamedTuple):
    """The words of one table and where their numbers stand: a stretch of ``length`` numbers behind the part before."""

    entries: Callable[[], Iterator[Entry]]
    """The table's words, sorted where there are several parts."""
    words: int
    length: int


class Counted(NamedTuple):
    """A text in provisional numbers."""

    parts: list[Part]
    numbers: BinaryIO
    """A temporary file of int32: provisional numbers, -1 where a sentence ends."""


def count(blocks: Iterable[Numbered], folder: Path, files: ExitStack, *, table: int = TABLE) -> Counted:
    """Number the words of all blocks, in temporary files in ``folder`` that have no name and last as long as ``files``.

    Raises:
        OSError: the files cannot be written.
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
    """The words of a table in a file, sorted."""
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
    """The words that occur ``min_count`` times, most frequent first and ties by word; the first ``max_vocab`` of them.

    Raises:
        ValueError: there is no word, or none occurs so often; the message has the most frequent word and its count.
    """
    most = ("", 0)

    def frequent() -> Iterator[tuple[str, int]]:
        nonlocal most
        for word, times in _totals(parts):
            if times > most[1]:
                most = (word, times)
            if times >= min_count:
                yield word, times

    def order(pair: tuple[str, int]) -> tuple[int, str]:
        return -pair[1], pair[0]

    chosen = sorted(frequent(), key=order) if max_vocab is None else heapq.nsmallest(max_vocab, frequent(), order)
    if not most[1]:
        raise ValueError("no word in the text")
    if not chosen:
        raise ValueError(f"no word occurs {min_count} times; the most frequent, {most[0]!r}, occurs {most[1]} times")
    return Vocab([word for word, _ in chosen], np.array([times for _, times in chosen], np.int64))


def _totals(parts: list[Part]) -> Iterator[tuple[str, int]]:
    """Every word and how often it occurs in all parts together."""
    if len(parts) == 1:
        yield from ((word, times) for word, times, _ in parts[0].entries())
        return
    merged = heapq.merge(*(part.entries() for part in parts), key=itemgetter(0))
    for word, same in groupby(merged, itemgetter(0)):
        yield word, sum(times for _, times, _ in same)


def final_ids(
    counted: Counted, vocab: Vocab, advance: Callable[[int], object], *, longest: int = LONGEST
) -> Iterator[Int32[np.ndarray, " t"]]:
    """The text as row numbers of ``vocab``, block by block: other words left out, no sentence empty or too long."""
    counted.numbers.seek(0)
    run = 0
    for part in counted.parts:
        rows = np.full(part.words + 1, -2, np.int32)
        rows[-1] = -1
        for word, _, row in part.entries():
            rows[row] = vocab.index.get(word, -2)
        for start in range(0, part.length, _STEP):
            size = min(_STEP, part.length - start)
            found = rows[np.frombuffer(counted.numbers.read(4 * size), np.int32)]
            ids, run = _sentences(found[found > -2], run, longest)
            advance(4 * size)
            yield ids
    yield np.full(1 if run else 0, -1, np.int32)


def _sentences(ids: Int32[np.ndarray, " s"], run: int, longest: int) -> tuple[Int32[np.ndarray, " t"], int]:
    """``ids`` without empty sentences, and with long ones cut; ``run`` words of an unended one stand before them.

    Returns the ids, and how many words of an unended sentence there are now.
    """
    if not len(ids):
        return ids, run
    ended = ids == -1
    before = np.concatenate([[run == 0], ended[:-1]])
    ids = ids[~(ended & before)]
    ends = np.concatenate([[-1 - run], np.flatnonzero(ids == -1), [len(ids)]])  # a last one may be unended
    left = len(ids) - 1 - int(ends[-2])
    long = np.flatnonzero(np.diff(ends) > longest + 1)
    if len(long):
        cuts = [np.arange(ends[i] + 1 + longest, ends[i + 1], longest) for i in long]
        ids = np.insert(ids, np.concatenate(cuts), np.int32(-1))
    return ids, left - max(left - 1, 0) // longest * longest
