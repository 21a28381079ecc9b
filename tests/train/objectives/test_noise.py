"""Noise words are as frequent as a power of their counts says, in every draw from frequent to rare."""

import jax
import numpy as np
import pytest

from align.train.objectives.noise import noise_of

KEY = jax.random.key(2)
COUNTS = np.array([900, 300, 100, 40, 10, 1])


@pytest.mark.parametrize("power", [0.75, 0.5, 1.0, 0.0])
def test_frequencies(power: float) -> None:
    drawn = np.asarray(noise_of(COUNTS, power).draw((2000, 4), 16, key=KEY))
    assert drawn.shape == (2000, 4, 16)
    expected = COUNTS**power / (COUNTS**power).sum()
    np.testing.assert_allclose(np.bincount(drawn.ravel(), minlength=6) / drawn.size, expected, atol=0.005)


def test_the_table_has_each_words_share() -> None:
    table = np.asarray(noise_of(COUNTS).table)
    expected = COUNTS**0.75 / (COUNTS**0.75).sum()
    np.testing.assert_allclose(np.bincount(table) / len(table), expected, atol=1 / len(table))


def test_every_draw_has_frequent_and_rare_words() -> None:
    """One word of each stratum: of 8 draws a word with a share of 5/8 has 4 to 6."""
    drawn = np.asarray(noise_of(np.array([5, 3]), 1.0).draw((500,), 8, key=KEY))
    frequent = (drawn == 0).sum(1)
    assert frequent.min() >= 4
    assert frequent.max() <= 6
    assert (np.diff(drawn, axis=1) >= 0).all()


def test_draws_are_even_in_every_stratum() -> None:
    """Of 64 draws from a stratum in one call, any tenth of it has 4 to 9, whatever the key."""
    noise = noise_of(np.ones(1000, np.int64), 1.0)
    for seed in range(20):
        drawn = np.asarray(noise.draw((64,), 4, key=jax.random.key(seed))) % 250
        for stratum in drawn.T:
            counts = np.bincount(stratum // 25, minlength=10)
            assert counts.min() >= 4
            assert counts.max() <= 9


def test_a_key_decides_the_draw() -> None:
    noise = noise_of(np.arange(1, 200)[::-1])
    one, again, other = (noise.draw((50,), 4, key=key) for key in (KEY, KEY, jax.random.key(3)))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("counts", [[3, 0], [2, -1]])
def test_words_that_never_occur_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match=r"word 1 of the vocabulary has count (0|-1): must be at least 1"):
        noise_of(np.array(counts, np.int64))


def test_an_empty_vocabulary_has_no_noise() -> None:
    with pytest.raises(ValueError, match="an empty vocabulary has no noise words"):
        noise_of(np.zeros(0, np.int64))


@pytest.mark.parametrize("power", [float("nan"), float("inf"), 400.0, -400.0])
def test_a_power_without_a_finite_sum_is_refused(power: float) -> None:
    with pytest.raises(ValueError, match=f"power {power:g}: "):
        noise_of(np.array([10, 9]), power)
