"""Kneser-Ney against a naive model of dictionaries."""

from collections import Counter
from math import log

import numpy as np
import pytest

from align.evaluate.kneser_ney import fit_kneser_ney

WORDS = 6


def text(seed: int, sentences: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [np.append(np.minimum(rng.geometric(0.4, rng.integers(0, 7)) - 1, WORDS - 1), -1) for _ in range(sentences)]
    return np.concatenate(parts)


def grams_of(ids: np.ndarray, order: int) -> list[tuple[int, ...]]:
    """The n-gram that ends at each word and sentence end."""
    found, history = [], [WORDS] * (order - 1)
    for number in ids.tolist():
        word = WORDS if number < 0 else number
        history.append(word)
        found.append(tuple(history[len(history) - order :]))
        if number < 0:
            history = [WORDS] * (order - 1)
    return found


class Naive:
    def __init__(self, ids: np.ndarray, order: int) -> None:
        longest = Counter(grams_of(ids, order))
        self.counts = {order: longest}
        for n in range(order - 1, 0, -1):
            self.counts[n] = Counter(gram[1:] for gram in self.counts[n + 1])
        self.discounts = {}
        for n, counts in self.counts.items():
            n1, n2, n3, n4 = (sum(c == k for c in counts.values()) for k in (1, 2, 3, 4))
            y = n1 / (n1 + 2 * n2) if n1 else 0
            given = [
                1 - 2 * y * n2 / n1 if n1 else 0,
                2 - 3 * y * n3 / n2 if n2 else 0,
                3 - 4 * y * n4 / n3 if n3 else 0,
            ]
            self.discounts[n] = [0, *(min(max(d, 0), k) if n1 else 0 for k, d in enumerate(given, 1))]

    def probability(self, gram: tuple[int, ...]) -> float:
        n = len(gram)
        if n == 0:
            return 1 / (WORDS + 1)
        shorter = self.probability(gram[1:])
        same = {g: c for g, c in self.counts[n].items() if g[:-1] == gram[:-1]}
        if not same:
            return shorter
        total = sum(same.values())
        taken = sum(self.discounts[n][min(c, 3)] for c in same.values())
        own = same.get(gram, 0)
        return (own - self.discounts[n][min(own, 3)] + taken * shorter) / total


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_a_naive_model(order: int) -> None:
    train, test = text(0, 60), text(1, 30)
    if order == 1:
        train = np.array([0] + [1] * 2 + [2] * 3 + [3] * 4 + [4, -1])
    model, naive = fit_kneser_ney(train, words=WORDS, order=order), Naive(train, order)
    for ids in (train, test):
        expected = [log(naive.probability(gram)) for gram in grams_of(ids, order)]
        np.testing.assert_allclose(model.log_probabilities(ids), expected, rtol=1e-9)


def test_the_probabilities_of_all_words_add_up_to_one() -> None:
    model = fit_kneser_ney(text(0, 60), words=WORDS)
    for history in ([], [0], [1, 0], [5, 5, 5]):
        following = [model.log_probabilities(np.array([*history, word]))[-1] for word in [*range(WORDS), -1]]
        assert np.exp(following).sum() == pytest.approx(1)


def test_a_long_text_of_one_word_and_no_text() -> None:
    model = fit_kneser_ney(np.array([0, 0, 0, -1]), words=1)
    assert np.isfinite(model.log_probabilities(np.array([0, -1]))).all()
    with pytest.raises(ValueError, match="the text has the word number 2; numbers below 2 were expected"):
        fit_kneser_ney(np.array([0, 2, -1]), words=2)
    with pytest.raises(ValueError, match="a text without words"):
        fit_kneser_ney(np.array([-1]), words=1)
    with pytest.raises(ValueError, match="order"):
        fit_kneser_ney(np.array([0, -1]), words=1, order=0)


def test_a_text_in_which_nothing_occurs_once_still_leaves_weight_for_other_words() -> None:
    ids = np.array([0, 1, -1] * 3)
    model = fit_kneser_ney(ids, words=WORDS, order=3)
    assert np.isfinite(model.log_probabilities(np.array([5, 0, 4, -1]))).all()
    every = [np.exp(model.log_probabilities(np.array([0, word, -1]))[1]) for word in range(WORDS)]
    assert sum(every) + np.exp(model.log_probabilities(np.array([0, -1]))[1]) == pytest.approx(1)
