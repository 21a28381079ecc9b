"""Continued training on new texts: a classifier's features and labels, with those of the new texts added."""

import numpy as np

from align.classify.beginning import PastModel, has_basis
from align.classify.model import LabelModel
from align.classify.settings import ClassifierSettings
from align.classify.tokens import text_words
from align.classify.training_set import TrainingSet, label_numbers
from align.text.counted_features import in_use
from align.text.labelled import LabelledText
from align.text.text_features import TextFeatures, number_words
from align.train.sources.labelled import LabelledBags


def check_growing(past: LabelModel, settings: ClassifierSettings, name: str) -> None:
    """Checks that a model can be trained further with these settings.

    Raises:
        ValueError: the model is quantised or lacks the training state, or a setting differs from that of the model.
    """
    if past.codes is not None:
        raise ValueError(
            f"{name}: a quantised classifier cannot be trained further; use the classifier that it was made from"
        )
    if past.squares is None:
        raise ValueError(
            f"{name}: lacks the training state, or has that of an earlier version; a classifier of "
            "`align classify train` was expected"
        )
    features = past.features
    had = {
        "word_ngrams": features.word_ngrams,
        "minn": features.minn,
        "maxn": features.maxn,
        "loss": past.loss,
    }
    had |= {} if has_basis(past) else {"dim": past.inputs.shape[1]}
    had |= {"buckets": features.buckets} if features.buckets else {}
    for setting, value in had.items():
        if getattr(settings, setting) != value:
            raise ValueError(f"{setting} {getattr(settings, setting)}: must be {value}, as in {name}")


def grow(past: LabelModel, texts: list[LabelledText], settings: ClassifierSettings) -> tuple[TrainingSet, PastModel]:
    """Returns the training set of new texts, with the features and labels of the model included, and the model.

    Raises:
        ValueError: a label is new and the loss is ``hs``, whose tree cannot grow.
    """
    known = set(past.labels)
    more = list(dict.fromkeys(label for text in texts for label in text.labels if label not in known))
    if more and past.loss == "hs":
        first = next(text for text in texts if more[0] in text.labels)
        raise ValueError(f"{first.place}: the label {more[0]!r} is new; with the loss hs, labels cannot be added")
    labels = [*past.labels, *more]
    words = text_words([text.text for text in texts], past.tokeniser)
    old = past.features
    numbered = number_words(words, settings.min_count, first=old.words)
    vocabulary = numbered.words[: numbered.kept]
    whole = TextFeatures(vocabulary, old.word_ngrams, old.minn, old.maxn, old.buckets)
    features, bags = in_use(whole, whole.bags_of(numbered), settings.min_ngram_count, keep=old.numbers)
    data = LabelledBags(bags, label_numbers(texts, labels), np.array([text.weight for text in texts], np.float32))
    rows = np.full(features.rows, -1, np.int64)
    rows[: len(old.words)] = np.arange(len(old.words))
    if old.numbers is not None and features.numbers is not None:
        rows[len(vocabulary) + np.searchsorted(features.numbers, old.numbers)] = np.arange(len(old.words), old.rows)
    places = np.concatenate([np.arange(len(past.labels)), np.full(len(more), -1)])
    return TrainingSet(features, data, tuple(labels)), PastModel(past, rows, places)
