"""Offsets of pairs: the statistic against a double loop, and both nulls on pairs made to be parallel or not."""

import numpy as np
import pytest

from align.meaning import offsets, permutation
from align.meaning.offsets import offset_cosines, parallelism
from align.retrieval import unit_rows


def made(common, own, *, pairs=12, seed=0):
    """Unit vectors of 500 words, and rows of pairs with b = a + common * (one direction) + own * (their own)."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(500, 20))
    rows = rng.permutation(500)[: 2 * pairs].reshape(-1, 2)
    direction = rng.normal(size=20)
    vectors[rows[:, 1]] = vectors[rows[:, 0]] + common * direction + own * rng.normal(size=(pairs, 20))
    return unit_rows(vectors.astype(np.float32)), rows


def loop_cosine(vectors, first, second):
    x, y = (vectors[b].astype(float) - vectors[a] for a, b in (first, second))
    return x @ y / np.linalg.norm(x) / np.linalg.norm(y)


def test_the_statistic_is_the_mean_cosine_of_a_double_loop():
    vectors, rows = made(0.5, 0.5)
    every = [loop_cosine(vectors, rows[i], rows[j]) for i in range(12) for j in range(i + 1, 12)]
    found = parallelism(vectors, rows, draws=50, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.between, every, atol=1e-5)
    assert found.random.value == found.shuffled.value == pytest.approx(np.mean(every), abs=1e-5)


def test_pairs_with_one_offset_are_found_parallel():
    found = parallelism(*made(0.8, 0.4), draws=399, rng=np.random.default_rng(1))
    assert found.random.p == found.shuffled.p == 1 / 400
    assert found.random.high < found.shuffled.low, "the shuffled words still share their mean offset"
    assert found.random.low < 0 < found.random.high


def test_pairs_without_a_common_offset_are_not():
    p = [parallelism(*made(0, 1, seed=seed), draws=99, rng=np.random.default_rng(seed)).random.p for seed in range(40)]
    assert np.mean(np.array(p) <= 0.2) < 0.45, "p is uniform where there is nothing"
    assert min(p) < 0.3
    assert max(p) > 0.6


def test_a_class_of_words_passes_the_first_null_and_not_the_second():
    """All second words share a direction, but the pairing is random: only the shuffled null shows it."""
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(500, 20))
    rows = np.arange(30).reshape(-1, 2)
    vectors[rows[:, 1]] += 4 * rng.normal(size=20)
    found = parallelism(unit_rows(vectors.astype(np.float32)), rows, draws=399, rng=rng)
    assert found.random.p == 1 / 400
    assert found.shuffled.p > 0.02


def test_random_words_have_the_frequency_of_the_pairs(monkeypatch):
    asked = []
    plain = offsets._offsets
    monkeypatch.setattr(offsets, "_offsets", lambda vectors, pairs: asked.append(pairs) or plain(vectors, pairs))
    vectors = unit_rows(np.random.default_rng(0).normal(size=(5000, 4)).astype(np.float32))
    rows = np.array([[0, 4000], [10, 3000], [20, 1000]])
    offsets._random_pairs(vectors, rows, 300, np.random.default_rng(0))
    drawn = np.concatenate(asked).reshape(-1, 3, 2)
    assert len(drawn) == 300
    assert not np.isin(drawn, rows).any()
    assert (drawn[..., 0] != drawn[..., 1]).all()
    for place in range(3):
        for side in range(2):
            rank, words = rows[place, side], drawn[:, place, side]
            assert np.abs(words - rank).max() <= max(100, rank // 4) + 6
            assert len(np.unique(words)) > 60


def test_one_seed_gives_one_answer_whatever_the_block(monkeypatch):
    vectors, rows = made(0.2, 1)
    one = parallelism(vectors, rows, draws=200, rng=np.random.default_rng(7))
    two = parallelism(vectors, rows, draws=200, rng=np.random.default_rng(7))
    assert one.random == two.random
    assert one.shuffled == two.shuffled
    monkeypatch.setattr(permutation, "_CELLS", 30 * rows.size * 20)
    blocked = parallelism(vectors, rows, draws=200, rng=np.random.default_rng(8))
    assert blocked.random.value == one.random.value
    assert len(blocked.random_cosines) == 200


def test_p_of_a_pair_of_pairs_counts_random_cosines():
    found = parallelism(*made(0.8, 0.4), draws=99, rng=np.random.default_rng(1))
    null = found.random_cosines
    asked = found._replace(cosines=np.array([[2.0, np.sort(null)[-5]], [np.sort(null)[-5], -2.0]]))
    np.testing.assert_allclose(asked.p_values, [[0.01, 0.06], [0.06, 1.0]])


def test_too_little_to_test():
    vectors, rows = made(1, 1)
    with pytest.raises(ValueError, match="at least 3 pairs; 2 given"):
        parallelism(vectors, rows[:2], draws=9, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="only 76 words are left"):
        parallelism(vectors[:100], np.arange(24).reshape(-1, 2), draws=9, rng=np.random.default_rng(0))


def test_the_same_vector_twice_is_no_direction():
    vectors = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)
    np.testing.assert_allclose(offset_cosines(vectors, np.array([[0, 1], [2, 3]])), [[1, 0], [0, 1]], atol=1e-6)


def test_an_offset_of_a_word_from_itself_has_no_cosine():
    units = np.array([[[1.0, 0], [0, 1.0], [0, 0]], [[1.0, 0], [1.0, 0], [1.0, 0]], [[0, 0], [0, 0], [1.0, 0]]])
    np.testing.assert_allclose(offsets._mean_cosines(units), [0.0, 1.0, 0.0])
