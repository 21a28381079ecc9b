"""A validation part of the training texts: the best epoch, and calibrated probabilities."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize_scalar

from align.classify.model import LabelModel
from align.text.labelled import LabelledText
from align.text.word_ngrams import FeatureBags

_MIN_PROBABILITY = 1e-12
"""Smallest probability whose logarithm is taken."""
_RANGE = (0.05, 50.0)
"""The temperatures that are searched."""


class ValidationSet(NamedTuple):
    """Texts that are not trained on, as bags of features, and the labels of each.

    ``patience`` is the number of epochs without a better accuracy before training stops.
    """

    bags: FeatureBags
    gold: Bool[np.ndarray, "n l"]
    patience: int

    def accuracy(self, model: LabelModel) -> float:
        """Returns the share of texts whose most probable label is gold."""
        best = model.probabilities_of(model.bag_scores(self.bags)).argmax(1)
        return float(self.gold[np.arange(len(best)), best].mean())


class HeldOutResult(NamedTuple):
    """The best epoch, from 1, with its accuracy (P@1) and temperature on the validation part."""

    epoch: int
    accuracy: float
    temperature: float


def divide(texts: list[LabelledText], share: float, seed: int) -> tuple[list[LabelledText], list[LabelledText]]:
    """Divides texts at random into a training and a validation part; the training part keeps texts of every label.

    Args:
        texts: the texts.
        share: the share of the validation part, 0 to 1; it has at least one text.
        seed: seed of the random division.

    Raises:
        ValueError: no text can be held out, because each has a label that no other text has.
    """
    counts: dict[str, int] = {}
    for label in (label for text in texts for label in text.labels):
        counts[label] = counts.get(label, 0) + 1
    chosen: set[int] = set()
    for number in np.random.default_rng(seed).permutation(len(texts)).tolist():
        if len(chosen) >= max(1, round(share * len(texts))):
            break
        if all(counts[label] > 1 for label in texts[number].labels):
            chosen.add(number)
            for label in texts[number].labels:
                counts[label] -= 1
    if not chosen:
        raise ValueError("no text can be held out: each has a label that no other text has")
    kept = [text for number, text in enumerate(texts) if number not in chosen]
    return kept, [texts[number] for number in sorted(chosen)]


def negative_log_likelihood(probability: Float[np.ndarray, "n l"], gold: Bool[np.ndarray, "n l"], loss: str) -> float:
    """Returns the mean of -log p over gold labels; with ``ova`` and ``ns``, over all (text, label) decisions."""
    yes = np.log(np.maximum(probability, _MIN_PROBABILITY))
    if loss in ("softmax", "hs"):
        return float(-yes[gold].mean())
    return float(-np.where(gold, yes, np.log(np.maximum(1 - probability, _MIN_PROBABILITY))).mean())


def temperature_of(model: LabelModel, held_out: ValidationSet) -> float:
    """Returns the temperature T that makes the gold labels of the validation part most probable.

    Dividing the scores by T makes probabilities agree with how often predictions are right. With softmax, it does not
    change the order of the labels.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """
    scores = model.bag_scores(held_out.bags) * np.float32(model.temperature)

    def cost(log_temperature: float) -> float:
        probability = model.probabilities_of(scores / np.float32(np.exp(log_temperature)))
        return negative_log_likelihood(probability, held_out.gold, model.loss)

    found = minimize_scalar(cost, bounds=tuple(np.log(_RANGE)), method="bounded")
    return float(np.exp(found.x))
