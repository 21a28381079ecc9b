"""From blocks of words and rows, as a reader finds them, to the words and the matrix that are kept."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

_LOG = logging.getLogger("align.files")


class Block(NamedTuple):
    """Consecutive entries of a vector file."""

    words: list[str]
    rows: Float[np.ndarray, "n d"]
    first: int
    """The number of the first entry: its line in a text file, its place from 1 in a binary one."""


@dataclass(frozen=True)
class Keep:
    """Which entries are wanted: the first ``limit`` different words, and only those in ``words`` where it is given."""

    limit: int | None = None
    words: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit is {self.limit}; 0 or more was expected")

    @property
    def most(self) -> float:
        """No more entries than this are kept."""
        sizes = [size for size in (self.limit, None if self.words is None else len(self.words)) if size is not None]
        return min(sizes, default=float("inf"))


class Gathered(NamedTuple):
    """The words kept, each once, and their vectors, in the file's order."""

    words: list[str]
    vectors: Float32[np.ndarray, "v d"]


def _wanted(words: list[str], seen: set[str], keep: Keep) -> tuple[list[int], int]:
    """The places of the ``words`` to keep, which join those ``seen``; and how many were there before."""
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


def gather(
    blocks: Iterable[Block], dim: int, keep: Keep, *, name: str, unit: str, count: int | None = None
) -> Gathered:
    """Collect the entries that ``keep`` wants; the first of a repeated word counts, the others are dropped and logged.

    ``count`` is the number of entries where it is known and believed: the matrix is then made once; otherwise it grows
    in place. ``name`` is the file's, ``unit`` what one of its entries is called; both are for messages.

    Raises:
        ValueError: a wanted vector holds NaN or an infinity.
    """
    vectors = np.empty((0 if count is None else int(min(count, keep.most)), dim), np.float32)
    words: list[str] = []
    seen: set[str] = set()
    repeats = 0
    for block in blocks if keep.most > 0 else ():
        new, rows, places = block.words, block.rows, None
        if (
            keep.words is not None
            or len(seen) + len(new) > keep.most
            or len(set(new)) < len(new)
            or seen.intersection(new)
        ):
            places, repeated = _wanted(new, seen, keep)
            repeats += repeated
            new, rows = [new[place] for place in places], rows[places]
        else:
            seen.update(new)
        start, stop = len(words), len(words) + len(new)
        if stop > len(vectors):
            vectors.resize((stop, dim), refcheck=False)
        with np.errstate(over="ignore"):
            vectors[start:stop] = rows
        if not np.isfinite(vectors[start:stop]).all():
            bad = int(np.flatnonzero(~np.isfinite(vectors[start:stop]).all(axis=1))[0])
            row = vectors[start + bad]
            entry = block.first + (bad if places is None else places[bad])
            raise ValueError(
                f"{name}:{unit}{entry}: {new[bad]!r} has the value {row[~np.isfinite(row)][0]}; "
                "finite numbers within float32's range were expected"
            )
        words += new
        if stop >= keep.most:
            break
    if repeats:
        _LOG.warning("%s: %d repeated words were dropped; the first of each is kept", name, repeats)
    vectors.resize((len(words), dim), refcheck=False)
    return Gathered(words, vectors)
