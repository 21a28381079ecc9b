"""The real training run of word2vec by hand, on a text whose words come in two companies."""

import numpy as np
import pytest

from align.evaluate.score import Score
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.window_models import SGNS
from experiments.options import RunOptions
from experiments.word2vec_by_hand import real

MODEL = SGNS(dim=16, epochs=4, sample=0.0, batch=128)


@pytest.fixture(scope="module")
def corpus():
    """Sentences of eight words, each of one company: a0 ... a9, or b0 ... b9."""
    rng = np.random.default_rng(0)
    sentences = [np.append(rng.integers(0, 10, 8) + 10 * rng.integers(2), -1) for _ in range(600)]
    ids = np.concatenate(sentences).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=20)
    order = np.argsort(-counts, kind="stable")
    names = [f"{'ab'[i // 10]}{i % 10}" for i in range(20)]
    rows = np.append(np.argsort(order), -1).astype(np.int32)
    return Corpus(Vocab([names[i] for i in order], counts[order]), rows[ids], name="two companies")


@pytest.fixture(scope="module")
def course(corpus):
    return real.train(corpus, seed=1, model=MODEL, segment=1800)


def test_the_loss_begins_at_guessing_and_falls(corpus, course):
    assert len(course.losses) == 4 * 3
    fine = real.train(corpus, seed=1, model=MODEL, segment=136)
    assert fine.losses[0] == pytest.approx(6 * np.log(2), rel=0.03)
    assert real.guessing(MODEL) == pytest.approx(6 * np.log(2))
    assert course.losses[-1] < 0.9 * course.losses[0]


def test_neighbours_share_contexts_only_after_training(course):
    def right(space):
        table = real.neighbour_table({"x": space}, space.vocab.words)
        return np.mean([near[0] == word[0] for word, listed in table.rows for near in listed.split(", ")])

    before, after = (right(course.spaces[name]) for name in ("before", "after all passes"))
    assert before < 0.75
    assert after == 1
    assert list(course.spaces) == ["before", "after one pass", "after all passes"]
    moved = course.spaces["after one pass"].vectors - course.spaces["after all passes"].vectors
    assert np.abs(moved).max() > 0.01, "each is a copy of its own moment"


def test_the_section_shows_the_run(course, tmp_path, monkeypatch):
    monkeypatch.setattr(real, "evaluate_suite", lambda space: {"set": Score("set", float(space.vectors[0, 0]), 3, 4)})
    section = real.section(course, MODEL, tmp_path)
    assert (tmp_path / "loss.png").stat().st_size > 1000
    assert f"the loss falls from {course.losses[0]:.2f} to {course.losses[-1]:.2f}" in section.summary[0]
    table = section.blocks[-1]
    assert table.rows[0][4] == "3 of 4"
    assert table.rows[0][1] != table.rows[0][3]


def test_no_words_no_run(tmp_path):
    assert real.run_part(RunOptions(tmp_path)) == ()
