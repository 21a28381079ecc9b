"""fastText's supervised models: ``.bin`` and quantised ``.ftz`` read with equal predictions, and ``.bin`` written.

Layout (https://github.com/facebookresearch/fastText, versions 11 and 12): as in ``files/fasttext.py``, then the matrix
of features and the matrix of labels. A matrix may be quantised: product-quantised rows, optionally with a quantised
norm. A pruned model lists the buckets that have a row.
"""

import mmap
import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from align.atomic import replacing
from align.classify.model import LabelModel, LossName
from align.files.detect import FASTTEXT_MAGIC
from align.text.labelled import PREFIX
from align.text.text_features import END, TextFeatures

_VERSION, _SUPERVISED, _CENTROIDS, _ROWS = 12, 3, 256, 1 << 14
_LOSSES: dict[int, LossName] = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_MAX_NGRAM = 1000
"""Largest number of words or characters of an n-gram."""
_WINDOW, _UPDATE_RATE, _SAMPLE = 5, 100, 1e-4


class FastTextModel(NamedTuple):
    """The model in a file, and the settings of its training."""

    model: LabelModel
    settings: dict[str, Any]


class _Entries(NamedTuple):
    """The dictionary of a file: words, labels, the counts of labels, and for a pruned model the bucket of each row."""

    words: tuple[bytes, ...]
    labels: tuple[bytes, ...]
    counts: list[int]
    numbers: Int32[np.ndarray, " r"] | None


def is_fasttext(path: str | os.PathLike[str]) -> bool:
    """Returns whether a file begins with fastText's magic number."""
    with Path(path).open("rb") as file:
        return file.read(4) == FASTTEXT_MAGIC.to_bytes(4, "little")


