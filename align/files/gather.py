"""From blocks of words and rows, as a reader finds them, to the words and the matrix that are kept."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

_MOVED = 4096
_LOG = logging.getLogger("align.files")


class Block(NamedTuple):
    """Entries of a vector file, in its order."""

    words: list[str]
    rows: Float[np.ndarray, "n d"]
    numbers: Sequence[int]
    """What each entry is called in a message: its line in a text file, its place from 1 in a binary one."""


@dataclass(frozen=True)
class Keep:
    """Which entries are wanted: the first ``limit`` different words, and only those in ``words`` where it is given."""

    limit: int | None = None
    words: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit is {self.limit}; 0 or more was expected")

    @property
    def most(self) -> int | float:
        """No more entries than this are kept."""
        sizes = [size for size in (self.limit, None if self.words is None else len(self.words)) if size is not None]
        return min(sizes, default=float("inf"))

    def places(self, words: list[str]) -> list[int] | None:
        """The places of those ``words`` that are asked for by name; None where all are."""
        wanted = self.words
        return None if wanted is None else [place for place, word in enumerate(words) if word in wanted]


class Gathered(NamedTuple):
    """The words kept, each once, their vectors and their entries' numbers, in the file's order."""

    words: list[str]
    vectors: Float32[np.ndarray, "v d"]
    numbers: Int[np.ndarray, " v"]


def gather(
    blocks: Iterable[Block], dim: int, keep: Keep, *, name: str, unit: str = "", count: int | None = None
) -> Gathered:
    """Collect the entries that ``keep`` wants; the first of a repeated word counts, the others are dropped and logged.

    ``count`` is the number of entries where it is known and believed: the matrix is then made once; otherwise it grows
    in place, block by block. ``name`` is the file's, ``unit`` what one of its entries is called; both for messages.

    Raises:
        ValueError: a wanted vector holds NaN, an infinity, or a number too large for float32.
    """
    everything = keep.limit is None and keep.words is None
    vectors = np.empty((0 if count is None else int(min(count, keep.most)), dim), np.float32)
    words: list[str] = []
    numbers: list[Int[np.ndarray, " n"]] = [np.zeros(0, np.int64)]
    for block in blocks if everything else _wanted(blocks, keep, name):
        start, stop = len(words), len(words) + len(block.words)
        if stop > len(vectors):
            vectors.resize((stop, dim), refcheck=False)
        with np.errstate(over="ignore"):
            vectors[start:stop] = block.rows
        check_finite(vectors[start:stop], block.words, block.numbers, f"{name}:{unit}")
        words += block.words
        entries = block.numbers
        numbers.append(np.arange(entries.start, entries.stop) if isinstance(entries, range) else np.array(entries))
    vectors.resize((len(words), dim), refcheck=False)
    found = Gathered(words, vectors, np.concatenate(numbers).astype(np.int64))
    return _without_repeats(found, name) if everything and _may_repeat(words) else found


def _wanted(blocks: Iterable[Block], keep: Keep, name: str) -> Iterator[Block]:
    """What ``keep`` wants of ``blocks``, each word once, and no further than needed."""
    seen: set[str] = set()
    repeats = 0
    for block in blocks if keep.most > 0 else ():
        places, repeated = _fresh(block.words, seen, keep)
        repeats += repeated
        yield block if len(places) == len(block.words) else _taken(block, places)
        if len(seen) >= keep.most:
            break
    _report(repeats, name)


def _fresh(words: list[str], seen: set[str], keep: Keep) -> tuple[list[int], int]:
    """The places of the ``words`` to keep, which join those ``seen``; and how many stood there before."""
    places: list[int] = []
    repeated = 0
    for place, word in enumerate(words):
        if keep.words is not None and word not in keep.words:
            continue
        if word in seen:
            repeated += 1
        elif len(seen) < keep.most:
            seen.add(word)
            places.append(place)
    return places, repeated


def _may_repeat(words: list[str]) -> bool:
    """Whether two words have one hash; sorting those takes a fraction of the time and memory of a set of the words."""
    hashes = np.fromiter(map(hash, words), np.int64, len(words))
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def _without_repeats(found: Gathered, name: str) -> Gathered:
    """Keep the first of each word; the rows move up in place, since none moves down."""
    places, repeats = _fresh(found.words, set(), Keep())
    _report(repeats, name)
    for start in range(0, len(places), _MOVED):
        part = places[start : start + _MOVED]
        found.vectors[start : start + len(part)] = found.vectors[part]
    found.vectors.resize((len(places), found.vectors.shape[1]), refcheck=False)
    return Gathered([found.words[place] for place in places], found.vectors, found.numbers[places])


def _report(repeats: int, name: str) -> None:
    if repeats:
        _LOG.warning("%s: %d repeated words were dropped; the first of each is kept", name, repeats)


def _taken(block: Block, places: list[int]) -> Block:
    return Block(
        [block.words[place] for place in places], block.rows[places], [block.numbers[place] for place in places]
    )


def check_finite(rows: Float[np.ndarray, "n d"], words: Sequence[str], numbers: Sequence[int], prefix: str) -> None:
    """Raise ValueError, naming the first of ``words`` and its number, where its row holds NaN or an infinity."""
    finite = np.isfinite(rows)
    if finite.all():
        return
    bad = int(np.argmin(finite.all(axis=1)))
    raise ValueError(
        f"{prefix}{numbers[bad]}: {words[bad]!r} has the value {rows[bad][~finite[bad]][0]}; "
        "finite numbers within float32's range were expected"
    )
