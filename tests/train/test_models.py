"""The models by name: how they are configured, that one function trains them all, and that nothing compiles twice."""

import gc
import re
import signal
import weakref
from dataclasses import fields
from pathlib import Path
from typing import Literal, get_origin

import jax
import numpy as np
import pytest

from align.bilingual.supervised.vecmap import VecMap
from align.checks import SettingError
from align.senses import SenseSpace
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.checkpoint import StoppedError
from align.train.config import TrainingConfig
from align.train.models import MODELS, SETTINGS, configured, described, options_of, train
from align.train.ppmi_svd import PPMISVD
from align.train.window_model import WindowModel
from align.train.window_models import SGNS
from tests.train.kept import corpus

QUICK = {"dim": 4, "window": 2, "cells": 4, "filters": "1:2", "negatives": 5}
SPACES = [name for name in MODELS if name != "elmo"]
COMPILED: list[str] = []
jax.monitoring.register_event_duration_secs_listener(
    lambda event, _seconds, **_more: COMPILED.append(event) if "compile" in event else None
)


def small(name: str, **more: object) -> object:
    """A quick model; ``more`` is of those settings that it has."""
    own = {option: value for option, value in {**QUICK, **more}.items() if option in options_of(name)}
    return configured(name, **own)


def test_given_settings_replace_the_defaults() -> None:
    assert configured("sgns", dim=50, window=3, negatives=None) == SGNS(dim=50, window=3)
    assert configured("sgns", start="a.vec", resume=True, devices=2) == SGNS()
    counted = configured("ppmi-svd", window=3, power=0.0)
    assert isinstance(counted, PPMISVD)
    assert (counted.window.size, counted.power) == (3, 0.0)
    assert counted.window.weigh is PPMISVD().window.weigh


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("sgns", {"dim": 0}, "dim 0: must be at least 1"),
        ("sgns", {"rate": -1.0}, "rate -1: must be above 0"),
        ("glove", {"x_max": 0.0}, "x_max 0: must be above 0"),
        ("glove", {"window": 0}, "window 0: must be from 1 to 1000"),
        ("ppmi-svd", {"smoothing": 2.0}, "smoothing 2: must be from 0 to 1"),
        ("cbow-hs", {"vectors": "sum"}, "vectors sum: hierarchical softmax has vectors of words only: must be in"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(name: str, options: dict, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        configured(name, **options)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (kind, field.name)
        for kind in (*MODELS.values(), TrainingConfig, VecMap)
        for field in fields(kind)
        if get_origin(field.type) is Literal
    ],
)
def test_a_misspelt_choice_is_refused(kind: type, setting: str) -> None:
    """The value is set after construction, because the types of arguments are checked in tests only."""
    settings = kind(0.1) if kind is TrainingConfig else kind()
    object.__setattr__(settings, setting, "skip-gram")
    with pytest.raises(SettingError, match=f"{setting} skip-gram: must be one of "):
        settings.__post_init__()


def test_options_that_a_model_does_not_have_are_refused() -> None:
    with pytest.raises(KeyError, match="'word2vec' is not a model; expected one of sgns, "):
        configured("word2vec")
    with pytest.raises(
        ValueError, match="ppmi-svd has no --negatives and no --checkpoint-every; it has --dim, --window"
    ):
        configured("ppmi-svd", negatives=3, checkpoint_every="10m", resume=None)


def test_every_setting_is_described_with_its_models_and_defaults() -> None:
    assert described("dim") == f"{', '.join(SPACES)}: 100; elmo: 128"
    assert described("resume") == ", ".join(name for name in MODELS if name != "ppmi-svd")
    for setting in SETTINGS:
        assert all(name in described(setting) for name in MODELS if setting in options_of(name)) or "all" in described(
            setting
        )


