"""fastText's sub-words: words as bags of character n-grams, which are hashed to rows of a table.

Source: P. Bojanowski, E. Grave, A. Joulin, T. Mikolov, Enriching Word Vectors with Subword Information, TACL 2017,
section 3.2. The hash is 32-bit FNV-1a.
But: as in the official library, a byte above 127 is sign-extended before it is hashed, a single bracket at the edge of
the word is not an n-gram, and the end-of-sentence marker ``</s>`` has no n-grams.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8, UInt32

_END_OF_SENTENCE = b"</s>"
_OFFSET, _PRIME = 2_166_136_261, 16_777_619
_WORDS = 1024
"""Words whose n-grams are computed at once."""


class UnitBags(NamedTuple):
    """The n-grams of n words as table rows, concatenated, and the number of n-grams of each word."""

    ids: Int[np.ndarray, " u"]
    sizes: Int[np.ndarray, " n"]


def ngrams(word: str, minn: int = 3, maxn: int = 6) -> list[str]:
    """Returns the character n-grams of ``<word>`` of length ``minn`` to ``maxn``, by start and then by length.

    >>> ngrams("国王", 2, 3)
    ['<国', '<国王', '国王', '国王>', '王>']
    """
    text = f"<{word}>"
    spans = ((i, j) for i in range(len(text)) for j in range(i + max(minn, 1), min(i + maxn, len(text)) + 1))
    return [text[i:j] for i, j in spans if j - i > 1 or 0 < i < len(text) - 1]


def bags(words: Sequence[bytes], minn: int, maxn: int, buckets: int) -> UnitBags:
    """Returns the table rows ``FNV-1a(n-gram) mod buckets`` of the n-grams of words.

    Args:
        words: words in UTF-8.
        minn: smallest length of an n-gram, in characters.
        maxn: largest length of an n-gram, in characters.
        buckets: number of rows of the table.

    Returns:
        The rows of all n-grams in the order of ``ngrams``, and their number for each word.
    """
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


def word_hashes(words: Sequence[bytes]) -> UInt32[np.ndarray, " v"]:
    """Returns FNV-1a of whole words, with bytes above 127 sign-extended, as in the official library.

    >>> word_hashes([b"king", b""]).tolist()
    [3658736598, 2166136261]
    """
    text = np.frombuffer(b"".join(words), np.int8).astype(np.int32).view(np.uint32)
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    order = np.argsort(-sizes, kind="stable")
    starts, sizes = (np.cumsum(sizes) - sizes)[order], sizes[order]
    values = np.full(len(words), _OFFSET, np.uint32)
    active = np.searchsorted(-sizes, -np.arange(int(sizes.max(initial=0))), side="left")
    for byte, count in enumerate(active.tolist()):  # the words that are longer than ``byte``
        values[:count] = (values[:count] ^ text[starts[:count] + byte]) * np.uint32(_PRIME)
    hashes = np.empty_like(values)
    hashes[order] = values
    return hashes


def _hashes(
    text: UInt8[np.ndarray, " t"],
    starts: Int[np.ndarray, " c"],
    widths: Int[np.ndarray, " c"],
    ends: Int[np.ndarray, " c"],
    maxn: int,
) -> tuple[UInt32[np.ndarray, "c n"], Bool[np.ndarray, "c n"]]:
    """Returns FNV-1a of the n-gram that begins at each character, for n = 1 to ``maxn``, and whether it exists."""
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
    """fastText's table of n-gram vectors: a row for each bucket, shared by all n-grams with the same hash.

    The vector of an unseen word w is the mean of z[FNV-1a(g) mod k] over the n-grams g of ``<w>``, where z holds the
    vectors of the k buckets.

    Args:
        table: vectors of buckets, shape (u, d).
        minn: smallest length of an n-gram, in characters.
        maxn: largest length of an n-gram, in characters.
        numbers: the bucket of each row of ``table``, ascending, shape (u,); all other buckets have a zero vector. None:
            the table has a row for every bucket, and k is u.
        buckets: k, if ``numbers`` are given.

    Raises:
        ValueError: the table is empty, ``maxn`` is below ``minn``, or the numbers do not fit.
    """

    table: Float[np.ndarray, "u d"]
    minn: int = 3
    maxn: int = 6
    numbers: Int[np.ndarray, " n"] | None = None
    buckets: int = 0

    def __post_init__(self) -> None:
        if not len(self.table) or self.maxn < max(self.minn, 1):
            raise ValueError(
                f"a table of {len(self.table)} buckets and n-grams of {self.minn} to {self.maxn} characters; "
                "at least one bucket and minn <= maxn were expected"
            )
        if self.numbers is None:
            object.__setattr__(self, "buckets", len(self.table))
            return
        steps = np.diff(self.numbers)
        inside = self.numbers[0] >= 0 and self.numbers[-1] < self.buckets if len(self.numbers) else False
        if len(self.numbers) != len(self.table) or not inside or (steps <= 0).any():
            raise ValueError(
                f"{len(self.numbers)} numbers for a table of {len(self.table)} of {self.buckets} buckets; one per row, "
                "ascending, each below the number of buckets, were expected"
            )

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the arrays of a file that holds this table, by name."""
        table = np.asarray(self.table, np.float32)
        if self.numbers is None:
            return {"ngrams": table}
        return {"bucket_vectors": table, "bucket_numbers": np.asarray(self.numbers, np.int64)}

    def sizes(self) -> dict[str, str]:
        """Returns the metadata of a file that holds this table: the lengths of n-grams, and the number of buckets."""
        return {"minn": str(self.minn), "maxn": str(self.maxn), "buckets": str(self.buckets)}

    @staticmethod
    def read(arrays: Mapping[str, np.ndarray], sizes: Mapping[str, str], dim: int | None) -> "HashedNgrams | None":
        """Returns the table of a file with these ``arrays`` and ``sizes``; None if it has no table.

        Raises:
            ValueError: the table does not fit vectors of ``dim`` dimensions (None: any), or its parts contradict each
                other.
        """
        numbers = arrays.get("bucket_numbers")
        table = arrays.get("ngrams" if numbers is None else "bucket_vectors")
        if table is None:
            return None
        minn, maxn, buckets = (sizes.get(key, "") for key in ("minn", "maxn", "buckets"))
        fits = table.ndim == 2 and dim in (None, table.shape[1]) and minn.isdigit() and maxn.isdigit()
        if numbers is not None:
            fits = fits and numbers.dtype == np.int64 and numbers.shape == (len(table),) and buckets.isdigit()
        if not fits or table.dtype.kind != "f":
            raise ValueError(f"the n-gram table (minn={minn!r}, maxn={maxn!r}) does not fit the vectors")
        return HashedNgrams(table.astype(np.float32, copy=False), int(minn), int(maxn), numbers, int(buckets or 0))

    def vector(self, word: str) -> Float[np.ndarray, " d"] | None:
        """Returns the vector of an unseen ``word``, as the official library does; None if no n-gram has a vector.

        Raises:
            ValueError: a bucket's vector is not finite, since a mapped table is not checked when it is opened.
        """
        ids = bags([word.encode(errors="replace")], self.minn, self.maxn, self.buckets).ids
        if not len(ids):
            return None
        rows, known = self._rows(ids)
        total = self.table[rows[known]].sum(axis=0) * np.float32(1 / len(ids))
        if not np.isfinite(total).all():
            raise ValueError(f"an n-gram of {word!r} has a vector that is not finite; the file is damaged")
        return total if total.any() else None

    def complete(self, vectors: Float32[np.ndarray, "v d"], words: Sequence[bytes]) -> None:
        """Replaces each word's row, in place, by the mean of this row and the word's n-gram rows.

        The rows are added in the same order as in the official library, so that rounding is the same too.
        """
        for batch, found in self._blocks(vectors, words):
            self._add(batch, found, 1)
            np.multiply(batch, (1 / (found.sizes + 1)).astype(np.float32)[:, None], out=batch)

    def own_rows(self, vectors: Float32[np.ndarray, "v d"], words: Sequence[bytes]) -> None:
        """Replaces each word's vector, in place, by its own row: the inverse of ``complete``, except for rounding."""
        for batch, found in self._blocks(vectors, words):
            np.multiply(batch, (found.sizes + 1).astype(np.float32)[:, None], out=batch)
            self._add(batch, found, -1)

    def _blocks(
        self, vectors: Float32[np.ndarray, "v d"], words: Sequence[bytes]
    ) -> Iterator[tuple[Float32[np.ndarray, "n d"], UnitBags]]:
        """Yields the vectors of some words, as a view, and the n-grams of these words."""
        for first in range(0, len(words), _WORDS):
            block = slice(first, first + _WORDS)
            yield vectors[block], bags(words[block], self.minn, self.maxn, self.buckets)

    def _add(self, batch: Float32[np.ndarray, "n d"], found: UnitBags, sign: int) -> None:
        """Adds ``sign`` times the n-gram rows of each word to its vector, in place."""
        begins = np.cumsum(found.sizes) - found.sizes
        rows, known = self._rows(found.ids)
        for n in range(int(found.sizes.max(initial=0))):
            has = np.flatnonzero(found.sizes > n)
            has = has[known[begins[has] + n]]
            batch[has] += sign * self.table[rows[begins[has] + n]]

    def _rows(self, ids: Int[np.ndarray, " n"]) -> tuple[Int[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Returns the rows of some buckets in the table, and which of them it has."""
        if self.numbers is None:
            return ids, np.ones(len(ids), bool)
        rows = np.minimum(np.searchsorted(self.numbers, ids), len(self.numbers) - 1)
        return rows, self.numbers[rows] == ids

    def of_buckets(self, numbers: Int[np.ndarray, " n"]) -> Float32[np.ndarray, "n d"]:
        """Returns the vectors of some buckets."""
        rows, known = self._rows(numbers)
        return np.where(known[:, None], self.table[rows], 0).astype(np.float32, copy=False)

    def with_buckets(self, numbers: Int[np.ndarray, " n"], vectors: Float32[np.ndarray, "n d"]) -> "HashedNgrams":
        """Returns the same table with other vectors for the buckets ``numbers``, which are ascending."""
        if self.numbers is None:
            table = np.array(self.table, np.float32)
            table[numbers] = vectors
            return HashedNgrams(table, self.minn, self.maxn)
        every = np.union1d(self.numbers, numbers)
        table = self.of_buckets(every)
        table[np.searchsorted(every, numbers)] = vectors
        return HashedNgrams(table, self.minn, self.maxn, every, self.buckets)
