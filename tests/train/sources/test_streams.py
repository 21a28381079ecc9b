"""Streams read every word, in order in both directions, from segment to segment."""

import jax.numpy as jnp
import numpy as np

from align.train.batchers.streams import StreamBatcher, WordGroup
from align.train.objectives.noise import noise_of
from align.train.sources.streams import Streams, StreamSource, word_groups

TEXT = np.random.default_rng(0).integers(0, 50, 1000).astype(np.int32)
WIDTHS = np.arange(52) % 7 + 2
GROUPS = (WordGroup(32, 6), WordGroup(32, 8))


def source(pieces: int = 1) -> StreamSource:
    batcher = StreamBatcher(noise_of(np.ones(50, np.int64)), jnp.zeros(52), 2)
    return StreamSource(batcher, Streams(TEXT, 4, 3, pieces), 2, GROUPS, WIDTHS, 51)


def test_each_direction_reads_on_where_the_last_step_ended() -> None:
    streams = Streams(TEXT, 4, 3)
    tokens = np.concatenate([streams.tokens(i) for i in range(streams.segments)], axis=1)[0]
    length = len(tokens) * 3
    assert length >= 250
    for stream in range(4):
        forward, backward = (tokens[:, stream, way] for way in (0, 1))
        np.testing.assert_array_equal(forward[1:, 0], forward[:-1, -1])
        np.testing.assert_array_equal(backward[1:, 0], backward[:-1, -1])
        start = stream * 250
        expected = TEXT[np.arange(start, start + length + 1) % len(TEXT)]
        np.testing.assert_array_equal(np.append(forward[:, :-1].reshape(-1), forward[-1, -1]), expected)
        np.testing.assert_array_equal(np.append(backward[:, :-1].reshape(-1), backward[-1, -1]), expected[::-1])


def test_a_batch_numbers_its_distinct_words_group_by_group() -> None:
    for pieces in (1, 2):
        one = source(pieces)
        assert one.segments == 2 * one.streams.segments
        tokens, (words, places) = one.streams.tokens(1), one.load(1)
        assert words.shape[:2] == places.shape[:2] == (pieces, one.streams.steps)
        for piece, step in np.ndindex(*words.shape[:2]):
            np.testing.assert_array_equal(words[piece, step][places[piece, step]], tokens[piece, step])
            short, long = np.split(words[piece, step], [32])
            assert (WIDTHS[short[short < 51]] <= 6).all()
            assert (WIDTHS[long[long < 51]] > 6).all()
            assert len(np.unique(tokens[piece, step])) == (words[piece, step] < 51).sum()
        np.testing.assert_array_equal(one.load(1).words, one.load(1 + one.streams.segments).words)


def test_the_batches_that_have_a_word_are_counted() -> None:
    streams = Streams(TEXT, 4, 3)
    batches, per_width = streams.occurrence(WIDTHS)
    tokens = np.concatenate([streams.tokens(i) for i in range(streams.segments)], axis=1)[0]
    assert batches.tolist() == [sum(word in batch for batch in tokens) for word in range(52)]
    for batch, found in zip(tokens, per_width, strict=True):
        assert found.tolist() == np.bincount(WIDTHS[np.unique(batch)], minlength=9).tolist()


def test_groups_have_room_for_every_batch_and_are_as_narrow_as_pays() -> None:
    rare = np.zeros((3, 21), int)
    rare[:, 5] = 190, 200, 180
    rare[:, 20] = 3, 0, 1
    assert word_groups(rare) == (WordGroup(224, 5), WordGroup(32, 20))
    assert word_groups(rare[:, :6]) == (WordGroup(224, 5),)
    assert word_groups(np.array([[0, 0, 1, 1]])) == (WordGroup(32, 3),)  # two groups would have more padding
