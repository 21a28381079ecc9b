"""fastText's ``.bin``: a model with its dictionary and its hashed n-grams, from which unseen words get vectors.

Layout (https://github.com/facebookresearch/fastText, versions 11 and 12): magic and version; twelve settings and a
float64; the dictionary; the input matrix, one row per word and then one row per bucket; the output matrix, which is not
read. A word's vector is the mean of its own row and the rows of its character n-grams. A model without character
n-grams may still have buckets, for word n-grams.
But: labels of a supervised model are not read as words, and a pruned or quantised model (``.ftz``) is refused.
"""

import logging
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from align.encoding import UTF8
from align.files.gather import EntryBlock, ReadOptions, block_of, gather
from align.files.header import MAX_DIM
from align.files.sanity import RowCheck
from align.files.stream import VectorFile
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

_LOG = logging.getLogger("align.files")
_CHUNK = 1 << 22
_MAX_WORD = 1 << 20
_SUPERVISED = 3


class _Model(NamedTuple):
    dim: int
    buckets: int
    minn: int
    maxn: int
    words: list[bytes]
    counts: list[int]


def read_fasttext(source: VectorFile, options: ReadOptions, name: str) -> Space:
    """Reads a fastText model. The space's ``units`` give unseen words the same vectors as the official library.

    Args:
        source: the open file.
        options: the words to read, and their encoding.
        name: the name of the space.

    Raises:
        ValueError: a quantised model, another version, or a file that is cut short or contradicts itself.
    """
    model = _settings_and_words(source)
    rows = len(model.words) + model.buckets
    (quantised,) = _numbers(source, "<?", "the input matrix")
    if quantised:
        raise ValueError(f"{source.name}: a quantised model (.ftz), whose vectors are approximate; a .bin was expected")
    shape = _numbers(source, "<qq", "the input matrix")
    if shape != (rows, model.dim):
        raise ValueError(
            f"{source.name}: the input matrix is {shape[0]} x {shape[1]}; {len(model.words)} words and {model.buckets} "
            f"buckets of {model.dim} dimensions were expected"
        )
    left = None if source.size is None else source.size - source.file.tell()
    if left is not None and rows * model.dim * 4 > left:
        raise ValueError(f"{source.name}: cut short: the matrix takes {rows * model.dim * 4} bytes, {left} are left")
    start, count = source.file.tell(), None if left is None else len(model.words)
    found = gather(
        _word_rows(source, model, options.encoding), model.dim, options, name=source.name, unit="word ", count=count
    )
    kept = found.numbers - 1
    source.skip(start + 4 * len(model.words) * model.dim - source.file.tell())
    if model.maxn < max(model.minn, 1) or model.buckets == 0:
        units = None
        source.skip(4 * model.buckets * model.dim)  # word n-grams, which word vectors do not use
    else:
        units = HashedNgrams(_table(source, model), model.minn, model.maxn)
        with np.errstate(over="ignore", invalid="ignore"):
            units.complete(found.vectors, [model.words[i] for i in kept])
        RowCheck(f"{source.name}:word ")(found.vectors, found.words, range(1, len(found.words) + 1))
    if options.limit is None:
        _check_end(source)
    if options.encoding != UTF8 and units is not None:
        _LOG.warning(
            "%s: unseen words get no vector, because the n-grams are hashed in %s instead of UTF-8",
            source.name,
            options.encoding,
        )
        units = None
    counts = np.array(model.counts, np.int64)[kept]
    return Space(Vocab(found.words, counts), found.vectors, units, name)


def _numbers(source: VectorFile, layout: str, what: str) -> tuple[Any, ...]:
    size = struct.calcsize(layout)
    raw = source.read(size)
    if len(raw) < size:
        raise ValueError(f"{source.name}: cut short in {what} of a fastText model")
    return struct.unpack(layout, raw)


