"""A trie in sorted arrays: finds the strings of symbols that begin at each position of a text.

Level l has one row for each string of length l. The key of a row is ``prefix * SYMBOLS + symbol``, where ``prefix`` is
the row of the string without its last symbol (0 on level 1). The keys of a level are sorted.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, Int64, Shaped

from align.text.discovery.symbols import BREAK, SYMBOLS

Keys = Int64[np.ndarray, " _"]


class Trie(NamedTuple):
    """Strings of up to ``len(keys)`` symbols, with all their prefixes."""

    keys: list[Keys]


class WordTrie(NamedTuple):
    """The trie of a list of words."""

    trie: Trie
    words: list[Int32[np.ndarray, " _"]]
    """For each row of each level, the number of the word that it spells; -1 if it is not a word."""


def find(keys: Keys, wanted: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Returns the row of each wanted key in sorted ``keys``; -1 if it is missing."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def descend(
    keys: Keys, rows: Shaped[np.ndarray, " t"] | None, ids: Int32[np.ndarray, " t"], length: int
) -> Int32[np.ndarray, " t"]:
    """Returns the rows of the strings of ``length`` symbols that begin at each position.

    Args:
      keys: the keys of level ``length``.
      rows: the rows of the strings one symbol shorter, -1 if there is none; None on level 1.
      ids: the text.
      length: the level, from 1.
    """
    begun = ids != BREAK if rows is None else rows >= 0
    at = np.flatnonzero(begun[: max(len(ids) - length + 1, 0)])
    prefix = np.zeros(len(at), np.int64) if rows is None else rows[at].astype(np.int64)
    last = ids[at + (length - 1)]
    found = np.full(len(ids), -1, np.int32)
    inside = last != BREAK
    found[at[inside]] = find(keys, prefix[inside] * SYMBOLS + last[inside])
    return found


def word_trie(spelled: Int32[np.ndarray, "v l"]) -> WordTrie:
    """Returns the trie of distinct words.

    Args:
      spelled: the symbols of each word, with ``BREAK`` after its end.
    """
    size, longest = spelled.shape
    rows, keys, words = np.zeros(size, np.int64), [], []
    lengths = (spelled != BREAK).sum(1)
    for level in range(1, longest + 1):
        alive = np.flatnonzero(lengths >= level)
        wanted = rows[alive] * SYMBOLS + spelled[alive, level - 1]
        found, inverse = np.unique(wanted, return_inverse=True)
        rows[alive] = inverse.reshape(-1)
        ended = np.flatnonzero(lengths == level)
        numbers = np.full(len(found), -1, np.int32)
        numbers[rows[ended]] = ended
        keys.append(found)
        words.append(numbers)
    return WordTrie(Trie(keys), words)


def match(words: WordTrie, ids: Int32[np.ndarray, " t"]) -> list[Int32[np.ndarray, " t"]]:
    """Returns, for each length from 1, the number of the word that begins at each position, or -1."""
    found: list[Int32[np.ndarray, " t"]] = []
    rows = None
    for length, (keys, numbers) in enumerate(zip(words.trie.keys, words.words, strict=True), 1):
        rows = descend(keys, rows, ids, length)
        found.append(np.append(numbers, np.int32(-1))[rows])
    return found
