"""Tasks on one block of text, for worker processes: symbols, n-gram counts, words, segmentation.

The blocks, their n-grams and their results are in a store, as files unless the text is a single block, so that no
process holds more than a block in memory. A task reads and writes the store only.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Int32, Int64

from align.text.discovery.lattice import (
    Arcs,
    Lattice,
    count_words,
    distinct,
    lattice_of,
    layout_by_length,
    stretches_of,
)
from align.text.discovery.sorting import runs, sorted_keys, sorted_places
from align.text.discovery.store import Store
from align.text.discovery.symbols import BREAK, SYMBOLS, read_symbols
from align.text.discovery.trie import WordMatches, match, trie_of


def read(store: Store, block: int) -> None:
    """Converts the text of a block to symbols."""
    path = store.folder / f"text-{block}"
    ids = read_symbols(path.read_bytes().decode()).ids
    path.unlink()
    store.save(f"symbols-{block}", ids)
    store.save(f"single-{block}", np.bincount(ids, minlength=SYMBOLS))


def count(store: Store, block: int, level: int) -> None:
    """Counts the strings of ``level`` symbols in a block, each with the symbol after it and with the one before it."""
    ids: Int32[np.ndarray, " t"] = store.load(f"symbols-{block}")
    at, rows = _strings(store, block, level, ids)
    store.save(f"at-{level}-{block}", at)
    store.save(f"rows-{level}-{block}", rows)
    padded = np.full(len(ids) + 2, BREAK, np.int32)
    padded[1:-1] = ids
    prefix = rows.astype(np.int64) * SYMBOLS
    store.save(f"left-{block}", np.stack(runs(sorted_keys(prefix + padded[at]))))
    keys, order = sorted_places(prefix + padded[at + (level + 1)])
    store.save(f"right-{block}", np.stack(runs(keys)))
    store.save(f"order-{block}", at[order])


def segment_first(store: Store, block: int) -> None:
    """Counts the words of the first segmentation of a block, in which the sum of their scores is largest."""
    ids = store.load(f"symbols-{block}")
    found: list[WordMatches] = []
    for level, numbers in enumerate(store.series("first"), 1):
        at, rows = (store.load(f"{name}-{level}-{block}") for name in ("at", "rows"))
        ended = numbers[rows]
        words = ended >= 0
        found.append(WordMatches(at[words], ended[words]))
        store.remove(f"at-{level}-{block}")
        store.remove(f"rows-{level}-{block}")
    layout, times = distinct(ids, stretches_of(ids, found))
    lattice = lattice_of(len(ids), layout, found)
    store.save(f"counts-{block}", count_words(lattice, store.load("scores"), 0.0, times))


def place_words(store: Store, block: int) -> None:
    """Finds the words of the lexicon in the distinct stretches of a block."""
    ids = store.load(f"symbols-{block}")
    found = match(trie_of(store.series("trie"), store.series("words")), ids)
    layout, times = distinct(ids, stretches_of(ids, found))
    lattice = lattice_of(len(ids), layout, found)
    store.save(f"stretches-{block}", np.stack([layout.lengths, times]))
    store.save(f"lattice-{block}", lattice.single)
    for length, arcs in enumerate(lattice.longer, 2):
        store.save(f"arcs-{block}-{length - 1}", np.stack(arcs))


def segment(store: Store, block: int) -> None:
    """Counts the words of the lexicon in the best segmentation of a block."""
    lengths, times = store.load(f"stretches-{block}")
    longer = [Arcs(*arcs) for arcs in store.series(f"arcs-{block}")]
    lattice = Lattice(layout_by_length(np.zeros_like(lengths), lengths), store.load(f"lattice-{block}"), longer)
    store.save(f"counts-{block}", count_words(lattice, store.load("scores"), 0.0, times))


_TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task for task in (read, count, segment_first, place_words, segment)
}


def do_task(store: Store, order: Mapping[str, Any]) -> None:
    """Does the task that ``order`` names, with the arguments in it."""
    arguments = {name: value for name, value in order.items() if name != "task"}
    _TASKS[order["task"]](store, **arguments)


def _strings(
    store: Store, block: int, level: int, ids: Int32[np.ndarray, " t"]
) -> tuple[Int32[np.ndarray, " n"], Int32[np.ndarray, " n"]]:
    """Returns where the strings of ``level`` symbols begin in a block, in any order, and the row of each."""
    keys: Int64[np.ndarray, " k"] = store.load(f"keys-{level}")
    if level == 1:
        at = np.flatnonzero(ids != BREAK).astype(np.int32)
        number = np.zeros(SYMBOLS, np.int32)
        number[keys] = np.arange(len(keys))
        return at, number[ids[at]]
    found, times = store.load(f"right-{block}")  # the strings of this level, with those that are rare
    if not len(found):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    place = np.minimum(np.searchsorted(found, keys), len(found) - 1)
    rows = np.flatnonzero(found[place] == keys)
    place = place[rows]
    frequent = np.zeros(len(found), bool)
    frequent[place] = True
    return store.load(f"order-{block}")[np.repeat(frequent, times)], np.repeat(rows.astype(np.int32), times[place])
