"""Forms of words: bases by spelling, and the features of candidates that are forms of each other."""

import numpy as np
import pytest

from align.bilingual.reranking.word_forms import base_of, form_features, is_inflected

KNOWN = {
    "city",
    "stop",
    "make",
    "walk",
    "box",
    "cat",
    "see",
    "us",
    "bus",
    "thi",
    "red",
    "br",
    "add",
    "ad",
    "rate",
    "rat",
    "朋友",
    "我",
}


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("cities", "city"),
        ("boxes", "box"),
        ("makes", "make"),
        ("cats", "cat"),
        ("walked", "walk"),
        ("stopped", "stop"),
        ("making", "make"),
        ("stopping", "stop"),
        ("seeing", "see"),
        ("added", "add"),
        ("rating", "rate"),
        ("this", ""),
        ("bus", ""),
        ("bring", ""),
        ("dogs", ""),
        ("cat", ""),
        ("朋友们", "朋友"),
        ("我的", "我"),
        ("的", ""),
        ("", ""),
    ],
)
def test_the_base_of_a_word_is_a_known_word(word: str, base: str) -> None:
    assert base_of(word, KNOWN) == base


def test_candidates_with_one_base_are_forms_of_each_other() -> None:
    words = ["dog", "eggs", "egg", "cooked", "cooking"]
    row_of = {word: row for row, word in enumerate(words)}
    ids, scores = np.array([[1, 0, 2], [3, 4, 1]]), np.array([[0.5, 0.4, 0.3], [0.2, 0.1, 0.6]], np.float32)
    found = form_features(words, row_of, ids, scores)
    assert found["inflected"].tolist() == [True, False, False, False, False, True]
    assert found["forms"].tolist() == [1, 0, 1, 0, 0, 0]
    assert found["base"].tolist() == [True, False, False, False, False, False]
    np.testing.assert_allclose(found["above best form"], [0.2, 0, -0.2, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found["above base"], [0.2, 0, 0, 0, 0, 0], atol=1e-6)
    assert is_inflected(words, row_of, np.array([1, 2, 1])).tolist() == [True, False, True]
    with_base = form_features([*words, "cook"], {**row_of, "cook": 5}, ids, scores)
    assert with_base["forms"].tolist() == [1, 0, 1, 1, 1, 0]
    assert with_base["base"].tolist() == [True, False, False, False, False, False]


def test_the_base_of_a_form_has_no_base_itself() -> None:
    words = ["build", "building", "buildings", "boat"]
    row_of = {word: row for row, word in enumerate(words)}
    found = form_features(words, row_of, np.array([[1, 2, 3]]), np.array([[0.3, 0.2, 0.1]], np.float32))
    assert found["forms"].tolist() == [1, 1, 0]
    assert found["inflected"].tolist() == [True, True, False]
    np.testing.assert_allclose(found["above best form"], [0.1, -0.1, 0], atol=1e-6)
