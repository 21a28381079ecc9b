"""Phrases: pairs of neighbouring words that occur together much more often than by chance become one word.

    score(a, b) = (n(a b) - min_count) N / (n(a) n(b)),   joined where the score is above a threshold

n counts words and pairs, and N is the number of words. Each pass joins pairs, so k passes find phrases of up to 2^k
words. Counts are exact, and memory is bounded.

Source: Mikolov et al. 2013 (NeurIPS), equation 6, whose discount is ``min_count`` here.
But: as in the authors' word2phrase the score is multiplied by N, so that a threshold fits texts of all sizes; and a
word rarer than ``min_count`` separates its neighbours.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Int32, Int64

from align.checks import SettingError, at_least
from align.text.chinese import has_hanzi
from align.text.cooccurrence import MEMORY, Cells, Window, count_cells, flat
from align.text.corpus import Corpus
from align.text.vocab import Vocab

_STEP = 1 << 20
"""Tokens or cells that are processed at once."""


@dataclass(frozen=True)
class Phrases:
    """Settings of phrase detection.

    Args:
      threshold: the score above which a pair becomes a phrase. A higher one gives fewer phrases.
      passes: how often the text is searched.

    Raises:
      SettingError: ``threshold`` is not above 0, or ``passes`` is below 1.

    Example:
      >>> Phrases(threshold=50.0)
      Phrases(threshold=50.0, passes=2)
    """

    threshold: float = 100.0
    passes: int = 2

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise SettingError("phrase_threshold", self.threshold, "must be above 0")
        at_least(self.passes, 1, "phrase_passes")


class Joined(NamedTuple):
    """A text with its phrases joined."""

    words: list[str]
    counts: Int64[np.ndarray, " v"]
    file: BinaryIO
    """The ids as int32: row numbers of ``words``, -1 at the end of a sentence, -2 for rare words."""


def join_phrases(
    blocks: Iterable[Int32[np.ndarray, " t"]],
    vocab: Vocab,
    phrases: Phrases,
    *,
    min_count: int,
    folder: Path,
    files: ExitStack,
    memory: int = MEMORY,
) -> Joined:
    """Returns the text of ``blocks`` with its phrases joined.

    Args:
      blocks: the text as row numbers of ``vocab``, -1 at the end of a sentence, -2 for rare words.
      vocab: the words, with counts.
      phrases: threshold and passes.
      min_count: the discount of the score.
      folder: where temporary files are written.
      files: closes the temporary files.
      memory: bytes for counting pairs.

    Raises:
      OSError: a temporary file cannot be written.
    """
    joined = Joined(list(vocab.words), np.asarray(vocab.occurrences, np.int64), _written(blocks, folder, files))
    for _ in range(phrases.passes):
        words, counts, file = joined
        if not file.seek(0, 2) or not words:
            break
        ids = np.memmap(file, np.int32, "r")
        text = Corpus(Vocab(words, counts), ids)
        window = Window(1, flat, left=False)
        pairs = _accepted(count_cells(text, window, memory=memory, folder=folder), counts, phrases, min_count)
        if not len(pairs):
            break
        names, targets = _named(words, pairs)
        keys = pairs[:, 0] * len(words) + pairs[:, 1]
        made = _written(_rewritten(ids, keys, targets, len(words)), folder, files)
        joined = Joined(names, _counted(made, len(names)), made)
    return joined


def _accepted(
    cells: Cells, counts: Int64[np.ndarray, " v"], phrases: Phrases, discount: int
) -> Int64[np.ndarray, "n 2"]:
    """Returns the pairs of words above the threshold, sorted."""
    total, found = float(counts.sum()), [np.zeros((0, 2), np.int64)]
    for start in range(0, len(cells.row), _STEP):
        row, column, value = (np.asarray(part[start : start + _STEP]) for part in cells)
        score = (value.astype(np.float64) - discount) * total / (counts[row].astype(np.float64) * counts[column])
        keep = score > phrases.threshold
        found.append(np.stack([row[keep], column[keep]], 1).astype(np.int64))
    return np.concatenate(found)


def _named(words: list[str], pairs: Int64[np.ndarray, "n 2"]) -> tuple[list[str], Int32[np.ndarray, " n"]]:
    """Returns the words with the new phrases after them, and the row of each pair's phrase."""
    rows = dict(zip(words, range(len(words)), strict=True))
    targets = np.fromiter(
        (rows.setdefault(phrase(words[a], words[b]), len(rows)) for a, b in pairs.tolist()), np.int32, len(pairs)
    )
    return list(rows), targets


def phrase(first: str, second: str) -> str:
    """Returns the phrase of two words: with ``_`` between them, or nothing between hanzi.

    Example:
      >>> phrase("new", "york"), phrase("北京", "大学")
      ('new_york', '北京大学')
    """
    return f"{first}{second}" if has_hanzi(first[-1]) and has_hanzi(second[0]) else f"{first}_{second}"


def _rewritten(
    ids: Int32[np.ndarray, " t"], keys: Int64[np.ndarray, " n"], targets: Int32[np.ndarray, " n"], words: int
) -> Iterator[Int32[np.ndarray, " s"]]:
    """Yields ``ids`` with each accepted pair replaced by its phrase; of overlapping pairs, the first is joined."""
    waiting = ids[:0]
    for start in range(0, len(ids), _STEP):
        block = np.concatenate([waiting, ids[start : start + _STEP]])
        key = block[:-1].astype(np.int64) * words + block[1:]
        place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        hit = (block[:-1] >= 0) & (block[1:] >= 0) & (keys[place] == key)
        last = start + _STEP >= len(ids)
        loose = np.flatnonzero(~hit)
        end = len(block) if last else int(loose[-1]) + 1 if len(loose) else 0
        waiting, block, hit, place = block[end:], block[:end].copy(), hit[: max(end - 1, 0)], place[: max(end - 1, 0)]
        at = np.arange(len(hit))
        begins = hit & ~np.concatenate([[False], hit[:-1]]) if len(hit) else hit
        first = np.maximum.accumulate(np.where(begins, at, 0)) if len(hit) else at
        taken = np.flatnonzero(hit & ((at - first) % 2 == 0))
        block[taken] = targets[place[taken]]
        yield np.delete(block, taken + 1)


def _written(blocks: Iterable[Int32[np.ndarray, " t"]], folder: Path, files: ExitStack) -> BinaryIO:
    """Returns a temporary file with all ``blocks``; it has no name and lasts as long as ``files``."""
    file = files.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
    for block in blocks:
        file.write(np.ascontiguousarray(block, np.int32).data)
    file.flush()
    return file


def _counted(file: BinaryIO, words: int) -> Int64[np.ndarray, " v"]:
    """Returns how often each word occurs in a file of ids."""
    counts = np.zeros(words, np.int64)
    for block in ids_in(file):
        counts += np.bincount(block[block >= 0], minlength=words)
    return counts


def ids_in(file: BinaryIO) -> Iterator[Int32[np.ndarray, " t"]]:
    """Yields the ids in a temporary file, block by block."""
    file.seek(0)
    while data := file.read(4 * _STEP):
        yield np.frombuffer(data, np.int32)
