"""Scores of a classifier against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from align.classify.metrics import score

NAMES = ["a", "b", "c", "d"]


def test_scores_of_one_label_a_text_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    gold, probability = rng.integers(3, size=50), rng.dirichlet(np.ones(4), 50)
    found = score(np.eye(4, dtype=bool)[gold], probability, NAMES)
    best = probability.argmax(1)
    parts = metrics.precision_recall_fscore_support(gold, best, labels=range(4), zero_division=0.0)
    ours = np.array([one[1:] for one in found.labels]).T
    np.testing.assert_allclose(ours, parts)
    assert found.accuracy == found.first == pytest.approx(metrics.accuracy_score(gold, best))
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(gold, best, labels=range(4)))
    assert found.macro_f1 == pytest.approx(np.mean(parts[2][:3]))


def test_several_labels_a_text_are_all_to_be_predicted() -> None:
    gold = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], bool)
    probability = np.array([[0.9, 0.8, 0.1, 0.0], [0.7, 0.6, 0, 0], [0, 0, 0.4, 0.3]])
    found = score(gold, probability, NAMES)
    assert (found.accuracy, found.first, found.total) == (pytest.approx(1 / 3), pytest.approx(2 / 3), 3)
    assert found.labels[3] == ("d", 0.0, 0.0, 0.0, 1)


def test_no_text_has_no_score() -> None:
    with pytest.raises(ValueError, match="no text"):
        score(np.zeros((0, 4), bool), np.zeros((0, 4)), NAMES)
