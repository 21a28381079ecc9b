"""Association tests against a naive one, and the removal of a direction."""

from itertools import combinations

import numpy as np
import pytest

from align.meaning.axes import fit_axis, project
from align.meaning.bias import WeatWords, equalise, neutralise, weat, weat_tests
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(2)
    return Space(Vocab([f"w{i}" for i in range(40)]), rng.normal(size=(40, 6)).astype(np.float32))


def names(*rows):
    return tuple(f"w{i}" for i in rows)


def naive(space, words):
    """The test as the paper writes it, over all splits, with loops."""

    def cosine(one, other):
        x, y = space[one].astype(float), space[other].astype(float)
        return x @ y / np.linalg.norm(x) / np.linalg.norm(y)

    def s(word):
        return np.mean([cosine(word, a) for a in words.a]) - np.mean([cosine(word, b) for b in words.b])

    def difference(x, y):
        return sum(map(s, x)) - sum(map(s, y))

    both = words.x + words.y
    observed = difference(words.x, words.y)
    splits = [(one, tuple(set(both) - set(one))) for one in combinations(both, len(words.x))]
    p = np.mean([difference(*split) >= observed - 1e-9 for split in splits])
    effect = (np.mean([*map(s, words.x)]) - np.mean([*map(s, words.y)])) / np.std([*map(s, both)], ddof=1)
    return observed, effect, p


def test_the_test_is_that_of_loops_over_all_splits(space):
    words = WeatWords(names(0, 1, 2, 3), names(4, 5, 6), names(7, 8, 9), names(10, 11, 12, 13))
    found = weat(space, words)
    np.testing.assert_allclose((found.statistic, found.effect, found.p), naive(space, words), atol=1e-5)
    assert found.exact
    assert found.covered == (4, 3, 3, 4)


def test_random_splits_agree_with_all_splits(space, monkeypatch):
    words = WeatWords(names(0, 1, 2, 3, 14), names(4, 5, 6, 15, 16), names(7, 8, 9), names(10, 11, 12, 13))
    exact = weat(space, words)
    monkeypatch.setattr("align.meaning.bias._MAX_SPLITS", 0)
    drawn = weat(space, words, permutations=4000, seed=1)
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=0.04)
    assert drawn.effect == exact.effect


def test_words_that_the_space_lacks_are_counted(space):
    words = WeatWords(names(0, 1, 99), names(4, 5), names(7, 8), names(10, 11))
    found = weat(space, words)
    assert (found.covered, found.total) == ((2, 2, 2, 2), (3, 2, 2, 2))
    with pytest.raises(ValueError, match="at least 2 of each"):
        weat(space, words._replace(y=names(4, 98)))


def test_planted_bias_is_found_and_removed():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 30)) * 0.4
    direction = np.eye(30)[0]
    for rows, sign in ((range(10), 1), (range(10, 20), -1), (range(20, 30), 1), (range(30, 40), -1)):
        vectors[list(rows)] += sign * direction
    space = Space(Vocab([f"w{i}" for i in range(60)]), vectors.astype(np.float32))
    words = WeatWords(names(*range(10)), names(*range(10, 20)), names(*range(20, 30)), names(*range(30, 40)))
    before = weat(space, words)
    assert before.p < 0.001
    assert before.effect > 1.5
    axis = fit_axis(space, list(zip(words.a, words.b, strict=True)))
    after = weat(neutralise(space, axis, keep=words.a + words.b), words)
    assert abs(after.effect) < before.effect / 2


def test_neutralised_words_have_no_part_in_the_direction(space):
    axis = fit_axis(space, [("w0", "w1"), ("w2", "w3")])
    found = neutralise(space, axis, keep=["w0", "w1"])
    np.testing.assert_allclose(project(axis, found.vectors)[2:], 0.0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(found.of(["w0", "w1"]), space.unit[:2])


def test_equalised_pairs_are_as_near_to_every_neutral_word(space):
    axis = fit_axis(space, [("w0", "w1"), ("w2", "w3")])
    neutral = neutralise(space, axis)
    found = equalise(neutral, axis, [("w4", "w5"), ("w6", "zebra")])
    pair, others = found.of(["w4", "w5"]), found.vectors[7:]
    np.testing.assert_allclose(others @ pair[0], others @ pair[1], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(pair, axis=1), 1.0, atol=1e-5)
    assert project(axis, pair)[0] == pytest.approx(-project(axis, pair)[1], abs=1e-5)
    np.testing.assert_allclose(found["w6"], neutral["w6"])


def test_built_in_tests_have_both_languages():
    english, chinese = weat_tests("en"), weat_tests("zh")
    assert list(english) == list(chinese)
    for tests in (english, chinese):
        for name, words in tests.items():
            assert all(len(set(side)) == len(side) >= 8 for side in words), name
            assert not set(words.x) & set(words.y), name
