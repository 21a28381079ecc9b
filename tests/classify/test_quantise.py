"""Quantised tables are near the original, and a quantised classifier is small and predicts nearly the same."""

from pathlib import Path

import numpy as np

from align.classify.classifier import Classifier
from align.classify.model import LabelModel
from align.classify.quantise import quantise_table, quantised
from align.text.text_features import TextFeatures


def test_few_different_rows_are_kept_as_they_are() -> None:
    table = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    np.testing.assert_allclose(quantise_table(table, width=3).table(7), table, rtol=1e-5, atol=1e-6)


def test_many_rows_take_a_tenth_of_the_room_and_give_the_same_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels, dim, count = 4, 50, 12_000
    outputs = rng.normal(size=(labels, dim)).astype(np.float32)
    inputs = (rng.normal(size=(count, labels)) @ outputs + 0.3 * rng.normal(size=(count, dim))).astype(np.float32)
    numbers = np.sort(rng.choice(200_000, count - 3, replace=False)).astype(np.int32)
    features = TextFeatures((b"</s>", b"a", b"b"), 2, 0, 0, 200_000, numbers)
    model = LabelModel(tuple("wxyz"), np.array([4, 3, 2, 1]), features, inputs, outputs)
    whole, small = Classifier.of(model), Classifier.of(quantised(model))
    whole.save(tmp_path / "whole")
    small.save(tmp_path / "small")
    assert (tmp_path / "small").stat().st_size < (tmp_path / "whole").stat().st_size / 10
    again = Classifier.load(tmp_path / "small").model_
    np.testing.assert_array_equal(again.inputs, small.model_.inputs)
    np.testing.assert_array_equal(again.features.numbers, numbers)
    same = (model.inputs @ outputs.T).argmax(1) == (again.inputs @ outputs.T).argmax(1)
    assert same.mean() > 0.95
