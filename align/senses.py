"""SenseSpace: words with several vectors, one for each sense, and the probability of each sense in a context."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.atomic import replacing
from align.checks import at_least
from align.message import number_of
from align.retrieval import top_k, unit_rows
from align.space import Space, WordScore, unknown
from align.tensors import check_names, is_tensors, load_tensors, save_tensors
from align.text.chinese import has_hanzi
from align.text.vocab import PackedWords, Vocab

FORMAT = "align senses 1"
MARK = "#"
"""Separates a word from the number of a sense, from 1: ``bank#2``."""
_ARRAYS = ("first", "vectors", "probability", "log_normaliser", "contexts", "weight")


class Sense(NamedTuple):
    """A sense of a word: its number from 1, its probability, and its vector, shape (d,)."""

    number: int
    probability: float
    vector: Float[np.ndarray, " d"]


class SensesInContext(NamedTuple):
    """The probability of each sense of a word in a context, shape (s,), and the words of the context that are known."""

    probability: Float[np.ndarray, " s"]
    known: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SenseSpace:
    """A space in which a word has one vector for each of its senses.

    A context word o has the probability p(o | w, s) ~ q(o) exp(<h_s, u_o>) after sense s of word w, where q is the
    same for all senses, h_s is the vector of the sense, and u_o is the vector of o as a context. The senses of word
    ``i`` are the rows ``first[i]`` to ``first[i + 1]``, the most probable first.

    Args:
      vocab: the words, most frequent first, v of them.
      first: the first row of each word, and the number of all rows, shape (v + 1,).
      vectors: one vector for each sense of each word, shape (r, d), float32.
      probability: the probability of each sense of its word, shape (r,).
      log_normaliser: log sum_o q(o) exp(<h_s, u_o>) of each sense, shape (r,).
      contexts: the vector of each word as a context, shape (v, d), float32.
      weight: the weight of each word as a context, shape (v,): the share of its occurrences that sub-sampling kept.
      name: the name of the space in reports.
      language: ``en`` or ``zh``, or empty if it is not known.

    Raises:
      ValueError: shapes disagree, or a word has no sense.

    Example:
      >>> vectors = np.array([[4, 0], [0, 4], [4, 0], [0, 4]], np.float32)
      >>> contexts = np.array([[0, 0], [1, -1], [-1, 1]], np.float32)
      >>> parts = np.array([0.75, 0.25, 1, 1], np.float32), np.zeros(4, np.float32), contexts, np.ones(3, np.float32)
      >>> space = SenseSpace(Vocab(["bank", "money", "river"]), np.array([0, 2, 3, 4]), vectors, *parts, name="tiny")
      >>> space
      SenseSpace('tiny', 3 words, 4 senses x 2)
      >>> [round(sense.probability, 2) for sense in space.senses("bank")]
      [0.75, 0.25]
      >>> [round(float(p), 3) for p in space.in_context("bank", ["the", "river"]).probability]
      [0.001, 0.999]
      >>> space.neighbours("bank", 2, k=1)
      [WordScore(word='river', score=1.0)]
    """

    vocab: Vocab
    first: Int[np.ndarray, " v1"]
    vectors: Float[np.ndarray, "r d"]
    probability: Float[np.ndarray, " r"]
    log_normaliser: Float[np.ndarray, " r"]
    contexts: Float[np.ndarray, "v d"]
    weight: Float[np.ndarray, " v"]
    name: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        words, rows = len(self.vocab), len(self.vectors)
        sizes = (len(self.first) - 1, len(self.contexts), len(self.weight))
        if sizes != (words,) * 3 or self.contexts.shape != (words, self.dim):
            raise ValueError(f"{number_of(words, 'word')} and arrays of {', '.join(map(str, sizes))}")
        if (len(self.probability), len(self.log_normaliser)) != (rows, rows):
            raise ValueError(f"{number_of(rows, 'sense')}, {len(self.probability)} probabilities")
        if self.first[0] != 0 or self.first[-1] != rows or (np.diff(self.first) < 1).any():
            raise ValueError("the rows of the words do not cover the senses: one or more for each word were expected")

    def __repr__(self) -> str:
        return f"SenseSpace({self.name!r}, {number_of(len(self), 'word')}, {len(self.vectors):,} senses x {self.dim})"

    @property
    def dim(self) -> int:
        """The number of dimensions d."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return len(self.vocab)

    def __contains__(self, word: object) -> bool:
        return word in self.vocab

    def rows(self, word: str) -> slice:
        """Returns the rows of the senses of ``word``; raises KeyError if the space lacks it."""
        number = self.vocab.index.get(word)
        if number is None:
            raise KeyError(unknown(word, self.vocab))
        return slice(int(self.first[number]), int(self.first[number + 1]))

    def language_of(self, word: str) -> str:
        """Returns the language of the space; if it is not known, the language of the word, by its script."""
        return self.language or ("zh" if has_hanzi(word) else "en")

    def senses(self, word: str) -> list[Sense]:
        """Returns the senses of a word, the most probable first.

        Raises:
          KeyError: the word is not in the vocabulary; the message names words of similar spelling.
        """
        rows = self.rows(word)
        pairs = zip(self.probability[rows], self.vectors[rows], strict=True)
        return [Sense(number, float(p), np.asarray(vector)) for number, (p, vector) in enumerate(pairs, 1)]

    def in_context(self, word: str, context: Iterable[str]) -> SensesInContext:
        """Returns the probability of each sense of a word in a context.

        p(s | w, context) ~ p(s | w) prod_o p(o | w, s)^a_o over the words o of the context, where a_o is the ``weight``
        of o. Words that the space lacks, and the word itself, are left out.

        Args:
          word: a word of the vocabulary.
          context: the words around it.

        Returns:
          The probabilities, in the order of :meth:`senses`, and the words of the context that the space has.

        Raises:
          KeyError: the word is not in the vocabulary.

        Source: Bartunov et al. 2016, section 3.3.
        But: in the paper a_o is 1; here it is the share of the occurrences of o that sub-sampling kept in training.
        """
        rows = self.rows(word)
        known = tuple(other for other in context if other != word and other in self.vocab)
        ids = self.vocab.ids(known)
        weight = self.weight[ids]
        evidence = np.asarray(self.vectors[rows]) @ (weight @ self.contexts[ids])
        scores = np.log(self.probability[rows]) + evidence - weight.sum() * self.log_normaliser[rows]
        shares = np.exp(scores - scores.max())
        return SensesInContext(shares / shares.sum(), known)

    @cached_property
    def unit(self) -> Float[np.ndarray, "r d"]:
        """The vectors of the senses at length 1, shape (r, d); zero rows stay zero."""
        return unit_rows(np.asarray(self.vectors, np.float32))

    @cached_property
    def owner(self) -> Int[np.ndarray, " r"]:
        """The number of the word that each row belongs to, shape (r,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def label(self, row: int) -> str:
        """Returns the name of a row: the word, with the number of the sense if it has several."""
        word = int(self.owner[row])
        text = str(self.vocab.words[word])
        start, end = self.first[word], self.first[word + 1]
        return text if end - start == 1 else f"{text}{MARK}{row - start + 1}"

    def neighbours(self, word: str, sense: int, *, k: int = 10) -> list[WordScore]:
        """Returns the k senses of other words of highest cosine to a sense of a word, best first.

        A word of several senses is named with the number of the sense, ``bank#2``.

        Args:
          word: a word of the vocabulary.
          sense: the number of the sense, from 1.
          k: number of neighbours, at least 1.

        Raises:
          KeyError: the word is not in the vocabulary.
          ValueError: k < 1, or the word has no such sense.
        """
        at_least(k, 1, "k")
        rows = self.rows(word)
        if not 1 <= sense <= rows.stop - rows.start:
            raise ValueError(f"sense {sense} of {word!r}: it has {number_of(rows.stop - rows.start, 'sense')}")
        own = np.arange(rows.start, rows.stop)
        query = rows.start + sense - 1
        found = top_k(self.unit[query : query + 1], self.unit, k, exclude=own[None])
        pairs = zip(found.ids[0], found.scores[0], strict=True)
        return [WordScore(self.label(int(row)), float(score)) for row, score in pairs if row >= 0]

    def as_space(self, *, words: Iterable[str] | None = None, limit: int | None = None) -> Space:
        """Returns senses as a space whose words are ``bank#1``, ``bank#2`` ..., most frequent first.

        Args:
          words: of those, only the senses of these words; words that the space lacks are ignored.
          limit: only the senses of the first ``limit`` words of the space.
        """
        rows = np.flatnonzero(self.owner < (len(self) if limit is None else limit))
        if words is not None:
            rows = rows[np.isin(self.owner[rows], self.vocab.ids(words))]
        owner = self.owner[rows]
        names = [
            f"{self.vocab.words[int(w)]}{MARK}{n}" for w, n in zip(owner, rows - self.first[owner] + 1, strict=True)
        ]
        vectors = np.asarray(self.vectors)[rows]
        if self.vocab.counts is None:
            return Space(Vocab(names), vectors, name=self.name)
        counts = np.maximum(1, np.rint(self.vocab.counts[owner] * self.probability[rows])).astype(np.int64)
        order = np.argsort(-counts, kind="stable")
        return Space(Vocab([names[i] for i in order], counts[order]), vectors[order], name=self.name)

    def mean_space(self) -> Space:
        """Returns the space with one vector per word w, sum_s p(s | w) h_s."""
        weighted = self.vectors * self.probability[:, None]
        means = np.add.reduceat(weighted, self.first[:-1], axis=0) if len(self) else weighted
        return Space(self.vocab, np.asarray(means, np.float32), name=self.name)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the space to one file, whole or not at all; its name ends in ``.safetensors``.

        Raises:
          ValueError: another ending, or a word with a newline.
          OSError: the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".safetensors":
            raise ValueError(f"{path}: a name ending in .safetensors was expected for a space with senses")
        arrays = {"words": PackedWords.pack(self.vocab.words).block, "first": np.asarray(self.first, np.int64)}
        arrays |= {name: np.asarray(getattr(self, name), np.float32) for name in _ARRAYS[1:]}
        if self.vocab.counts is not None:
            arrays["counts"] = np.asarray(self.vocab.counts, np.int64)
        metadata = {"format": FORMAT, "count": str(len(self)), "name": self.name, "language": self.language}
        with replacing(path) as temporary:
            save_tensors(temporary, arrays, metadata)

    @staticmethod
    def load(path: str | os.PathLike[str], *, name: str = "") -> "SenseSpace":
        """Returns a saved space; its arrays are views of the memory-mapped file.

        Raises:
          ValueError: the file is not a space with senses, or is damaged; the message names it.
          OSError: the file cannot be read.
        """
        arrays, metadata = load_tensors(path)
        if metadata.get("format") != FORMAT:
            raise ValueError(
                f"{path}: not a space with senses ({FORMAT!r} was expected); `align train adagram` makes one"
            )
        try:
            return _space(arrays, metadata, name or metadata.get("name", ""))
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path}: a damaged space with senses ({error})") from error


