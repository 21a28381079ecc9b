"""fastText: unseen words get vectors, training goes on from vectors and n-grams, and what does not fit is refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from align.files import load, save
from align.space import Space
from align.text.corpus import Corpus
from align.text.units import HashedNgrams
from align.text.vocab import Vocab
from align.train.fasttext import FastText
from align.train.model import Request
from align.train.models import train
from align.train.objectives.encoders import BagEncoder
from tests.train.topics import by_topic, topics

QUICK = FastText(dim=10, window=3, epochs=8, cap=8.0, sample=0.0, minn=2, maxn=3, buckets=5000)
NAMES = ["sun", "oak", "tin", "fox", "yew"]


def stems() -> Corpus:
    """The corpus of topics, whose words of one topic share a stem: the second word of topic 3 is ``fox-fox-b``."""
    found = topics()
    words = [f"{NAMES[int(word[0])]}-{NAMES[int(word[0])]}-{word[2]}" for word in found.vocab.words]
    return replace(found, vocab=Vocab(words, found.vocab.counts))


@pytest.fixture(scope="module")
def space() -> Space:
    return train(QUICK, stems(), seed=1)


def test_words_of_a_topic_come_together_and_unseen_words_join_their_topic(space: Space) -> None:
    assert by_topic(space) > 0.95
    for name in NAMES:
        word = f"{name}-{name}-z"
        assert word not in space
        assert {near.word[:3] for near in space.most_similar(word, k=5)} == {name}


def test_the_vector_of_a_word_is_the_mean_of_its_own_row_and_its_ngrams(space: Space) -> None:
    units = space.units
    assert isinstance(units, HashedNgrams)
    assert (units.minn, units.maxn, units.buckets) == (2, 3, 5000)
    assert units.numbers is not None
    assert len(units.numbers) < 500
    words = [word.encode() for word in space.vocab.words]
    own = space.vectors.copy()
    units.own_rows(own, words)
    assert np.abs(own).max() > 0.1  # trained too
    units.complete(own, words)
    np.testing.assert_allclose(own, space.vectors, atol=1e-5)


def test_cbow_finds_topics() -> None:
    assert by_topic(train(replace(QUICK, model="cbow"), stems(), seed=1)) > 0.95


def test_two_workers_find_topics() -> None:
    assert by_topic(train(QUICK, stems(), seed=1, workers=2)) > 0.95


def test_the_native_file_keeps_the_vectors_of_unseen_words(space: Space, tmp_path: Path) -> None:
    save(space, tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(again.vectors, space.vectors)
    np.testing.assert_array_equal(again["fox-yew"], space["fox-yew"])
    assert (tmp_path / "a.safetensors").stat().st_size < 60_000  # no row for the buckets that no word has


def first_vectors(model: FastText, start: Space, corpus: Corpus) -> Space:
    """The space before the first step."""
    plan = model.plan(corpus, Request(3, start))
    import jax

    from align.train.step import init

    return plan.finish(init(plan.objective, plan.config, key=jax.random.key(0)))


def test_a_run_begins_with_the_vectors_and_ngrams_of_another_space(space: Space) -> None:
    text = stems()
    other = Corpus(Vocab(["new-word", *text.vocab.words[1:]], text.vocab.counts), text.ids, language="zh")
    begun = first_vectors(replace(QUICK, minn=0, maxn=0), space, other)
    np.testing.assert_allclose(begun.vectors[1:], space.vectors[1:], atol=1e-5)
    np.testing.assert_allclose(begun["fox-yew"], space["fox-yew"], atol=1e-5)
    assert isinstance(begun.units, HashedNgrams)
    assert (begun.units.minn, begun.units.maxn) == (2, 3)


def test_a_run_begins_with_vectors_without_ngrams(space: Space) -> None:
    plain = Space(space.vocab, space.vectors)
    np.testing.assert_allclose(first_vectors(QUICK, plain, stems()).vectors, space.vectors, atol=1e-5)


def test_chinese_words_have_shorter_ngrams() -> None:
    assert tuple(lengths_of(FastText(), "zh")) == (1, 3)
    assert tuple(lengths_of(FastText(), "en")) == (3, 6)
    assert tuple(lengths_of(FastText(minn=2, maxn=2), "zh")) == (2, 2)
    with pytest.raises(ValueError, match="minn 4: must be at most the longest length, 3"):
        lengths_of(FastText(minn=4), "zh")


def lengths_of(model: FastText, language: str) -> tuple[int, int]:
    return model._lengths(replace(stems(), language=language), None)


def test_words_without_ngrams_have_their_own_rows_only() -> None:
    space = train(replace(QUICK, minn=30, maxn=30, epochs=1), stems(), seed=1)
    assert space.units is None
    assert np.isfinite(space.vectors).all()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"minn": -1}, "minn -1: must be at least 0"),
        ({"minn": 4, "maxn": 3}, "maxn 3: must be at least the shortest length, 4"),
        ({"buckets": 0}, "buckets 0: must be at least 1"),
        ({"vectors": "sum"}, "vectors sum: fastText has n-grams of words only: must be in"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(settings: dict, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        FastText(**settings)


def test_initial_vectors_that_do_not_fit_are_refused(space: Space) -> None:
    with pytest.raises(ValueError, match="dim 20: must be 10, the number of dimensions of the initial"):
        train(replace(QUICK, dim=20), stems(), start=space)
    with pytest.raises(
        ValueError, match=r"n-grams of 2 to 3 characters in 5,000 buckets; the model has 2 to 4 in 5,000"
    ):
        train(replace(QUICK, maxn=4), stems(), start=space)
    with pytest.raises(ValueError, match="FastText takes no frozen"):
        train(QUICK, stems(), start=space, frozen=frozenset({"fox-fox-a"}))


def test_cbow_takes_the_mean_of_a_window_and_gives_each_word_the_gradient_of_the_sum() -> None:
    encoder = replace(QUICK, model="cbow").plan(stems(), Request(0)).objective.encoder
    assert isinstance(encoder, BagEncoder)
    assert (encoder.mean, encoder.divided) == (True, False)
