"""Settings of the models of running text: what they refuse, how they are planned, and that each finds topics."""

import re
from dataclasses import replace

import numpy as np
import pytest

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train import window_model, window_models
from align.train.fasttext import FastText
from align.train.model import Request
from align.train.models import train
from align.train.objectives.encoders import BagEncoder, WordEncoder
from align.train.objectives.full_softmax import FullSoftmax
from align.train.objectives.hierarchical_softmax import HierarchicalSoftmax
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.window_model import WindowModel
from align.train.window_models import CBOW, CBOWHS, SGNS, CBOWSoftmax, SkipGramHS, Softmax
from tests.train.topics import by_topic, topics

QUICK = {"dim": 10, "window": 3, "epochs": 8, "sample": 0.0}
COMBINATIONS = {
    SGNS: (WordEncoder, NegativeSampling),
    CBOW: (BagEncoder, NegativeSampling),
    SkipGramHS: (WordEncoder, HierarchicalSoftmax),
    CBOWHS: (BagEncoder, HierarchicalSoftmax),
    Softmax: (WordEncoder, FullSoftmax),
    CBOWSoftmax: (BagEncoder, FullSoftmax),
    FastText: (WordEncoder, NegativeSampling),
}


@pytest.mark.parametrize("kind", COMBINATIONS)
def test_a_model_is_an_encoder_and_an_output_loss(kind: type[WindowModel]) -> None:
    objective = kind(dim=4).plan(topics(sentences=400), Request(0)).objective
    assert (type(objective.encoder), type(objective.output)) == COMBINATIONS[kind]
    assert objective.encoder.__class__ is WordEncoder or objective.encoder.mean
    assert getattr(objective.encoder, "thinned", False) == (kind is SkipGramHS)


def test_defaults_are_those_of_each_model() -> None:
    found = {kind: (kind().rate, kind().sample, kind().cap, kind.tokens_per_step) for kind in COMBINATIONS}
    assert found == {
        SGNS: (0.035, 1e-4, 64.0, 1024),
        CBOW: (0.15, 1e-4, 24.0, 1024),
        SkipGramHS: (0.035, 1e-4, 64.0, 2048),
        CBOWHS: (0.035, 1e-4, 64.0, 2048),
        Softmax: (0.05, 1e-3, 8.0, 8192),
        CBOWSoftmax: (0.05, 1e-3, 8.0, 8192),
        FastText: (0.05, 1e-4, 32.0, 512),
    }
    assert (SGNS().group, CBOW().group) == (64, 128)


@pytest.mark.parametrize(
    "model",
    [
        SGNS(**QUICK),
        SGNS(**QUICK, fixed=True),
        SGNS(**QUICK, vectors="sum"),
        SGNS(**QUICK, vectors="out"),
        CBOW(**QUICK, rate=0.1, group=64, shared=16),
        CBOW(**QUICK, rate=0.02, mean=False, group=64, shared=16),
        SkipGramHS(**QUICK, top=8),
        CBOWHS(**QUICK, top=8),
        CBOWHS(**QUICK, top=8, mean=False, rate=0.02),
        Softmax(**QUICK),
        CBOWSoftmax(**QUICK),
    ],
    ids=lambda model: f"{type(model).__name__} {model.vectors} {model.fixed} {getattr(model, 'mean', '')}",
)
def test_words_of_a_topic_come_together(model: WindowModel) -> None:
    assert by_topic(train(model, topics(), seed=1)) > 0.95


def test_words_of_a_topic_come_together_with_two_workers() -> None:
    assert by_topic(train(SGNS(**QUICK), topics(), seed=1, workers=2)) > 0.95


def test_tables_are_padded_to_cache_lines_and_the_padding_is_no_dimension() -> None:
    model = SGNS(dim=31, window=2, epochs=2, sample=0.0, group=64, shared=16)
    space = train(model, topics(), seed=1)
    assert space.dim == 31
    assert np.isfinite(space.vectors).all()


@pytest.mark.parametrize(
    ("kind", "settings", "told"),
    [
        (SGNS, {"cap": 0.0}, "cap 0: must be above 0"),
        (SGNS, {"rate": -1.0}, "rate -1: must be above 0"),
        (SGNS, {"rate": float("nan")}, "rate nan: must be above 0"),
        (SGNS, {"rate": float("inf")}, "rate inf: must be from 1e-30 to 1e+30"),
        (SGNS, {"dim": 1 << 31}, "dim 2147483648: must be at most 2147483647"),
        (SGNS, {"sample": -0.5}, "sample -0.5: must be at least 0"),
        (SGNS, {"batch": -1}, "batch -1: must be at least 0"),
        (SGNS, {"negatives": 0}, "negatives 0: must be at least 1"),
        (CBOW, {"shared": 0}, "shared 0: must be at least 1"),
        (CBOW, {"window": 0}, "window 0: must be from 1 to 1000"),
        (SkipGramHS, {"top": 0}, "top 0: must be at least 1"),
        (CBOWHS, {"vectors": "sum"}, "vectors sum: hierarchical softmax has vectors of words only: must be in"),
        (Softmax, {"epochs": 0}, "epochs 0: must be at least 1"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(kind: type[WindowModel], settings: dict, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        kind(**settings)


def test_a_batch_must_fall_into_groups() -> None:
    with pytest.raises(ValueError, match="batch 100: its parts of 100 tokens must be multiples of group, 64"):
        SGNS(batch=100).plan(topics(), Request(1))


def test_a_vocabulary_too_large_for_full_softmax_is_refused() -> None:
    many = window_models.SOFTMAX_WORDS + 1
    ids = np.append(np.arange(many, dtype=np.int32), np.int32(-1))
    corpus = Corpus(Vocab([str(i) for i in range(many)], np.ones(many, np.int64)), ids)
    with pytest.raises(ValueError, match=r"full softmax over 100,001 words: at most 100,000 are possible"):
        Softmax().plan(corpus, Request(1))


def test_a_large_corpus_has_two_workers_where_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    model, text = SGNS(dim=10), topics(sentences=400)
    monkeypatch.setattr(window_model, "usable_cores", lambda: 4)
    assert model.default_workers(text) == 1
    monkeypatch.setattr(window_model, "WORKER_WORDS", text.tokens)
    assert model.default_workers(text) == 2
    assert model.default_workers(text, devices=2) == 1
    monkeypatch.setattr(window_model, "usable_cores", lambda: 1)
    assert model.default_workers(text) == 1


def lonely() -> Corpus:
    """One word a sentence."""
    return Corpus(Vocab(["a", "b"], np.array([2, 1])), np.array([0, -1, 1, -1, 0, -1], np.int32), name="lonely")


@pytest.mark.parametrize("kind", COMBINATIONS)
def test_a_corpus_of_sentences_of_one_word_is_refused(kind: type[WindowModel]) -> None:
    with pytest.raises(ValueError, match=r"^lonely: no two words share a window"):
        train(kind(dim=4), lonely(), seed=0)


def test_sub_sampling_that_keeps_nothing_is_refused() -> None:
    text = Corpus(Vocab(["a", "b"], np.array([3, 3])), np.array([0, 1, -1] * 3, np.int32), name="tiny")
    with pytest.raises(ValueError, match=r"^tiny: sub-sampling \(1e-12\) leaves no pair of words; set --sample 0$"):
        train(SGNS(dim=4, sample=1e-12), text, seed=0)
    space = train(replace(SGNS(dim=4), sample=0.0), text, seed=0)
    assert np.isfinite(space.vectors).all()