def holds_senses(path: str | os.PathLike[str]) -> bool:
    """Returns whether a file is a saved space with senses."""
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        head = opened.read(9)
        if not is_tensors(head):
            return False
        return f'"{FORMAT}"'.encode() in head[8:] + opened.read(min(int.from_bytes(head[:8], "little"), 1 << 16))


def _space(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], name: str) -> SenseSpace:
    """Returns the space that the arrays of a file hold."""
    missing = [name for name in ("words", *_ARRAYS) if name not in arrays]
    if missing:
        raise ValueError(f"no array {missing[0]!r}")
    check_names(arrays, "words", *_ARRAYS, "counts")
    if any(arrays[one].ndim != (2 if one in ("vectors", "contexts") else 1) for one in _ARRAYS):
        raise ValueError("an array does not have the expected number of axes")
    for one in _ARRAYS[1:]:
        if not np.isfinite(arrays[one]).all():
            raise ValueError(f"the array {one!r} holds a value that is not finite")
    if (arrays["probability"] <= 0).any():
        raise ValueError("the array 'probability' holds a value that is not above 0")
    words = PackedWords.read(arrays["words"], int(metadata["count"]))
    vocab = Vocab(words.decoded, arrays.get("counts"))
    return SenseSpace(vocab, *(arrays[one] for one in _ARRAYS), name=name, language=metadata.get("language", ""))


def context_words(text: str, language: str) -> Sequence[str]:
    """Returns the words of a text by the default tokeniser of a language.

    >>> context_words("The river bank was steep.", "en")
    ['the', 'river', 'bank', 'was', 'steep']
    """
    from align.text.tokenise import tokeniser_of

    return tokeniser_of("zh" if language == "zh" else "en").tokens(text)