def read_fasttext_model(path: str | os.PathLike[str]) -> FastTextModel:
    """Reads a supervised model. Its tables are views of the memory-mapped file unless they are quantised.

    Raises:
        ValueError: another kind of model or version, or a file that is cut short or inconsistent. The message names it.
        OSError: the file cannot be read.

    But: the official library adds 1e-5 to a probability before it takes its logarithm, so that its probabilities may
    exceed 1; with ``ns`` and ``ova`` it reads the logistic function from a table with an error of up to .004.
    """
    with Path(path).open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _read(mapped)
    except (ValueError, struct.error, UnicodeDecodeError, MemoryError) as error:
        raise ValueError(f"{path}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Returns the message of an error of this module; for an error of Python, a message that the file is damaged."""
    return str(error) if type(error) is ValueError else "cut short or damaged: not a whole model of fastText"


def _unpack(file: mmap.mmap, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _array(file: mmap.mmap, kind: str, count: int) -> np.ndarray:
    """Returns the next ``count`` numbers of a file, as a view of the mapped file."""
    size = np.dtype(kind).itemsize * count
    if count < 0 or file.tell() + size > len(file):
        raise ValueError(f"cut short: {size} more bytes were expected at byte {file.tell()}")
    found = np.frombuffer(file, kind, count, file.tell())
    file.seek(size, os.SEEK_CUR)
    return found


def _read(file: mmap.mmap) -> FastTextModel:
    magic, version = _unpack(file, "<ii")
    if magic != FASTTEXT_MAGIC or version not in (11, 12):
        raise ValueError(f"version {version} of fastText's format; 11 or 12 was expected")
    dim, _, epochs, least, negatives, word_ngrams, loss, kind, buckets, minn, maxn, _, _ = _unpack(file, "<12id")
    if kind != _SUPERVISED:
        raise ValueError("a fastText model of word vectors; a classifier (supervised) was expected")
    maxn = 0 if version == 11 else maxn
    sizes = word_ngrams, minn, maxn
    if loss not in _LOSSES or not (dim >= 1 and buckets >= 0 and all(0 <= size <= _MAX_NGRAM for size in sizes)):
        found = f"loss {loss}, {dim} dimensions, {buckets} buckets, n-grams of {word_ngrams} words"
        raise ValueError(f"damaged: the settings cannot be right: {found} and {minn} to {maxn} characters")
    entries = _entries(file)
    if entries.numbers is not None and entries.numbers.max(initial=-1) >= buckets:
        raise ValueError(f"damaged: bucket {entries.numbers.max()} of a pruned model; it has {buckets} buckets")
    inputs, outputs = (_matrix(file) for _ in range(2))
    if file.tell() != len(file):
        raise ValueError(f"damaged: {len(file) - file.tell()} bytes follow the matrices")
    prefixed = all(label.startswith(PREFIX.encode()) for label in entries.labels)
    prefix = PREFIX if prefixed else ""
    features = TextFeatures(entries.words, max(word_ngrams, 1), minn, maxn, buckets, entries.numbers, pruned=True)
    model = LabelModel(
        tuple(label.decode()[len(prefix) :] for label in entries.labels),
        np.array(entries.counts, np.int64),
        features,
        inputs,
        outputs,
        _LOSSES[loss],
        "split",
        prefix,
    )
    settings = {"dim": dim, "epochs": epochs, "word_ngrams": max(word_ngrams, 1), "minn": minn, "maxn": maxn}
    settings |= {"min_count": max(least, 1), "negatives": max(negatives, 1), "loss": _LOSSES[loss]}
    return FastTextModel(model, settings)


def _entries(file: mmap.mmap) -> _Entries:
    """Returns the dictionary, which is next in the file."""
    size, words, labels, _, pruned = _unpack(file, "<iiiqq")
    if size != words + labels or min(words, labels) < 0:
        raise ValueError(f"{size} dictionary entries, but {words} words and {labels} labels")
    texts: list[bytes] = []
    counts: list[int] = []
    for number in range(size):
        end = file.find(b"\0", file.tell())
        if end < 0:
            raise ValueError(f"cut short at dictionary entry {number + 1} of {size}")
        texts.append(file.read(end - file.tell()))
        file.seek(1, os.SEEK_CUR)
        count, kind = _unpack(file, "<qb")
        if kind != (number >= words):
            raise ValueError(f"the dictionary does not hold its {words} words and then {labels} labels")
        counts.append(count)
    numbers = None
    if pruned >= 0:
        pairs = _array(file, "<i4", 2 * pruned).reshape(-1, 2)
        numbers = np.full(pruned, -1, np.int32)
        if pruned and (pairs.min() < 0 or pairs[:, 1].max() >= pruned):
            raise ValueError("damaged: the rows of a pruned model are out of range")
        numbers[pairs[:, 1]] = pairs[:, 0]
        if (numbers < 0).any():
            raise ValueError("damaged: a row of a pruned model has no bucket")
    return _Entries(tuple(texts[:words]), tuple(texts[words:]), counts[words:], numbers)


def _matrix(file: mmap.mmap) -> Float32[np.ndarray, "r d"]:
    """Returns the next matrix of a file, dequantised if need be."""
    (quantised,) = _unpack(file, "<?")
    if not quantised:
        rows, columns = _unpack(file, "<qq")
        table = _array(file, "<f4", rows * columns).reshape(rows, columns)
    else:
        with_norm, rows, columns, size = _unpack(file, "<?qqi")
        codes = _array(file, "u1", size)
        table = _dequantised(file, codes, rows, columns)
        if with_norm:
            norms = _array(file, "u1", rows)
            table *= _dequantised(file, norms, rows, 1)
    if not np.isfinite(np.vdot(table, table)):
        raise ValueError("damaged: a matrix holds a number that is not finite")
    return table


def _dequantised(file: mmap.mmap, codes: np.ndarray, rows: int, columns: int) -> Float32[np.ndarray, "r d"]:
    """Returns the rows that product-quantised codes represent; the quantiser is next in the file."""
    dim, parts, width, last = _unpack(file, "<4i")
    if dim != columns or (parts - 1) * width + last != dim or len(codes) != rows * parts or min(width, last) < 1:
        raise ValueError(f"damaged: a quantiser of {dim} dimensions in {parts} parts does not fit {rows} rows")
    centroids = _array(file, "<f4", dim * _CENTROIDS)
    table = np.empty((rows, columns), np.float32)
    for part, column in enumerate(codes.reshape(rows, parts).T):
        start, size = part * width, last if part == parts - 1 else width
        points = centroids[start * _CENTROIDS : (start + size) * _CENTROIDS].reshape(_CENTROIDS, size)
        table[:, start : start + size] = points[column]
    return table


def write_fasttext_model(model: LabelModel, path: str | os.PathLike[str], settings: dict[str, Any]) -> None:
    """Writes a supervised ``.bin`` (version 12) that the official library opens, with equal predictions.

    Raises:
        ValueError: a label has a NUL or a line feed, or the model has no row for the end of a text.
        OSError: the file cannot be written.

    But: a model has no counts of words, so they are written as 1; the vectors of labels are divided by the temperature;
        the tokeniser is not written, and readers of the file split texts at blanks.
    """
    features, labels = model.features, [f"{model.prefix}{label}".encode() for label in model.labels]
    for label in labels:
        if b"\0" in label or b"\n" in label:
            raise ValueError(f"{path}: the label {label.decode()!r} cannot be written in fastText's format")
    if END not in features.index:
        raise ValueError(f"{path}: the model has no row for the end of a text, which fastText's format needs")
    dim = model.inputs.shape[1]
    loss = next(code for code, name in _LOSSES.items() if name == model.loss)
    head = (dim, _WINDOW, settings.get("epochs", 5), settings.get("min_count", 1), settings.get("negatives", 5))
    rest = (features.word_ngrams, loss, _SUPERVISED, features.buckets, features.minn, features.maxn, _UPDATE_RATE)
    words = len(features.words)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<2i12id", FASTTEXT_MAGIC, _VERSION, *head, *rest, _SAMPLE))
        file.write(struct.pack("<3i2q", words + len(labels), words, len(labels), words, -1))
        file.write(b"".join(b"%b\0%b" % (word, struct.pack("<qb", 1, 0)) for word in features.words))
        for label, count in zip(labels, np.asarray(model.counts).tolist(), strict=True):
            file.write(b"%b\0%b" % (label, struct.pack("<qb", count, 1)))
        file.write(struct.pack("<?2q", False, words + features.buckets, dim))
        file.write(np.ascontiguousarray(model.inputs[:words], "<f4").data)
        for first in range(0, features.buckets, _ROWS):
            block = np.zeros((min(_ROWS, features.buckets - first), dim), "<f4")
            rows = np.arange(words + first, words + first + len(block), dtype=np.int64)
            if features.places is not None:
                rows = features.places[first : first + len(block)].astype(np.int64)
            block[rows >= 0] = model.inputs[rows[rows >= 0]]
            file.write(block.data)
        file.write(struct.pack("<?2q", False, len(labels), dim))
        file.write(np.ascontiguousarray(model.outputs / np.float32(model.temperature), "<f4").data)
