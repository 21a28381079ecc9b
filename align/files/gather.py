"""Collects the requested words and vectors from the blocks that a reader yields."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from align.encoding import UTF8
from align.files.sanity import RowCheck
from align.files.words import Unreadable, WordCheck, decode_words, unreadable
from align.message import number_of

_MOVED = 4096
_LOG = logging.getLogger("align.files")


class EntryBlock(NamedTuple):
    """Consecutive entries of a vector file."""

    words: list[str]
    rows: Float[np.ndarray, "n d"]
    numbers: Sequence[int]
    """The number of each entry in messages: its line in a text file, its position from 1 in a binary file."""
    unreadable: Sequence[Unreadable] = ()
    """Entries of this part of the file whose word cannot be read; they are not among ``words``."""
    skipped: int = 0
    """The number of readable entries of this part that are not among ``words``."""


def block_of(raw: Sequence[bytes], rows: Float[np.ndarray, "n d"], numbers: Sequence[int], encoding: str) -> EntryBlock:
    """Makes a block of entries from the bytes of their words; leaves out unreadable words.

    Args:
        raw: the bytes of each word, n of them.
        rows: the vectors, shape (n, d).
        numbers: the number of each entry in messages, n of them.
        encoding: the text encoding of the words.
    """
    words, bad = decode_words(raw, encoding)
    if not bad:
        return EntryBlock(words, rows, numbers)
    lost = [unreadable(raw[place], numbers[place], encoding) for place in bad]
    kept = sorted(set(range(len(words))) - set(bad))
    return EntryBlock([words[place] for place in kept], rows[kept], [numbers[place] for place in kept], lost)


@dataclass(frozen=True)
class ReadOptions:
    """Selects the entries of a vector file to read.

    Args:
        limit: read only the first ``limit`` distinct words of the file; None for all.
        words: of those, keep only these words; None for all.
        encoding: the text encoding of the words.
    """

    limit: int | None = None
    words: frozenset[str] | None = None
    encoding: str = UTF8

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit {self.limit}: must be 0 or more")

    @property
    def max_words(self) -> int | float:
        """An upper bound of the number of words that are kept."""
        sizes = [size for size in (self.limit, None if self.words is None else len(self.words)) if size is not None]
        return min(sizes, default=float("inf"))

    @property
    def early(self) -> frozenset[str] | None:
        """The words whose entries a reader may pick alone; None if it must yield all, since ``limit`` counts all."""
        return self.words if self.limit is None else None

    def places(self, words: list[str]) -> list[int] | None:
        """Returns the positions in ``words`` of the entries that a reader must yield; None for all."""
        wanted = self.early
        return None if wanted is None else [place for place, word in enumerate(words) if word in wanted]


class Gathered(NamedTuple):
    """Words, each once, with their vectors and the numbers of their entries, in the file's order."""

    words: list[str]
    vectors: Float32[np.ndarray, "v d"]
    numbers: Int[np.ndarray, " v"]


def gather(
    blocks: Iterable[EntryBlock], dim: int, options: ReadOptions, *, name: str, unit: str = "", count: int | None = None
) -> Gathered:
    """Collects the requested entries. Keeps the first of repeated words, and logs the number of the others.

    Args:
        blocks: the entries of the file, in order.
        dim: the number of dimensions d.
        options: which entries to keep.
        name: the file, for messages.
        unit: the name of an entry in messages.
        count: the number of entries, if known. The matrix is then allocated once; otherwise it grows in place, block
            by block.

    Returns:
        The words, their vectors of shape (v, d), and the numbers of their entries, shape (v,).

    Raises:
        ValueError: a vector holds NaN, an infinity, a number too large for float32 or one far outside the file's
            range; or too many words cannot be decoded.
    """
    everything = options.limit is None and options.words is None
    vectors = np.empty((0 if count is None else int(min(count, options.max_words)), dim), np.float32)
    words: list[str] = []
    numbers: list[Int[np.ndarray, " n"]] = [np.zeros(0, np.int64)]
    check = WordCheck(name, unit, options.encoding)
    rows_check = RowCheck(f"{name}:{unit}")
    checked = _checked(blocks, check)
    for block in checked if everything else _wanted(checked, options, name):
        start, stop = len(words), len(words) + len(block.words)
        if stop > len(vectors):
            vectors.resize((stop, dim), refcheck=False)
        with np.errstate(over="ignore"):
            vectors[start:stop] = block.rows
        rows_check(vectors[start:stop], block.words, block.numbers)
        words += block.words
        entries = block.numbers
        numbers.append(np.arange(entries.start, entries.stop) if isinstance(entries, range) else np.array(entries))
    check.finish()
    vectors.resize((len(words), dim), refcheck=False)
    found = Gathered(words, vectors, np.concatenate(numbers).astype(np.int64))
    return _without_repeats(found, name) if everything and _may_repeat(words) else found


def _checked(blocks: Iterable[EntryBlock], check: WordCheck) -> Iterator[EntryBlock]:
    """Yields the blocks, and counts their words with ``check``."""
    for block in blocks:
        check.add(len(block.words) + block.skipped, block.unreadable)
        yield block


def _wanted(blocks: Iterator[EntryBlock], options: ReadOptions, name: str) -> Iterator[EntryBlock]:
    """Yields the requested entries of ``blocks``, each word once; stops reading when there are enough."""
    seen: set[str] = set()  # the words that count: all words with a limit, otherwise the requested ones
    enough = options.max_words if options.limit is None else options.limit
    repeats = 0
    for block in blocks if options.max_words > 0 else ():
        places, repeated = _fresh(block.words, seen, options)
        repeats += repeated
        yield block if len(places) == len(block.words) else _taken(block, places)
        if len(seen) >= enough:
            break
    _report(repeats, name)


def _fresh(words: list[str], seen: set[str], options: ReadOptions) -> tuple[list[int], int]:
    """Returns the positions of words to keep, and the number of repeats; adds the words that count to ``seen``."""
    places: list[int] = []
    repeated = 0
    for place, word in enumerate(words):
        requested = options.words is None or word in options.words
        if not requested and options.limit is None:
            continue
        if word in seen:
            repeated += requested
        elif options.limit is None or len(seen) < options.limit:
            seen.add(word)
            if requested:
                places.append(place)
    return places, repeated


def _may_repeat(words: list[str]) -> bool:
    """Returns whether two words have the same hash. Sorting hashes takes less time and memory than a set of words."""
    hashes = np.fromiter(map(hash, words), np.int64, len(words))
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def _without_repeats(found: Gathered, name: str) -> Gathered:
    """Keeps the first entry of each word. Rows move up in place, which is safe because no row moves down."""
    places, repeats = _fresh(found.words, set(), ReadOptions())
    _report(repeats, name)
    for start in range(0, len(places), _MOVED):
        part = places[start : start + _MOVED]
        found.vectors[start : start + len(part)] = found.vectors[part]
    found.vectors.resize((len(places), found.vectors.shape[1]), refcheck=False)
    return Gathered([found.words[place] for place in places], found.vectors, found.numbers[places])


def _report(repeats: int, name: str) -> None:
    if repeats:
        _LOG.warning("%s: %s dropped; the first of each is kept", name, number_of(repeats, "repeated word"))


def _taken(block: EntryBlock, places: list[int]) -> EntryBlock:
    """Returns the entries of a block at ``places``."""
    return EntryBlock(
        [block.words[place] for place in places], block.rows[places], [block.numbers[place] for place in places]
    )
