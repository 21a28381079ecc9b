"""Quantised tables are near the original, and a quantised classifier is small and predicts nearly the same."""

from pathlib import Path

import numpy as np
import pytest

from align.classify.classifier import Classifier
from align.classify.model import LabelModel, Squares
from align.classify.model_file import bytes_of, write_model
from align.classify.quantise import importance, quantise_table, quantised, thinned
from align.text.labelled import LabelledText
from align.text.text_features import TextFeatures
from tests.classify.topics import texts


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
    np.testing.assert_array_equal(again.features.numbers, small.model_.features.numbers)
    assert again.features.words == small.model_.features.words
    rows = 3 + np.flatnonzero(np.isin(numbers, again.features.numbers))
    assert len(rows) > 0.5 * count
    same = (inputs[rows] @ outputs.T).argmax(1) == (again.inputs[-len(rows) :] @ outputs.T).argmax(1)
    assert same.mean() > 0.95


def test_the_most_important_features_are_kept_up_to_a_size(tmp_path: Path) -> None:
    """Importance is |z| s^(1/4); the end of a text stays, words are sorted, and n-grams without a row still count."""
    inputs = np.array([[0, 0], [9, 0], [0, 3], [1, 0], [0, 2], [0.1, 0]], np.float32)
    squares = Squares(np.array([1, 1e-8, 1, 1, 1, 1], np.float32), np.ones(2, np.float32))
    features = TextFeatures((b"</s>", b"rare", b"the", b"a"), 2, 0, 0, 10, np.array([3, 7], np.int32))
    model = LabelModel(("x", "y"), np.array([2, 1]), features, inputs, np.eye(2, dtype=np.float32), squares=squares)
    np.testing.assert_allclose(importance(model), [0, 0.09, 3, 1, 2, 0.1], rtol=1e-5)
    small = thinned(model, np.array([2, 3, 4]))
    assert small.features.words == (b"</s>", b"a", b"the")
    assert small.features.numbers is not None
    assert (small.features.numbers.tolist(), small.inputs[1:].tolist()) == ([3], [[1, 0], [0, 3], [0, 2]])
    limit = bytes_of(quantised(model)) + 10
    tiny = quantised(model, size=limit)
    write_model(tiny, tmp_path / "tiny", {})
    assert (tmp_path / "tiny").stat().st_size <= bytes_of(tiny) <= limit
    again = Classifier.load(tmp_path / "tiny").predict_proba(["a the", "the a"])
    np.testing.assert_array_equal(again, Classifier.of(tiny).predict_proba(["a the", "the a"]))


def test_the_features_that_are_left_learn_from_texts_before_they_are_quantised() -> None:
    given = [LabelledText(text, (name,), 1.0, "x:1") for text, name in zip(*texts(200, 0), strict=True)]
    wanted = [LabelledText(text, (name,), 1.0, "y:1") for text, name in zip(*texts(200, 1), strict=True)]
    whole = Classifier(dim=8, buckets=2000).fit_texts(given)
    limit = bytes_of(whole.quantised().model_)
    plain, trained = whole.quantised(limit), whole.quantised(limit, given)
    assert trained.model_.features.words == plain.model_.features.words
    assert bytes_of(trained.model_) <= limit
    assert trained.model_.squares is None

    def loss(one: Classifier) -> float:
        return -float(
            np.log(
                [one.predict_proba([text.text])[0][list(one.classes_).index(text.labels[0])] for text in wanted]
            ).mean()
        )

    assert loss(trained) < loss(plain)
    counts = np.array([4, 3])
    bare = LabelModel(
        ("x", "y"), counts, TextFeatures((b"</s>", b"a")), np.ones((2, 2), np.float32), np.eye(2, dtype=np.float32)
    )
    with pytest.raises(ValueError, match="lacks the training state"):
        quantised(bare, given)
