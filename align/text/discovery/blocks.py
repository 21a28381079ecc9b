"""Tasks on one block of text, for worker processes: symbols, n-gram counts, words, segmentation.

The blocks, their n-grams and their results are files in one folder, so that no process holds more than a block in
memory. A task reads and writes files only.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32, Int64

from align.text.discovery.lattice import Lattice, count_words, lattice_of, layout_by_length, layout_of
from align.text.discovery.symbols import BREAK, SYMBOLS, read_symbols
from align.text.discovery.trie import Trie, WordTrie, descend, match


def read(folder: Path, block: int) -> None:
    """Converts the text of a block to symbols, and lays out its stretches."""
    path = folder / f"text-{block}"
    ids = read_symbols(path.read_bytes().decode()).ids
    path.unlink()
    np.save(folder / f"symbols-{block}.npy", ids)
    np.save(folder / f"single-{block}.npy", np.bincount(ids, minlength=SYMBOLS))


def count(folder: Path, block: int, level: int) -> None:
    """Counts the strings of ``level`` symbols in a block, each with the symbol after it and with the one before it."""
    ids: Int32[np.ndarray, " t"] = np.load(folder / f"symbols-{block}.npy")
    keys = np.load(folder / f"keys-{level}.npy")
    before = None if level == 1 else np.load(folder / f"rows-{level - 1}-{block}.npy")
    rows = descend(keys, before, ids, level)
    np.save(folder / f"rows-{level}-{block}.npy", rows)
    at = np.flatnonzero(rows >= 0)
    padded = np.concatenate([[BREAK], ids, [BREAK]])
    for side, beside in (("left", padded[at]), ("right", padded[at + level + 1])):
        found, counts = np.unique(rows[at].astype(np.int64) * SYMBOLS + beside, return_counts=True)
        np.save(folder / f"{side}-{block}.npy", np.stack([found, counts]))


def segment_first(folder: Path, block: int) -> None:
    """Counts the n-grams in the segmentation of a block with the best first scores."""
    ids = np.load(folder / f"symbols-{block}.npy")
    first = [np.load(path) for path in _levels(folder, "first")]
    found: list[Int32[np.ndarray, " t"]] = []
    for level, numbers in enumerate(first, 1):
        path = folder / f"rows-{level}-{block}.npy"
        found.append(np.append(numbers, np.int32(-1))[np.load(path)])
        path.unlink()
    lattice = lattice_of(layout_of(ids), found)
    _save_counts(folder, block, count_words(lattice, np.load(folder / "scores.npy"), 0.0))


def place_words(folder: Path, block: int) -> None:
    """Finds the words of the lexicon in a block."""
    ids = np.load(folder / f"symbols-{block}.npy")
    trie = Trie([np.load(path) for path in _levels(folder, "keys")])
    words = WordTrie(trie, [np.load(path) for path in _levels(folder, "words")])
    layout = layout_of(ids)
    np.save(folder / f"lengths-{block}.npy", layout.lengths)
    np.save(folder / f"lattice-{block}.npy", np.stack(lattice_of(layout, match(words, ids)).words))


def segment(folder: Path, block: int) -> None:
    """Counts the words of the lexicon in the best segmentation of a block."""
    lengths: Int64[np.ndarray, " s"] = np.load(folder / f"lengths-{block}.npy")
    layout = layout_by_length(np.zeros_like(lengths), lengths)
    lattice = Lattice(layout, list(np.load(folder / f"lattice-{block}.npy", mmap_mode="r")))
    _save_counts(folder, block, count_words(lattice, np.load(folder / "scores.npy"), 0.0))


_TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task for task in (read, count, segment_first, place_words, segment)
}


def do_task(folder: Path, order: Mapping[str, Any]) -> None:
    """Does the task that ``order`` names, with the arguments in it."""
    arguments = {name: value for name, value in order.items() if name != "task"}
    _TASKS[order["task"]](folder, **arguments)


def _levels(folder: Path, kind: str) -> list[Path]:
    """Returns the files ``kind-1.npy``, ``kind-2.npy``, ... of a folder."""
    found: list[Path] = []
    while (path := folder / f"{kind}-{len(found) + 1}.npy").exists():
        found.append(path)
    return found


def _save_counts(folder: Path, block: int, counts: Int64[np.ndarray, " v"]) -> None:
    np.save(folder / f"counts-{block}.npy", counts)
