"""Batches of pairs: drawn by weight, the pairs first, then hard negatives of just those pairs."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.supervised.pair_batches import HardPairs, PairBatch, hard_pairs
from align.train.sources.random import RandomBatches


def made(weight: list[float], *, size: int = 6, hard: int = 2) -> RandomBatches:
    """Pair i is (10 + i, 20 + i); its negatives are 100 i + 1 .. 100 i + 4, those of the target 1000 more."""
    count = len(weight)
    near = 100 * np.arange(count)[:, None] + np.arange(1, 5)
    pairs = 10 + np.arange(count), 20 + np.arange(count), np.array(weight)
    return hard_pairs(*pairs, near, near + 1000, size=size, hard=hard, steps=5, segment_steps=2)


@eqx.filter_jit
def compiled(batcher: HardPairs, key: jax.Array) -> PairBatch:
    return batcher.batch((), jnp.array(0), key=key)


def draw(batches: RandomBatches, key: int = 0) -> PairBatch:
    return PairBatch(*(np.asarray(side) for side in compiled(batches.batcher, jax.random.key(key))))


def test_pairs_come_first_and_negatives_belong_to_them() -> None:
    batch = draw(made([1.0] * 5))
    assert batch.source.shape == batch.target.shape == (6 + 6 * 2,)
    pair = batch.source[:6] - 10
    assert (batch.target[:6] - 20 == pair).all()
    assert set(pair) <= set(range(5))
    assert (batch.source[6:] // 100 == np.repeat(pair, 2)).all()
    assert (batch.target[6:] // 100 == np.repeat(pair, 2) + 10).all()
    assert set(batch.source[6:] % 100) <= {1, 2, 3, 4}


def test_without_negatives_only_pairs() -> None:
    assert draw(made([1.0, 1.0], hard=0)).source.shape == (6,)


def test_a_key_decides_the_batch() -> None:
    batches = made([1.0] * 50)
    for one, other in zip(draw(batches, 1), draw(batches, 1), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (draw(batches, 1).source != draw(batches, 2).source).any()


def test_pairs_are_drawn_in_proportion_to_their_weight() -> None:
    weight = [0.0, 1.0, 3.0, 0.0, 0.5, 0.0]
    drawn = draw(made(weight, size=40_000)).source[:40_000] - 10
    shares = np.bincount(drawn, minlength=6) / 40_000
    np.testing.assert_allclose(shares, np.array(weight) / 4.5, atol=0.01)
    assert shares[[0, 3, 5]].tolist() == [0, 0, 0]


def test_every_pair_can_be_drawn() -> None:
    drawn = draw(made([1.0] * 200, size=20_000, hard=0)).source - 10
    assert set(drawn) == set(range(200))


@pytest.mark.parametrize("weight", [[], [0.0, 0.0], [1.0, -1.0, 3.0], [float("nan")], [float("inf"), 1.0]])
def test_weights_that_draw_nothing_are_refused(weight: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one must be above 0"):
        made(weight)
