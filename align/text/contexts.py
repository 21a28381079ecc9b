"""Contexts of words: the words, the pairs of neighbouring words (bigrams) and the characters of a window.

Contexts have their own vocabulary: first the v words, then the bigrams, then the characters. Pairs of words and
contexts are not stored: the contexts of a text are found from its word numbers while it is read.

In ngram2vec, the program of the paper, characters are those of the word itself (``own``), not of its window.

Source: S. Li et al., Analogical Reasoning on Chinese Morphological and Semantic Relations, ACL 2018, section 4.
"""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int32, Int64

from align.checks import SettingError
from align.cores import usable_cores
from align.progress import Report
from align.text.cells import Cells, block_cells, keep_cells, made_in_order, row_blocks
from align.text.cooccurrence import MEMORY, Contents, Window, count_cells, count_contents, flat
from align.text.corpus import Corpus
from align.text.scripts import CHARACTER
from align.text.vocab import Vocab

Features = Literal["word", "word+ngram", "word+character", "word+character+ngram"]
"""The kinds of contexts of a word."""
Place = Literal["window", "own", "both"]
"""Whose characters are contexts: those of the words of the window, of the word itself, or both."""
_CHARACTER = re.compile(CHARACTER)
_HEAD = 1000
"""The number of most frequent words of which half must have characters."""
_STEP = 1 << 20
"""Tokens or cells that are processed at once."""


class Bigrams(NamedTuple):
    """Pairs of neighbouring words, sorted by the first word and then by the second.

    The bigrams that begin with word w have the numbers ``starts[w]`` to ``starts[w + 1] - 1``. Bigram i ends with word
    ``seconds[i]`` and occurs ``counts[i]`` times.
    """

    starts: Int64[np.ndarray, " v+1"]
    seconds: Int32[np.ndarray, " g"]
    counts: Int64[np.ndarray, " g"]

    def numbers(self, ids: Int32[np.ndarray, " s"]) -> Int32[np.ndarray, " s"]:
        """Returns the number of the bigram that begins at each position of a text, or g if none does.

        ``ids`` are numbers of words; any other number separates sentences.
        """
        words, none = len(self.starts) - 1, len(self.seconds)
        keys = np.repeat(np.arange(words), np.diff(self.starts)) * (words + 1) + self.seconds
        found = np.full(len(ids), none, np.int32)
        for start in range(0, len(ids) - 1, _STEP):
            first, second = ids[start : start + _STEP + 1][:-1], ids[start + 1 : start + _STEP + 1]
            inside = (first >= 0) & (first < words) & (second >= 0) & (second < words)
            wanted = first.astype(np.int64) * (words + 1) + second
            places = np.minimum(np.searchsorted(keys, wanted), none - 1)
            found[start : start + len(first)] = np.where(inside & (keys[places] == wanted), places, none)
        return found


class WordCharacters(NamedTuple):
    """The hanzi, kana and hangul of words: word w has ``ids[starts[w]]`` to ``ids[starts[w + 1] - 1]``, in order.

    Character c is ``names[c]`` and occurs ``counts[c]`` times in the corpus.
    """

    names: tuple[str, ...]
    starts: Int64[np.ndarray, " v+1"]
    ids: Int32[np.ndarray, " n"]
    counts: Int64[np.ndarray, " c"]

    def of_words(self) -> sp.csr_array:
        """Returns the (v, c) matrix of the number of times that each word has each character."""
        shape = (len(self.starts) - 1, len(self.names))
        return sp.csr_array((np.ones(len(self.ids)), self.ids, self.starts), shape=shape)


