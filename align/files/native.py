"""The native format: a space in one safetensors file, opened by mapping it and reading nothing but its header.

Arrays: ``words`` (UTF-8, a newline after each), ``vectors`` (v, d) float32, and ``counts`` (v,) if they are known. A
space with n-grams has ``ngrams`` (u, d), or, if only some buckets have a vector, ``bucket_vectors`` (u, d) and
``bucket_numbers`` (u,). Metadata: ``format``, ``count`` (v), ``minn``, ``maxn`` and ``buckets``.
But: vectors are not read when the file is opened, so NaN is not detected.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from align.files.gather import ReadOptions
from align.files.sanity import check_finite
from align.files.stream import VectorFile, unpacked
from align.senses import FORMAT as SENSES
from align.space import Space
from align.tensors import check_names, load_tensors, save_tensors
from align.text.units import HashedNgrams
from align.text.vocab import PackedWords, Vocab

FORMAT = "align space 1"
_ARRAYS = ("words", "vectors", "counts", "ngrams", "bucket_vectors", "bucket_numbers")


def write_native(space: Space, path: Path) -> None:
    """Writes ``space`` to ``path`` in the native format.

    Raises:
        ValueError: a word has a newline, a vector is not finite in float32, or the format cannot hold the sub-word
            units.
    """
    words = space.vocab.words
    packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
    vectors = np.asarray(space.vectors, np.float32)
    check_finite(vectors, words)
    arrays = {"words": packed.block, "vectors": vectors}
    metadata = {"format": FORMAT, "count": str(len(words))}
    if space.vocab.counts is not None:
        arrays["counts"] = np.asarray(space.vocab.counts, np.int64)
    if isinstance(space.units, HashedNgrams):
        arrays |= space.units.arrays()
        metadata |= space.units.sizes()
    elif space.units is not None:
        raise ValueError(f"units of the kind {type(space.units).__name__} cannot be saved; only HashedNgrams can")
    save_tensors(path, arrays, metadata)


def read_native(source: VectorFile, options: ReadOptions, name: str) -> Space:
    """Opens a native file: arrays are views of the mapped file, and words are decoded when they are first needed.

    A packed file is unpacked to a temporary file and copied from there.

    Args:
        source: the open file.
        options: the words to read.
        name: the name of the space.

    Raises:
        ValueError: another kind of safetensors file, or one whose parts contradict each other.
    """
    with unpacked(source) as path:
        try:
            arrays, metadata = load_tensors(path)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), source.name, 1)) from error
        if path != source.path:
            arrays = {key: array.copy() for key, array in arrays.items()}
    space = _space(source.name, arrays, metadata, name)
    if options.words is not None:
        return space.restrict(options.limit, options.words)
    if options.limit is not None and options.limit < len(space):
        counts = None if space.vocab.counts is None else space.vocab.counts[: options.limit]
        vocab = Vocab(space.vocab.words[: options.limit], counts)
        return Space(vocab, space.vectors[: options.limit], space.units, name)
    return space


def _space(file: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], name: str) -> Space:
    """Returns the space that the arrays hold; raises ValueError if they do not fit together."""
    if metadata.get("format") == SENSES:
        raise ValueError(
            f"{file}: holds several vectors per word; `align senses` shows them, and `align convert {file} NAME.vec` "
            "writes each as a word of its own"
        )
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{file}: a safetensors file, but not of word vectors saved here (its format is "
            f"{metadata.get('format', 'not given')!r}; {FORMAT!r} was expected)"
        )
    block, vectors, counts = (arrays.get(key) for key in ("words", "vectors", "counts"))
    if block is None or vectors is None or vectors.ndim != 2:
        raise ValueError(
            f"{file}: the arrays are {', '.join(arrays)}; 'words' (bytes) and 'vectors' (v, d) were expected"
        )
    if metadata.get("count") != str(len(vectors)):
        raise ValueError(f"{file}: {len(vectors)} vectors; its header says {metadata.get('count', 'nothing')}")
    try:
        check_names(arrays, *_ARRAYS)
        words, units = PackedWords.read(block, len(vectors)), HashedNgrams.read(arrays, metadata, vectors.shape[1])
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    if counts is not None and counts.shape != (len(vectors),):
        raise ValueError(f"{file}: {counts.size} counts; {len(vectors)} were expected, one per word")
    return Space(Vocab(words, counts), _single(vectors, file), units, name)


def _single(array: np.ndarray, file: str) -> np.ndarray:
    """Returns vectors in single precision."""
    if array.dtype.kind != "f":
        raise ValueError(f"{file}: vectors of type {array.dtype}; floating-point numbers were expected")
    return array.astype(np.float32, copy=False)
