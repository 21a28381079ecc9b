"""The native format: a space in one safetensors file, opened by mapping it and reading nothing but its header.

Arrays: ``words`` (UTF-8, a newline after each), ``vectors`` (v, d) float32, ``counts`` (v,) where they are known, and
where unseen words have vectors ``ngrams`` (u, d), or, if only some buckets have one, ``bucket_vectors`` (u, d) and
``bucket_numbers`` (u,). Metadata: ``format``, ``count`` (v), ``minn``, ``maxn`` and ``buckets``.
But: vectors are not read when the file is opened, so NaN is not found then.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from align.files.gather import ReadOptions
from align.files.stream import VectorFile, unpacked
from align.senses import FORMAT as SENSES
from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.units import HashedNgrams
from align.text.vocab import PackedWords, Vocab

FORMAT = "align space 1"


def write_native(space: Space, path: Path) -> None:
    """Writes ``space`` to ``path`` in the native format.

    Raises:
        ValueError: a word with a newline, or units that the format has no place for.
    """
    words = space.vocab.words
    packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
    arrays = {"words": packed.block, "vectors": np.asarray(space.vectors, np.float32)}
    metadata = {"format": FORMAT, "count": str(len(words))}
    if space.vocab.counts is not None:
        arrays["counts"] = np.asarray(space.vocab.counts, np.int64)
    if isinstance(space.units, HashedNgrams):
        units, table = space.units, np.asarray(space.units.table, np.float32)
        if units.numbers is None:
            arrays["ngrams"] = table
        else:
            arrays |= {"bucket_vectors": table, "bucket_numbers": np.asarray(units.numbers, np.int64)}
        metadata |= {"minn": str(units.minn), "maxn": str(units.maxn), "buckets": str(units.buckets)}
    elif space.units is not None:
        raise ValueError(f"units of the kind {type(space.units).__name__} cannot be saved; only HashedNgrams can")
    save_tensors(path, arrays, metadata)


def read_native(source: VectorFile, options: ReadOptions, name: str) -> Space:
    """Opens a native file: arrays are views of the mapped file, and words are decoded when they are first needed.

    A packed file is unpacked to a temporary file and copied from there.

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
    if metadata.get("format") == SENSES:
        raise ValueError(
            f"{file}: holds several vectors a word; `align senses` shows them, and `align convert {file} NAME.vec` "
            "writes each as a word of its own"
        )
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{file}: a safetensors file, but not of word vectors saved here (its format is "
            f"{metadata.get('format', 'not given')!r}; {FORMAT!r} was expected)"
        )
    block, vectors, counts = (arrays.get(key) for key in ("words", "vectors", "counts"))
    if block is None or vectors is None or block.dtype != np.uint8 or block.ndim != 1 or vectors.ndim != 2:
        raise ValueError(
            f"{file}: the arrays are {', '.join(arrays)}; 'words' (bytes) and 'vectors' (v, d) were expected"
        )
    said, lines = metadata.get("count", ""), int(np.count_nonzero(block == ord("\n")))
    if said != str(len(vectors)) or lines != len(vectors):
        raise ValueError(f"{file}: {lines} words and {len(vectors)} vectors; its header says {said or 'nothing'}")
    raw = block.tobytes()
    if raw and not raw.endswith(b"\n"):
        raise ValueError(f"{file}: the words end in the middle of one; a newline after each was expected")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: the words are not UTF-8 ({error.reason} at byte {error.start} of them)") from error
    if counts is not None and counts.shape != (len(vectors),):
        raise ValueError(f"{file}: {counts.size} counts; {len(vectors)} were expected, one a word")
    units = _units(file, arrays, metadata, vectors.shape[1])
    return Space(Vocab(PackedWords(block, lines), counts), _single(vectors, file), units, name)


def _units(file: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], dim: int) -> HashedNgrams | None:
    """The n-gram table of a file, where it has one."""
    numbers = arrays.get("bucket_numbers")
    table = arrays.get("ngrams" if numbers is None else "bucket_vectors")
    if table is None:
        return None
    minn, maxn, buckets = (metadata.get(key, "") for key in ("minn", "maxn", "buckets"))
    fits = table.ndim == 2 and table.shape[1] == dim and minn.isdigit() and maxn.isdigit()
    if numbers is not None:
        fits = fits and numbers.dtype == np.int64 and numbers.shape == (len(table),) and buckets.isdigit()
    if not fits:
        raise ValueError(f"{file}: the n-gram table (minn={minn!r}, maxn={maxn!r}) does not fit the vectors")
    try:
        return HashedNgrams(_single(table, file), int(minn), int(maxn), numbers, int(buckets or 0))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _single(array: np.ndarray, file: str) -> np.ndarray:
    if array.dtype.kind != "f":
        raise ValueError(f"{file}: vectors of type {array.dtype}; floating-point numbers were expected")
    return array.astype(np.float32, copy=False)