@dataclass(frozen=True, eq=False)
class Contexts:
    """The vocabulary of contexts: the v words, then the bigrams, then the characters, if there are any."""

    vocab: Vocab
    bigrams: Bigrams | None
    characters: WordCharacters | None

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def first_character(self) -> int:
        """The number of the first character, after words and bigrams."""
        return len(self.vocab) + (0 if self.bigrams is None else len(self.bigrams.seconds))

    @property
    def counts(self) -> Int64[np.ndarray, " n"]:
        """The number of occurrences of each context in the corpus."""
        more = [part.counts for part in (self.bigrams, self.characters) if part is not None]
        return np.concatenate([self.vocab.occurrences.astype(np.int64), *more])

    def names(self) -> list[tuple[str, ...]]:
        """Returns each context as a tuple: of one word, of the two words of a bigram, or of a character."""
        words = [str(word) for word in self.vocab.words]
        names: list[tuple[str, ...]] = [(word,) for word in words]
        if self.bigrams is not None:
            firsts = np.repeat(np.arange(len(words)), np.diff(self.bigrams.starts))
            names += [(words[i], words[j]) for i, j in zip(firsts, self.bigrams.seconds, strict=True)]
        return names + [(name,) for name in (self.characters.names if self.characters else ())]


def find_contexts(
    corpus: Corpus,
    features: Features,
    *,
    min_count: int = 10,
    memory: int = MEMORY,
    folder: str | os.PathLike[str] | None = None,
    report: Report = lambda *_: None,
) -> Contexts:
    """Finds the contexts in a corpus.

    Args:
        corpus: the text.
        features: the kinds of contexts besides words.
        min_count: the smallest count of a bigram.
        memory: approximate memory for counting bigrams, in bytes; beyond it the counts are stored in temporary files.
        folder: folder of the temporary files; by default that of the system.
        report: receives the number of tokens counted.

    Raises:
        ValueError: no bigram is frequent enough, or characters are requested and fewer than half of the 1,000 most
            frequent words have hanzi, kana or hangul.
    """
    kinds, name = features.split("+"), corpus.name or "the corpus"
    characters = characters_of(corpus.vocab) if "character" in kinds else None
    if characters is not None:
        head = np.diff(characters.starts[: _HEAD + 1])
        if 2 * (head > 0).sum() < max(len(head), 1):
            raise SettingError(
                "features",
                features,
                f"characters make no sense as contexts in {name}, whose words are mostly written in letters, not in "
                f"hanzi, kana or hangul; use {features.replace('+character', '')}",
            )
    bigrams = None
    if "ngram" in kinds:
        bigrams = _frequent_bigrams(corpus, min_count, memory, folder, report)
        if not len(bigrams.seconds):
            raise SettingError("features", features, f"no two words of {name} follow each other {min_count:,} times")
    return Contexts(corpus.vocab, bigrams, characters)


