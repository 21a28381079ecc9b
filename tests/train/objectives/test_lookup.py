"""How tokens get their vectors: rows of words, begun as given or at random; and how bags are weighted."""

import jax
import jax.numpy as jnp
import numpy as np

from align.train.objectives.encoders import bag_of
from align.train.objectives.lookup import WordRows
from align.train.objectives.windows import window_sums

KEY = jax.random.key(4)


def test_rows_begin_as_given_or_at_random_and_their_padding_is_zero() -> None:
    start = jnp.full((40, 31), jnp.nan).at[3].set(2.0)
    table = np.asarray(WordRows(start, None, 40, 31).init(key=KEY)["word"])
    assert table.shape == (40, 32)
    np.testing.assert_array_equal(table[3], [2.0] * 31 + [0.0])
    assert (np.abs(np.delete(table, 3, axis=0)) <= 0.5 / 31).all()
    np.testing.assert_array_equal(table[:, 31], 0)
    assert WordRows(None, None, 40, 30).init(key=KEY)["word"].shape == (40, 30)


def test_frozen_words_are_those_of_the_table() -> None:
    assert WordRows(None, None, 2, 3).frozen() == {}
    frozen = jnp.array([True, False])
    assert WordRows(None, frozen, 2, 3).frozen()["word"] is frozen


def test_a_mean_of_equal_vectors_is_that_vector_and_of_none_zero() -> None:
    weight = jnp.array([[0.0, 1.0], [0.5, 1.0], [0.0, 0.0]])
    bag = bag_of(weight, mean=True)
    np.testing.assert_allclose(window_sums(jnp.ones((3, 2)), bag.weight, (-1, 1)), [[1, 1], [1, 1], [0, 0]])
    np.testing.assert_array_equal(bag.filled, [1, 1, 0])
    np.testing.assert_array_equal(bag_of(weight, mean=False).weight, weight)
