"""Streams read every word, in order in both directions, from segment to segment."""

import jax.numpy as jnp
import numpy as np

from align.train.batchers.streams import StreamBatcher
from align.train.objectives.noise import noise_of
from align.train.sources.streams import Streams, StreamSource

TEXT = np.random.default_rng(0).integers(0, 50, 1000).astype(np.int32)


def source(pieces: int = 1) -> StreamSource:
    batcher = StreamBatcher(noise_of(np.ones(50, np.int64)), jnp.zeros(52), 2)
    return StreamSource(batcher, Streams(TEXT, 4, 3, pieces), 2, 128, 51)


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


def test_a_batch_numbers_its_distinct_words() -> None:
    for pieces in (1, 2):
        one = source(pieces)
        assert one.segments == 2 * one.streams.segments
        tokens, (words, places) = one.streams.tokens(1), one.load(1)
        assert words.shape[:2] == places.shape[:2] == (pieces, one.streams.steps)
        for piece, step in np.ndindex(*words.shape[:2]):
            np.testing.assert_array_equal(words[piece, step][places[piece, step]], tokens[piece, step])
            assert (np.diff(words[piece, step]) >= 0).all()
        np.testing.assert_array_equal(one.load(1).words, one.load(1 + one.streams.segments).words)


def test_the_batches_that_have_a_word_are_counted() -> None:
    streams = Streams(TEXT, 4, 3)
    batches, most = streams.occurrence(52)
    tokens = np.concatenate([streams.tokens(i) for i in range(streams.segments)], axis=1)[0]
    assert batches.tolist() == [sum(word in batch for batch in tokens) for word in range(52)]
    assert most == max(len(set(batch.reshape(-1).tolist())) for batch in tokens)
