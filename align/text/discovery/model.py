"""The unigram model of word discovery: scores, description length, and words that do not shorten the description.

    L = sum over w of c(w) (-log p(w) - BOUNDARY)  +  spelling * sum over w of the sum over its symbols s of -log p(s)

The first sum is the length of the text in the model's code, where c(w) is the count of the word w in the best
segmentation. The second is the length of the lexicon.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from align.text.discovery.lattice import IMPOSSIBLE, Arcs, Lattice, count_words, lattice_of, layout_of, viterbi
from align.text.discovery.lexicon import BOUNDARY, RARE, spell
from align.text.discovery.symbols import BREAK
from align.text.discovery.trie import WordTrie, match, word_trie

_ABSENT = 1e-3
"""The count of a word that the last segmentation does not use."""


class Words(NamedTuple):
    """The candidate words."""

    listed: list[str]
    single: Bool[np.ndarray, " v"]
    """Whether a word is one symbol; such words stay in the lexicon."""
    cost: Float64[np.ndarray, " v"]
    """The length that each word adds to the lexicon, in nats."""
    trie: WordTrie
    inner: Lattice
    """Each word as a text in which only its parts are words."""
    whole: Lattice
    """Each word as a text."""
    last: Int64[np.ndarray, " v"]
    """The position of the last symbol of each word in both lattices."""
    known: Int64[np.ndarray, " v"]
    """Counts from earlier texts: each word is a text with this number of occurrences."""


class Step(NamedTuple):
    """The state after a segmentation."""

    counts: Int64[np.ndarray, " v"]
    alive: Bool[np.ndarray, " v"]
    length: float
    """Description length in nats."""


def words_of(
    listed: list[str], known: Int64[np.ndarray, " v"], symbols: Int64[np.ndarray, " c"], spelling: float
) -> Words:
    """Returns the candidate words in the form that the model needs.

    Args:
      listed: distinct words, including every symbol of the text.
      known: counts from earlier texts.
      symbols: the count of each symbol in the text.
      spelling: weight of the lexicon in the description length.
    """
    spelled = spell(listed)
    lengths = (spelled != BREAK).sum(1)
    totals = symbols.astype(float)
    np.add.at(totals, spelled, known[:, None])
    totals[BREAK] = 0
    with np.errstate(divide="ignore"):
        bits = -np.log(totals / totals.sum())
    bits[BREAK] = 0
    single = lengths == 1
    cost = np.where(single, 0.0, spelling * bits[spelled].sum(1))
    ids = np.concatenate([spelled, np.zeros((len(listed), 1), np.int32)], axis=1).reshape(-1)
    trie, layout = word_trie(spelled), layout_of(ids)
    whole = lattice_of(len(ids), layout, match(trie, ids))
    stretch = layout.starts // (spelled.shape[1] + 1)
    ends = layout.offsets[layout.lengths - 1] + np.arange(len(layout.lengths))
    last = np.empty(len(listed), np.int64)
    last[stretch] = ends
    longer: list[Arcs] = []
    for length, arcs in enumerate(whole.longer, 2):
        part = np.ones(len(whole.single), bool)
        part[last[lengths == length]] = False
        longer.append(Arcs(*(values[part[arcs.ends]] for values in arcs)))
    return Words(listed, single, cost, trie, Lattice(layout, whole.single, longer), whole, last, known)


def scores_of(
    words: Words, counts: Int64[np.ndarray, " v"], alive: Bool[np.ndarray, " v"]
) -> Float64[np.ndarray, " v"]:
    """Returns the score of each word: log p + BOUNDARY, and ``IMPOSSIBLE`` for words that are no longer alive."""
    smooth = np.where(alive, np.maximum(counts, np.where(words.single, RARE, _ABSENT)), 0.0)
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(smooth / smooth.sum()) + BOUNDARY, IMPOSSIBLE)


def length_of(words: Words, counts: Int64[np.ndarray, " v"], alive: Bool[np.ndarray, " v"]) -> float:
    """Returns the description length, in nats."""
    used = counts[counts > 0]
    text = -(used * (np.log(used / used.sum()) + BOUNDARY)).sum()
    return float(text + words.cost[alive].sum())


def known_counts(words: Words, scores: Float64[np.ndarray, " v"]) -> Int64[np.ndarray, " v"]:
    """Returns the counts from earlier texts; the count of a word that is no longer alive goes to its parts."""
    if not words.known.any():
        return np.zeros_like(words.known)
    layout = words.whole.layout
    weights = words.known[layout.starts // (layout.lengths.max(initial=0) + 1)]
    return count_words(words.whole, scores, IMPOSSIBLE, weights)


def savings(words: Words, step: Step) -> Float64[np.ndarray, " v"]:
    """Returns by how much each word shortens the description, in nats.

    A word saves count * (its score - the best score of its parts), and costs its place in the lexicon. A single symbol
    has no parts; its saving is 0.
    """
    scores = scores_of(words, step.counts, step.alive)
    best, _ = viterbi(words.inner, scores, IMPOSSIBLE)
    return np.where(words.single, 0.0, step.counts * (scores - best[words.last]) - words.cost)


def unprofitable(words: Words, step: Step) -> Bool[np.ndarray, " v"]:
    """Returns which words can each be removed without making the description longer."""
    return step.alive & ~words.single & ((savings(words, step) < 0) | (step.counts == 0))


def symbols_in(keys: list[Int64[np.ndarray, " _"]], rows: list[Int64[np.ndarray, " _"]], size: int) -> list[str]:
    """Returns the strings in some rows of each level of a trie.

    Args:
      keys: the keys of each level.
      rows: the requested rows of each level.
      size: a key modulo this number is its symbol.
    """
    found: list[str] = []
    for level, wanted in enumerate(rows, 1):
        spelled = np.zeros((len(wanted), level), np.int32)
        current = wanted
        for place in range(level - 1, -1, -1):
            key = keys[place][current]
            spelled[:, place], current = key % size, key // size
        text = spelled.astype("<i4").tobytes().decode("utf-32-le")
        found += [text[begin : begin + level] for begin in range(0, len(text), level)]
    return found
