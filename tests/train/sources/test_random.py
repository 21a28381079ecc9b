"""Random batches: how steps fall into segments, and numbers drawn by weight."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.batchers.random import RandomBatcher, cumulative_weights, draw_by_weight
from align.train.sources.random import RandomBatches
from align.train.sources.source import Source


class Numbers(RandomBatcher):
    """A random number a batch."""

    def batch(self, prepared, index, *, key):
        del prepared, index
        return jax.random.uniform(key)


@pytest.mark.parametrize(
    ("steps", "segment_steps", "sizes"), [(5, 2, [2, 2, 1]), (6, 3, [3, 3]), (2, 9, [2]), (1, 1, [1])]
)
def test_steps_are_divided_into_segments(steps: int, segment_steps: int, sizes: list[int]) -> None:
    source = RandomBatches(Numbers(), steps, segment_steps)
    assert source.segments == len(sizes)
    data = [jnp.asarray(source.load(i)) for i in range(source.segments)]
    prepared = [source.batcher.prepare(one, key=jax.random.key(0)) for one in data]
    assert [int(count) for _, count in prepared] == sizes
    progress = [source.progress(done) for done in range(source.segments + 1)]
    np.testing.assert_allclose(progress, np.cumsum([0, *sizes]) / steps)


@pytest.mark.parametrize(
    ("steps", "segment_steps", "told"), [(0, 2, "steps 0"), (5, 0, "segment_steps 0"), (-3, 1, "steps -3")]
)
def test_fewer_than_one_step_is_refused(steps: int, segment_steps: int, told: str) -> None:
    with pytest.raises(ValueError, match=f"{told}: must be at least 1"):
        RandomBatches(Numbers(), steps, segment_steps)


class Four(Source):
    """Four segments without data."""

    @property
    def segments(self) -> int:
        return 4

    def load(self, segment: int) -> int:
        return segment


def test_segments_are_equal_shares_of_a_run_by_default() -> None:
    assert [Four(Numbers()).progress(done) for done in range(5)] == [0, 0.25, 0.5, 0.75, 1]


def test_numbers_are_drawn_in_proportion_to_their_weights() -> None:
    weight = np.array([0.0, 1.0, 3.0, 0.0, 0.5, 0.0])
    drawn = np.asarray(draw_by_weight(cumulative_weights(weight), 40_000, key=jax.random.key(0)))
    shares = np.bincount(drawn, minlength=6) / 40_000
    np.testing.assert_allclose(shares, weight / 4.5, atol=0.01)
    assert shares[[0, 3, 5]].tolist() == [0, 0, 0]
