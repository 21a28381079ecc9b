"""The words of texts as numbers: whole collections of texts at once, in array operations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from align.text.splitting import Spans, first_occurrences

_BLANKS = np.zeros(256, bool)
_BLANKS[list(b" \t\n\r\x0b\x0c")] = True


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

    All words are read at once (``splitting``).

    >>> found = split_words([b"a rose\tis a  rose", b""])
    >>> found.words, found.ids.tolist(), found.lengths.tolist()
    ((b'a', b'rose', b'is'), [0, 1, 2, 0, 1], [5, 0])
    """
    raw = b"\n".join([b"", *texts, b""])
    if b"\0" in raw:
        return listed_words([text.split() for text in texts])
    blank = _BLANKS[np.frombuffer(raw, np.uint8)]
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    places = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    lengths = np.diff(np.searchsorted(starts, places), prepend=0)
    first = first_occurrences(
        Spans(np.ndarray((len(raw) + 1,), "<u8", raw + bytes(8), strides=(1,)), starts, ends - starts)
    )
    chosen = np.flatnonzero(first == np.arange(len(first)))
    numbers = np.empty(len(first), np.int32)
    numbers[chosen] = np.arange(len(chosen), dtype=np.int32)
    words = tuple(raw[a:b] for a, b in zip(starts[chosen].tolist(), ends[chosen].tolist(), strict=True))
    return TextWords(words, numbers[first], lengths)