def characters_of(vocab: Vocab) -> WordCharacters:
    """Returns the hanzi, kana and hangul of the words of a vocabulary, most frequent first."""
    spelled = [_CHARACTER.findall(word) for word in vocab.words]
    sizes = np.array([len(one) for one in spelled], np.int64)
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(one, len(numbers)) for word in spelled for one in word], np.int64)
    counts = np.bincount(ids, np.repeat(vocab.occurrences, sizes), len(numbers)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    names = list(numbers)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return WordCharacters(
        tuple(names[i] for i in order), starts, np.argsort(order)[ids].astype(np.int32), counts[order]
    )


def _frequent_bigrams(
    corpus: Corpus, min_count: int, memory: int, folder: str | os.PathLike[str] | None, report: Report
) -> Bigrams:
    """Returns the bigrams that occur at least ``min_count`` times in sentences."""
    words = len(corpus.vocab)

    def progress(_stage: str, done: int, total: int) -> None:
        report("bigrams", done, total)

    cells = count_cells(corpus, Window(1, flat, left=False), memory=memory, folder=folder, report=progress)
    kept = [Cells(*(np.zeros(0, kind) for kind in (np.int32, np.int32, np.float32)))]
    for start in range(0, len(cells.row), _STEP):
        block = Cells(*(np.asarray(part[start : start + _STEP]) for part in cells))
        kept.append(Cells(*(part[block.value >= min_count] for part in block)))
    rows, seconds, counts = (np.concatenate(part) for part in zip(*kept, strict=True))
    starts = np.searchsorted(rows, np.arange(words + 1)).astype(np.int64)
    return Bigrams(starts, seconds, counts.astype(np.int64))


def bigram_weights(window: Window) -> Float[np.ndarray, " c"]:
    """Returns the weight of the bigram that begins at each offset of a window, from ``window.first`` on.

    A bigram counts if both of its words are in the window; its weight is that of the farther word.

    >>> bigram_weights(Window(2, flat)).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    weights = window.weights()
    farther = np.where(np.arange(len(weights) - 1) + window.first < 0, weights[:-1], weights[1:])
    return np.where((weights[:-1] > 0) & (weights[1:] > 0), farther, 0.0)


def count_contexts(
    corpus: Corpus,
    window: Window,
    contexts: Contexts,
    *,
    characters: Place = "window",
    memory: int = MEMORY,
    threads: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    report: Report = lambda *_: None,
) -> Cells:
    """Counts the contexts in the windows around the words of a corpus.

    The characters of a window follow from its words. If X[i, w] counts the words w in the windows around i, and
    C[w, c] is the number of times that word w has character c, then X C counts the characters. So a window is read once
    for words and once for bigrams.

    Args:
        corpus: the text.
        window: the window.
        contexts: the contexts of the corpus.
        characters: whose characters are contexts; those of the word itself have weight 1.
        memory: approximate memory in bytes, as in ``count_cells``.
        threads: number of threads; by default the number of usable cores.
        folder: folder of the temporary files; by default that of the system.
        report: receives the number of tokens counted.

    Returns:
        The cells of a (v, n) matrix, where n is the number of contexts.

    Raises:
        ValueError: ``memory`` is too small.
        OSError: the disk of ``folder`` is full.
    """
    words = len(corpus.vocab)
    parts = [count_cells(corpus, window, memory=memory, threads=threads, folder=folder, report=report)]
    if contexts.bigrams is not None and bigram_weights(window).any():
        seen = Contents(contexts.bigrams.numbers, len(contexts.bigrams.seconds), bigram_weights(window))
        parts.append(count_contents(corpus, window, seen, memory=memory, threads=threads, folder=folder, report=report))
    columns = [words, contexts.first_character - words]
    spelling = None if contexts.characters is None else contexts.characters.of_words()
    starts = sum(np.searchsorted(one.row, np.arange(words + 1)) for one in parts)
    with ThreadPoolExecutor(threads or usable_cores()) as pool:

        def block(rows: range) -> Cells:
            pieces = [_rows(one, rows, columns[i]) for i, one in enumerate(parts)]
            if spelling is not None:
                if len(pieces) == 1:
                    pieces.append(sp.csr_array((len(rows), columns[1])))
                found = [pieces[0] @ spelling] if characters != "own" else []
                if characters != "window":
                    times = sp.diags_array(corpus.vocab.occurrences[rows.start : rows.stop].astype(np.float64))
                    found.append(times @ spelling[rows.start : rows.stop])
                pieces.append(found[0] if len(found) == 1 else found[0] + found[1])
            return block_cells(sp.csr_array(sp.hstack(pieces)), rows)

        blocks = made_in_order(pool, block, row_blocks(np.asarray(starts, np.int64), memory // 400))
        return keep_cells((cells for _, cells in blocks), memory // 4, folder)


def _rows(cells: Cells, rows: range, columns: int) -> sp.csr_array:
    """Returns some rows of the matrix of ``cells``, in double precision."""
    held = slice(*np.searchsorted(cells.row, [rows.start, rows.stop]))
    pointers = np.searchsorted(cells.row[held], np.arange(rows.start, rows.stop + 1))
    data = (cells.value[held].astype(np.float64), cells.column[held], pointers)
    return sp.csr_array(data, shape=(len(rows), columns))
