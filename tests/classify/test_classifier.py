"""The classifier as an estimator: it learns, repeats itself, and keeps to scikit-learn's protocol."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from align.classify.classifier import Classifier
from align.classify.examples import checked, labelled_texts, labels_of_kind, weighted
from align.classify.model import LOSSES, LossName
from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.vocab import Vocab
from tests.classify.topics import texts

SMALL = {"dim": 8, "epochs": 5, "buckets": 1000, "batch": 16}
TRAIN, LABELS = texts(120, 0)
TEST, GOLD = texts(60, 1)


@pytest.fixture(scope="module")
def fitted() -> Classifier:
    return Classifier(**SMALL).fit(TRAIN, LABELS)


def test_sorted_texts_are_learned_and_a_file_gives_the_same(fitted: Classifier, tmp_path: Path) -> None:
    assert fitted.score(TEST, GOLD) > 0.9
    fitted.save(tmp_path / "model")
    again = Classifier.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(TEST), fitted.predict_proba(TEST))
    assert again.classes_.tolist() == ["air", "land", "sea"]
    assert again.settings == fitted.settings
    assert repr(fitted) == "Classifier(dim=8, buckets=1000, batch=16, 3 labels, 164 features)"


def test_a_file_of_format_1_predicts_the_same_and_is_not_trained_further(fitted: Classifier, tmp_path: Path) -> None:
    fitted.save(tmp_path / "new")
    arrays, metadata = load_tensors(tmp_path / "new")
    save_tensors(tmp_path / "old", arrays, {**metadata, "format": "align-classifier-1"})
    old = Classifier.load(tmp_path / "old")
    np.testing.assert_array_equal(old.predict_proba(TEST), fitted.predict_proba(TEST))
    with pytest.raises(ValueError, match="lacks the training state, or has that of an earlier version"):
        old.fit_more(TRAIN, LABELS)


def test_labels_are_not_added_beyond_the_dimensions() -> None:
    """The vectors of the labels of such a classifier are fixed and orthogonal."""
    small = Classifier(**{**SMALL, "dim": 2}).fit(TRAIN, LABELS)
    np.testing.assert_allclose(small.model_.outputs @ small.model_.outputs.T, np.eye(3) - 1 / 3, atol=1e-6)
    with pytest.raises(ValueError, match="dim 2: must be at least 4 to add labels to this classifier"):
        small.fit_more(["one two", "three"], ["new", "newer"])
    small.set_params(dim=4)
    grown = small.fit_more([*TRAIN, "one two", "three"], [*LABELS, "new", "newer"])
    assert grown.score(TEST, GOLD) > 0.9


def test_a_seed_decides_the_result(fitted: Classifier) -> None:
    same, other = (Classifier(**SMALL, seed=seed).fit(TRAIN, LABELS) for seed in (0, 1))
    np.testing.assert_array_equal(same.predict_proba(TEST), fitted.predict_proba(TEST))
    assert (other.predict_proba(TEST) != fitted.predict_proba(TEST)).any()


def test_it_is_an_estimator_of_scikit_learn(fitted: Classifier) -> None:
    assert is_classifier(fitted)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(ValueError, match="not fitted"):
        copy.predict(TEST)
    with pytest.raises(ValueError, match="'depth' is not a setting"):
        copy.set_params(depth=3)
    lower = FunctionTransformer(lambda some: [one.lower() for one in some])
    pipe = make_pipeline(lower, Classifier(**SMALL))
    assert cross_val_score(pipe, TRAIN, LABELS, cv=2).mean() > 0.85
    probability = fitted.predict_proba(TEST)
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-5)
    assert (fitted.predict(TEST) == fitted.classes_[probability.argmax(1)]).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns_numbers_as_labels(loss: LossName) -> None:
    numbers = np.unique(LABELS, return_inverse=True)[1]
    found = Classifier(**SMALL, loss=loss).fit(TRAIN, numbers)
    assert found.classes_.tolist() == [0, 1, 2]
    assert found.score(TRAIN, numbers) > 0.9


def test_weights_of_zero_hide_texts_and_several_labels_are_found() -> None:
    wrong = [*LABELS, *["sea"] * len(TEST)]
    weight = [1.0] * len(LABELS) + [0.0] * len(TEST)
    assert Classifier(**SMALL).fit(TRAIN + TEST, wrong, sample_weight=weight).score(TEST, GOLD) > 0.9
    several = [[one, "any"] for one in LABELS]
    found = Classifier(**SMALL, loss="ova").fit(TRAIN, several)
    predicted = found.predict_labels(TEST)
    assert np.mean([set(p) == {g, "any"} for p, g in zip(predicted, GOLD, strict=True)]) > 0.8


def test_class_weights_multiply_the_weights_of_texts() -> None:
    heavy = Classifier(**SMALL, class_weight={"land": 20.0, "sea": 0.05}).fit(TRAIN, LABELS)
    unknown = heavy.predict(["nothing known"])
    assert unknown[0] != "sea"
    with pytest.raises(ValueError, match="'mud' is not a label"):
        Classifier(**SMALL, class_weight={"mud": 1.0}).fit(TRAIN, LABELS)


def test_class_weights_take_keys_of_the_type_of_the_labels() -> None:
    read, _ = labelled_texts(["a", "b"], [1, 2], None)
    assert [one.weight for one in weighted(read, {1: 2.0, 2: 0.5}, "x")] == [2.0, 0.5]
    with pytest.raises(ValueError, match="class_weight: 3 is not a label; 1, 2 were expected"):
        weighted(read, {3: 1.0}, "x")
    with pytest.raises(ValueError, match="class_weight: a label occurs twice"):
        weighted(read, {1: 1.0, "1": 2.0}, "x")
    with pytest.raises(ValueError, match="0 texts with only no label"):
        Classifier(**SMALL).fit([], [])


@pytest.mark.parametrize(
    ("weights", "by_label", "message"),
    [
        ([0.0, 0.0], None, "x: all weights are 0"),
        ([1e-50, 0.0], None, "x: all weights are 0"),
        ([1.0, 1.0], {1: 0.0, 2: 0.0}, "x: all weights are 0"),
        ([1.0, 1e10], {2: 1e10}, r"text 1: weight 1e\+20"),
        ([1.0, 1.0], {1: 1e300}, r"class_weight '1': weight 1e\+300: a number from 0 to 1e\+18 was expected"),
    ],
)
def test_weights_that_training_cannot_use_are_refused(weights, by_label, message: str) -> None:
    read, _ = labelled_texts(["a", "b"], [1, 2], weights)
    with pytest.raises(ValueError, match=message):
        weighted(read, by_label, "x")


@pytest.mark.parametrize(
    "labels",
    [np.float32([0.1, 2]), [b"a", b"b"], [date(2020, 1, 1), date(2020, 1, 2)], [10**20, 1], ["a", 1], [0, True]],
)
def test_labels_that_a_file_does_not_keep_are_refused(labels) -> None:
    with pytest.raises(ValueError, match=r"float of 64 bits was expected|of several types"):
        labelled_texts(["a", "b"], labels, None)


@pytest.mark.parametrize("labels", [[2.5, 0.1], [True, False], ["b", "a"], [2**63 - 1, -5], np.uint8([1, 0])])
def test_labels_keep_their_type(labels) -> None:
    kept = labelled_texts(["a", "b"], labels, None)[1]
    assert kept.tolist() == sorted(labels)
    again = labels_of_kind([str(label) for label in kept], kept.dtype.kind)
    assert (again.dtype, again.tolist()) == (kept.dtype, kept.tolist())


def test_words_begin_with_the_vectors_of_a_space() -> None:
    words = ["wave", "wing", "road"]
    start = Space(Vocab(words), 5 * np.eye(3, 8, dtype=np.float32))
    settings = {**SMALL, "epochs": 1, "rate": 1e-6}
    model = Classifier(**settings, start=start).fit(TRAIN, LABELS).model_
    for word, vector in zip(words, start.vectors, strict=True):
        np.testing.assert_allclose(model.inputs[model.features.index[word.encode()]], vector, atol=1e-4)
    with pytest.raises(ValueError, match="dim 4: must be 8, the number of dimensions of the initial"):
        Classifier(**{**SMALL, "dim": 4}, start=start).fit(TRAIN, LABELS)


@pytest.mark.parametrize(
    ("given", "labels", "message"),
    [
        (["a", "b"], ["x"], "2 texts, 1 labels"),
        (["a", " "], ["x", "y"], "text 1: an empty text"),
        (["a", "b"], ["x", []], "text 1: no label"),
        (["a", "b"], ["x", "x"], "with only 'x'"),
        (["a", "b"], ["x", None], "text 1: no label"),
        (["a", "b"], ["x", ""], "text 1: an empty label"),
    ],
)
def test_what_cannot_be_learned_is_refused(given: list[str], labels: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Classifier(**SMALL).fit(given, labels)


def test_a_weight_that_is_not_a_number_and_a_text_in_place_of_a_list_are_refused(fitted: Classifier) -> None:
    with pytest.raises(ValueError, match="text 1: weight nan"):
        Classifier(**SMALL).fit(["a", "b"], ["x", "y"], sample_weight=[1.0, float("nan")])
    with pytest.raises(TypeError, match="a single text"):
        fitted.predict("a ship")
    with pytest.raises(TypeError, match="text 1: None is not a string"):
        checked(["a", None])


@pytest.mark.parametrize(("setting", "value"), [("dim", 0), ("rate", 0.0), ("maxn", 1), ("seed", -1)])
def test_settings_out_of_range_are_named(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{setting} {value:g}"):
        Classifier(minn=2).set_params(**{setting: value}).fit(TRAIN, LABELS)


def test_labels_keep_their_type_and_mixed_types_are_refused(tmp_path: Path) -> None:
    given = ["good fine nice", "bad poor awful", "good nice", "awful bad"] * 4
    fitted = Classifier(epochs=3).fit(given, [1, 0, 1, 0] * 4)
    fitted.save(tmp_path / "numbers")
    for other in (Classifier.load(tmp_path / "numbers"), fitted.quantised()):
        assert other.classes_.tolist() == fitted.classes_.tolist() == [0, 1]
        assert set(other.predict(given).tolist()) <= {0, 1}
    with pytest.raises(ValueError, match="of several types"):
        Classifier().fit(given[:4], [1, 1.0, 2.5, 2])
    with pytest.raises(ValueError, match="int64 was expected, as before"):
        fitted.fit_more(given[:4], ["1", "0", "new", "1"])
    with pytest.raises(ValueError, match="an array of 2"):
        Classifier().fit(given[:4], np.eye(2)[[0, 1, 0, 1]])
