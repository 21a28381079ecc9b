"""Writes fastText's ``.bin``, from which fastText's programs compute the space's vectors, also of unseen words."""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from align.files.detect import FASTTEXT_MAGIC
from align.files.sanity import RowCheck
from align.space import Space
from align.text.units import HashedNgrams

_VERSION = 12
_WINDOW, _EPOCHS, _MIN_COUNT, _NEGATIVES, _WORD_NGRAMS = 5, 5, 1, 5, 1
_NEGATIVE_SAMPLING, _SKIPGRAM = 2, 2
_UPDATE_RATE, _SAMPLE = 100, 1e-4
_ROWS = 1 << 14


def write_fasttext(space: Space, path: Path) -> None:
    """Writes a fastText model (version 12). A space without sub-word units becomes a model without n-grams.

    The row of a word is n + 1 times its vector minus the sum of its n n-gram vectors, so that their mean is the vector.

    Raises:
        ValueError: a word that the format cannot hold, a value that is not finite, units of another kind, or a space
            without counts.

    But: a space has neither training settings nor context vectors. The file has fastText's default settings, and its
    output matrix is zero.
    """
    units = space.units
    if units is not None and not isinstance(units, HashedNgrams):
        raise ValueError(f"units of the kind {type(units).__name__} cannot be saved; only HashedNgrams can")
    if space.vocab.counts is None:
        raise ValueError("fastText's format needs the count of each word, and this space has no counts")
    words = [word.encode() for word in space.vocab.words]
    for number, word in enumerate(words):
        if b"\0" in word or not word:
            raise ValueError(f"word {number} ({space.vocab.words[number]!r}) is empty or holds a NUL")
    own = np.array(space.vectors, np.float32)
    RowCheck(f"{path.name}: word ")(own, space.vocab.words, range(1, len(words) + 1))
    if units is not None:
        units.own_rows(own, words)
    minn, maxn, buckets = (0, 0, 0) if units is None else (units.minn, units.maxn, units.buckets)
    counts = np.asarray(space.vocab.counts, np.int64)
    settings = (
        *(space.dim, _WINDOW, _EPOCHS, _MIN_COUNT, _NEGATIVES, _WORD_NGRAMS, _NEGATIVE_SAMPLING, _SKIPGRAM),
        *(buckets, minn, maxn, _UPDATE_RATE, _SAMPLE),
    )
    with path.open("wb") as file:
        file.write(struct.pack("<2i12id", FASTTEXT_MAGIC, _VERSION, *settings))
        file.write(struct.pack("<3i2q", len(words), len(words), 0, int(counts.sum()), -1))
        file.write(b"".join(b"%b\0%b" % (w, struct.pack("<qb", n, 0)) for w, n in zip(words, counts, strict=True)))
        file.write(struct.pack("<?2q", False, len(words) + buckets, space.dim))
        file.write(np.ascontiguousarray(own, "<f4").data)
        for block in _bucket_rows(units):
            file.write(np.ascontiguousarray(block, "<f4").data)
        file.write(struct.pack("<?2q", False, len(words), space.dim))
        for first in range(0, len(words), _ROWS):
            file.write(bytes(4 * space.dim * min(_ROWS, len(words) - first)))


def _bucket_rows(units: HashedNgrams | None) -> Iterator[Float32[np.ndarray, "n d"]]:
    """Yields the vectors of all buckets, block by block."""
    if units is not None:
        for first in range(0, units.buckets, _ROWS):
            yield units.of_buckets(np.arange(first, min(first + _ROWS, units.buckets)))
