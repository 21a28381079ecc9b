"""Texts as bags of the features of fastText's classifier: words, their character n-grams, and n-grams of words.

Source: A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, Bag of Tricks for Efficient Text Classification, EACL 2017,
section 2. The hashes are the same as in the official library, so that its models give equal bags.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt64

from align.text.blocks import by_block
from align.text.text_words import TextWords
from align.text.units import bags, word_hashes
from align.text.word_ngrams import FACTOR, FeatureBags, joined_bags, word_bags

END = b"</s>"
"""The word that ends every text."""


class _Features(NamedTuple):
    """One kind of feature of every word.

    ``ids`` are the rows of all words in order, ``sizes`` the number of rows of each word, and ``totals`` its number of
    features, including those without a row.
    """

    ids: Int[np.ndarray, " u"]
    sizes: Int[np.ndarray, " t"]
    totals: Int[np.ndarray, " t"]


class _Unseen(NamedTuple):
    """The hashes of the words with a row and then of unseen words, and the character n-grams of unseen words."""

    hashes: UInt64[np.ndarray, " w"] | None
    subwords: _Features | None


class NumberedTexts(NamedTuple):
    """Texts as numbers of ``words``, each text ending with ``</s>``; the first ``kept`` words are frequent enough."""

    words: tuple[bytes, ...]
    kept: int
    ids: Int[np.ndarray, " t"]
    lengths: Int[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """The features of a text: rows of a table that has a row for each word, and then rows for hashed n-grams.

    An n-gram of words w1 ... wn has the hash h = h(w1) 116049371^(n-1) + ... + h(wn) modulo 2^64, where h is FNV-1a;
    its bucket is h modulo ``buckets``. A word has the features of its character n-grams too (``text/units.py``).
    Unseen words have their character n-grams only. ``</s>`` ends every text.

    Args:
        words: the words that have a row.
        word_ngrams: largest number of words in an n-gram of words; 1: no such n-grams.
        minn: smallest length of a character n-gram.
        maxn: largest length of a character n-gram; 0: no such n-grams.
        buckets: number of hash values.
        numbers: the bucket of each row after those of the words. None: all buckets have a row.
        pruned: whether n-grams without a row are ignored, as in pruned models of the official library; if not, they
            count as features with the vector 0.
    """

    words: tuple[bytes, ...]
    word_ngrams: int = 1
    minn: int = 0
    maxn: int = 0
    buckets: int = 0
    numbers: Int[np.ndarray, " r"] | None = None
    pruned: bool = False

    @property
    def rows(self) -> int:
        """The number of rows of the table."""
        return len(self.words) + (self.buckets if self.numbers is None else len(self.numbers))

    @cached_property
    def index(self) -> dict[bytes, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def hashes(self) -> UInt64[np.ndarray, " v"]:
        """The hash of each word."""
        return _wide_hashes(self.words)

    @cached_property
    def subwords(self) -> _Features | None:
        """The rows of each word and of its character n-grams; None if there are no n-grams."""
        return self._with_ngrams(self.words, np.arange(len(self.words))) if self.maxn > 0 else None

    @cached_property
    def places(self) -> Int[np.ndarray, " b"] | None:
        """The row of each bucket, -1 if it has none; None if all buckets have a row."""
        if self.numbers is None:
            return None
        places = np.full(self.buckets, -1, np.int32)
        places[self.numbers] = np.arange(len(self.words), self.rows, dtype=np.int32)
        return places

    def bags(self, words: TextWords) -> FeatureBags:
        """Returns the features of texts, given their words without ``</s>``."""
        names = (*words.words, END)
        rows = np.fromiter((self.index.get(word, -1) for word in names), np.int32, len(names))
        unseen = np.flatnonzero(rows < 0)
        rows[unseen] = np.arange(len(self.words), len(self.words) + len(unseen), dtype=np.int32)
        hashes = None
        if self.word_ngrams > 1:  # words that do not occur in the texts need no hash
            hashes = np.zeros(len(self.words) + len(unseen), np.uint64)
            hashes[rows] = _wide_hashes(names)
        ids, lengths = _with_ends(words, rows, int(rows[-1]))
        return self._all_features(ids, lengths, self._unseen(tuple(names[i] for i in unseen.tolist()), hashes))

    def bags_of(self, numbered: "NumberedTexts") -> FeatureBags:
        """Returns the features of numbered texts; the first numbers are those of ``words``, in the same order."""
        unseen = numbered.words[len(self.words) :]
        hashes = np.concatenate([self.hashes, _wide_hashes(unseen)]) if self.word_ngrams > 1 else None
        return self._all_features(numbered.ids, numbered.lengths, self._unseen(unseen, hashes))

    def _all_features(self, ids: Int[np.ndarray, " t"], lengths: Int[np.ndarray, " n"], unseen: _Unseen) -> FeatureBags:
        """Returns the features of texts, block by block."""
        edges = np.concatenate([[0], np.cumsum(lengths)])

        def of_block(first: int, end: int) -> FeatureBags:
            return self._features(ids[edges[first] : edges[end]], lengths[first:end], unseen)

        return joined_bags(by_block(of_block, edges), pruned=self.pruned)

    def _unseen(self, words: tuple[bytes, ...], hashes: UInt64[np.ndarray, " w"] | None) -> _Unseen:
        """Returns the hashes of all words, and the character n-grams of unseen ``words``."""
        return _Unseen(hashes, self._with_ngrams(words, np.full(len(words), -1)) if self.maxn > 0 else None)

    def _features(self, found: Int[np.ndarray, " t"], lengths: Int[np.ndarray, " n"], unseen: _Unseen) -> FeatureBags:
        """Returns the features of texts of ``lengths`` words; numbers from ``len(words)`` on are unseen words."""
        if self.subwords is None:
            words = np.where(found < len(self.words), found, -1)
            hashes = np.zeros(0, np.uint64) if unseen.hashes is None else unseen.hashes[found]
            return word_bags(words, lengths, hashes, self.word_ngrams, self._hash_rows)
        ends = np.cumsum(lengths)
        kinds = [self._of_words(found, unseen)]
        if unseen.hashes is not None:
            last = np.repeat(ends, lengths)
            kinds += [self._of_ngrams(unseen.hashes[found], last, n) for n in range(2, self.word_ngrams + 1)]
        return _by_text(kinds, ends)

    def _of_words(self, found: Int[np.ndarray, " t"], unseen: _Unseen) -> _Features:
        """Returns the features of each word."""
        if self.subwords is None or unseen.subwords is None:
            raise ValueError("words without character n-grams")
        ids, sizes, totals = (np.concatenate(pair) for pair in zip(self.subwords, unseen.subwords, strict=True))
        begins = np.cumsum(sizes) - sizes
        chosen = sizes[found]
        inside = np.arange(chosen.sum()) - np.repeat(np.cumsum(chosen) - chosen, chosen)
        return _Features(ids[np.repeat(begins[found], chosen) + inside], chosen, totals[found])

    def _of_ngrams(self, hashes: UInt64[np.ndarray, " t"], last: Int[np.ndarray, " t"], n: int) -> _Features:
        """Returns the n-gram of ``n`` words that begins at each word; the text of the word ends before ``last``."""
        begins = np.flatnonzero(np.arange(len(hashes)) + n <= last)
        values = hashes[begins]
        for step in range(1, n):
            values = values * FACTOR + hashes[begins + step]
        rows = self._hash_rows(values)
        sizes, totals = np.zeros((2, len(hashes)), np.int64)
        sizes[begins[rows >= 0]] = 1
        totals[begins] = 1
        return _Features(rows[rows >= 0], sizes, totals)

    def _hash_rows(self, hashes: UInt64[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Returns the row of each hash, or -1 if it has none."""
        return self._bucket_rows((hashes % np.uint64(max(self.buckets, 1))).view(np.int64))

    def _bucket_rows(self, buckets: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Returns the row of each bucket, or -1 if it has none."""
        if self.buckets == 0:
            return np.full(len(buckets), -1, np.int32)
        if self.places is None:
            return (buckets + len(self.words)).astype(np.int32)
        return self.places[buckets]

    def _with_ngrams(self, words: Sequence[bytes], rows: Int[np.ndarray, " n"]) -> _Features:
        """Returns the row of each word, if it is not -1, and the rows of its character n-grams."""
        found = bags(words, self.minn, self.maxn, self.buckets)
        ngrams = self._bucket_rows(found.ids)
        known = (rows >= 0).astype(np.int64)
        kinds = [_Features(rows[rows >= 0].astype(np.int32), known, known)]
        owners = np.repeat(np.arange(len(words)), found.sizes)[ngrams >= 0]
        kinds.append(_Features(ngrams[ngrams >= 0], np.bincount(owners, minlength=len(words)), found.sizes))
        joined = _by_text(kinds, np.arange(1, len(words) + 1))
        return _Features(joined.ids, np.diff(joined.starts), joined.totals)


def _wide_hashes(words: Sequence[bytes]) -> UInt64[np.ndarray, " v"]:
    """Returns FNV-1a of words, sign-extended to 64 bits as in the official library."""
    return word_hashes(words).view(np.int32).astype(np.int64).view(np.uint64)


def _by_text(kinds: Sequence[_Features], ends: Int[np.ndarray, " n"]) -> FeatureBags:
    """Returns the features of each text, kind by kind, given those of each word.

    Args:
        kinds: for each kind of feature, the features of all words.
        ends: the number of words up to the end of each text.
    """
    edges = np.concatenate([[0], ends])
    counts = [np.diff(np.concatenate([[0], np.cumsum(kind.sizes)])[edges]) for kind in kinds]
    totals = np.diff(np.concatenate([[0], np.cumsum(sum(kind.totals for kind in kinds))])[edges])
    if len(kinds) == 1:
        return FeatureBags(kinds[0].ids, np.concatenate([[0], np.cumsum(counts[0])]), totals)
    starts = np.concatenate([[0], np.cumsum(sum(counts))])
    ids = np.empty(int(starts[-1]), np.int32)
    offset = starts[:-1].copy()
    for kind, number in zip(kinds, counts, strict=True):
        within = np.cumsum(number) - number
        ids[np.arange(len(kind.ids)) + np.repeat(offset - within, number)] = kind.ids
        offset += number
    return FeatureBags(ids, starts, totals)


def _with_ends(
    words: TextWords, rows: Int[np.ndarray, " u"], end: int
) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " n"]]:
    """Returns the rows of the words of all texts, each text followed by ``end``, and the new lengths of the texts."""
    lengths = words.lengths + 1
    ids = np.full(len(words.ids) + len(lengths), end, np.int32)
    inside = np.ones(len(ids), bool)
    inside[np.cumsum(lengths) - 1] = False
    ids[inside] = rows[words.ids]
    return ids, lengths


def number_words(words: TextWords, min_count: int = 1, *, first: Sequence[bytes] = ()) -> NumberedTexts:
    """Assigns a number to each word of some texts.

    The words of ``first`` come first, then words that occur at least ``min_count`` times, then rarer words. Within the
    last two groups, words are sorted by frequency. ``</s>`` counts once for each text and is always kept.
    """
    numbers = {word: number for number, word in enumerate(dict.fromkeys((*first, END)))}
    known = np.fromiter((numbers.setdefault(word, len(numbers)) for word in words.words), np.int32, len(words.words))
    counts = np.zeros(len(numbers), np.int64)
    counts[known] = np.bincount(words.ids, minlength=len(known))
    counts[numbers[END]] += len(words.lengths)
    group = np.where(counts >= min_count, 1, 2)
    group[numbers[END]] = 1
    group[: len(first)] = 0
    order = np.lexsort((np.where(group == 0, 0, -counts), group))
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    names = list(numbers)
    ids, lengths = _with_ends(words, place[known], int(place[numbers[END]]))
    return NumberedTexts(tuple(names[i] for i in order.tolist()), int((group < 2).sum()), ids, lengths)
