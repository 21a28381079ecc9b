"""GloVe and a shift of all vectors: the loss compared with plain loops, and the effects of a shift."""

import math

import numpy as np
import pytest

from align.evaluate.score import Score
from align.space import Space
from align.text.cooccurrence import Cells
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.glove import GloVe
from experiments import glove_shift as g

MODEL = GloVe(dim=4, epochs=3, tile=8)
NARROW = GloVe(dim=2, epochs=3, tile=8)
WORDS = 12


@pytest.fixture
def fitted():
    rng = np.random.default_rng(0)
    return g.GloVeParameters(*rng.normal(size=(2, WORDS, 4)), *rng.normal(size=(2, WORDS)))


@pytest.fixture
def cells():
    rng = np.random.default_rng(1)
    row, column = np.nonzero(rng.random((WORDS, WORDS)) < 0.6)
    value = rng.uniform(0.1, 30, len(row))
    return Cells(row.astype(np.int32), column.astype(np.int32), value.astype(np.float32))


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(2)
    lines = [np.append(rng.integers(0, 6, 9) + 6 * rng.integers(2), -1) for _ in range(200)]
    ids = np.concatenate(lines).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=WORDS)
    order = np.argsort(-counts, kind="stable")
    rows = np.append(np.argsort(order), -1).astype(np.int32)
    return Corpus(Vocab([f"w{i}" for i in order], counts[order]), rows[ids])


def test_the_loss_is_that_of_the_paper(fitted, cells, monkeypatch):
    total = 0.0
    for i, j, x in zip(*(part.tolist() for part in cells), strict=True):
        score = sum(fitted.word[i][k] * fitted.context[j][k] for k in range(4))
        score += fitted.word_bias[i] + fitted.context_bias[j]
        total += min(1, (x / 10) ** 0.75) * (score - math.log(x)) ** 2
    assert g.loss_of(fitted, cells, MODEL) == pytest.approx(total / 2, rel=1e-9)
    monkeypatch.setattr(g, "_BLOCK", 7)
    assert g.loss_of(fitted, cells, MODEL) == pytest.approx(total / 2, rel=1e-9)


@pytest.mark.parametrize("size", [0.1, 1, 30])
@pytest.mark.parametrize("sides", [(1, 0), (0, 1), (1, 1)])
def test_a_shift_with_corrected_biases_keeps_the_loss(fitted, cells, size, sides):
    a, e = size * np.random.default_rng(3).normal(size=(2, 4)) * np.array(sides)[:, None]
    before = g.loss_of(fitted, cells, MODEL)
    moved = g.shift(fitted, a, e)
    np.testing.assert_allclose(moved.word - fitted.word, np.broadcast_to(a, (WORDS, 4)), atol=1e-12)
    np.testing.assert_allclose(moved.context - fitted.context, np.broadcast_to(e, (WORDS, 4)), atol=1e-12)
    assert g.loss_of(moved, cells, MODEL) == pytest.approx(before, rel=1e-11)
    left = g.shift(fitted, a, e, biases=False)
    assert abs(g.loss_of(left, cells, MODEL) / before - 1) > 1e-4


def test_the_loss_of_a_fitted_model_is_low_and_does_not_change_under_a_shift(corpus):
    fitted, cells = g.fit(corpus, seed=0, model=NARROW)
    zero = g.GloVeParameters(*(np.zeros_like(part) for part in fitted))
    assert g.loss_of(fitted, cells, MODEL) < 0.3 * g.loss_of(zero, cells, MODEL)
    table = g.loss_table(fitted, cells, MODEL, seed=0)
    off = np.array([[abs(float(cell)) for cell in row[2:]] for row in table.rows])
    assert off[0, 0] == 0
    assert off[:5, 0].max() < 1e-9
    assert off[:4, 1].max() < 1e-3
    assert off[5].min() > 0.1


def test_a_shift_changes_cosines_and_centring_removes_it(fitted, corpus, monkeypatch):
    spaces = g.spaces_of(fitted, corpus, seed=0)
    means = [g.pair_cosines(spaces[f"+ {one:g}"], seed=0).mean() for one in g.SHIFTS]
    assert np.all(np.diff(means) > 0)
    np.testing.assert_allclose(spaces["centred"].vectors, spaces["centred, as trained"].vectors, atol=1e-5)
    shifted = spaces["+ 2"].vectors - spaces["+ 0"].vectors
    assert np.ptp(shifted, axis=0).max() < 1e-5, "the same vector is added to all"
    length = np.linalg.norm(spaces["+ 0"].vectors, axis=1).mean()
    np.testing.assert_allclose(np.linalg.norm(shifted[0]), 2 * length, rtol=1e-5)
    monkeypatch.setattr(g, "evaluate_suite", lambda space: {"set": Score("set", float(space.unit[0, 0]), 1, 1)})
    table = g.cosine_table(spaces, seed=0)
    assert [row[1] for row in table.rows[:5]] == pytest.approx(means)
    assert table.columns[3] == "set"


def test_norms_are_compared_with_words_of_similar_rank(tmp_path):
    words = [f"w{i}" for i in range(60)]
    stop = frozenset(words[0:60:6])
    lengths = np.array([10.0 - i / 10 for i in range(60)]) * np.where([w in stop for w in words], 0.5, 1.0)
    vectors = np.outer(lengths, [0.6, 0.8]).astype(np.float32)
    found = g.norms_of(Space(Vocab(words), vectors), "planted", stop)
    assert found.ratio == pytest.approx(0.5, rel=0.03)
    assert found.stop.sum() == 10
    g.draw_norms([found, found], tmp_path / "norms.png")
    assert (tmp_path / "norms.png").stat().st_size > 1000
    with pytest.raises(ValueError, match="0 stop words among 60"):
        g.norms_of(Space(Vocab(words), vectors), "planted", frozenset())
