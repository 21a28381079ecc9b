"""The words of texts as numbers: whole collections of texts at once, in array operations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32, UInt8, UInt64

from align.text.blocks import by_block
from align.text.splitting import Spans, first_occurrences

_BLOCK = 1 << 19
"""Bytes of text that are read at once."""


class TextWords(NamedTuple):
    """The words of n texts: ``words`` are the distinct ones, ``ids`` their numbers in the order of the texts.

    Text i has the next ``lengths[i]`` of the numbers. Words are in the order of their first occurrence.
    """

    words: tuple[bytes, ...]
    ids: Int[np.ndarray, " t"]
    lengths: Int[np.ndarray, " n"]

    def without(self, dropped: Callable[[bytes], bool]) -> "TextWords":
        """Returns the texts without the words for which ``dropped`` is true; ``words`` still lists them."""
        gone = np.fromiter(map(dropped, self.words), bool, len(self.words))
        if not gone.any():
            return self
        kept = ~gone[self.ids]
        edges = np.concatenate([[0], np.cumsum(kept)])[np.concatenate([[0], np.cumsum(self.lengths)])]
        return TextWords(self.words, self.ids[kept], np.diff(edges))

    def replaced(self, parts: Callable[[bytes], Iterable[bytes]]) -> "TextWords":
        """Returns the texts with each word replaced by any number of words."""
        listed = [tuple(parts(word)) for word in self.words]
        numbers: defaultdict[bytes, int] = defaultdict(count().__next__)
        flat = np.fromiter((numbers[word] for word in chain.from_iterable(listed)), np.int32)
        sizes = np.fromiter(map(len, listed), np.int64, len(listed))
        chosen = sizes[self.ids]
        ends = np.cumsum(chosen)
        begins = (np.cumsum(sizes) - sizes)[self.ids]
        ids = flat[np.repeat(begins - (ends - chosen), chosen) + np.arange(chosen.sum())]
        edges = np.concatenate([[0], ends])[np.concatenate([[0], np.cumsum(self.lengths)])]
        return TextWords(tuple(numbers), ids, np.diff(edges))


class _BlockWords(NamedTuple):
    """The start and the length of each distinct word of some texts, and the texts as in ``TextWords``."""

    starts: Int[np.ndarray, " w"]
    sizes: Int[np.ndarray, " w"]
    ids: Int32[np.ndarray, " t"]
    lengths: Int[np.ndarray, " n"]


def listed_words(texts: Sequence[Sequence[bytes]]) -> TextWords:
    """Returns texts that are given as lists of words.

    >>> listed_words([[b"a", b"b"], [b"a"]]).ids.tolist()
    [0, 1, 0]
    """
    numbers: defaultdict[bytes, int] = defaultdict(count().__next__)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ids = np.fromiter(map(numbers.__getitem__, chain.from_iterable(texts)), np.int32, int(lengths.sum()))
    return TextWords(tuple(numbers), ids, lengths)


def split_words(texts: Sequence[bytes]) -> TextWords:
    r"""Returns the words of texts between ASCII blanks, as ``bytes.split`` does.

    The words of a block of texts are read at once (``splitting``), and then the distinct words of all blocks.

    >>> found = split_words([b"a rose\tis a  rose", b""])
    >>> found.words, found.ids.tolist(), found.lengths.tolist()
    ((b'a', b'rose', b'is'), [0, 1, 2, 0, 1], [5, 0])
    """
    raw = b"\n".join([b"", *texts, bytes(8)])
    if raw.find(b"\0") < len(raw) - 8:
        return listed_words([text.split() for text in texts])
    ends = np.cumsum(np.fromiter(chain([0], (len(text) + 1 for text in texts)), np.int64, len(texts) + 1))
    data, eights = np.frombuffer(raw, np.uint8), np.ndarray((len(raw) - 7,), "<u8", raw, strides=(1,))

    def of_block(first: int, end: int) -> _BlockWords:
        return _block_words(data, eights, ends[first : end + 1])

    parts = by_block(of_block, ends, size=_BLOCK)
    if not parts:
        return TextWords((), np.zeros(0, np.int32), np.zeros(0, np.int64))
    starts, sizes = (np.concatenate([part[i] for part in parts]) for i in range(2))
    first, numbers = _numbered(Spans(eights, starts, sizes))
    begins = starts[first].tolist()
    words = tuple(raw[a:b] for a, b in zip(begins, (starts[first] + sizes[first]).tolist(), strict=True))
    edges = np.cumsum([0, *(len(part.starts) for part in parts)]).tolist()
    ids = [numbers[edge : edge + len(part.starts)][part.ids] for edge, part in zip(edges, parts, strict=False)]
    return TextWords(words, np.concatenate(ids), np.concatenate([part.lengths for part in parts]))


def _block_words(
    data: UInt8[np.ndarray, " bytes"], eights: UInt64[np.ndarray, " m"], ends: Int[np.ndarray, " n_and_1"]
) -> _BlockWords:
    """Returns the words of some texts; text i follows the blank at ``ends[i]`` and the next one ends it."""
    part = data[ends[0] : ends[-1] + 1]
    blank = (part - np.uint8(9) < 5) | (part == 32)
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + (ends[0] + 1)
    starts = edges[::2].copy()
    sizes = edges[1::2] - starts
    lengths = np.diff(np.searchsorted(starts, ends[1:]), prepend=0)
    first, numbers = _numbered(Spans(eights, starts, sizes))
    return _BlockWords(starts[first], sizes[first], numbers, lengths)


def _numbered(spans: Spans) -> tuple[Int[np.ndarray, " w"], Int32[np.ndarray, " p"]]:
    """Returns the number of the first piece of each distinct one, and which distinct one each piece is."""
    first = first_occurrences(spans)
    chosen = np.flatnonzero(first == np.arange(len(first), dtype=np.int32))
    numbers = np.empty(len(first), np.int32)
    numbers[chosen] = np.arange(len(chosen), dtype=np.int32)
    return chosen, numbers[first]
