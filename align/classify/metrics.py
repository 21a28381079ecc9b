"""Agreement of predicted labels with gold labels: accuracy, and precision, recall and F1 of each label."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int


class LabelScores(NamedTuple):
    """Precision, recall and F1 of a label, and ``support``, its number of gold texts. A ratio 0 / 0 counts as 0."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class ClassifierScores(NamedTuple):
    """Scores of a classifier on texts.

    ``accuracy`` is the share of texts whose predicted labels are exactly the gold labels; ``first`` (P@1) is the share
    whose most probable label is gold; ``macro_f1`` is the mean F1 of the labels that occur. ``confusion`` counts the
    texts of each gold label (row) by their most probable label (column); a text with several labels counts in the row
    of each.
    """

    accuracy: float
    first: float
    macro_f1: float
    total: int
    labels: tuple[LabelScores, ...]
    confusion: Int[np.ndarray, "l l"]

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, without the confusion matrix."""
        return {
            "accuracy": self.accuracy,
            "p@1": self.first,
            "macro_f1": self.macro_f1,
            "total": self.total,
            "labels": {row.label: {k: v for k, v in row._asdict().items() if k != "label"} for row in self.labels},
        }


def decide(probability: Float[np.ndarray, "n l"], *, several: bool) -> Bool[np.ndarray, "n l"]:
    """Returns which labels are predicted: the most probable one and, if a text may have ``several``, all above 1/2."""
    decided = np.zeros(probability.shape, bool)
    decided[np.arange(len(probability)), probability.argmax(1)] = True
    return decided | (probability > 0.5) if several else decided


def score(
    gold: Bool[np.ndarray, "n l"], probability: Float[np.ndarray, "n l"], names: Sequence[str]
) -> ClassifierScores:
    """Scores predictions. ``decide`` predicts the labels: several per text if any text has several gold labels.

    Args:
        gold: which labels each text has, shape (n, l).
        probability: the predicted probability of each label, shape (n, l).
        names: the names of the labels.

    Raises:
        ValueError: there is no text.

    Example:
        >>> gold = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], bool)
        >>> found = score(gold, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]]), ["no", "yes"])
        >>> found.accuracy, found.labels[1]
        (0.75, LabelScores(label='yes', precision=1.0, recall=0.6666666666666666, f1=0.8, support=3))
    """
    if len(gold) == 0:
        raise ValueError("no text to score")
    decided = decide(probability, several=bool((gold.sum(1) > 1).any()))
    best = probability.argmax(1)
    right = (gold & decided).sum(0)
    precision, recall = _ratio(right, decided.sum(0)), _ratio(right, gold.sum(0))
    f1 = _ratio(2 * right, decided.sum(0) + gold.sum(0))
    support = gold.sum(0)
    confusion = np.zeros((len(names), len(names)), np.int64)
    np.add.at(confusion, (np.nonzero(gold)[1], best[np.nonzero(gold)[0]]), 1)
    rows = zip(names, precision.tolist(), recall.tolist(), f1.tolist(), support.tolist(), strict=True)
    return ClassifierScores(
        accuracy=float((gold == decided).all(1).mean()),
        first=float(gold[np.arange(len(gold)), best].mean()),
        macro_f1=float(f1[support > 0].mean()) if support.any() else 0.0,
        total=len(gold),
        labels=tuple(LabelScores(*row) for row in rows),
        confusion=confusion,
    )


def _ratio(part: Int[np.ndarray, " l"], whole: Int[np.ndarray, " l"]) -> Float[np.ndarray, " l"]:
    return part / np.maximum(whole, 1)
