"""A validation part keeps the best epoch, and makes probabilities agree with how often predictions are right."""

from dataclasses import replace

import numpy as np
import pytest

from align.classify.classifier import Classifier
from align.classify.held_out import ValidationSet, divide, negative_log_likelihood, temperature_of
from align.classify.model import LabelModel
from align.text.labelled import LabelledText
from align.text.text_features import TextFeatures
from align.text.word_ngrams import FeatureBags
from tests.classify.topics import texts


def test_a_part_keeps_every_label_in_training_and_a_seed_decides_it() -> None:
    rows = [LabelledText(str(i), ("rare" if i == 3 else f"l{i % 2}",), 1.0, "") for i in range(40)]
    kept, apart = divide(rows, 0.5, 1)
    assert (len(kept), len(apart)) == (20, 20)
    assert rows[3] in kept
    assert divide(rows, 0.5, 1)[1] == apart != divide(rows, 0.5, 2)[1]
    with pytest.raises(ValueError, match="each has a label that no other text has"):
        divide([LabelledText("a", (str(i),), 1.0, "") for i in range(3)], 0.5, 0)


def test_the_temperature_is_the_one_that_scores_were_multiplied_by() -> None:
    """Labels are drawn from the softmax of scores, and the model's scores are four times too large."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 3)).astype(np.float32)
    probability = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    drawn = (probability.cumsum(1) > rng.uniform(size=(4000, 1))).argmax(1)
    features = TextFeatures(tuple(str(i).encode() for i in range(4000)))
    model = LabelModel(("a", "b", "c"), np.array([3, 2, 1]), features, x, 4 * np.eye(3, dtype=np.float32))
    bags = FeatureBags(np.arange(4000, dtype=np.int32), np.arange(4001), np.ones(4000, np.int64))
    held_out = ValidationSet(bags, np.eye(3, dtype=bool)[drawn], 1)
    found = temperature_of(model, held_out)
    assert found == pytest.approx(4, rel=0.1)
    cold, warm = (
        negative_log_likelihood(one.probabilities_of(one.scores(x)), held_out.gold, "softmax")
        for one in (model, replace(model, temperature=found))
    )
    assert warm < cold


def test_training_stops_early_and_keeps_the_best_epoch() -> None:
    given, labels = texts(120, 0)
    found = Classifier(dim=8, buckets=1000, batch=16, epochs=40, validation=0.2, patience=1).fit(given, labels)
    result = found.held_out_
    assert result is not None
    assert result.epoch < 40
    assert result.accuracy > 0.9
    assert found.model_.temperature == result.temperature != 1
    assert found.score(*texts(60, 1)) > 0.9
