"""Viterbi segmentation of many stretches of text at once.

A stretch is the text between two breaks. The stretches are sorted by length and stored by position: first the first
symbol of every stretch, then the second symbol of every stretch that has one, and so on. One step of the recursion

    best(t) = max over l of best(t - l) + score(word of length l that ends at t)

is then one operation on arrays for all stretches.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int32, Int64

from align.text.discovery.symbols import BREAK

LONGEST = 500
"""Largest number of symbols in a stretch; longer stretches are cut."""
IMPOSSIBLE = -1e12
"""The score of a string that is not a word."""


class Layout(NamedTuple):
    """The positions of the symbols of the stretches: position p of stretch s is at ``offsets[p] + s``."""

    starts: Int64[np.ndarray, " s"]
    """The start of each stretch in the text."""
    lengths: Int64[np.ndarray, " s"]
    """Lengths of the stretches, in descending order."""
    active: Int64[np.ndarray, " p"]
    """The number of stretches that have a symbol at each position."""
    offsets: Int64[np.ndarray, " p"]


class Lattice(NamedTuple):
    """Stretches of text, with the words in them."""

    layout: Layout
    words: list[Int32[np.ndarray, " t"]]
    """For each length from 1, the number of the word that ends at each symbol, or -1; in the order of the layout."""


def layout_of(ids: Int32[np.ndarray, " t"], longest: int = LONGEST) -> Layout:
    """Returns the layout of the stretches of a text."""
    edges = np.concatenate([[-1], np.flatnonzero(ids == BREAK), [len(ids)]])
    starts, lengths = edges[:-1] + 1, np.diff(edges) - 1
    pieces = -(-lengths // longest)  # 0 for an empty stretch
    within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = np.repeat(starts, pieces) + within * longest
    lengths = np.minimum(np.repeat(lengths, pieces) - within * longest, longest)
    return layout_by_length(starts, lengths)


def layout_by_length(starts: Int64[np.ndarray, " s"], lengths: Int64[np.ndarray, " s"]) -> Layout:
    """Returns the layout of the stretches with these starts and lengths."""
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths.max(initial=0))
    active = np.searchsorted(-lengths[order], -np.arange(1, longest + 1), side="right")
    return Layout(starts[order], lengths[order], active, np.cumsum(active) - active)


def places(layout: Layout) -> Int64[np.ndarray, " t"]:
    """Returns the position in the text of each symbol of the layout."""
    parts = [layout.starts[:count] + position for position, count in enumerate(layout.active)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def lattice_of(layout: Layout, found: list[Int32[np.ndarray, " t"]]) -> Lattice:
    """Returns the lattice of a text.

    Args:
      layout: its stretches.
      found: for each length, the number of the word that begins at each position of the text, or -1.
    """
    at = places(layout)
    words: list[Int32[np.ndarray, " t"]] = []
    for length, numbers in enumerate(found, 1):
        ended = np.full(len(at), -1, np.int32)
        begin = int(layout.offsets[length - 1]) if length <= len(layout.offsets) else len(at)
        ended[begin:] = numbers[at[begin:] - (length - 1)]
        words.append(ended)
    return Lattice(layout, words)


def viterbi(
    lattice: Lattice, scores: Float64[np.ndarray, " v"], unknown: float
) -> tuple[Float64[np.ndarray, " t"], Int8[np.ndarray, " t"]]:
    """Returns the best score up to each symbol, and the length of the word that ends there on the best path.

    Args:
      lattice: the stretches.
      scores: the score of each word.
      unknown: the score of a single symbol that is no word.
    """
    active, offsets = lattice.layout.active, lattice.layout.offsets
    size = len(lattice.words[0])
    best, chosen = np.zeros(size), np.ones(size, np.int8)
    single, longer = np.append(scores, unknown), np.append(scores, IMPOSSIBLE)
    for position, count in enumerate(active):
        here = slice(offsets[position], offsets[position] + count)
        for length in range(1, min(len(lattice.words), position + 1) + 1):
            score = (single if length == 1 else longer)[lattice.words[length - 1][here]]
            if length <= position:
                before = offsets[position - length]
                score += best[before : before + count]
            if length == 1:
                best[here] = score
            else:
                better = score > best[here]
                best[here][better] = score[better]
                chosen[here][better] = length
    return best, chosen


def word_ends(layout: Layout, chosen: Int8[np.ndarray, " t"]) -> Bool[np.ndarray, " t"]:
    """Returns whether a word of the best segmentation ends at each symbol."""
    ends = np.zeros(len(chosen), bool)
    ends[layout.offsets[layout.lengths - 1] + np.arange(len(layout.lengths))] = True
    for position in range(len(layout.active) - 1, 0, -1):
        begin = layout.offsets[position]
        rank = np.flatnonzero(ends[begin : begin + layout.active[position]])
        length = chosen[begin + rank].astype(np.int64)
        inner = length <= position
        ends[layout.offsets[position - length[inner]] + rank[inner]] = True
    return ends


def count_words(
    lattice: Lattice,
    scores: Float64[np.ndarray, " v"],
    unknown: float,
    weights: Int64[np.ndarray, " s"] | None = None,
) -> Int64[np.ndarray, " v"]:
    """Returns the number of occurrences of each word in the best segmentation.

    Args:
      lattice: the stretches.
      scores: the score of each word.
      unknown: the score of a single symbol that is no word.
      weights: number of occurrences of each stretch, in the order of the layout; by default 1.
    """
    _, chosen = viterbi(lattice, scores, unknown)
    layout = lattice.layout
    at = np.flatnonzero(word_ends(layout, chosen))
    numbers = np.stack(lattice.words)[chosen[at] - 1, at]
    times = None
    if weights is not None:
        times = weights[at - layout.offsets[np.searchsorted(layout.offsets, at, side="right") - 1]]
        times = times[numbers >= 0]
    return np.bincount(numbers[numbers >= 0], times, minlength=len(scores)).astype(np.int64)
