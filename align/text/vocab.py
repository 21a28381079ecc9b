"""Vocab: the words of a space or corpus, by frequency."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from jaxtyping import Float, Int, UInt8

from align.message import number_of


class PackedWords(Sequence[str]):
    """A sequence of words in one UTF-8 block, with a newline after each word. It is decoded on first use.

    A memory-mapped file of a million words can thus be opened without creating a million strings.
    """

    def __init__(self, block: UInt8[np.ndarray, "bytes"], count: int) -> None:
        self.block = block
        self.size = count

    @classmethod
    def pack(cls, words: Sequence[str]) -> "PackedWords":
        """Packs ``words``; raises ValueError if a word contains a newline."""
        for i, word in enumerate(words):
            if "\n" in word:
                raise ValueError(f"word {i} ({word!r}) contains a newline and cannot be stored")
        text = "".join(f"{word}\n" for word in words)
        return cls(np.frombuffer(text.encode(), np.uint8), len(words))

    @classmethod
    def read(cls, block: np.ndarray, count: int) -> "PackedWords":
        r"""Returns the words of a block that a file holds.

        Raises:
            ValueError: the block is not ``count`` lines of UTF-8.

        Example:
            >>> list(PackedWords.read(np.frombuffer(b"king\nqueen\n", np.uint8), 2))
            ['king', 'queen']
        """
        if block.dtype != np.uint8 or block.ndim != 1:
            raise ValueError(f"the words are of {block.dtype} with {block.ndim} axes; bytes with 1 were expected")
        raw, lines = block.tobytes(), int(np.count_nonzero(block == ord("\n")))
        if lines != count:
            raise ValueError(f"{lines} words; {count} were expected")
        if raw and not raw.endswith(b"\n"):
            raise ValueError("the words end in the middle of one; a newline after each was expected")
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"the words are not UTF-8 ({error.reason} at byte {error.start} of them)") from error
        return cls(block, count)

    @cached_property
    def decoded(self) -> list[str]:
        """All words as strings; raises ValueError if the block is not ``size`` lines of UTF-8."""
        try:
            words = self.block.tobytes().decode().split("\n")
        except UnicodeDecodeError as error:
            raise ValueError(f"the word block is not UTF-8 ({error.reason} at byte {error.start})") from error
        if len(words) != self.size + 1 or words.pop():
            raise ValueError(f"the word block has {len(words)} lines; {self.size} were expected")
        return words

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self.decoded[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self.decoded)


@dataclass(frozen=True, eq=False)
class Vocab:
    """Distinct words by descending frequency. The row number of a word is its frequency rank, from 0.

    Args:
        words: v words.
        counts: number of occurrences of each word in the corpus, shape (v,); None if unknown, as in most vector files.

    Raises:
        ValueError: the lengths differ, or ``words`` is a string.

    Example:
        >>> Vocab(["the", "cat"]).ids(["cat", "ox"])
        array([ 1, -1])
    """

    words: Sequence[str]
    counts: Int[np.ndarray, " v"] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.words, str):
            raise ValueError(f"{self.words!r} is a string; a list of words was expected")  # noqa: TRY004
        if self.counts is not None and len(self.counts) != len(self.words):
            raise ValueError(f"{len(self.words)} words but {len(self.counts)} counts")

    def __repr__(self) -> str:
        return f"Vocab({number_of(len(self), 'word')})"

    @cached_property
    def index(self) -> dict[str, int]:
        """Row number of each word; raises ValueError if a word occurs twice."""
        index = dict(zip(self.words, range(len(self.words)), strict=True))
        if len(index) != len(self.words):
            seen: set[str] = set()
            twice = next(word for word in self.words if word in seen or seen.add(word))
            raise ValueError(f"the word {twice!r} occurs twice in the vocabulary")
        return index

    @property
    def occurrences(self) -> Int[np.ndarray, " v"]:
        """The counts, shape (v,); raises ValueError if they are unknown."""
        if self.counts is None:
            raise ValueError("the vocabulary has no counts; the number of occurrences of each word is needed")
        return self.counts

    def keep_probability(self, sample: float) -> Float[np.ndarray, " v"]:
        """Returns the probability with which sub-sampling keeps an occurrence of each word.

        It is min(1, sqrt(s / f) + s / f), where f is the word's share of all occurrences.

        Args:
            sample: the threshold s; 0 keeps all occurrences.

        Returns:
            Probabilities, shape (v,).

        Source: word2vec's code. Mikolov et al. 2013 (NeurIPS), equation 5, has only sqrt(s / f).

        >>> Vocab(["the", "cat"], np.array([99, 1])).keep_probability(0.01).round(2)
        array([0.11, 1.  ])
        """
        share = self.occurrences / self.occurrences.sum()
        if sample == 0:
            return np.ones(len(self), np.float64)
        return np.minimum(1, np.sqrt(sample / share) + sample / share)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def ids(self, words: Iterable[str]) -> Int[np.ndarray, " q"]:
        """Returns the row numbers of ``words``, shape (q,); -1 for a word that is not in the vocabulary."""
        return np.fromiter((self.index.get(word, -1) for word in words), np.int64)

    def similar(self, word: str, k: int = 5) -> list[str]:
        """Returns up to ``k`` words with a spelling similar to ``word``, for an error message; the most similar first.

        Words with the same letters in another case or order come first. Ties are broken by frequency.

        >>> Vocab(["king", "kin", "skin"]).similar("kign")
        ['king', 'kin', 'skin']
        """
        wanted = word.casefold()
        near = [w for w in self.words if w.casefold() == wanted]
        first, size = wanted[:1], len(wanted)
        letters = set(wanted)
        pool = [w for w in self.words if abs(len(w) - size) <= 2 and (w[:1].casefold() == first or letters & set(w))]
        close = difflib.get_close_matches(word, pool[:50_000], 20 * k, 0.7)
        matcher = difflib.SequenceMatcher(b=word)

        def order(other: str) -> tuple[bool, float, int]:
            matcher.set_seq1(other)
            return sorted(other.casefold()) != sorted(wanted), -matcher.ratio(), self.index[other]

        return list(dict.fromkeys([*near, *sorted(close, key=order)]))[:k]

    def take(self, ids: Int[np.ndarray, " q"]) -> "Vocab":
        """Returns the vocabulary of rows ``ids``, in this order."""
        words = [str(self.words[int(i)]) for i in ids]
        return Vocab(words, None if self.counts is None else self.counts[ids])
