"""A block of text as numbers: what a worker process does with it."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, Int64

from align.text.tokenise import LINE_END, Tokeniser

KNOWN = 1 << 17
"""How many different pieces a process remembers the words of."""


class Numbered(NamedTuple):
    """A block of text as row numbers of its own different words."""

    words: list[str]
    counts: Int64[np.ndarray, " v"]
    """How often each word stands in the block."""
    ids: Int32[np.ndarray, " t"]
    """Row numbers, and -1 at the end of each line that has words; also first of all where lines without words come
    first, as they may end one of the block before."""


def numbered(text: str, tokeniser: Tokeniser) -> Numbered:
    r"""The words of ``text`` as numbers; a last line without a newline is not ended: the next block may go on with it.

    Every different piece is looked at once: piece i has words W_i, and the block p_1 ... p_n becomes W_p1 ... W_pn.

    >>> from align.text.tokenise import tokeniser_of
    >>> found = numbered("a b, a\n\nb c", tokeniser_of("en"))
    >>> found.words, found.counts.tolist(), found.ids.tolist()
    (['a', 'b', 'c'], [2, 2, 1], [0, 1, 0, -1, 1, 2])
    """
    found = tokeniser.pieces(text)
    table = new_table()
    pieces = np.fromiter(map(table.__getitem__, found), np.int32, len(found))
    words = list(map(_words_of(tokeniser), table))
    index = new_table()
    flat = np.fromiter(map(index.__getitem__, chain.from_iterable(words)), np.int32)
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    ids = _gathered(flat, sizes, pieces)
    counts = np.bincount(ids, minlength=len(index)).astype(np.int64)
    if LINE_END in table:
        reached = np.cumsum(sizes[pieces])  # words up to the end of each piece
        ids = np.insert(ids, np.unique(reached[pieces == table[LINE_END]]), np.int32(-1))
    return Numbered(list(index), counts, ids)


def new_table() -> defaultdict[str, int]:
    """A dict that numbers what it is asked for in the order of asking."""
    return defaultdict(count().__next__)


@cache
def _words_of(tokeniser: Tokeniser) -> Callable[[str], tuple[str, ...]]:
    """``tokeniser.words`` with a memory of the pieces that it was last asked about."""

    def words(piece: str) -> tuple[str, ...]:
        return () if piece == LINE_END else tokeniser.words(piece)

    return lru_cache(maxsize=KNOWN)(words)


def _gathered(
    flat: Int32[np.ndarray, " w"], sizes: Int64[np.ndarray, " u"], pieces: Int32[np.ndarray, " p"]
) -> Int32[np.ndarray, " t"]:
    """The words of ``pieces`` in order, where piece i has the ``sizes[i]`` words of ``flat`` behind those before it."""
    if len(flat) == len(sizes) and (sizes == 1).all():
        return flat[pieces]
    each = sizes[pieces]
    shift = (np.cumsum(sizes) - sizes)[pieces] - (np.cumsum(each) - each)
    return flat[np.repeat(shift, each) + np.arange(each.sum())]
