"""What the translator is trained on and asked: the split of CC-CEDICT, and its words by frequency."""

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
"""A band of frequency is asked with at most so many of its words."""


class Band(NamedTuple):
    """Covered English words of like frequency; ``first`` and ``last`` count covered words from 1, ``role`` their part.

    ``words`` has at most ``PER_BAND`` of them; ``ranks`` are the least and greatest rank in the English space, from 1.
    """

    role: str
    first: int
    last: int
    ranks: tuple[int, int]
    words: Dictionary


class Exam(NamedTuple):
    """The split; both tests with the words of their band whose translations the spaces lack; the bands.

    ``whole`` is the dictionary that all of it comes from, ``coverage`` what the spaces cover of it, both ways.
    """

    whole: Dictionary
    cut: Split
    test: Dictionary
    reverse_test: Dictionary
    bands: tuple[Band, ...]
    coverage: tuple[Coverage, Coverage]


def set_exam(english: Vocab, chinese: Vocab, *, seed: int, dictionary: str = DICTIONARY) -> Exam:
    """Split ``dictionary`` and put both tests together.

    Raises:
        ValueError: fewer than two source words are covered, or the dictionary cannot be read.
    """
    whole = read_dictionary(dictionary)
    cut = split(whole, english, chinese)
    backward = whole.reversed()
    return Exam(
        whole,
        cut,
        with_unreachable(cut.test, whole, english, chinese),
        with_unreachable(cut.reverse_test, backward, chinese, english),
        _bands(whole, cut, english, chinese, seed),
        (whole.coverage(english, chinese), backward.coverage(chinese, english)),
    )


def with_unreachable(test: Dictionary, whole: Dictionary, source: Vocab, target: Vocab) -> Dictionary:
    """``test``, and the words of ``whole`` in the same band of frequency that have no translation in ``target``.

    They are in ``source``, between the most and the least frequent test word; no translator over these spaces can get
    them right, and "all words" counts them as wrong.
    """
    ranks = source.ids(test.targets)
    if not len(ranks):
        return test
    known = {word.casefold() for word in whole.covered(source, target).targets}
    held = {
        word: form
        for word, form in forms(whole.targets, source).items()
        if form.casefold() not in known and ranks.min() <= source.index[form] <= ranks.max()
    }
    lost = tuple((held[word], answer) for word, answer in whole.pairs if word in held)
    return replace(test, pairs=tuple(dict.fromkeys((*test.pairs, *lost))))


def _bands(whole: Dictionary, cut: Split, source: Vocab, target: Vocab, seed: int) -> tuple[Band, ...]:
    """Training words, test words and rarer words, each in three bands from frequent to rare."""
    covered = whole.covered(source, target)
    used = {word.casefold() for part in (cut.train, cut.test) for word in part.targets}
    rarest = int(source.ids(cut.test.targets).max())
    rest = [w for w in covered.targets if w.casefold() not in used and source.index[w] > rarest]
    roles = (
        ("training", cut.train.targets, (0.2, 0.5)),
        ("test", cut.test.targets, (1 / 3, 2 / 3)),
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
    """The band of the words and the number of covered words before them that ``part`` has."""
    words, before = part
    drawn = np.sort(rng.choice(len(words), min(PER_BAND, len(words)), replace=False))
    asked = [words[int(i)] for i in drawn]
    pairs = tuple((word, answer) for word in asked for answer in covered.targets[word])
    ranks = source.index[words[0]] + 1, source.index[words[-1]] + 1
    return Band(role, before + 1, before + len(words), ranks, replace(covered, pairs=pairs, name=role))
