"""Bilingual text: monolingual text and sentence pairs, as row numbers of one vocabulary per language."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int32

from align.bilingual.dictionary.dictionary import Dictionary, word_keys
from align.bilingual.parallel.reading import SentencePair
from align.message import number_of
from align.progress import Report
from align.text.contexts import characters_of
from align.text.corpus import Corpus, check_counts
from align.text.numbering import new_table
from align.text.tokenise import Tokeniser, tokeniser_of
from align.text.vocab import Vocab

_STEP = 1 << 15
"""How many sentence pairs are counted at once."""
_LEFT_OUT = -2
"""The number of a word outside the vocabulary."""


class Sentences(NamedTuple):
    """One side of sentence pairs: words by their number, and -1 at the end of each sentence, even an empty one."""

    words: list[str]
    ids: Int32[np.ndarray, " t"]


@dataclass(frozen=True, eq=False)
class SentencePairs:
    """Tokenised sentence pairs, and the number of pairs that were left out because they contain evaluation pairs."""

    english: Sentences
    chinese: Sentences
    left_out: int = 0

    def __len__(self) -> int:
        return int((self.english.ids < 0).sum())


def tokenised(
    pairs: Iterable[SentencePair],
    *,
    held_out: Dictionary | None = None,
    strict: bool = False,
    tokenisers: tuple[Tokeniser, Tokeniser] | None = None,
    report: Report = lambda *_: None,
) -> SentencePairs:
    """Tokenises sentence pairs, without those that are evaluation pairs.

    Args:
        pairs: English and Chinese sentences.
        held_out: evaluation pairs. A sentence pair is left out if its Chinese side is the Chinese word of such a pair,
            and its English side is the English word, alone or with one other word such as an article. Letter case and
            script are ignored.
        strict: leave out every sentence pair that contains both words of an evaluation pair.
        tokenisers: the tokenisers of English and of Chinese; by default English words and jieba.
        report: is called with the number of pairs read.

    Raises:
        ValueError: no pair is left.
        Exception: the errors of reading ``pairs``.
    """
    split = tokenisers or (tokeniser_of("en"), tokeniser_of("zh"))
    gold = _gold(held_out)
    tables, numbers = (new_table(), new_table()), (array("i"), array("i"))
    read = left_out = 0
    for sides in pairs:
        words = [tokeniser.tokens(text) for tokeniser, text in zip(split, sides, strict=True)]
        read += 1
        if read % 1000 == 0:
            report("reading sentence pairs", read, 0)
        if not all(words):
            continue
        if gold and _is_held_out(words, gold, strict=strict):
            left_out += 1
            continue
        for table, numbered, some in zip(tables, numbers, words, strict=True):
            numbered.extend(map(table.__getitem__, some))
            numbered.append(-1)
    if not len(numbers[0]):
        raise ValueError(f"none of {number_of(read, 'sentence pair')} is left to train on")
    left, right = (
        Sentences(list(table), np.frombuffer(numbered, np.int32))
        for table, numbered in zip(tables, numbers, strict=True)
    )
    return SentencePairs(left, right, left_out)


def _gold(held_out: Dictionary | None) -> dict[str, set[str]]:
    """Returns the gold answers of each English word, with all words in the forms that the tokenisers give them."""
    pairs = () if held_out is None else held_out.pairs
    key = word_keys([word for pair in pairs for word in pair])
    gold: dict[str, set[str]] = {}
    for pair in pairs:
        english, chinese = map(key, pair)
        gold.setdefault(english, set()).add(chinese)
    return gold


def _is_held_out(words: list[list[str]], gold: dict[str, set[str]], *, strict: bool) -> bool:
    """Returns whether a sentence pair is an evaluation pair, or with ``strict`` contains one."""
    english, tokens = words[0], set(words[1])
    chinese = "".join(words[1])
    if not strict:
        return any(chinese in gold.get(word, ()) for word in english[-2:] if len(english) <= 2)
    return any(
        answer in tokens or (len(answer) > 1 and answer in chinese) for word in english for answer in gold.get(word, ())
    )


class CharacterContexts(NamedTuple):
    """The k distinct characters (hanzi, kana and hangul) of the words of the Chinese vocabulary.

    Args:
        names: the characters.
        together: how often English words and characters occur in each other's translations, as in
            :func:`counted_together`, shape (v, k). The characters of words outside the vocabulary count too.
        of_words: the characters of each Chinese word, 1 / sqrt(n) for each of its n distinct ones, shape (w, k).
    """

    names: tuple[str, ...]
    together: sp.csr_array
    of_words: sp.csr_array


@dataclass(frozen=True, eq=False)
class BilingualText:
    """Text of both languages, one vocabulary per language, and how often words occur in each other's translations.

    Args:
        english: all English text, monolingual and parallel.
        chinese: all Chinese text.
        parallel: the two sides of the sentence pairs as row numbers, -1 at the end of each sentence, and other negative
            numbers for words that are not in the vocabulary.
        together: the (v, w) matrix of :func:`counted_together`.
        characters: the characters of the Chinese words.
    """

    english: Corpus
    chinese: Corpus
    parallel: tuple[Int32[np.ndarray, " t"], Int32[np.ndarray, " u"]]
    together: sp.csr_array
    characters: CharacterContexts

    def __repr__(self) -> str:
        return f"BilingualText({self.english!r}, {self.chinese!r}, {self.together.nnz:,} pairs of words)"


def bilingual_text(
    pairs: SentencePairs,
    english: Corpus | None = None,
    chinese: Corpus | None = None,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
) -> BilingualText:
    """Joins sentence pairs with monolingual corpora.

    Args:
        pairs: tokenised sentence pairs.
        english: a corpus of English text, or None. The words of its vocabulary are kept even if they are rare.
        chinese: a corpus of Chinese text, or None.
        min_count: other words are left out if they occur less often in all text of their language.
        max_vocab: keep this many of the most frequent words of each language.

    Raises:
        ValueError: an option is below 1, or no word occurs often enough.
    """
    check_counts(min_count=min_count, max_vocab=max_vocab)
    left = _joined(pairs.english, english, min_count, max_vocab, "en")
    right = _joined(pairs.chinese, chinese, min_count, max_vocab, "zh")
    parallel = _renumbered(pairs.english, left.vocab), _renumbered(pairs.chinese, right.vocab)
    together = counted_together(*parallel, (len(left.vocab), len(right.vocab)))
    return BilingualText(left, right, parallel, together, _characters(parallel[0], pairs.chinese, left, right))


def _characters(english: Int32[np.ndarray, " t"], chinese: Sentences, left: Corpus, right: Corpus) -> CharacterContexts:
    """Returns the characters of the words of ``right``, counted in the sentence pairs."""
    found = characters_of(right.vocab)
    numbers = {name: i for i, name in enumerate(found.names)}
    together = counted_together(english, _spelt(chinese, numbers), (len(left.vocab), len(numbers)))
    of_words = found.of_words()
    of_words.sum_duplicates()
    sizes = np.diff(of_words.indptr)
    of_words.data = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return CharacterContexts(found.names, together, of_words)


def _spelt(side: Sentences, numbers: dict[str, int]) -> Int32[np.ndarray, " t"]:
    """Returns a side as the numbers of its characters, and -1 at the end of each sentence."""
    parts = [np.array([numbers[one] for one in word if one in numbers], np.int32) for word in side.words]
    parts.append(np.array([-1], np.int32))
    sizes = np.array([len(part) for part in parts])
    starts = (np.cumsum(sizes) - sizes)[side.ids]
    lengths = sizes[side.ids]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.concatenate(parts)[np.repeat(starts, lengths) + within]


def _joined(side: Sentences, corpus: Corpus | None, min_count: int, max_vocab: int | None, language: str) -> Corpus:
    """Returns one corpus that joins ``corpus``, if there is one, with one side of sentence pairs."""
    own = np.bincount(side.ids[side.ids >= 0], minlength=len(side.words))
    counts = dict(zip(side.words, own.tolist(), strict=True))
    kept: set[str] = set()
    if corpus is not None:
        kept = set(corpus.vocab.words)
        for word, times in zip(corpus.vocab.words, corpus.vocab.occurrences.tolist(), strict=True):
            counts[word] = counts.get(word, 0) + times
    ranked = sorted((-times, word) for word, times in counts.items() if times >= min_count or word in kept)[:max_vocab]
    if not ranked:
        most = max(counts, key=counts.__getitem__)
        raise ValueError(f"no word occurs {min_count} times; the most frequent is {most!r} with {counts[most]:,}")
    vocab = Vocab([word for _, word in ranked])
    parts = [_renumbered(side, vocab)]
    if corpus is not None:
        parts.insert(0, _renumbered(Sentences(list(corpus.vocab.words), np.asarray(corpus.ids)), vocab))
    ids = np.concatenate([part[part != _LEFT_OUT] for part in parts])
    final = Vocab(vocab.words, np.bincount(ids[ids >= 0], minlength=len(vocab)))
    name = corpus.name if corpus is not None else f"parallel {language}"
    return Corpus(final, ids, name, language)


def _renumbered(side: Sentences, vocab: Vocab) -> Int32[np.ndarray, " t"]:
    """Returns a side as row numbers of ``vocab``; ``_LEFT_OUT`` for other words, and -1 at the ends of sentences."""
    found = vocab.ids(side.words).astype(np.int32)
    return np.append(np.where(found < 0, _LEFT_OUT, found), np.int32(-1))[side.ids]


def counted_together(
    english: Int32[np.ndarray, " t"], chinese: Int32[np.ndarray, " u"], shape: tuple[int, int]
) -> sp.csr_array:
    """Counts how often an English and a Chinese word occur in sentences that are translations of each other.

        X[i, j] = sum over sentence pairs s of e_s(i) z_s(j) / sqrt(|e_s| |z_s|)

    e_s(i) and z_s(j) are the counts of words i and j in the two sentences; |e_s| and |z_s| are the numbers of words in
    them that are not ignored.

    Args:
        english: words by number, -1 at the end of each sentence, other negative numbers for words to ignore.
        chinese: the same for the other side.
        shape: the sizes of the English and of the Chinese vocabulary.

    Raises:
        ValueError: the numbers of sentences differ.
    """
    sides = [_incidence(ids, columns) for ids, columns in zip((english, chinese), shape, strict=True)]
    sentences = int((english == -1).sum()), int((chinese == -1).sum())
    if sentences[0] != sentences[1]:
        raise ValueError(f"{sentences[0]:,} English and {sentences[1]:,} Chinese sentences")
    total = sp.csr_array(shape, dtype=np.float32)
    for start in range(0, sentences[0], _STEP):
        part = slice(start, start + _STEP)
        total = total + sides[0][part].T @ sides[1][part]
    return total.tocsr()


def _incidence(ids: Int32[np.ndarray, " t"], columns: int) -> sp.csr_array:
    """Returns the counts of the words of each sentence, divided by the square root of its length, shape (n, v)."""
    ends = ids == -1
    sentence = np.cumsum(ends) - ends
    words = ids >= 0
    length = np.bincount(sentence[words], minlength=int(ends.sum()))
    value = (1 / np.sqrt(np.maximum(length, 1)))[sentence[words]].astype(np.float32)
    cells = sp.coo_array((value, (sentence[words], ids[words])), shape=(int(ends.sum()), columns))
    return cells.tocsr()  # repeated words add up
