"""Splits of a dictionary into training and test pairs by frequency, in both directions, without leakage."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from align.bilingual.dictionary.dictionary import Dictionary, word_keys
from align.text.vocab import Vocab


class Split(NamedTuple):
    """Training pairs, test pairs of both directions, and a note if a part is smaller than requested.

    Example:
        >>> pairs = Dictionary((("king", "国王"),))
        >>> len(Split(pairs, Dictionary(()), Dictionary(())).train)
        1
    """

    train: Dictionary
    test: Dictionary
    reverse_test: Dictionary
    note: str = ""


def split(
    dictionary: Dictionary,
    source: Vocab,
    target: Vocab,
    *,
    train: int = 5000,
    test: int = 1500,
    seed: int | None = None,
) -> Split:
    """Splits the covered pairs of ``dictionary`` by the frequency of the source word.

    The ``train`` most frequent covered source words, with all their targets, are the training part, and the next
    ``test`` words are the test part. ``reverse_test`` has the ``test`` most frequent target words that occur in no
    training pair, with all their source words.

    The test words do not leak into training. Words that differ only in script, case, width, apostrophes or invisible
    characters count as one word (king and King, 國王 and 国王, T恤 and Ｔ恤). No test word of either direction occurs
    in any form in either column of the training pairs: (tom, thomas) is not a test pair if (thomas, tom) is a training
    pair.

    If fewer than ``train + test`` source words are covered, both parts shrink in proportion, and ``note`` says so. Test
    words that are target words of training pairs are left out and not replaced; ``note`` counts them.

    Args:
      dictionary: the pairs.
      source: the vocabulary of the source words.
      target: the vocabulary of the target words.
      train: number of source words to train on.
      test: number of source words, and of target words, to test on.
      seed: if given, divides the same words at random instead of by frequency.

    Raises:
      ValueError: a size below 1, or fewer than two covered source words.

    Example:
      >>> pairs = Dictionary((("a", "甲"), ("b", "乙"), ("c", "丙")))
      >>> split(pairs, Vocab(["a", "b", "c"]), Vocab(["甲", "乙", "丙"]), train=2, test=1).test.pairs
      (('c', '丙'),)
    """
    if train < 1 or test < 1:
        raise ValueError(f"train={train}, test={test}: both sizes must be at least 1")
    covered = dictionary.covered(source, target)
    groups = _groups(covered, source)
    if len(groups) < 2:
        raise ValueError(f"too few pairs to split; {dictionary.coverage(source, target)}")
    notes: list[str] = []
    band = groups[: train + test]
    if len(band) < train + test:
        test_size = max(1, len(band) * test // (train + test))
        notes.append(
            f"only {len(band)} source words are covered: {len(band) - test_size} to train and {test_size} to test, "
            f"where {train} and {test} were requested"
        )
        train = len(band) - test_size
    if seed is not None:
        band = [band[i] for i in np.random.default_rng(seed).permutation(len(band))]
    name = dictionary.name
    fit = _pick(covered, band[:train], f"{name} train")
    key = word_keys([word for pair in covered.pairs for word in pair])
    known = {key(word) for pair in fit.pairs for word in pair}
    queries = [group for group in band[train:] if key(group[0]) not in known]
    if lost := len(band) - train - len(queries):
        notes.append(f"test words that are target words of training pairs are left out: {lost}")
    held = _pick(covered, queries, f"{name} test")
    backward = covered.reversed()
    free = [group for group in _groups(backward, target) if key(group[0]) not in known][:test]
    if len(free) < test:
        notes.append(f"only {len(free)} target words occur in no training pair, where {test} were requested")
    return Split(fit, held, _pick(backward, free, f"{name} reverse test"), "; ".join(notes))


def hold_out(train: Dictionary, source: Vocab, size: int = 500) -> tuple[Dictionary, Dictionary]:
    """Returns the training pairs without the ``size`` rarest source words, and the pairs of these words.

    The rarest training words are closest in frequency to the test words. At most a fifth of the words is held out, and
    at least one word.

    Raises:
      ValueError: ``size`` is below 1, or there are fewer than two source words.
    """
    groups = _groups(train, source)
    if size < 1 or len(groups) < 2:
        raise ValueError(f"cannot hold out {size} of {len(groups)} training words; at least two words are needed")
    size = max(1, min(size, len(groups) // 5))
    return (
        _pick(train, groups[:-size], f"{train.name} fit"),
        _pick(train, groups[-size:], f"{train.name} held out"),
    )


def _groups(dictionary: Dictionary, vocab: Vocab) -> list[list[str]]:
    """Returns the source words grouped by key, in the order of the most frequent word of each group."""
    words = list(dictionary.targets)
    key = word_keys(words)
    words.sort(key=lambda word: vocab.index[word])
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(key(word), []).append(word)
    return list(groups.values())


def _pick(dictionary: Dictionary, groups: Sequence[Sequence[str]], name: str) -> Dictionary:
    """Returns the pairs of the words of ``groups``, in their order."""
    pairs = tuple((word, target) for group in groups for word in group for target in dictionary.targets[word])
    return replace(dictionary, pairs=pairs, name=name.strip())
