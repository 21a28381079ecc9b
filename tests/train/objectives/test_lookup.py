"""How tokens get their vectors: rows of words, begun as given or at random; and how bags are weighted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.units import UnitBags
from align.train.batchers.text import TextBatcher, TokenBatch, WordBags
from align.train.batchers.units import UnitBatcher, bag_table
from align.train.objectives.encoders import bag_of
from align.train.objectives.lookup import BagRows, WordRows, bag_means
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


BAGS = [[0, 7, 8], [1, 7, 9, 10, 11, 7], [2]]
TOKENS = np.array([1, 0, 1, 2, 1, -1, -1, -1], np.int32)


@pytest.fixture(scope="module")
def batch() -> TokenBatch:
    """Eight tokens of three words; row 7 is in two bags, and twice in one."""
    sizes = np.array([len(bag) for bag in BAGS])
    table = bag_table(UnitBags(np.concatenate(BAGS), sizes), 12)
    made = UnitBatcher(TextBatcher(jnp.ones(3), 8, 1), table, 5)
    prepared, _ = made.prepare(jnp.append(TOKENS[:5], -1)[None], key=KEY)
    return made.batch(prepared, jnp.int32(0), key=KEY)


def bags_of(batch: TokenBatch) -> WordBags:
    assert batch.bags is not None
    return batch.bags


def test_a_bag_is_the_mean_of_its_rows_and_each_row_gets_the_gradient_of_the_bag(batch: TokenBatch) -> None:
    lookup = BagRows(None, 12, 4)
    table = jnp.asarray(np.random.default_rng(0).normal(size=(13, 4)), jnp.float32).at[12].set(0)
    ids = lookup.rows(batch)["unit"]
    found = lookup.vectors({"unit": tuple(table[part] for part in ids)}, batch, 0)
    expected = np.array([np.asarray(table)[BAGS[token]].mean(0) for token in TOKENS[:5]])
    np.testing.assert_allclose(found[:5], expected, rtol=1e-5)
    slope = np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)
    slope[5:] = 0
    gathered = tuple(table[part] for part in ids)
    grads = jax.grad(lambda rows: (bag_means(rows, bags_of(batch)) * slope).sum())(gathered)
    whole, naive = np.zeros((13, 4)), np.zeros((13, 4))
    np.add.at(whole, np.stack(ids), np.stack(grads))
    for token, one in zip(TOKENS[:5], slope, strict=False):
        for row in BAGS[token]:
            naive[row] += one
    np.testing.assert_allclose(whole, naive, atol=1e-5)
    assert not whole[12].any()


def test_every_row_of_a_bag_has_the_mass_of_all_tokens_of_its_word(batch: TokenBatch) -> None:
    lookup, mass = BagRows(None, 12, 4), jnp.array([1.0, 2, 4, 8, 16, 0, 0, 0])
    found = np.zeros(13)
    np.add.at(found, np.stack(lookup.rows(batch)["unit"]), np.stack(lookup.row_mass((mass,), batch)["unit"]))
    np.testing.assert_allclose(found, [2, 21, 8, 0, 0, 0, 0, 2 + 2 * 21, 2, 21, 21, 21, 0])


def test_rows_of_bags_begin_as_given_or_at_random_and_the_padding_is_zero() -> None:
    start = jnp.full((12, 31), jnp.nan).at[3].set(2.0)
    table = np.asarray(BagRows(start, 12, 31).init(key=KEY)["unit"])
    assert table.shape == (13, 32)
    np.testing.assert_array_equal(table[3], [2.0] * 31 + [0.0])
    np.testing.assert_array_equal(table[12], 0)
    assert 0.5 / 31 < np.abs(np.delete(table[:12], 3, axis=0)).max() <= 1 / 31


def test_a_batch_without_bags_is_refused(batch: TokenBatch) -> None:
    with pytest.raises(ValueError, match="a batch without bags"):
        BagRows(None, 12, 4).rows(batch._replace(bags=None))
