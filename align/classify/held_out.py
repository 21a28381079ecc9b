"""A validation part of the training texts: the best epoch, and calibrated probabilities."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize_scalar

from align.classify.model import LabelModel
from align.text.labelled import LabelledText
from align.text.text_features import FeatureBags

_SMALLEST = 1e-12
_RANGE = (0.05, 50.0)


class ValidationSet(NamedTuple):
    """Texts that are not trained on, as bags of features, and which labels each has."""

    bags: FeatureBags
    gold: Bool[np.ndarray, "n l"]
    patience: int

    def accuracy(self, model: LabelModel) -> float:
        """Returns the share of texts whose most probable label is gold."""
        best = model.probabilities_of(model.bag_scores(self.bags)).argmax(1)
        return float(self.gold[np.arange(len(best)), best].mean())


class HeldOutResult(NamedTuple):
    """The best epoch, from 1, its accuracy on the validation part, and the temperature found there."""

    epoch: int
    accuracy: float
    temperature: float


def divide(texts: list[LabelledText], share: float, seed: int) -> tuple[list[LabelledText], list[LabelledText]]:
    """Divides texts into a training and a validation part, at random; every label stays in the training part.

    Args:
        texts: the texts.
        share: the share of the validation part, 0 to 1, at least one text.
        seed: decides the division.

    Raises:
        ValueError: there is no text whose labels other texts have too.
    """
    counts: dict[str, int] = {}
    for label in (label for one in texts for label in one.labels):
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
        raise ValueError("no text can be held out: every label has one text only")
    parts = [one for number, one in enumerate(texts) if number not in chosen]
    return parts, [texts[number] for number in sorted(chosen)]


def negative_log_likelihood(probability: Float[np.ndarray, "n l"], gold: Bool[np.ndarray, "n l"], loss: str) -> float:
    """Returns the mean of -log p of the gold labels; with ``ova`` and ``ns`` that of all yes-no answers."""
    yes = np.log(np.maximum(probability, _SMALLEST))
    if loss in ("softmax", "hs"):
        return float(-yes[gold].mean())
    return float(-np.where(gold, yes, np.log(np.maximum(1 - probability, _SMALLEST))).mean())


def temperature_of(model: LabelModel, held_out: ValidationSet) -> float:
    """Returns the temperature T that makes the gold labels of the validation part most probable.

    Scores are divided by T, which changes no order of labels with softmax, and makes probabilities agree with how often
    predictions are right.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """
    scores = model.bag_scores(held_out.bags) * np.float32(model.temperature)

    def cost(log_temperature: float) -> float:
        probability = model.probabilities_of(scores / np.float32(np.exp(log_temperature)))
        return negative_log_likelihood(probability, held_out.gold, model.loss)

    found = minimize_scalar(cost, bounds=tuple(np.log(_RANGE)), method="bounded")
    return float(np.exp(found.x))
