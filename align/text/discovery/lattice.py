"""Viterbi segmentation of many stretches of text at once.

A stretch is a part of the text whose ends no word crosses. The stretches are sorted by length and stored by
position: first the first symbol of every stretch, then the second symbol of every stretch that has one, and so on. One
step of the recursion

    best(t) = max over l of best(t - l) + score(word of length l that ends at t)

is then one operation on arrays for all stretches.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int32, Int64, UInt64

from align.text.discovery.symbols import BREAK, SYMBOLS
from align.text.discovery.trie import WordMatches

MAX_STRETCH = 500
"""Largest number of symbols in a stretch; longer stretches are cut."""
IMPOSSIBLE = -1e12
"""The score of a string that is not a word."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
"""Constants of the hash function of stretches."""
_PACKED = 3
"""The largest number of symbols that a hash of 64 bits holds exactly."""


class Layout(NamedTuple):
    """The positions of the symbols of the stretches: position p of stretch s is at ``offsets[p] + s``."""

    starts: Int64[np.ndarray, " s"]
    """The start of each stretch in the text."""
    lengths: Int64[np.ndarray, " s"]
    """Lengths of the stretches, in descending order."""
    active: Int64[np.ndarray, " p"]
    """The number of stretches that have a symbol at each position."""
    offsets: Int64[np.ndarray, " p"]


class Arcs(NamedTuple):
    """The words of one length in the stretches, in the order of the layout."""

    ends: Int32[np.ndarray, " n"]
    """Where the last symbol of each word is."""
    before: Int32[np.ndarray, " n"]
    """Where the symbol before each word is; the total number of symbols if the stretch begins with the word."""
    numbers: Int32[np.ndarray, " n"]
    """The number of each word."""


class Lattice(NamedTuple):
    """Stretches of text, with the words in them."""

    layout: Layout
    single: Int32[np.ndarray, " t"]
    """The number of each symbol as a word, or -1; in the order of the layout."""
    longer: list[Arcs]
    """The words of each length from 2."""


def layout_of(ids: Int32[np.ndarray, " t"], longest: int = MAX_STRETCH) -> Layout:
    """Returns the layout of the stretches between breaks."""
    edges = np.concatenate([[-1], np.flatnonzero(ids == BREAK), [len(ids)]])
    return _cut(edges[:-1] + 1, np.diff(edges) - 1, longest)


class Stretches(NamedTuple):
    """The shortest stretches of a text: it is cut between any two symbols that no word has in common."""

    layout: Layout
    """The stretches of two symbols or more."""
    ends: Bool[np.ndarray, " t"]
    """Whether a stretch or a break ends at each symbol."""
    alone: Int64[np.ndarray, " n"]
    """Where the stretches of one symbol are."""


def stretches_of(ids: Int32[np.ndarray, " t"], found: list[WordMatches], longest: int = MAX_STRETCH) -> Stretches:
    """Returns the shortest stretches of a text.

    Args:
      ids: the text.
      found: for each length, the words in it.
      longest: stretches with more symbols are cut.
    """
    joined = np.zeros(len(ids) + 1, bool)  # whether a word contains a symbol and the one before it
    for length, words in enumerate(found[1:], 2):
        for place in range(1, length):
            joined[words.at + place] = True
    free = ~joined
    ends = free[1:]
    alone = np.flatnonzero(free[:-1] & ends & (ids != BREAK))
    starts = np.flatnonzero(free[:-1] & joined[1:])
    lengths = np.flatnonzero(joined[:-1] & ends) - starts + 1
    return Stretches(_cut(starts, lengths, longest), ends, alone)


def layout_by_length(starts: Int64[np.ndarray, " s"], lengths: Int64[np.ndarray, " s"]) -> Layout:
    """Returns the layout of the stretches with these starts and lengths."""
    order = _by_length(lengths)
    longest = int(lengths.max(initial=0))
    active = np.cumsum(np.bincount(lengths, minlength=longest + 1)[::-1])[::-1][1:].astype(np.int64)
    return Layout(starts[order], lengths[order], active, np.cumsum(active) - active)


def _by_length(lengths: Int64[np.ndarray, " s"]) -> Int64[np.ndarray, " s"]:
    """Returns the order of the stretches by length, longest first."""
    return np.argsort((MAX_STRETCH - lengths).astype(np.int16), kind="stable")  # a radix sort


