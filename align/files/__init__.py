"""Reads and writes vector files. The format of an input follows from its content, that of an output from its name."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from align.atomic import replacing
from align.catalogue import fetch, resources
from align.encoding import UTF8, check_encoding
from align.files.detect import detect
from align.files.fasttext import read_fasttext
from align.files.fasttext_writer import write_fasttext
from align.files.gather import ReadOptions
from align.files.gensim_kv import read_gensim
from align.files.native import read_native, write_native
from align.files.npz import read_npz
from align.files.stream import in_utf8, opened
from align.files.text import read_text, write_text
from align.files.word2vec import read_binary, write_binary
from align.space import Space
from align.text.vocab import Vocab

__all__ = ["load", "save"]

_WRITERS = {".bin": write_binary, ".txt": write_text, ".vec": write_text, ".safetensors": write_native}
_PACKED = (".gz", ".bz2", ".xz", ".zip")


def load(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    words: Iterable[str] | None = None,
    trust: bool = False,
    name: str = "",
    encoding: str = "",
) -> Space:
    r"""Reads a file of word vectors: word2vec binary or text, GloVe, fastText, gensim, ``.npz`` or native.

    The content decides format and packing (gzip, bzip2, xz, zip), never the name. To read one of several files in a
    zip, add its name: ``glove.6B.zip/glove.6B.50d.txt``. The words keep the file's order, and only the first of
    repeated words is kept. A few words that do not decode or hold a control character are dropped; their number is
    logged.

    Args:
        path: the file, or a name from the catalogue, which is fetched if it is not in the cache.
        limit: read only the first ``limit`` words of the file.
        words: of those, keep only these words; the others take no memory.
        trust: read a gensim pickle, which can run any code. Use it only for files from a source that you trust.
        name: the space's name; by default the file's name without its endings.
        encoding: the text encoding of the words, UTF-8 by default: ``gb18030``, ``big5``, ``utf-16``, ``latin-1`` ...
            A native file is always UTF-8.

    Returns:
        The space, float32. A native file is memory-mapped: its vectors are read when they are used.

    Raises:
        ValueError: the file holds no vectors, is damaged or cut short, contradicts itself, or has another encoding;
            the message names the file, the line or word, what was found and what was expected.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "vectors.txt").write_text("king 0.5 1.5\nqueen 0.25 2.0\n")
        ...     load(Path(folder, "vectors.txt"))["queen"]
        array([0.25, 2.  ], dtype=float32)
    """
    encoding = check_encoding(encoding)
    wanted = None if words is None else frozenset([words] if isinstance(words, str) else words)
    options = ReadOptions(limit, wanted, encoding)
    if not Path(path).exists() and os.fspath(path) in resources():
        name, path = name or os.fspath(path), fetch(os.fspath(path))
    if Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir()):
        raise ValueError(f"{path}: a pipe or a device; a file was expected, because vectors are read more than once")
    name = name or _stem(Path(path))
    with opened(path) as file:
        source = in_utf8(file, encoding)
        if source.converted:
            options = replace(options, encoding=UTF8)
        kind, dim = detect(source)
        if kind == "native":
            return read_native(source, options, name)
        if kind == "fasttext":
            return read_fasttext(source, options, name)
        if kind == "pickle":
            return read_gensim(source, options, name, trust=trust)
        if kind == "npz":
            found = read_npz(source, options)
        else:
            found = read_binary(source, options) if kind == "binary" else read_text(source, options, dim=dim)
    return Space(Vocab(found.words), found.vectors, name=name)


def save(space: Space, path: str | os.PathLike[str], *, fasttext: bool = False) -> None:
    """Writes ``space`` in the format that the ending of ``path`` names; the file appears whole or not at all.

    ``.bin``: word2vec binary; ``.txt``, ``.vec``: word2vec text; ``.safetensors``: native. Only the native format and
    fastText's keep word counts and the vectors of unseen words.

    Args:
        space: the space.
        path: the file to write.
        fasttext: whether to write a ``.bin`` file in fastText's format, which fastText's own programs read.

    Raises:
        ValueError: the ending is unknown, a vector is not finite in float32, a word occurs twice or cannot be stored in
            the format, or fastText's format is requested without ``.bin`` or for a space without counts.
        OSError: the file cannot be written.

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(Space(Vocab(["king"]), np.ones((1, 2), np.float32)), Path(folder, "one.vec"))
        ...     print(Path(folder, "one.vec").read_text())
        1 2
        king 1.0 1.0
        <BLANKLINE>
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if fasttext and path.suffix.lower() != ".bin":
        raise ValueError(f"{path}: a name ending in .bin was expected for fastText's format")
    if fasttext:
        writer = write_fasttext
    if writer is None:
        raise ValueError(
            f"{path}: the ending {path.suffix!r} names no format; one of {' '.join(_WRITERS)} was expected"
        )
    _ = space.vocab.index  # raises if a word occurs twice
    try:
        with replacing(path) as temporary, np.errstate(over="ignore"):  # what float32 cannot hold is refused
            writer(space, temporary)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _stem(path: Path) -> str:
    return path.with_suffix("").stem if path.suffix.lower() in _PACKED else path.stem
