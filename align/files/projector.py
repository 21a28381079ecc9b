"""The two tab-separated files that the TensorFlow Embedding Projector loads: vectors, and words."""

import os
from pathlib import Path

import numpy as np

from align.atomic import replacing
from align.files.numbers import shortest
from align.files.sanity import RowCheck
from align.files.words import check_storable
from align.space import Space

_ROWS = 2048


def save_projector(space: Space, path: str | os.PathLike[str]) -> Path:
    r"""Writes the vectors of ``space`` to ``path`` and its words to a second file next to it.

    Line i of both files belongs to the i-th word. Neither file has a header: https://projector.tensorflow.org expects
    none if the metadata has one column.

    Args:
        space: the words and their vectors.
        path: the file of the vectors, which ends in ``.tsv``.

    Returns:
        The path of the words: ``NAME.words.tsv`` for ``NAME.tsv``.

    Raises:
        ValueError: a word that is empty or holds a control character, or a vector that is not finite.
        OSError: a file cannot be written.

    Example:
        >>> import tempfile
        >>> from align.text.vocab import Vocab
        >>> space = Space(Vocab(["king", "queen"]), np.array([[0.5, 1], [2, -1]], np.float32))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     words = save_projector(space, Path(folder, "royal.tsv"))
        ...     words.name, words.read_text(), Path(folder, "royal.tsv").read_text()
        ('royal.words.tsv', 'king\nqueen\n', '0.5\t1.0\n2.0\t-1.0\n')
    """
    path = Path(path)
    words_path = path.with_suffix(".words.tsv")
    words = space.vocab.words
    for word in words:
        check_storable(word, "a .tsv file")
        if not word.strip():
            raise ValueError(f"{path}: the empty word {word!r} cannot be written to a .tsv file")
    check = RowCheck(f"{path}: word ")
    with replacing(words_path) as names, replacing(path) as vectors:
        names.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        with vectors.open("wb") as file:
            for start in range(0, len(words), _ROWS):
                rows = np.asarray(space.vectors[start : start + _ROWS], np.float32)
                check(rows, words[start : start + _ROWS], range(start + 1, len(words) + 1))
                file.write(b"".join([b"%b\n" % row.replace(b" ", b"\t") for row in shortest(rows)]))
    return words_path
