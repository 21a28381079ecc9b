"""Spaces with several vectors a word: senses in a context, neighbours, one file, and the export of every sense."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from align.files import load, save
from align.senses import SenseSpace, context_words, holds_senses
from align.tensors import load_tensors, save_tensors
from align.text.vocab import Vocab

WORDS = ["bank", "money", "river", "the"]


@pytest.fixture
def space() -> SenseSpace:
    rng = np.random.default_rng(0)
    return SenseSpace(
        Vocab(WORDS, np.array([100, 50, 20, 10])),
        np.array([0, 3, 4, 6, 7]),
        rng.normal(size=(7, 5)).astype(np.float32),
        np.array([0.5, 0.4, 0.1, 1, 0.8, 0.2, 1], np.float32),
        rng.normal(size=7).astype(np.float32),
        rng.normal(size=(4, 5)).astype(np.float32),
        np.array([1, 1, 0.5, 0.1], np.float32),
        "tiny",
        "en",
    )


def test_the_probability_in_a_context_is_the_prior_times_the_probability_of_the_words(space: SenseSpace) -> None:
    context = ["the", "river", "bank", "unknown", "river"]
    found = space.in_context("bank", context)
    assert found.known == ("the", "river", "river")
    scores = []
    for s in range(3):
        score = np.log(space.probability[s])
        for word in found.known:
            i = WORDS.index(word)
            score += space.weight[i] * (space.vectors[s] @ space.contexts[i] - space.log_normaliser[s])
        scores.append(score)
    expected = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(found.probability, expected, rtol=1e-4)


def test_without_a_known_word_the_prior_stays(space: SenseSpace) -> None:
    found = space.in_context("bank", ["bank", "elsewhere"])
    assert found.known == ()
    np.testing.assert_allclose(found.probability, [0.5, 0.4, 0.1], rtol=1e-5)


def test_neighbours_are_senses_of_other_words_by_cosine(space: SenseSpace) -> None:
    found = space.neighbours("bank", 2, k=9)
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    cosines = dict(zip(["money", "river#1", "river#2", "the"], unit[3:] @ unit[1], strict=True))
    assert [one.word for one in found] == sorted(cosines, key=lambda word: -cosines[word])
    np.testing.assert_allclose([one.score for one in found], sorted(cosines.values(), reverse=True), atol=1e-6)
    with pytest.raises(ValueError, match="sense 4 of 'bank': it has 3 senses"):
        space.neighbours("bank", 4)
    with pytest.raises(KeyError, match="'bnak' is not in the vocabulary; did you mean: bank"):
        space.senses("bnak")


def test_a_space_is_kept_in_one_file(space: SenseSpace, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    space.save(path)
    again = SenseSpace.load(path)
    assert repr(again) == repr(space) == "SenseSpace('tiny', 4 words, 7 senses x 5)"
    assert (list(again.vocab), again.vocab.counts.tolist(), again.language) == (WORDS, [100, 50, 20, 10], "en")
    for name in ("first", "vectors", "probability", "log_normaliser", "contexts", "weight"):
        np.testing.assert_array_equal(getattr(again, name), getattr(space, name))
    assert holds_senses(path)
    with pytest.raises(ValueError, match=r"holds several vectors per word; `align senses` shows them"):
        load(path)
    with pytest.raises(ValueError, match=r"s\.vec: a name ending in \.safetensors was expected"):
        space.save(tmp_path / "s.vec")


def test_files_that_are_not_sense_spaces_are_refused(space: SenseSpace, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    save(space.mean_space(), path)
    assert not holds_senses(path)
    assert not holds_senses(tmp_path)
    with pytest.raises(ValueError, match=r"s\.safetensors: not a space with senses"):
        SenseSpace.load(path)
    space.save(path)
    arrays, metadata = load_tensors(path)
    whole = {name: np.array(array) for name, array in arrays.items()}
    for name, wrong in (("first", np.arange(5)), ("first", np.arange(4)), ("vectors", np.ones(3))):
        save_tensors(path, whole | {name: wrong}, metadata)
        with pytest.raises(ValueError, match=r"s\.safetensors: a damaged space with senses \("):
            SenseSpace.load(path)
    save_tensors(path, {name: array for name, array in whole.items() if name != "contexts"}, metadata)
    with pytest.raises(ValueError, match="no array 'contexts'"):
        SenseSpace.load(path)


def test_every_sense_becomes_a_word(space: SenseSpace, tmp_path: Path) -> None:
    made = space.as_space()
    assert list(made.vocab) == ["bank#1", "money#1", "bank#2", "river#1", "bank#3", "the#1", "river#2"]
    assert made.vocab.counts.tolist() == [50, 50, 40, 16, 10, 10, 4]
    np.testing.assert_array_equal(made["bank#2"], space.vectors[1])
    save(made, tmp_path / "s.vec")
    assert list(load(tmp_path / "s.vec").vocab) == list(made.vocab)
    assert list(space.as_space(words=["river", "ox"]).vocab) == ["river#1", "river#2"]
    assert list(space.as_space(limit=1).vocab) == ["bank#1", "bank#2", "bank#3"]
    assert list(space.as_space(limit=1, words=["river", "bank"]).vocab) == ["bank#1", "bank#2", "bank#3"]
    uncounted = replace(space, vocab=Vocab(WORDS))
    assert list(uncounted.as_space().vocab)[:4] == ["bank#1", "bank#2", "bank#3", "money#1"]


def test_the_mean_of_the_senses_is_the_vector_of_a_word(space: SenseSpace) -> None:
    mean = space.mean_space()
    assert list(mean.vocab) == WORDS
    np.testing.assert_allclose(mean["bank"], space.probability[:3] @ space.vectors[:3], rtol=1e-5)
    np.testing.assert_allclose(mean["money"], space.vectors[3])


def test_shapes_must_agree(space: SenseSpace) -> None:
    with pytest.raises(ValueError, match=re.escape("4 words and arrays of 3, 4, 4")):
        replace(space, first=np.array([0, 3, 7, 7]))
    with pytest.raises(ValueError, match=re.escape("3 words and arrays of 4, 4, 4")):
        replace(space, vocab=Vocab(WORDS[:3]))
    with pytest.raises(ValueError, match="the rows of the words do not cover the senses"):
        replace(space, first=np.array([0, 3, 3, 6, 7]))


def test_contexts_are_tokenised_by_language(space: SenseSpace) -> None:
    assert context_words("The Bank's money", space.language_of("bank")) == ["the", "bank", "'s", "money"]
    assert context_words("我吃了一个苹果", replace(space, language="").language_of("苹果"))[-1] == "苹果"
