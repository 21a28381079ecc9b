"""A trie in sorted arrays: finds the strings of symbols that begin at each position of a text.

Level l has one row for each string of length l. The key of a row is ``prefix * SYMBOLS + symbol``, where ``prefix`` is
the row of the string without its last symbol (0 on level 1). The keys of a level are sorted. The keys of a text are
many and unsorted, so they are looked up in a hash table, with one probe for each.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt64

from align.text.discovery.symbols import BREAK, SYMBOLS

Keys = Int64[np.ndarray, " _"]
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LOAD = 8
"""The smallest number of slots of a hash table for each key."""


class KeyTable(NamedTuple):
    """A hash table of distinct keys, with one key in a slot; the others of a slot are in a sorted list."""

    keys: Keys
    """The key in each slot; -1 if there is none."""
    rows: Int32[np.ndarray, " _"]
    crowded: Bool[np.ndarray, " _"]
    """Whether the list has a key of this slot."""
    others: Keys
    other_rows: Int32[np.ndarray, " _"]

    def find(self, wanted: Int64[np.ndarray, " n"]) -> tuple[Int64[np.ndarray, " m"], Int32[np.ndarray, " m"]]:
        """Returns the positions of the wanted keys that the table has, in ascending order, and the row of each."""
        slot = _slots(wanted, len(self.keys))
        right = self.keys[slot] == wanted
        rest = np.flatnonzero(self.crowded[slot] & ~right) if len(self.others) else np.zeros(0, np.int64)
        rows = find(self.others, wanted[rest])
        rest, rows = rest[rows >= 0], rows[rows >= 0]
        if not len(rest):
            which = np.flatnonzero(right)
            return which, self.rows[slot[which]]
        right[rest] = True
        which = np.flatnonzero(right)
        found = self.rows[slot[which]]
        found[np.searchsorted(which, rest)] = self.other_rows[rows]
        return which, found


class WordTrie(NamedTuple):
    """The trie of a list of words."""

    keys: list[Keys]
    """The keys of each level."""
    words: list[Int32[np.ndarray, " _"]]
    """For each row of each level, the number of the word that it spells; -1 if it is not a word."""
    symbols: Int32[np.ndarray, " c"]
    """The row of each symbol on level 1; -1 if there is none."""
    tables: list[KeyTable]
    """The keys of each level from 2 in a hash table."""


class WordMatches(NamedTuple):
    """The words of one length in a text."""

    at: Int32[np.ndarray, " n"]
    """Where each begins, in ascending order."""
    numbers: Int32[np.ndarray, " n"]
    """The number of each word."""


def find(keys: Keys, wanted: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Returns the row of each wanted key in sorted ``keys``; -1 if it is missing. Fast if ``wanted`` is sorted."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def key_table(keys: Keys) -> KeyTable:
    """Returns the hash table of sorted, distinct keys.

    Example:
      >>> which, rows = key_table(np.array([3, 8, 11])).find(np.array([8, 9, 3]))
      >>> which.tolist(), rows.tolist()
      ([0, 2], [1, 0])
    """
    size = 1 << max(int(_LOAD * len(keys)).bit_length(), 4)
    slot, rows = _slots(keys, size), np.arange(len(keys), dtype=np.int32)
    owner = np.full(size, -1, np.int32)
    owner[slot] = rows
    others = np.flatnonzero(owner[slot] != rows)
    crowded = np.zeros(size, bool)
    crowded[slot[others]] = True
    held = np.append(keys, -1)[owner]
    return KeyTable(held, owner, crowded, keys[others], rows[others])


def word_trie(spelled: Int32[np.ndarray, "v l"]) -> WordTrie:
    """Returns the trie of distinct words.

    Args:
      spelled: the symbols of each word, with ``BREAK`` after its end.
    """
    size, longest = spelled.shape
    rows, keys, words = np.zeros(size, np.int64), list[Keys](), list[Int32[np.ndarray, " _"]]()
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
    return trie_of(keys, words)


def trie_of(keys: list[Keys], words: list[Int32[np.ndarray, " _"]]) -> WordTrie:
    """Returns the trie with these rows and words."""
    symbols = np.full(SYMBOLS, -1, np.int32)
    symbols[keys[0]] = np.arange(len(keys[0]))
    return WordTrie(keys, words, symbols, [key_table(level) for level in keys[1:]])


def match(words: WordTrie, ids: Int32[np.ndarray, " t"]) -> list[WordMatches]:
    """Returns, for each length from 1, the words of that length in a text."""
    rows = words.symbols[ids]
    at = np.flatnonzero(rows >= 0).astype(np.int32)  # no word has a break
    rows, found = rows[at], list[WordMatches]()
    for length, numbers in enumerate(words.words, 1):
        if length > 1:
            inside = int(np.searchsorted(at, len(ids) - length, side="right"))
            keys = rows[:inside].astype(np.int64) * SYMBOLS + ids[at[:inside] + (length - 1)]
            which, rows = words.tables[length - 2].find(keys)
            at = at[which]
        ended = numbers[rows]
        of_words = ended >= 0
        found.append(WordMatches(at[of_words], ended[of_words]))
    return found


def _slots(keys: Int64[np.ndarray, " n"], size: int) -> Int64[np.ndarray, " n"]:
    """Returns the slot of each key in a table of ``size`` slots, a power of two, by Fibonacci hashing."""
    hashed: UInt64[np.ndarray, " n"] = keys.view(np.uint64) * _MULTIPLIER
    hashed >>= np.uint64(65 - size.bit_length())
    return hashed.view(np.int64)
