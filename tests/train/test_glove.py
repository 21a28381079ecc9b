from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.cooccurrence import Window, count_cells, flat
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.batchers.tiles import TileBatch
from align.train.glove import GloVe, SimplerGloVe
from align.train.loop import run
from align.train.model import Request
from align.train.models import train
from align.train.objectives.glove import DampedAdaGrad, LogBilinear, cell_weights
from align.train.update import RowGradients, TableGradients

KEY = jax.random.key(3)
SIZE, WORDS, DIM = 6, 15, 4


def a_batch(*, seed, corner=(6, 12)):
    """A tile half filled, the last of its columns beyond the vocabulary, and five single cells, one of them none."""
    rng = np.random.default_rng(seed)
    tile = np.where(rng.random((SIZE, SIZE)) < 0.5, rng.normal(1, 2, (SIZE, SIZE)), -np.inf).astype(np.float16)
    tile[:, WORDS - corner[1] :] = -np.inf
    single = np.append(rng.normal(1, 2, 4), -np.inf).astype(np.float32)
    row, column = (rng.integers(0, WORDS, 5).astype(np.int32) for _ in range(2))
    return TileBatch(*map(jnp.asarray, (np.array(corner, np.int32), tile, row, column, single)))


def listed(batch):
    """The cells of a batch one by one: row, column, logarithm of the count."""
    tile = np.asarray(batch.tile, np.float64)
    cells = [(int(batch.corner[0]) + r, int(batch.corner[1]) + c, tile[r, c]) for r, c in np.argwhere(tile > -np.inf)]
    alone = zip(*map(np.asarray, (batch.row, batch.column, batch.single)), strict=True)
    return cells + [(int(r), int(c), float(x)) for r, c, x in alone if x > -np.inf]


def filled(objective, *, seed):
    rng = np.random.default_rng(seed)
    tables = objective.init(key=KEY).tables
    return {name: jnp.asarray(rng.normal(size=table.shape), jnp.float32) for name, table in tables.items()}


def naive(tables, batch, objective):
    """The loss, its gradient in every row of every table, and the traces of its second derivatives, cell by cell."""
    arrays = {name: np.asarray(table, np.float64) for name, table in tables.items()}
    grads = {name: np.zeros_like(table) for name, table in arrays.items()}
    traces = {name: np.zeros(len(table)) for name, table in arrays.items()}
    other, loss = "word" if objective.shared else "context", 0.0
    for i, j, log_count in listed(batch):
        weight = min(1.0, (np.exp(log_count) / objective.x_max) ** objective.power)
        w, c = arrays["word"][i], arrays[other][j]
        if objective.biases is None:
            bias = arrays["word_bias"][i, 0] + arrays["context_bias"][j, 0]
        else:
            bias = float(objective.biases[i] + objective.biases[j])
        error = w @ c + bias - log_count
        loss += weight * error**2 / 2
        grads["word"][i] += weight * error * c
        grads[other][j] += weight * error * w
        traces["word"][i] += weight * (c @ c)
        traces[other][j] += weight * (w @ w)
        if objective.biases is None:
            for name, at in (("word_bias", i), ("context_bias", j)):
                grads[name][at] += weight * error
                traces[name][at] += weight
    return loss, grads, traces


def spread(tables, ids, parts):
    """Sums the mass of gathered rows by row of the table."""
    found = {}
    for name, tree in ids.items():
        found[name] = np.zeros((len(tables[name]), *np.shape(jax.tree.leaves(parts[name])[0])[1:]))
        for numbers, part in zip(jax.tree.leaves(tree), jax.tree.leaves(parts[name]), strict=True):
            np.add.at(found[name], np.asarray(numbers), np.asarray(part))
    return found


def told(objective, tables, batch):
    ids = objective.rows(batch, key=KEY)
    rows = {name: jax.tree.map(lambda i, t=tables[name]: t[i], tree) for name, tree in ids.items()}

    def loss(rows):
        found = objective.loss(rows, (), batch, key=KEY)
        return found.value, found.mass

    (value, mass), grads = jax.value_and_grad(loss, has_aux=True)(rows)
    return float(value), spread(tables, ids, grads), spread(tables, ids, mass)