def _settings_and_words(source: VectorFile) -> _Model:
    _, version = _numbers(source, "<ii", "the header")
    if version not in (11, 12):
        raise ValueError(f"{source.name}: version {version} of fastText's format; 11 or 12 was expected")
    settings = _numbers(source, "<12id", "the settings")
    dim, kind, buckets, minn, maxn = (settings[i] for i in (0, 7, 8, 9, 10))
    if version == 11 and kind == _SUPERVISED:
        maxn = 0  # such a model has no character n-grams, whatever its settings say
    if not (1 <= dim <= MAX_DIM and buckets >= 0 and minn >= 0 and 0 <= maxn <= 1000):
        raise ValueError(
            f"{source.name}: the settings cannot be right: {dim} dimensions, {buckets} buckets, "
            f"n-grams of {minn} to {maxn} characters"
        )
    size, words, labels, _, pruned = _numbers(source, "<iiiqq", "the dictionary")
    if size != words + labels or min(words, labels) < 0:
        raise ValueError(f"{source.name}: {size} dictionary entries, but {words} words and {labels} labels")
    if pruned > 0:
        raise ValueError(f"{source.name}: a pruned model (.ftz); an unpruned .bin was expected")
    entries = _entries(source, size)
    kinds = [kind for _, _, kind in entries]
    if kinds != [0] * words + [1] * labels:
        raise ValueError(f"{source.name}: the dictionary does not hold its {words} words and then {labels} labels")
    return _Model(dim, buckets, minn, maxn, [e[0] for e in entries[:words]], [e[1] for e in entries[:words]])


def _entries(source: VectorFile, size: int) -> list[tuple[bytes, int, int]]:
    """Returns the entries of the dictionary: text, count and kind (0 for a word, 1 for a label)."""
    entries: list[tuple[bytes, int, int]] = []
    buffer, position = b"", 0
    tail = struct.Struct("<qb")
    while len(entries) < size:
        end = buffer.find(b"\0", position)
        if end < 0 or end + 1 + tail.size > len(buffer):
            more = source.read(_CHUNK)
            buffer, position = buffer[position:] + more, 0
            if not more or len(buffer) > _CHUNK + _MAX_WORD:
                raise ValueError(
                    f"{source.name}: cut short or damaged at dictionary entry {len(entries) + 1} of {size}"
                )
            continue
        entries.append((buffer[position:end], *tail.unpack_from(buffer, end + 1)))
        position = end + 1 + tail.size
    source.file.seek(source.file.tell() - len(buffer) + position)
    return entries


def _word_rows(source: VectorFile, model: _Model, encoding: str) -> Iterator[EntryBlock]:
    step = max(1, _CHUNK // (4 * model.dim))
    for start in range(0, len(model.words), step):
        words = model.words[start : start + step]
        rows = _rows(source, len(words), model.dim)
        yield block_of(words, rows, range(start + 1, start + len(words) + 1), encoding)


def _rows(source: VectorFile, count: int, dim: int) -> Float32[np.ndarray, "n d"]:
    raw = source.read(4 * count * dim)
    if len(raw) < 4 * count * dim:
        raise ValueError(f"{source.name}: cut short in the input matrix of a fastText model")
    return np.frombuffer(raw, "<f4").reshape(count, dim)


def _table(source: VectorFile, model: _Model) -> Float32[np.ndarray, "u d"]:
    """Returns the rows of the buckets. If the file's size is unknown, the table grows while it is read."""
    table = np.empty((0 if source.size is None else model.buckets, model.dim), np.float32)
    step, check = max(1, _CHUNK // (4 * model.dim)), RowCheck(f"{source.name}:bucket ")
    for start in range(0, model.buckets, step):
        stop = min(start + step, model.buckets)
        if stop > len(table):
            table.resize((stop, model.dim), refcheck=False)
        table[start:stop] = _rows(source, stop - start, model.dim)
        check(table[start:stop], ["an n-gram"] * (stop - start), range(start, stop))
    return table


def _check_end(source: VectorFile) -> None:
    """Raises ValueError if the output matrix is incomplete, since the file is then cut short."""
    _, rows, dim = _numbers(source, "<?qq", "the output matrix")
    left = 4 * rows * dim
    if source.size is not None:
        left -= source.size - source.file.tell()
    else:
        while part := source.read(_CHUNK):
            left -= len(part)
    if left > 0:
        raise ValueError(f"{source.name}: cut short: the output matrix lacks its last {left} bytes")
    if left < 0:
        raise ValueError(f"{source.name}: damaged: {-left} bytes follow the output matrix")
