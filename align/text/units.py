"""Words as bags of character n-grams, each hashed to a row of a table: fastText's sub-words.

Source: P. Bojanowski, E. Grave, A. Joulin, T. Mikolov, Enriching Word Vectors with Subword Information, TACL 2017,
section 3.2; the hash is 32-bit FNV-1a.
But: as in the official library, a byte above 127 enters the hash with its sign extended, a single character at the
edge of the word (its bracket) is no n-gram, and the end-of-sentence mark ``</s>`` has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8, UInt32

_END_OF_SENTENCE = b"</s>"
_OFFSET, _PRIME = 2_166_136_261, 16_777_619
_WORDS = 1024


class UnitBags(NamedTuple):
    """The n-grams of some words as table rows, one word's after another's, and how many each word has."""

    ids: Int[np.ndarray, " u"]
    sizes: Int[np.ndarray, " n"]


def ngrams(word: str, minn: int = 3, maxn: int = 6) -> list[str]:
    """The character n-grams of ``<word>``, ``minn`` to ``maxn`` long, by where they start and then by length.

    >>> ngrams("国王", 2, 3)
    ['<国', '<国王', '国王', '国王>', '王>']
    """
    text = f"<{word}>"
    spans = ((i, j) for i in range(len(text)) for j in range(i + max(minn, 1), min(i + maxn, len(text)) + 1))
    return [text[i:j] for i, j in spans if j - i > 1 or 0 < i < len(text) - 1]


def bags(words: Sequence[bytes], minn: int, maxn: int, buckets: int) -> UnitBags:
    """The table rows, ``FNV-1a(n-gram) mod buckets``, of all ``words`` (UTF-8) at once, in the order of ``ngrams``."""
    minn = max(minn, 1)
    if not words or maxn < minn:
        return UnitBags(np.zeros(0, np.int64), np.zeros(len(words), np.int64))
    text = np.frombuffer(b"".join([b"<%b>" % word for word in words]), np.uint8)
    begins = (text & 0xC0) != 0x80
    starts = np.flatnonzero(begins)
    widths = np.diff(starts, append=len(text))
    spans = np.array([len(word) + 2 for word in words])
    lengths = np.add.reduceat(begins, np.cumsum(spans) - spans, dtype=np.int64)
    ends = np.repeat(np.cumsum(lengths), lengths)
    edge = np.zeros(len(starts) + 1, bool)
    edge[ends - 1] = edge[0] = edge[ends] = True
    hashes, exists = _hashes(text, starts, widths, ends, maxn)
    exists[edge[:-1], 0] = False
    if _END_OF_SENTENCE in words:
        exists[np.repeat([word == _END_OF_SENTENCE for word in words], lengths)] = False
    exists[:, : minn - 1] = False
    sizes = np.add.reduceat(exists.sum(axis=1), np.cumsum(lengths) - lengths)
    return UnitBags((hashes[exists] % np.uint32(max(buckets, 1))).astype(np.int64), sizes.astype(np.int64))


def _hashes(
    text: UInt8[np.ndarray, " t"],
    starts: Int[np.ndarray, " c"],
    widths: Int[np.ndarray, " c"],
    ends: Int[np.ndarray, " c"],
    maxn: int,
) -> tuple[UInt32[np.ndarray, "c n"], Bool[np.ndarray, "c n"]]:
    """FNV-1a of the n-gram that begins at each character, for n = 1 to ``maxn``; and whether there is one."""
    signed = text.view(np.int8).astype(np.int32).view(np.uint32)
    hashes = np.empty((len(starts), maxn), np.uint32)
    exists = np.zeros((len(starts), maxn), bool)
    running = np.full(len(starts), _OFFSET, np.uint32)
    active = np.arange(len(starts))
    for n in range(maxn):
        active = active[active + n < ends[active]]
        at, width, value = starts[active + n], widths[active + n], running[active]
        for byte in range(int(width.max(initial=0))):
            longer = width > byte
            step = (value ^ signed[np.minimum(at + byte, len(text) - 1)]) * np.uint32(_PRIME)
            value = np.where(longer, step, value)
        running[active] = value
        hashes[active, n] = value
        exists[active, n] = True
    return hashes, exists


@dataclass(frozen=True, eq=False)
class HashedNgrams:
    """fastText's table of n-gram vectors: one row a bucket, shared by all n-grams whose hash falls on it.

    ``vector(w) = mean of table[FNV-1a(g) mod u] over the n-grams g of <w>``, with ``table`` of shape (u, d).

    Raises:
        ValueError: an empty table, or lengths that give no n-gram.
    """

    table: Float[np.ndarray, "u d"]
    minn: int = 3
    maxn: int = 6

    def __post_init__(self) -> None:
        if not len(self.table) or self.maxn < max(self.minn, 1):
            raise ValueError(
                f"a table of {len(self.table)} buckets and n-grams of {self.minn} to {self.maxn} characters; "
                "one bucket or more and a rising range were expected"
            )

    def vector(self, word: str) -> Float[np.ndarray, " d"] | None:
        """The vector of an unseen ``word``, as the official library gives it; None where it has no n-gram."""
        ids = bags([word.encode(errors="replace")], self.minn, self.maxn, len(self.table)).ids
        if not len(ids):
            return None
        return self.table[ids].sum(axis=0) * np.float32(1 / len(ids))

    def complete(self, vectors: Float32[np.ndarray, "v d"], words: Sequence[bytes]) -> None:
        """Turn each word's own row, in place, into the mean of it and of the word's n-gram rows.

        The rows are added in the official library's order, so that not even rounding differs.
        """
        for first in range(0, len(words), _WORDS):
            batch = vectors[first : first + _WORDS]
            ids, sizes = bags(words[first : first + _WORDS], self.minn, self.maxn, len(self.table))
            begins = np.cumsum(sizes) - sizes
            for n in range(int(sizes.max(initial=0))):
                has = np.flatnonzero(sizes > n)
                batch[has] += self.table[ids[begins[has] + n]]
            batch *= (1 / (sizes + 1)).astype(np.float32)[:, None]
