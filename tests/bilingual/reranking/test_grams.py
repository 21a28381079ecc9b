"""n-grams: their set, their weights, and the unit vector of each word."""

import numpy as np

from align.bilingual.reranking.grams import gram_rows, grams_of


def test_words_that_share_rare_characters_are_similar() -> None:
    words = ["生物学家", "化学家", "物理学家", "马", "小马", "学生"]
    grams = grams_of(words, 1, 2)
    rows = gram_rows(grams, words)
    alike = (rows @ rows.T).toarray()
    np.testing.assert_allclose(alike.diagonal(), 1, rtol=1e-5)
    assert alike[0, 1] > alike[0, 5] > 0
    assert alike[0, 3] == 0
    assert np.count_nonzero(rows[[3]].toarray()) == 3  # 马, <马, 马>
    one, two = rows[[0]].toarray()[0], gram_rows(grams, ["学"]).toarray()[0]
    learned, rare = one[np.flatnonzero(two * (one > 0))].min(), one.max()
    assert learned < rare


def test_case_makes_no_difference_and_repeats_count_once() -> None:
    grams = grams_of(["banana", "Banana", "nab"], 2, 2)
    rows = gram_rows(grams, ["banana", "BANANA"]).toarray()
    np.testing.assert_array_equal(rows[0], rows[1])
    assert np.count_nonzero(rows[0]) == 5  # <b ba an na a>
