"""The models by name: how they are set, and that one way trains them all."""

import numpy as np
import pytest

from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.counting import PPMISVD
from align.train.models import MODELS, Progress, configured, options, train
from align.train.skipgram import SGNS
from align.train.textmodel import TextModel
from tests.train.kept import corpus

QUICK = {"dim": 4, "window": 2}


def small(name: str, **more: object) -> object:
    """A quick model; ``more`` is of those settings that it has."""
    return configured(name, **QUICK, **{option: value for option, value in more.items() if option in options(name)})


def test_settings_that_are_given_stand_in_the_place_of_the_models_own() -> None:
    assert configured("sgns", dim=50, window=3, negatives=None) == SGNS(dim=50, window=3)
    assert configured("sgns", start="a.vec", resume=True, devices=2) == SGNS()
    counted = configured("ppmi-svd", window=3, power=0.0)
    assert isinstance(counted, PPMISVD)
    assert (counted.window.size, counted.power) == (3, 0.0)
    assert counted.window.weigh is PPMISVD().window.weigh


def test_what_a_model_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="'word2vec' is not a model known here; expected one of sgns, "):
        configured("word2vec")
    with pytest.raises(
        ValueError, match="ppmi-svd has no --negatives and no --checkpoint-every; it has --dim, --window"
    ):
        configured("ppmi-svd", negatives=3, checkpoint_every="10m", resume=None)
    with pytest.raises(ValueError, match="--vectors both: sgns has in, out, sum, average, concatenation"):
        configured("sgns", vectors="both")
    with pytest.raises(ValueError, match="dim 0"):
        configured("sgns", dim=0)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_trained_the_same_way(name: str) -> None:
    text, told = corpus(), []
    model = small(name, epochs=3, sample=0.0)
    space = train(model, text, seed=1, watch=told.append)
    again = train(model, text, seed=1)
    assert isinstance(space, Space)
    assert list(space.vocab) == list(text.vocab)
    assert (space.dim, space.name) == (4, "small")
    assert space.vectors.dtype == np.float32
    assert np.isfinite(space.vectors).all()
    np.testing.assert_array_equal(space.vectors, again.vectors)
    assert all(isinstance(one, Progress) and 0 <= one.done <= one.total for one in told)
    assert told[-1].done == told[-1].total
    if issubclass(MODELS[name], TextModel):
        words = text.tokens
        assert [one[:3] for one in told] == [("training", n * words, 3 * words) for n in (1, 2, 3)]
        assert all(one.loss > 0 for one in told)


def test_a_count_based_space_takes_no_steps() -> None:
    text = corpus()
    start = Space(text.vocab, np.ones((20, 4), np.float32))
    for more in ({"start": start}, {"frozen": frozenset({"w1"})}, {"devices": 2}):
        with pytest.raises(ValueError, match="neither initial vectors nor devices nor checkpoints"):
            train(small("ppmi-svd"), text, seed=0, **more)


@pytest.mark.parametrize("name", MODELS)
def test_an_empty_corpus_is_refused(name: str) -> None:
    empty = Corpus(Vocab([], np.zeros(0, np.int64)), np.array([-1], np.int32))
    with pytest.raises(ValueError, match=r"holds no word|0 words|no two words stand together"):
        train(small(name), empty, seed=0)
