"""The rules that sort wrong answers, on real entries of CC-CEDICT."""

from collections import Counter

import numpy as np
import pytest

from align.bilingual.dictionary.cedict import load_cedict
from align.space import Space
from align.text.vocab import Vocab
from experiments import mistakes


@pytest.fixture(scope="module")
def cedict():
    return load_cedict()


def rules(cedict, language, counts=None):
    return mistakes.Rules(cedict, language, topic=0.5, near=0.7, counts=counts or Counter())


def wrong(word, first, *golds):
    return mistakes.Answer(word, 1, first, 0.1, golds, 3)


@pytest.mark.parametrize(
    ("answer", "cosine", "kind"),
    [
        (wrong("horses", "马", "驹"), 0.9, "other form"),
        (wrong("brakes", "刹车", "闸"), 0.1, "other form"),
        (wrong("headache", "头痛", "头疼"), 0.9, "in its definition"),
        (wrong("upload", "下载", "上载"), 0.9, "opposite"),
        (wrong("glad", "不高兴", "高兴"), 0.9, "opposite"),
        (wrong("thigh", "小腿", "大腿"), 0.9, "opposite"),
        (wrong("canal", "大河", "运河"), 0.71, "near-synonym"),
        (wrong("canal", "大河", "运河"), 0.1, "same characters"),
        (wrong("canal", "湖泊", "运河"), 0.55, "hub"),
        (wrong("canal", "海湾", "运河"), 0.55, "same topic"),
        (wrong("canal", "海湾", "运河"), 0.45, "other"),
    ],
)
def test_the_first_rule_that_holds_decides(cedict, answer, cosine, kind):
    assert rules(cedict, "zh", Counter({"湖泊": 5, "海湾": 4})).kind(answer, cosine) == kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (wrong("蝴蝶", "butterflies", "butterfly"), "other form"),
        (wrong("同性恋", "gay", "homosexuality"), "in its definition"),
        (wrong("新郎", "bride", "groom"), "opposite"),
        (wrong("可靠", "unreliable", "reliable"), "opposite"),
        (wrong("汇聚", "converge", "convergence"), "same characters"),
        (wrong("肥皂", "shampoo", "soap"), "other"),
    ],
)
def test_kinds_of_english_answers(cedict, answer, kind):
    assert rules(cedict, "en").kind(answer, 0.0) == kind


def test_opposites_are_listed_once_and_symmetric(cedict):
    opposites = rules(cedict, "zh").opposites
    assert "大" in opposites["小"]
    assert "小" in opposites["大"]
    assert "woman" in opposites["man"]
    listed = mistakes.read_list(mistakes.list_path("opposites.tsv"), 3)
    assert all(language in ("en", "zh") for language, _, _ in listed)
    assert all(len(one) == len(other) == 1 for language, one, other in listed if language == "zh")
    assert len({frozenset(pair) for _, *pair in listed}) == len(listed)


def test_chance_pairs_an_answer_with_the_right_answers_of_other_words():
    rng = np.random.default_rng(5)
    words = [f"字{i}" for i in range(12)]
    space = Space(Vocab(words), rng.normal(size=(12, 5)).astype(np.float32))
    answers = [
        mistakes.Answer(f"w{i}", i, words[i], 0.0, (words[(i + 1) % 12], words[(i + 2) % 12]), 2) for i in range(12)
    ]
    cosines = mistakes.gold_cosines(answers, space)
    words = np.repeat(np.arange(12)[:, None], 11, axis=1)
    drawn = mistakes.chance_quantiles(cosines, words, [0.0, 1.0], np.random.default_rng(0))
    unit = space.unit
    allowed = [
        max(float(unit[i] @ unit[(j + 1) % 12]), float(unit[i] @ unit[(j + 2) % 12]))
        for i in range(12)
        for j in range(12)
        if i != j
    ]
    assert min(allowed) - 1e-6 <= drawn[0] < np.quantile(allowed, 0.2)
    assert np.quantile(allowed, 0.8) < drawn[1] <= max(allowed) + 1e-6
    assert mistakes.chance_quantiles(cosines[:1, :1], words[:1], [0.5], np.random.default_rng(0)) == [1.0]
    assert cosines[3, 3] == pytest.approx(max(unit[3] @ unit[4], unit[3] @ unit[5]), abs=1e-6)


def test_hubs_are_frequent_first_answers():
    assert mistakes.hubs(["a"] * 6 + ["b"] * 4 + ["c"] * 5) == [("a", 6), ("c", 5)]
