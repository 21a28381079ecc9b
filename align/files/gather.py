"""From blocks of words and rows, as a reader finds them, to the words and the matrix that are kept."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

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


def _fresh(words: list[str], seen: set[str], keep: Keep) -> tuple[list[int], int]:
    """The places of the ``words`` to keep, which join those ``seen``; and how many stood there before."""
    places: list[int] = []
    repeated = 0
    for place, word in enumerate(words):
        if word in seen:
            repeated += 1
        elif len(seen) < keep.most:
            seen.add(word)
            places.append(place)
    return places, repeated


def gather(
    blocks: Iterable[Block], dim: int, keep: Keep, *, name: str, unit: str = "", count: int | None = None
) -> Gathered:
    """Collect the entries that ``keep`` wants; the first of a repeated word counts, the others are dropped and logged.

    ``count`` is the number of entries where it is known and believed: the matrix is then made once; otherwise it grows
    in place, block by block. ``name`` is the file's, ``unit`` what one of its entries is called; both for messages.

    Raises:
        ValueError: a wanted vector holds NaN, an infinity, or a number too large for float32.
    """
    vectors = np.empty((0 if count is None else int(min(count, keep.most)), dim), np.float32)
    words: list[str] = []
    numbers: list[Int[np.ndarray, " n"]] = []
    seen: set[str] = set()
    repeats, simple = 0, True
    for block in blocks if keep.most > 0 else ():
        places = keep.places(block.words)
        block = block if places is None else _taken(block, places)  # noqa: PLW2901
        start, stop = len(words), len(words) + len(block.words)
        simple = simple and stop <= keep.most
        if simple:
            seen.update(block.words)
            if len(seen) < stop:  # a word is repeated: from here on each is looked at
                seen, simple = set(words), False
        if not simple:
            places, repeated = _fresh(block.words, seen, keep)
            block = _taken(block, places)  # noqa: PLW2901
            repeats, stop = repeats + repeated, start + len(places)
        if stop > len(vectors):
            vectors.resize((stop, dim), refcheck=False)
        with np.errstate(over="ignore"):
            vectors[start:stop] = block.rows
        check_finite(vectors[start:stop], block.words, block.numbers, f"{name}:{unit}")
        words += block.words
        entries = block.numbers
        numbers.append(np.arange(entries.start, entries.stop) if isinstance(entries, range) else np.array(entries))
        if stop >= keep.most:
            break
    if repeats:
        _LOG.warning("%s: %d repeated words were dropped; the first of each is kept", name, repeats)
    vectors.resize((len(words), dim), refcheck=False)
    return Gathered(words, vectors, np.concatenate([*numbers, np.zeros(0, np.int64)]).astype(np.int64))


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