@pytest.mark.parametrize("name", SPACES)
def test_every_model_is_trained_the_same_way(name: str) -> None:
    text, told, losses = corpus(), [], []
    model = small(name, epochs=3, sample=0.0)
    space = train(
        model, text, seed=1, report=lambda *at: told.append(at), callback=lambda _done, _state, x: losses.append(x)
    )
    again = train(model, text, seed=1)
    assert isinstance(space, Space | SenseSpace)
    assert list(space.vocab) == list(text.vocab)
    assert (space.dim, space.name) == (4, "small")
    assert space.vectors.dtype == np.float32
    assert np.isfinite(space.vectors).all()
    np.testing.assert_array_equal(space.vectors, again.vectors)
    assert all(0 <= done <= total for _, done, total in told)
    assert told[-1][1] == told[-1][2]
    if issubclass(MODELS[name], WindowModel):
        words = text.tokens
        assert told == [("training", n * words, 3 * words) for n in (1, 2, 3)]
        assert all(loss > 0 for loss in losses)


def other_corpus() -> Corpus:
    """Another text with as many words, different words and cells as ``corpus``: the sentences in another order."""
    text = corpus()
    ids = np.array(text.ids).reshape(-1, 11)
    return Corpus(text.vocab, np.random.default_rng(1).permutation(ids).reshape(-1), name="other")


@pytest.mark.parametrize("name", [name for name in MODELS if name != "ppmi-svd"])
def test_another_seed_and_an_equal_corpus_compile_nothing_and_keep_nothing_alive(name: str) -> None:
    """One call compiles; another seed, another corpus of the same shape, and the same call again do not."""
    model, text = small(name, epochs=2, sample=0.0), corpus()
    train(model, text, seed=0)
    before = len(COMPILED)
    assert before > 0
    other = other_corpus()
    train(model, text, seed=1)
    train(model, other, seed=0)
    train(model, text, seed=0)
    assert COMPILED[before:] == []
    alive = [weakref.ref(one) for one in (text, other)]
    del text, other
    gc.collect()
    assert [one() for one in alive] == [None, None]


def test_a_solved_model_takes_no_steps() -> None:
    text = corpus()
    start = Space(text.vocab, np.ones((20, 4), np.float32))
    cases = {"start": start, "frozen": frozenset({"w1"}), "devices": 2, "workers": 2, "checkpoint": "c"}
    for name, value in cases.items():
        with pytest.raises(ValueError, match=f"PPMISVD takes no {name}"):
            train(small("ppmi-svd"), text, **{name: value})
    with pytest.raises(ValueError, match="GloVe takes no start and no frozen and no workers"):
        train(small("glove"), text, start=start, frozen=frozenset({"w1"}), workers=2)


@pytest.mark.parametrize("name", MODELS)
def test_an_empty_corpus_is_refused(name: str) -> None:
    empty = Corpus(Vocab([], np.zeros(0, np.int64)), np.array([-1], np.int32))
    with pytest.raises(ValueError, match=r"0 words|no two words share a window|fewer than two words"):
        train(small(name), empty)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"seed": -1}, "seed -1: must be"),
        ({"devices": 0}, "devices 0: must be at least 1"),
        ({"workers": -1}, "workers -1"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        train(small("sgns"), corpus(), **arguments)


@pytest.mark.usefixtures("default_signals")
def test_a_run_from_python_has_checkpoints_as_from_the_command_line(tmp_path: Path) -> None:
    """The run stops on a signal; the same call with ``resume`` gives the space of an uninterrupted run."""
    model, text, path = small("sgns", epochs=6, sample=0.0), corpus(), tmp_path / "run"
    whole = train(model, text, seed=2)

    def stop(done: int, *_: object) -> None:
        if done == 3:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(StoppedError, match="stopped by SIGTERM after segment 3 of 6"):
        train(model, text, seed=2, checkpoint=path, callback=stop)
    with pytest.raises(FileExistsError, match="holds an unfinished run"):
        train(model, text, seed=2, checkpoint=path)
    stages: list[str] = []
    with pytest.raises(ValueError, match="another run: seed is 2 there, 3 here"):
        train(model, text, seed=3, checkpoint=path, resume=True, report=lambda stage, *_: stages.append(stage))
    with pytest.raises(ValueError, match="continues from a checkpoint, and none is given"):
        train(model, text, seed=2, resume=True)
    assert stages == [], "the checkpoint is checked before any work"
    resumed = train(model, text, seed=2, checkpoint=str(path), resume=True)
    np.testing.assert_array_equal(resumed.vectors, whole.vectors)
