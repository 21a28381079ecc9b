"""Vector files: what is read is found from what the file holds; what is written is chosen by its ending."""

import os
from collections.abc import Iterable
from pathlib import Path

from align.atomic import replacing
from align.files.detect import detect
from align.files.fasttext import read_fasttext
from align.files.gather import Keep
from align.files.gensim_kv import read_gensim
from align.files.native import read_native, write_native
from align.files.npz import read_npz
from align.files.stream import opened
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
) -> Space:
    """Read a file of word vectors: word2vec binary or text, GloVe, fastText, gensim, ``.npz`` or native.

    Format and packing (gzip, bzip2, xz, zip) are found from the content, never from the name. In a zip of several
    files the one is named behind it: ``glove.6B.zip/glove.6B.50d.txt``. The words keep the file's order; of a repeated
    word the first is kept and the log says how many there were; what is not UTF-8 in a word becomes U+FFFD.

    Args:
        path: the file.
        limit: only this many words from the start; the rest is neither kept nor, where possible, read.
        words: only those of these words that the file has; the others take no memory.
        trust: read a gensim pickle, which can run any code. Only for files whose maker you trust.
        name: the space's name; the file's name without its endings where it is not given.

    Returns:
        The space, float32; a native file is mapped into memory and read as it is used.

    Raises:
        ValueError: not a vector file, or one that is damaged, cut short or contradicts itself; the message says the
            file, the line or word, what was found and what was expected.
        OSError: the file cannot be read.
    """
    keep = Keep(limit, None if words is None else frozenset([words] if isinstance(words, str) else words))
    name = name or _stem(Path(path))
    with opened(path) as source:
        kind, dim = detect(source)
        if kind == "native":
            return read_native(source, keep, name)
        if kind == "fasttext":
            return read_fasttext(source, keep, name)
        if kind == "pickle":
            return read_gensim(source, keep, name, trust=trust)
        if kind == "npz":
            found = read_npz(source, keep)
        else:
            found = read_binary(source, keep) if kind == "binary" else read_text(source, keep, dim=dim)
    return Space(Vocab(found.words), found.vectors, name=name)


def save(space: Space, path: str | os.PathLike[str]) -> None:
    """Write ``space``, whole or not at all, in the format that the ending of ``path`` names.

    ``.bin``: word2vec binary; ``.txt``, ``.vec``: word2vec text; ``.safetensors``: native, the only one that keeps
    word counts and the vectors of unseen words.

    Raises:
        ValueError: another ending, a word that stands twice, or one that the format cannot hold.
        OSError: the file cannot be written.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ValueError(
            f"{path}: the ending {path.suffix!r} names no format; one of {' '.join(_WRITERS)} was expected"
        )
    _ = space.vocab.index  # raises where a word stands twice
    try:
        with replacing(path) as temporary:
            writer(space, temporary)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _stem(path: Path) -> str:
    return path.with_suffix("").stem if path.suffix.lower() in _PACKED else path.stem
