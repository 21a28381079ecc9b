"""The training and test words of the part on translation: a split of CC-CEDICT, and its words in frequency bands."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from align.bilingual.dictionary.dictionary import Coverage, Dictionary, forms, read_dictionary
from align.bilingual.dictionary.split import Split, split
from align.text.vocab import Vocab
from experiments.options import DICTIONARY

PER_BAND = 500
"""Largest number of words that represent a frequency band."""


class Band(NamedTuple):
    """A frequency band of covered English words.

    Attributes:
        role: the part of these words: "training", "test" or "rarer".
        first: position of the most frequent word of the band among all covered words, from 1.
        last: position of the rarest word of the band.
        ranks: smallest and largest rank of its words in the English space, from 1.
        words: at most ``PER_BAND`` of its words, drawn at random, with their translations.
    """

    role: str
    first: int
    last: int
    ranks: tuple[int, int]
    words: Dictionary


class EvaluationSplit(NamedTuple):
    """The training and test words of the part on translation.

    Attributes:
        whole: the whole dictionary.
        split: the training pairs and the test pairs of both directions.
        test: the test words, and the words in their frequency range that have no translation in the Chinese space.
        reverse_test: the same from Chinese to English.
        bands: the frequency bands of all covered English words.
        coverage: the coverage of the dictionary by the spaces, in both directions.
    """

    whole: Dictionary
    split: Split
    test: Dictionary
    reverse_test: Dictionary
    bands: tuple[Band, ...]
    coverage: tuple[Coverage, Coverage]


def make_evaluation_split(
    english: Vocab, chinese: Vocab, *, seed: int, dictionary: str = DICTIONARY
) -> EvaluationSplit:
    """Splits ``dictionary`` into training and test words of both directions.

    Raises:
        ValueError: fewer than two source words are covered, or the dictionary cannot be read.
    """
    whole = read_dictionary(dictionary)
    parts = split(whole, english, chinese)
    backward = whole.reversed()
    return EvaluationSplit(
        whole,
        parts,
        with_unreachable(parts.test, whole, english, chinese),
        with_unreachable(parts.reverse_test, backward, chinese, english),
        _bands(whole, parts, english, chinese, seed),
        (whole.coverage(english, chinese), backward.coverage(chinese, english)),
    )


def with_unreachable(test: Dictionary, whole: Dictionary, source: Vocab, target: Vocab) -> Dictionary:
    """Returns ``test`` with the words of ``whole`` in its frequency range that have no translation in ``target``.

    These words are in ``source``, between the most and the least frequent test word. No translator of these spaces can
    translate them; scores over "all words" count them as wrong.
    """
    ranks = source.ids(test.targets)
    if not len(ranks):
        return test
    known = {word.casefold() for word in whole.covered(source, target).targets}
    unreachable = {
        word: form
        for word, form in forms(whole.targets, source).items()
        if form.casefold() not in known and ranks.min() <= source.index[form] <= ranks.max()
    }
    lost = tuple((unreachable[word], answer) for word, answer in whole.pairs if word in unreachable)
    return replace(test, pairs=tuple(dict.fromkeys((*test.pairs, *lost))))


def _bands(whole: Dictionary, parts: Split, source: Vocab, target: Vocab, seed: int) -> tuple[Band, ...]:
    """Returns training words, test words and rarer words, each in three bands from frequent to rare."""
    covered = whole.covered(source, target)
    used = {word.casefold() for part in (parts.train, parts.test) for word in part.targets}
    rarest = int(source.ids(parts.test.targets).max())
    rest = [w for w in covered.targets if w.casefold() not in used and source.index[w] > rarest]
    roles = (
        ("training", parts.train.targets, (0.2, 0.5)),
        ("test", parts.test.targets, (1 / 3, 2 / 3)),
        ("rarer", rest, (1 / 3, 2 / 3)),
    )
    rng = np.random.default_rng([seed, 1])
    found: list[Band] = []
    before = 0
    for role, words, shares in roles:
        ordered = sorted(words, key=lambda word: source.index[word])
        edges = [0, *(round(share * len(ordered)) for share in shares), len(ordered)]
        for low, high in pairwise(edges):
            if low < high:
                found.append(_band(role, (ordered[low:high], before + low), covered, source, rng=rng))
        before += len(ordered)
    return tuple(found)


def _band(
    role: str, part: tuple[Sequence[str], int], covered: Dictionary, source: Vocab, *, rng: np.random.Generator
) -> Band:
    """Returns the band of ``part``: its words, and the number of covered words that are more frequent."""
    words, before = part
    drawn = np.sort(rng.choice(len(words), min(PER_BAND, len(words)), replace=False))
    queries = [words[int(i)] for i in drawn]
    pairs = tuple((word, answer) for word in queries for answer in covered.targets[word])
    ranks = source.index[words[0]] + 1, source.index[words[-1]] + 1
    return Band(role, before + 1, before + len(words), ranks, replace(covered, pairs=pairs, name=role))
