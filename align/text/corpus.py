"""Corpus: a text as row numbers of its vocabulary, in one memory-mapped file."""

import os
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32

from align.checks import at_least
from align.message import number_of
from align.tensors import load_tensors, save_tensors
from align.text.counting import Part, choose
from align.text.counting import sentences as ended_sentences
from align.text.numbering import new_table
from align.text.vocab import PackedWords, Vocab

FORMAT = "align corpus 1"
_CHECKED = 1 << 22
"""Numbers that are checked at once."""
ENDING = ".corpus"


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as a flat array of word numbers: row numbers of ``vocab``, and -1 at the end of each sentence.

    Words that are not in the vocabulary are removed before windows are taken, as in word2vec.

    Raises:
      ValueError: the vocabulary has no counts.

    Example:
      >>> Corpus(Vocab(["a", "b"], np.array([2, 1])), np.array([0, 1, -1, 0, -1], np.int32))
      Corpus(3 words, 2 of them different, in 2 sentences)
    """

    vocab: Vocab
    """The words, most frequent first, with their number of occurrences in ``ids``."""
    ids: Int32[np.ndarray, " t"]
    """Word numbers, and -1 at the end of each sentence."""
    name: str = ""
    """The name of the corpus."""
    language: str = ""
    """``en``, ``zh``, or empty if it is unknown."""

    def __post_init__(self) -> None:
        if self.vocab.counts is None:
            raise ValueError("the vocabulary of a corpus has no counts; a count for each word was expected")

    def __repr__(self) -> str:
        words, sentences = number_of(self.tokens, "word"), number_of(self.sentences, "sentence")
        return f"Corpus({words}, {len(self.vocab):,} of them different, in {sentences})"

    @classmethod
    def from_sentences(
        cls,
        sentences: Iterable[Iterable[str]],
        *,
        min_count: int = 5,
        max_vocab: int | None = None,
        name: str = "",
        language: str = "",
    ) -> "Corpus":
        """Returns a corpus in memory, made of sentences that are lists of words.

        Rare words and long sentences are treated as in ``build_corpus``.

        Args:
          sentences: an iterable of sentences, read once; each is an iterable of words, taken as they are.
          min_count: leave out words that occur less often.
          max_vocab: keep this many of the most frequent words.
          name: the name of the corpus.
          language: ``en`` or ``zh``, or empty if it is unknown.

        Raises:
          ValueError: a sentence is a string, a word is empty or contains a newline, no word occurs often enough, or an
            option is below 1.

        Example:
          >>> Corpus.from_sentences([["the", "king"], ["the", "queen"]], min_count=1)
          Corpus(4 words, 3 of them different, in 2 sentences)
        """
        check_counts(min_count=min_count, max_vocab=max_vocab)
        index, numbers = new_table(), array("i")
        for number, sentence in enumerate(sentences, 1):
            if isinstance(sentence, str):
                raise ValueError(f"sentence {number} is a string, {sentence[:40]!r}; a list of words was expected")  # noqa: TRY004
            numbers.extend(map(index.__getitem__, sentence))
            numbers.append(-1)
        listed: list[Any] = list(index)
        wrong = [word for word in listed if not isinstance(word, str) or not word or "\n" in word]
        if wrong:
            raise ValueError(f"the word {wrong[0]!r}: a string that is not empty and has no newline was expected")
        rows = np.frombuffer(numbers, np.int32) if len(numbers) else np.zeros(0, np.int32)
        counts = np.bincount(rows[rows >= 0], minlength=len(index))
        entries = list(zip(index, counts.tolist(), range(len(index)), strict=True))
        vocab = choose([Part(entries.__iter__, len(index), len(rows))], min_count, max_vocab)
        final = np.array([*(vocab.index.get(word, -2) for word in index), -1], np.int32)
        return cls(vocab, np.concatenate(list(ended_sentences([final[rows]]))), name, language)

    @property
    def tokens(self) -> int:
        """The number of words: entries of ``ids`` other than -1."""
        return 0 if self.vocab.counts is None else int(self.vocab.counts.sum())

    @property
    def sentences(self) -> int:
        """The number of sentences: entries of ``ids`` equal to -1."""
        return len(self.ids) - self.tokens

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the corpus to ``path``, whole or not at all.

        Arrays: ``counts`` (v,) int64, ``ids`` (t,) int32, ``words`` (UTF-8, a newline after each). Metadata:
        ``format``, ``count`` (v), ``name``, ``language``.

        Raises:
          ValueError: a word contains a newline.
          OSError: the file cannot be written.
        """
        words = self.vocab.words
        packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
        arrays = {"counts": np.asarray(self.vocab.counts, np.int64), "ids": self.ids, "words": packed.block}
        save_tensors(path, arrays, corpus_metadata(len(words), self.name, self.language))


def check_counts(**options: int | None) -> None:
    """Raises SettingError if an option is given and below 1."""
    for option, value in options.items():
        at_least(1 if value is None else value, 1, option)


def corpus_metadata(count: int, name: str, language: str) -> dict[str, str]:
    """Returns the metadata of a corpus file with ``count`` distinct words."""
    return {"format": FORMAT, "count": str(count), "name": name, "language": language}


def open_corpus(path: str | os.PathLike[str]) -> Corpus:
    """Opens a corpus file as a memory map: reads only its header and its counts.

    Args:
      path: the file.

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
        made = f"align corpus {path} -o {Path(path).stem}{ENDING} --language en"
        raise ValueError(f"{path}: a text, not a corpus; run `{made}` first (zh for Chinese)")
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
    if counts.min(initial=0) < 0 or not 0 <= counts.sum() <= len(ids):
        raise ValueError(f"{path}: the counts add up to {counts.sum():,} words, but it holds {len(ids):,} numbers")
    words = PackedWords(arrays["words"], len(counts))
    return Corpus(Vocab(words, counts), ids, metadata.get("name", "") or Path(path).stem, metadata.get("language", ""))


def check_numbers(corpus: Corpus, name: str) -> Corpus:
    """Returns ``corpus`` if each of its numbers is that of a word or ends a sentence; reads all of them.

    Raises:
      ValueError: a number is out of range; the message begins with ``name``.

    >>> check_numbers(Corpus(Vocab(["a", "b"], np.array([1, 1])), np.array([0, 1, -1], np.int32)), "a.corpus").tokens
    2
    """
    for start in range(0, len(corpus.ids), _CHECKED):
        part = np.asarray(corpus.ids[start : start + _CHECKED])
        low, high = int(part.min()), int(part.max())
        if low < -1 or high >= len(corpus.vocab):
            wrong = low if low < -1 else high
            raise ValueError(f"{name}: holds the number {wrong} for a word; 0 to {len(corpus.vocab) - 1} were expected")
    return corpus


def _is_text(path: Path) -> bool:
    """Returns whether a file begins like a text; a corpus begins with its header's length, whose high bytes are 0."""
    with path.open("rb") as file:
        head = file.read(64)
    return bool(head) and b"\0" not in head
