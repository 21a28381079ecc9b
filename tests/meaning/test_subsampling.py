"""Sub-samples of a corpus: parts that make up the whole, and intervals that narrow with the noise."""

import numpy as np
import pytest

from align.meaning.subsampling import epochs_for, partition, subsampled_intervals
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab


def made(sentences=40):
    rng = np.random.default_rng(0)
    lines = [rng.integers(0, 6, rng.integers(1, 9)) for _ in range(sentences)]
    ids = np.concatenate([np.append(line, -1) for line in lines]).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=6)
    return Corpus(Vocab([f"w{i}" for i in range(6)], counts), ids)


def sentences(corpus):
    words = [corpus.vocab.words[i] if i >= 0 else "\n" for i in corpus.ids]
    return sorted(line.strip() for line in " ".join(words).split("\n"))


def test_the_parts_are_the_sentences_of_the_whole_each_once():
    corpus = made()
    parts = partition(corpus, 7, seed=3)
    assert sorted(line for part in parts for line in sentences(part) if line) == [x for x in sentences(corpus) if x]
    assert {part.sentences for part in parts} <= {5, 6}
    for part in parts:
        assert (np.diff(part.vocab.counts) <= 0).all()
        assert part.vocab.counts.sum() == part.tokens
    with pytest.raises(ValueError, match="the corpus has 40 sentences"):
        partition(corpus, 41, seed=0)


def test_small_parts_are_read_more_often():
    corpus = made()
    assert epochs_for(corpus, default=5) == 100
    times = 300_000 // corpus.tokens
    long = Corpus(Vocab(corpus.vocab.words, corpus.vocab.counts * times), np.tile(corpus.ids, times))
    assert 100 > epochs_for(long, default=5) >= 5_000_000 / long.tokens
    assert epochs_for(long, default=300) == 300


def widths(noise):
    """The widths of the intervals of two words, from spaces that differ by some noise."""
    rng = np.random.default_rng(1)
    base = np.random.default_rng(2).normal(size=(6, 4))

    def train_one(part):
        rows = [int(word[1:]) for word in part.vocab]
        return Space(part.vocab, (base[rows] + noise * rng.normal(size=(len(rows), 4))).astype(np.float32))

    found = subsampled_intervals(made(400), [("w0", "w1")], ["w2", "w3", "zebra"], [0.3, -0.2, 0.0], train_one)
    assert np.isnan(found[2].low)
    for one, value in zip(found[:2], (0.3, -0.2), strict=True):
        assert one.low <= value <= one.high
    return np.array([one.high - one.low for one in found[:2]])


def test_intervals_contain_the_value_and_grow_with_the_noise():
    np.testing.assert_allclose(widths(0.0), 0.0, atol=1e-6)
    small, large = widths(0.01), widths(0.05)
    np.testing.assert_allclose(large / small, 5.0, rtol=0.2)


def test_an_interval_is_that_of_scaled_errors():
    corpus, values = made(40), iter([0.0, 0.3, 0.6, 0.9])

    def train_one(_):
        angle = next(values)
        vectors = {"w0": [1, 0], "w1": [-1, 0], "w2": [np.cos(angle), np.sin(angle)]}
        return Space(Vocab(list(vectors)), np.array(list(vectors.values()), np.float32))

    found = subsampled_intervals(corpus, [("w0", "w1")], ["w2"], [0.5], train_one, subsamples=4, level=0.5)[0]
    cosines = np.cos([0.0, 0.3, 0.6, 0.9])
    errors = np.sqrt(10 / 40) * (cosines - cosines.mean())
    np.testing.assert_allclose(found, 0.5 + np.quantile(errors, [0.25, 0.75]), atol=1e-6)
