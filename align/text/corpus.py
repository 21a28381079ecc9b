"""Corpus: a text as row numbers of its vocabulary, in one memory-mapped file."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from align.tensors import load_tensors, save_tensors
from align.text.vocab import PackedWords, Vocab

FORMAT = "align corpus 1"
ENDING = ".corpus"


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as a flat array of word numbers: row numbers of ``vocab``, and -1 behind the last word of a sentence.

    Words that are not in the vocabulary are left out, as in word2vec: a window reaches over them.

    Raises:
        ValueError: the vocabulary has no counts.

    >>> Corpus(Vocab(["a", "b"], np.array([2, 1])), np.array([0, 1, -1, 0, -1], np.int32))
    Corpus(3 words in 2 sentences, 2 of them different)
    """

    vocab: Vocab
    """The words, most frequent first, with how often each stands in ``ids``."""
    ids: Int32[np.ndarray, " t"]
    """Word numbers, and -1 at the end of each sentence."""
    name: str = ""
    """What the corpus was made of."""
    language: str = ""
    """``en``, ``zh``, or empty where it is not known."""

    def __post_init__(self) -> None:
        if self.vocab.counts is None:
            raise ValueError("the vocabulary of a corpus has no counts; how often each word stands in it was expected")

    def __repr__(self) -> str:
        return f"Corpus({self.tokens:,} words in {self.sentences:,} sentences, {len(self.vocab):,} of them different)"

    @property
    def tokens(self) -> int:
        """How many words there are: the numbers in ``ids`` that are not -1."""
        return 0 if self.vocab.counts is None else int(self.vocab.counts.sum())

    @property
    def sentences(self) -> int:
        """How many sentences there are: how often -1 stands in ``ids``."""
        return len(self.ids) - self.tokens

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the corpus to ``path``, whole or not at all.

        Arrays: ``counts`` (v,) int64, ``ids`` (t,) int32, ``words`` (UTF-8, a newline after each). Metadata:
        ``format``, ``count`` (v), ``name``, ``language``.

        Raises:
            ValueError: a word holds a newline.
            OSError: the file cannot be written.
        """
        words = self.vocab.words
        packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
        arrays = {"counts": np.asarray(self.vocab.counts, np.int64), "ids": self.ids, "words": packed.block}
        save_tensors(path, arrays, corpus_metadata(len(words), self.name, self.language))


def corpus_metadata(count: int, name: str, language: str) -> dict[str, str]:
    """What a corpus file of ``count`` different words says of itself beside its arrays."""
    return {"format": FORMAT, "count": str(count), "name": name, "language": language}


def open_corpus(path: str | os.PathLike[str]) -> Corpus:
    """Open a corpus file by mapping it: only its header and its counts are read.

    Raises:
        ValueError: not a corpus file, one cut short, or one whose parts contradict each other; names the file and what
            was expected.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.corpus")
        ...     Corpus(Vocab(["a", "b"], np.array([1, 1])), np.array([0, 1, -1], np.int32)).save(path)
        ...     open_corpus(path).tokens
        2
    """
    if _is_text(Path(path)):
        raise ValueError(f"{path}: a text, not a corpus; run `align corpus {path}` first")
    arrays, metadata = load_tensors(path)
    said = metadata.get("format", "not given")
    if said != FORMAT:
        raise ValueError(f"{path}: not a corpus (its format is {said!r}; {FORMAT!r} was expected)")
    kinds = {name: (array.dtype, array.ndim) for name, array in arrays.items()}
    expected = {"counts": np.int64, "ids": np.int32, "words": np.uint8}
    if kinds != {name: (np.dtype(kind), 1) for name, kind in expected.items()}:
        found = ", ".join(f"{name} {kind}" for name, (kind, _) in kinds.items())
        raise ValueError(f"{path}: holds {found}; counts int64, ids int32 and words uint8 were expected")
    counts, ids = arrays["counts"], arrays["ids"]
    if metadata.get("count") != str(len(counts)):
        raise ValueError(f"{path}: {len(counts)} counts; its header says {metadata.get('count', 'nothing')} words")
    if not 0 <= counts.sum() <= len(ids):
        raise ValueError(f"{path}: the counts add up to {counts.sum():,} words, but it holds {len(ids):,} numbers")
    words = PackedWords(arrays["words"], len(counts))
    return Corpus(Vocab(words, counts), ids, metadata.get("name", "") or Path(path).stem, metadata.get("language", ""))


def _is_text(path: Path) -> bool:
    """Whether a file begins like a text: a corpus begins with the length of its header, whose high bytes are 0."""
    with path.open("rb") as file:
        head = file.read(64)
    return bool(head) and b"\0" not in head
