"""Converts one block of text to word numbers: the work of a worker process."""

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, Int64

from align.text.file_state import FileState, file_state
from align.text.splitting import Pieces, split_pieces
from align.text.tokenise import LINE_END, Presegmented, Tokeniser

KNOWN = 1 << 17
"""Number of distinct pieces whose words each process caches."""


class Numbered(NamedTuple):
    """A block of text as row numbers of its own vocabulary."""

    words: list[str]
    counts: Int64[np.ndarray, " v"]
    """Number of occurrences of each word in the block."""
    ids: Int32[np.ndarray, " t"]
    """Row numbers, with -1 after each line that has words. If the block begins with empty lines, the first id is -1,
    because they may end a line of the previous block."""


def numbered(text: str, tokeniser: Tokeniser) -> Numbered:
    r"""Returns the words of ``text`` as numbers. A last line without a newline may continue in the next block.

    Each distinct piece is tokenised once. If piece i has the words W_i, the block p_1 ... p_n is W_p1 ... W_pn.

    >>> from align.text.tokenise import tokeniser_of
    >>> found = numbered("a b, a\n\nb c", tokeniser_of("en"))
    >>> found.words, found.counts.tolist(), found.ids.tolist()
    (['a', 'b', 'c'], [2, 2, 1], [0, 1, 0, -1, 1, 2])
    """
    distinct, pieces = _pieces(text, tokeniser)
    if isinstance(tokeniser, Presegmented) and tokeniser.is_clean([piece for piece in distinct if piece != LINE_END]):
        return _numbered_words(distinct, pieces)
    words_of = _words_of(tokeniser, file_state(getattr(tokeniser, "dictionary", "")))
    words = list(map(words_of, distinct))
    index = new_table()
    flat = np.fromiter(map(index.__getitem__, chain.from_iterable(words)), np.int32)
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    ids = _gathered(flat, sizes, pieces)
    counts = np.bincount(ids, minlength=len(index)).astype(np.int64)
    if LINE_END in distinct:
        reached = np.cumsum(sizes[pieces])  # words up to the end of each piece
        ids = np.insert(ids, np.unique(reached[pieces == distinct.index(LINE_END)]), np.int32(-1))
    return Numbered(list(index), counts, ids)


def _numbered_words(distinct: list[str], pieces: Int32[np.ndarray, " p"]) -> Numbered:
    """Returns a block whose pieces are its words."""
    rows = np.arange(len(distinct), dtype=np.int32)
    if LINE_END in distinct:
        end = distinct.index(LINE_END)
        rows[end + 1 :] -= 1
        rows[end] = -1
    ids = rows[pieces]
    ended = ids == -1
    ids = ids[~(ended & np.concatenate([[False], ended[:-1]]))] if len(ids) else ids
    words = [piece for piece in distinct if piece != LINE_END]
    return Numbered(words, np.bincount(ids[ids >= 0], minlength=len(words)).astype(np.int64), ids)


def _pieces(text: str, tokeniser: Tokeniser) -> Pieces:
    """Returns the pieces of ``text`` as numbers."""
    if isinstance(tokeniser, Presegmented):
        return split_pieces(text, LINE_END)
    found, table = tokeniser.pieces(text), new_table()
    numbers = np.fromiter(map(table.__getitem__, found), np.int32, len(found))
    return Pieces(list(table), numbers)


def new_table() -> defaultdict[str, int]:
    """Returns a dict that gives each new key the next number."""
    return defaultdict(count().__next__)


@lru_cache(maxsize=8)
def _words_of(tokeniser: Tokeniser, _state: FileState) -> Callable[[str], tuple[str, ...]]:
    """Returns ``tokeniser.words`` with a cache of recent pieces, for a dictionary in this state."""

    def words(piece: str) -> tuple[str, ...]:
        return () if piece == LINE_END else tokeniser.words(piece)

    return lru_cache(maxsize=KNOWN)(words)


def _gathered(
    flat: Int32[np.ndarray, " w"], sizes: Int64[np.ndarray, " u"], pieces: Int32[np.ndarray, " p"]
) -> Int32[np.ndarray, " t"]:
    """Returns the words of ``pieces`` in order.

    ``flat`` lists the words of piece 0, then of piece 1, and so on; piece i has ``sizes[i]`` words.
    """
    if len(flat) == len(sizes) and (sizes == 1).all():
        return flat[pieces]
    each = sizes[pieces]
    shift = (np.cumsum(sizes) - sizes)[pieces] - (np.cumsum(each) - each)
    return flat[np.repeat(shift, each) + np.arange(each.sum())]
