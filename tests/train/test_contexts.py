"""Models whose contexts are also bigrams and characters: what they learn from them, and how a run is resumed."""

import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from align.space import Space
from align.text.corpus import Corpus
from align.train.checkpoint import StoppedError
from align.train.models import train
from align.train.ppmi_svd import PPMISVD
from align.train.window_models import SGNS

FAMILIES = "金松猫"
QUICK = SGNS(
    dim=8,
    window=2,
    epochs=30,
    sample=0.0,
    batch=256,
    group=32,
    shared=8,
    features="word+character+ngram",
    characters="both",
)
COUNTED = PPMISVD(dim=8, features="word+character+ngram", characters="both")


@pytest.fixture(scope="module")
def text() -> Corpus:
    """Words of two characters in any order: only their second character says which family a word is of."""
    rng = np.random.default_rng(0)
    words = [chr(0x4E01 + i) + FAMILIES[i % 3] for i in range(18)]
    sentences = [[words[i] for i in rng.integers(len(words), size=10)] for _ in range(400)]
    return Corpus.from_sentences(sentences, min_count=1, name="families")


def same_family(space: Space) -> float:
    """How many of a word's five nearest words have its second character, as a mean; by chance .29."""
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    ends = np.array([word[1] for word in space.vocab])
    return float((ends[np.argsort(-cosines, axis=1)[:, :5]] == ends[:, None]).mean())


@pytest.mark.parametrize("model", [QUICK, COUNTED])
def test_words_of_one_character_come_together_though_their_neighbours_are_those_of_all(model, text: Corpus) -> None:
    assert same_family(train(model, text, seed=1)) > 0.6
    if isinstance(model, PPMISVD):
        assert same_family(train(PPMISVD(dim=8), text, seed=1)) < 0.5


@pytest.mark.usefixtures("default_signals")
def test_a_seed_decides_a_run_interrupted_or_not(text: Corpus, tmp_path: Path) -> None:
    whole, path = train(QUICK, text, seed=2), tmp_path / "run"
    assert whole.vectors.shape == (len(text.vocab), 8)

    def stop(done: int, *_: object) -> None:
        if done == 3:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(StoppedError):
        train(QUICK, text, seed=2, checkpoint=path, callback=stop)
    resumed = train(QUICK, text, seed=2, checkpoint=path, resume=True)
    np.testing.assert_array_equal(resumed.vectors, whole.vectors)


def test_context_vectors_are_those_of_words(text: Corpus) -> None:
    for model in (replace(QUICK, vectors="sum", epochs=1), replace(COUNTED, contexts=True)):
        space = train(model, text)
        assert space.vectors.shape == (len(text.vocab), 8)
        assert np.isfinite(space.vectors).all()
