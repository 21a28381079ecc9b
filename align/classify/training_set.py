"""Labelled texts as bags of features and numbers of labels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int32

from align.classify.held_out import ValidationSet
from align.classify.settings import ClassifierSettings
from align.classify.tokens import TokeniserName, text_words
from align.message import few
from align.text.counted_features import in_use
from align.text.labelled import LabelledText, check_labels
from align.text.text_features import TextFeatures, number_words
from align.train.sources.labelled import LabelledBags


class TrainingSet(NamedTuple):
    """Texts as bags of features with numbers of labels, and the names of the labels, most frequent first."""

    features: TextFeatures
    data: LabelledBags
    labels: tuple[str, ...]


def training_set(
    texts: list[LabelledText], settings: ClassifierSettings, tokeniser: TokeniserName, *, name: str = "the texts"
) -> TrainingSet:
    """Returns the features of labelled texts.

    Raises:
        ValueError: there is only one label, or no word occurs ``min_count`` times.
    """
    labels = check_labels(texts, name)
    numbered = number_words(text_words([text.text for text in texts], tokeniser), settings.min_count)
    vocabulary = numbered.words[: numbered.kept]
    if len(vocabulary) < 2:
        raise ValueError(f"{name}: no word occurs {settings.min_count} times or more; lower --min-count")
    ngrams = settings.word_ngrams > 1 or settings.maxn > 0
    buckets = settings.buckets if ngrams else 0
    whole = TextFeatures(vocabulary, settings.word_ngrams, settings.minn, settings.maxn, buckets)
    features, bags = in_use(whole, whole.bags_of(numbered), settings.min_ngram_count)
    data = LabelledBags(bags, label_numbers(texts, labels), np.array([text.weight for text in texts], np.float32))
    return TrainingSet(features, data, tuple(labels))


def label_numbers(texts: list[LabelledText], labels: list[str]) -> Int32[np.ndarray, "n m"]:
    """Returns the numbers of the labels of each text, shape (n, m), padded with -1.

    Raises:
        ValueError: a text has a label that is not one of ``labels``.
    """
    index = {label: number for number, label in enumerate(labels)}
    sizes = np.fromiter((len(text.labels) for text in texts), np.int64, len(texts))
    found = np.fromiter((index.get(label, -1) for text in texts for label in text.labels), np.int32, int(sizes.sum()))
    owner = np.repeat(np.arange(len(texts)), sizes)
    column = np.arange(len(found)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if (found < 0).any():
        place = int(np.flatnonzero(found < 0)[0])
        text, label = texts[owner[place]], texts[owner[place]].labels[column[place]]
        raise ValueError(f"{text.place}: the label {label!r} was not in training; it had {few(labels, 10)}")
    numbers = np.full((len(texts), sizes.max()), -1, np.int32)
    numbers[owner, column] = found
    return numbers


def held_out_set(
    texts: list[LabelledText], given: TrainingSet, tokeniser: TokeniserName, patience: int
) -> ValidationSet:
    """Returns the features and labels of a validation part."""
    bags = given.features.bags(text_words([text.text for text in texts], tokeniser))
    return ValidationSet(bags, gold_labels(texts, given.labels), patience)


def gold_labels(texts: list[LabelledText], labels: Sequence[str]) -> Bool[np.ndarray, "n l"]:
    """Returns which of ``labels`` each text has; raises the errors of ``label_numbers``."""
    gold = np.zeros((len(texts), len(labels) + 1), bool)
    gold[np.arange(len(texts))[:, None], label_numbers(texts, list(labels))] = True
    return gold[:, :-1]