def places(layout: Layout) -> Int64[np.ndarray, " t"]:
    """Returns the position in the text of each symbol of the layout."""
    parts = [layout.starts[:count] + position for position, count in enumerate(layout.active)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def distinct(ids: Int32[np.ndarray, " t"], stretches: Stretches) -> tuple[Layout, Int64[np.ndarray, " s"]]:
    """Returns the stretches without repeats, and how often each occurs.

    Stretches are sorted by a hash of their symbols; neighbours in that order are compared symbol by symbol.
    """
    layout = stretches.layout
    hashed = _hashes(ids, layout)
    order = np.argsort(hashed)
    hashed, starts, lengths = hashed[order], layout.starts[order], layout.lengths[order]
    leads = np.flatnonzero(~_repeats(ids, hashed, starts, lengths))
    times = np.diff(np.append(leads, len(order)))
    single = np.bincount(ids[stretches.alone])
    place = np.zeros(len(single), np.int64)
    place[ids[stretches.alone]] = stretches.alone
    symbols = np.flatnonzero(single)
    starts = np.concatenate([starts[leads], place[symbols]])
    lengths = np.concatenate([lengths[leads], np.ones(len(symbols), np.int64)])
    by_length = _by_length(lengths)
    return layout_by_length(starts, lengths), np.concatenate([times, single[symbols]])[by_length]


def _hashes(ids: Int32[np.ndarray, " t"], layout: Layout) -> UInt64[np.ndarray, " s"]:
    """Returns a hash of each stretch, which is exact for at most ``_PACKED`` symbols."""
    hashed = np.zeros(len(layout.starts), np.uint64)
    for position, count in enumerate(layout.active):
        symbols = ids[layout.starts[:count] + position].astype(np.uint64)
        if position < _PACKED:
            hashed[:count] = hashed[:count] * np.uint64(SYMBOLS) + symbols
        else:
            mixed = (hashed[:count] ^ symbols) * _MULTIPLIER
            hashed[:count] = mixed ^ (mixed >> _SHIFT)
    return hashed


def _repeats(
    ids: Int32[np.ndarray, " t"],
    hashed: UInt64[np.ndarray, " s"],
    starts: Int64[np.ndarray, " s"],
    lengths: Int64[np.ndarray, " s"],
) -> Bool[np.ndarray, " s"]:
    """Returns which stretches have the symbols of the stretch before them."""
    same = np.zeros(len(starts), bool)
    same[1:] = (hashed[1:] == hashed[:-1]) & (lengths[1:] == lengths[:-1])
    rest = np.flatnonzero(same & (lengths > _PACKED))
    for position in range(int(lengths.max(initial=0))):
        rest = rest[lengths[rest] > position]
        differ = ids[starts[rest] + position] != ids[starts[rest - 1] + position]
        same[rest[differ]] = False
    return same


def lattice_of(size: int, layout: Layout, found: list[WordMatches]) -> Lattice:
    """Returns the lattice of a text.

    Args:
      size: the number of symbols of the text.
      layout: its stretches.
      found: for each length, the words in the text. Those outside the stretches are left out.
    """
    at = places(layout)
    total = len(at)
    slot = np.full(size, -1, np.int32)
    slot[at] = np.arange(total, dtype=np.int32)
    single = np.full(total + 1, -1, np.int32)
    single[slot[found[0].at]] = found[0].numbers
    edges = np.append(layout.offsets, total)
    longer: list[Arcs] = []
    for length, words in enumerate(found[1:], 2):
        ends = slot[words.at + (length - 1)]
        least = (
            int(edges[length - 1]) if length <= len(edges) else total
        )  # a word that ends before it begins outside its stretch
        inside = np.flatnonzero(ends >= least)
        ends, numbers = ends[inside], words.numbers[inside]
        begins = ends < (int(edges[length]) if length < len(edges) else total)
        before = np.where(begins, np.int32(total), slot[words.at[inside] - 1])
        order = np.argsort(ends)
        longer.append(Arcs(ends[order], before[order], numbers[order]))
    return Lattice(layout, single[:total], longer)


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
    size = len(lattice.single)
    best, chosen = np.zeros(size + 1), np.ones(size, np.int8)  # the last is the beginning of every stretch
    best[:size] = np.append(scores, unknown)[lattice.single]
    edges = np.append(offsets, size)
    arcs = [(*arc[:2], scores[arc.numbers], np.searchsorted(arc.ends, edges)) for arc in lattice.longer]
    for position, count in enumerate(active):
        begin = offsets[position]
        if position:
            before = offsets[position - 1]
            best[begin : begin + count] += best[before : before + count]
        for length, (ends, befores, values, cuts) in enumerate(arcs[:position], 2):
            here = slice(cuts[position], cuts[position + 1])
            if here.start == here.stop:
                continue
            at = ends[here]
            score = values[here] + best[befores[here]]
            better = score > best[at]
            at = at[better]
            best[at] = score[better]
            chosen[at] = length
    return best[:size], chosen


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
    ended = word_ends(layout, chosen)
    times = np.ones(len(chosen)) if weights is None else _spread(weights, layout)
    counts = np.zeros(len(scores))
    taken = ended & (chosen == 1) & (lattice.single >= 0)
    counts += np.bincount(lattice.single[taken], times[taken], minlength=len(scores))
    for length, arcs in enumerate(lattice.longer, 2):
        taken = ended[arcs.ends] & (chosen[arcs.ends] == length)
        counts += np.bincount(arcs.numbers[taken], times[arcs.ends[taken]], minlength=len(scores))
    return counts.astype(np.int64)


def _spread(weights: Int64[np.ndarray, " s"], layout: Layout) -> Float64[np.ndarray, " t"]:
    """Returns the weight of the stretch of each symbol."""
    return np.concatenate([np.zeros(0), *(weights[:count] for count in layout.active)])


def _cut(starts: Int64[np.ndarray, " s"], lengths: Int64[np.ndarray, " s"], longest: int) -> Layout:
    """Returns the layout of stretches, of which those longer than ``longest`` are cut and empty ones are left out."""
    pieces = -(-lengths // longest)  # 0 for an empty stretch
    if (pieces != 1).any():
        within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = np.repeat(starts, pieces) + within * longest
        lengths = np.minimum(np.repeat(lengths, pieces) - within * longest, longest)
    return layout_by_length(starts, lengths)
