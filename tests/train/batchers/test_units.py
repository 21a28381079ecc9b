"""Batches with bags: every token once and in order, the rows of each distinct word once, and never too many."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.units import UnitBags
from align.train.batchers.text import TextBatcher, TokenBatch
from align.train.batchers.units import CHUNK, UnitBatcher, bag_table, room_of

WORDS, SIZE, ROWS = 9, 16, 40
SIZES = np.array([1, 9, 2, 0, 5, 12, 3, 4, 8])
BAGS = UnitBags(np.random.default_rng(0).integers(0, ROWS, SIZES.sum()), SIZES)
IDS = np.random.default_rng(1).integers(-1, WORDS, 300).astype(np.int32)
KEY = jax.random.key(0)


def batcher(*, room: int, keep: float = 1.0) -> UnitBatcher:
    return UnitBatcher(TextBatcher(jnp.full(WORDS, keep), SIZE, 1), bag_table(BAGS, ROWS), room)


def batches(made: UnitBatcher, ids: np.ndarray, *, more: int = 0) -> list[TokenBatch]:
    prepared, steps = made.prepare(jnp.asarray(ids)[None], key=KEY)
    cut = eqx.filter_jit(made.batch)
    return [cut(prepared, jnp.int32(i), key=KEY) for i in range(int(steps) + more)]


def bag(word: int) -> list[int]:
    begins = np.cumsum(SIZES) - SIZES
    return BAGS.ids[begins[word] : begins[word] + SIZES[word]].tolist()


@pytest.mark.parametrize("room", [3, 6, 200])
def test_every_token_has_the_rows_of_its_word(room: int) -> None:
    found, used = batches(batcher(room=room), IDS), []
    for one in found:
        tokens, bags = np.asarray(one.tokens[0]), one.bags
        assert bags is not None
        assert bags.rows.shape == (room, CHUNK)
        assert (np.diff(bags.owner) >= 0).all()
        np.testing.assert_array_equal(bags.filled, np.asarray(bags.rows) != ROWS)
        for place, word in enumerate(tokens.tolist()):
            if word >= 0:
                number = int(bags.word[place])
                rows = np.asarray(bags.rows)[np.asarray(bags.owner) == number].ravel()
                assert rows[rows != ROWS].tolist() == bag(word)
                assert float(bags.share[number]) == pytest.approx(1 / max(SIZES[word], 1))
        distinct = set(tokens[tokens >= 0].tolist())
        assert int(bags.filled.sum()) == sum(SIZES[word] for word in distinct)
        used += tokens[tokens >= 0].tolist()
    assert used == IDS[IDS >= 0].tolist()
    assert (len(found) == -(-len(used) // SIZE)) == (room == 200)


def test_the_tokens_are_those_of_batches_without_bags() -> None:
    """The same key keeps the same tokens, in the same sentences."""
    ours = batches(batcher(room=200, keep=0.5), IDS)
    plain = TextBatcher(jnp.full(WORDS, 0.5), SIZE, 1)
    prepared, steps = plain.prepare(jnp.asarray(IDS)[None], key=KEY)
    assert len(ours) == int(steps)
    for i, one in enumerate(ours):
        same = plain.batch(prepared, jnp.int32(i), key=KEY)
        np.testing.assert_array_equal(one.tokens, same.tokens)
        there = np.asarray(one.tokens) >= 0
        np.testing.assert_array_equal(np.asarray(one.sentence)[there], np.asarray(same.sentence)[there])


def test_batches_after_the_last_are_empty() -> None:
    """A device whose part of a segment ends early goes on with empty batches."""
    last = batches(batcher(room=6), IDS, more=2)[-1]
    assert last.bags is not None
    assert (last.tokens == -1).all()
    assert not last.bags.filled.any()
    assert batches(batcher(room=6), np.full(20, -1, np.int32)) == []


def test_room_is_for_the_expected_chunks_and_at_least_for_one_bag() -> None:
    share = np.full(WORDS, 1 / WORDS)
    assert room_of(BAGS, share, 10_000) == 128
    assert room_of(UnitBags(np.zeros(4000, int), np.array([4000])), np.ones(1), 1) == 1024
    draws = np.random.default_rng(2).integers(0, 200, (300, 64))
    sizes = np.random.default_rng(3).integers(1, 60, 200)
    chunks = -(-sizes // CHUNK)
    mean = np.mean([chunks[np.unique(row)].sum() for row in draws])
    assert 0 <= room_of(UnitBags(np.zeros(sizes.sum(), int), sizes), np.full(200, 1 / 200), 64) - mean < 140


def test_bags_need_one_part() -> None:
    with pytest.raises(ValueError, match="2 parts: batches with bags have one"):
        UnitBatcher(TextBatcher(jnp.ones(WORDS), SIZE, 2), bag_table(BAGS, ROWS), 8)