def topics_corpus(*, topics, each, sentences, seed):
    """Sentences of 12 words; each draws two in three from the words of one topic, the rest from all words.

    Words of two topics occur together too: a cell of count 0 has no effect on GloVe.
    """
    rng = np.random.default_rng(seed)
    own = rng.integers(0, topics, (sentences, 1)) * each + rng.integers(0, each, (sentences, 12))
    ids = np.where(rng.random((sentences, 12)) < 2 / 3, own, rng.integers(0, topics * each, (sentences, 12)))
    ids = np.hstack([ids, np.full((sentences, 1), -1)]).astype(np.int32).reshape(-1)
    tally = np.bincount(ids[ids >= 0], minlength=topics * each).astype(np.int64)
    return Corpus(Vocab([f"w{i}" for i in range(len(tally))], tally), ids, name="topics")


def objective_of(kind, **options):
    biases = None if kind == "glove" else jnp.linspace(-1, 1, WORDS)
    return LogBilinear(biases, WORDS, DIM, SIZE, shared=kind == "shared", **options)


@pytest.mark.parametrize("kind", ["glove", "separate", "shared"])
@pytest.mark.parametrize(("x_max", "power"), [(10.0, 0.75), (3.0, 0.0)])
@pytest.mark.parametrize("corner", [(6, 12), (0, 0)])
def test_loss_gradient_and_traces_are_those_of_plain_loops(kind, x_max, power, corner):
    objective = objective_of(kind, x_max=x_max, power=power, rounds=0)
    tables, batch = filled(objective, seed=1), a_batch(seed=2, corner=corner)
    loss, grads, traces = naive(tables, batch, objective)
    value, found, mass = told(objective, tables, batch)
    assert value == pytest.approx(loss, rel=1e-4)
    assert set(found) == set(grads)
    for name, grad in grads.items():
        np.testing.assert_allclose(found[name], grad, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(mass[name], traces[name], rtol=1e-3, atol=1e-4)


def test_the_gradient_of_a_tile_is_evened():
    bare, even = objective_of("glove", rounds=0), objective_of("glove", rounds=3)
    tables, batch = filled(bare, seed=1), a_batch(seed=2)
    batch = batch._replace(single=jnp.full(5, -jnp.inf))
    value, found, mass = told(bare, tables, batch)
    same, evened, less = told(even, tables, batch)
    assert value == same
    weight = np.where(np.isfinite(batch.tile), np.minimum(1, (np.exp(np.asarray(batch.tile, float)) / 10) ** 0.75), 0)
    numbers = {"word": 12 + np.arange(SIZE), "context": 6 + np.arange(SIZE)}  # of the vectors on the other side
    for name, other, axis in (("word", "context", 0), ("context", "word", 1)):
        rows = np.asarray(tables[other])[np.minimum(numbers[name], WORDS - 1)]
        moment = (rows * weight.sum(axis)[:, None]).T @ rows
        left = np.eye(DIM) - moment / np.trace(moment)
        shape = sum(np.linalg.matrix_power(left, power) for power in range(8)) / 8
        np.testing.assert_allclose(evened[name], found[name] @ shape, rtol=1e-3, atol=1e-3)
        assert np.linalg.norm(evened[name] - found[name]) > 0.3 * np.linalg.norm(evened[name])
        np.testing.assert_allclose(less[name], mass[name] / 8, rtol=1e-4)
    np.testing.assert_allclose(evened["word_bias"], found["word_bias"])


def test_the_rule_is_adagrad_until_newtons_step_is_shorter():
    rule = DampedAdaGrad(start=4.0, damping=2.0)
    table = jnp.ones((3, 2))
    grads = TableGradients(
        (RowGradients(jnp.array([0, 2]), jnp.array([[3.0, 0.0], [1.0, 2.0]]), jnp.array([0.0, 1e6])),)
    )
    moved, sums = rule(table, rule.init(table), grads, jnp.float32(0.5))
    np.testing.assert_allclose(sums, [[8.5], [4], [6.5]])
    np.testing.assert_allclose(moved[0], [1 - 0.5 * 3 / np.sqrt(8.5), 1], rtol=1e-6)
    np.testing.assert_allclose(1 - moved[2], np.array([1, 2]) / 2e6, rtol=0.1, atol=1e-8)


SMALL = GloVe(dim=8, window=Window(5), epochs=12, tile=32)


@pytest.mark.parametrize(
    "model",
    [SMALL, replace(SMALL, vectors="concatenation"), SimplerGloVe(dim=8, epochs=12, tile=32)],
    ids=["glove", "concatenation", "simpler"],
)
def test_planted_topics_are_recovered(model):
    space = train(model, topics_corpus(topics=6, each=40, sentences=4000, seed=5), seed=1)
    own = space.vectors - space.vectors.mean(axis=0)
    own = own / np.linalg.norm(own, axis=1, keepdims=True)
    cosines = own @ own.T
    np.fill_diagonal(cosines, -1)
    assert np.mean(cosines.argmax(axis=1) // 40 == np.arange(240) // 40) > 0.95
    assert space.dim == (16 if model.vectors == "concatenation" else 8)
    assert space.name == "topics"


def test_variants_are_made_of_the_same_two_tables():
    corpus = topics_corpus(topics=3, each=20, sentences=400, seed=6)
    model = SimplerGloVe(dim=4, epochs=2, tile=32, shared=False)
    plan = model.plan(corpus, Request(2))
    state, _ = run(plan.objective, plan.source, plan.config, key=KEY)
    word, context, total, mean, both = (
        replace(model, vectors=name).space(state, corpus).vectors
        for name in ("in", "out", "sum", "average", "concatenation")
    )
    np.testing.assert_array_equal(word, state.parameters.tables["word"])
    np.testing.assert_array_equal(context, state.parameters.tables["context"])
    np.testing.assert_array_equal(total, word + context)
    np.testing.assert_allclose(mean, (word + context) / 2)
    np.testing.assert_array_equal(both, np.hstack([word, context]))
    assert not np.array_equal(word, context)


def test_the_simpler_one_is_fitted_to_pmi_as_far_as_its_vectors_allow():
    corpus = topics_corpus(topics=3, each=16, sentences=500, seed=7)
    model = SimplerGloVe(dim=48, window=Window(5, flat), epochs=150, tile=48, power=0.0)
    cells = count_cells(corpus, model.window)
    sums = np.bincount(cells.row, cells.value, 48)
    pmi = np.zeros((48, 48))
    pmi[cells.row, cells.column] = np.log(cells.value * sums.sum() / (sums[cells.row] * sums[cells.column]))
    assert len(cells.row) == pmi.size
    # V V^T has no negative eigenvalue, so that what is left of PMI are the squares of its own
    left = (np.minimum(np.linalg.eigvalsh(pmi), 0) ** 2).sum()
    shared = train(model, corpus, seed=0).vectors
    assert ((shared @ shared.T - pmi) ** 2).sum() == pytest.approx(left, rel=0.02)
    both = train(replace(model, shared=False, vectors="concatenation"), corpus, seed=0).vectors
    assert ((both[:, :48] @ both[:, 48:].T - pmi) ** 2).sum() < 1e-3 * left


def test_the_same_seed_gives_the_same_vectors():
    corpus = topics_corpus(topics=3, each=20, sentences=300, seed=8)
    model = replace(SMALL, epochs=2)
    one, again = (train(model, corpus, seed=1).vectors for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_the_loss_falls_and_progress_ends_with_the_last_cell():
    said = []
    corpus = topics_corpus(topics=6, each=40, sentences=1500, seed=9)
    train(SMALL, corpus, seed=0, report=lambda *now: said.append(now))
    assert said[-1][0] == "cells"
    assert said[-1][1] == said[-1][2]
    plan = SMALL.plan(corpus, Request(0))
    _, losses = run(plan.objective, plan.source, plan.config, key=KEY)
    per_epoch = losses.reshape(12, -1).mean(axis=1)
    assert (np.diff(per_epoch) < 0.02 * per_epoch[0]).all()
    assert per_epoch[-1] < 0.3 * per_epoch[0]


def test_what_cannot_be():
    lonely = Corpus(Vocab(["a", "b"], np.array([1, 1])), np.array([0, -1, 1, -1], np.int32), name="lonely")
    with pytest.raises(ValueError, match="lonely: no two words share a window"):
        train(SMALL, lonely, seed=0)
    for name, value in (("dim", 0), ("epochs", 0), ("tile", 0), ("rate", 0.0), ("x_max", -1.0), ("power", -0.5)):
        with pytest.raises(ValueError, match=rf"^{name} {value:g}: must be (above|at least) "):
            GloVe(**{name: value})


@pytest.mark.parametrize("power", [0.0, 0.75])
def test_a_cell_that_is_not_there_has_no_weight_whatever_the_power(power):
    log_count = jnp.array([-np.inf, np.log(2.0), np.log(50.0)])
    weights, slopes = jax.jvp(lambda x: cell_weights(x, 10.0, power), (log_count,), (jnp.ones(3),))
    np.testing.assert_allclose(weights, [0, 0.2**power, 1], rtol=1e-6)
    assert np.isfinite(slopes).all()
