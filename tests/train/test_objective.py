"""What every objective keeps to, those of the package and a small one with tables."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import align
from align.bilingual.mapping import Pairs, Residual
from align.bilingual.reranking.network import Listwise, Queries
from align.bilingual.supervised.contrastive import Bilateral, LinearPair
from align.bilingual.supervised.mlp import Contrast, ResidualPair
from align.bilingual.supervised.negatives import known_pairs
from align.bilingual.supervised.pair_batches import hard_pairs
from align.bilingual.supervised.rcsls import RelaxedCSLS
from align.bilingual.unsupervised.adversarial import AdversarialObjective, UniformWords
from align.retrieval import unit_rows
from align.text.cooccurrence import Window
from align.text.counted_features import counted
from align.text.word_ngrams import FeatureBags
from align.train.adagram import AdaGram
from align.train.batchers.labelled import LabelBatcher
from align.train.config import TrainingConfig
from align.train.fasttext import FastText
from align.train.glove import GloVe
from align.train.loop import run
from align.train.model import Request
from align.train.objective import Loss, Objective
from align.train.objectives.classifier import TextClassification
from align.train.objectives.label_losses import LabelSoftmax
from align.train.sources.labelled import LabelledBags, LabelledSource
from align.train.sources.random import RandomBatches
from align.train.sources.source import Source
from align.train.update import AdaGrad, Descent
from align.train.window_model import WindowModel
from align.train.window_models import CBOW, SGNS, SkipGramHS, Softmax
from tests.train import cycles
from tests.train.factors import Factors, listed, planted
from tests.train.kept import corpus

KEY = jax.random.key(7)


class Case(NamedTuple):
    """An objective, its batches, and a run that is long enough to see it learn."""

    objective: Objective
    source: Source
    config: TrainingConfig


def contrast() -> Case:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(60, dim)).astype(np.float32) for dim in (4, 5))
    pairs = Pairs(np.arange(40), np.arange(40), np.ones(40, np.float32))
    near = rng.integers(0, 60, (40, 6))
    shapes = {"forward": (4, 5), "backward": (5, 4)}
    maps = ResidualPair(
        **{
            side: Residual(
                *(jnp.asarray(0.3 * rng.normal(size=s), jnp.float32) for s in ((d, e), (d, 8), (8,), (8, e)))
            )
            for side, (d, e) in shapes.items()
        }
    )
    objective = Contrast(jnp.asarray(x), jnp.asarray(y), known_pairs(pairs), maps, 16, 0.1, 0.0, 0.2)
    return Case(
        objective, hard_pairs(*pairs, near, near, size=16, hard=2, steps=60, segment_steps=6), TrainingConfig(0.02)
    )


def bilateral() -> Case:
    """Two linear maps of the same words as ``contrast``."""
    given = contrast()
    maps = LinearPair(*(jnp.asarray(part.weights @ part.weights.T) for part in given.objective.start))
    narrow = jnp.asarray(given.objective.y[:, :4])
    maps = maps._replace(target=maps.source)
    objective = Bilateral(given.objective.x, narrow, given.objective.known, maps, 16, 0.5)
    return given._replace(objective=objective)


def listwise() -> Case:
    """Candidates of which the one with the largest first number is right."""
    evidence = np.random.default_rng(1).normal(size=(80, 5, 3)).astype(np.float32)
    right = evidence[:, :, 0] == evidence[:, :, 0].max(axis=1, keepdims=True)
    objective = Listwise(jnp.asarray(evidence), jnp.asarray(right), 4, 0.1)
    return Case(objective, RandomBatches(Queries(16, 80), 60, 6), TrainingConfig(0.05))


def relaxed() -> Case:
    """A linear map of random unit rows, the neighbours drawn at random."""
    rng = np.random.default_rng(2)
    x, y = (unit_rows(rng.normal(size=(60, 4)).astype(np.float32)) for _ in range(2))
    pairs = jnp.arange(40)
    near = jnp.asarray(rng.integers(0, 60, (40, 6)))
    objective = RelaxedCSLS(jnp.asarray(x), jnp.asarray(y), pairs, pairs, near, near, 0.1 * jnp.eye(4), 3)
    return Case(objective, RandomBatches(Queries(16, 40), 60, 6), TrainingConfig(0.05))


def adversarial() -> Case:
    """A discriminator of two clouds of points, and a rotation of one cloud that is trained to fool it."""
    rng = np.random.default_rng(3)
    x, y = (jnp.asarray(rng.gamma(1.0, size=(50, 4)), jnp.float32) for _ in range(2))
    return Case(
        AdversarialObjective(x, y, 8, 0.2, 0.1, 30.0),
        RandomBatches(UniformWords((50, 50), 16), 60, 6),
        TrainingConfig(1e-3),
    )


def of_text(model: WindowModel) -> Case:
    """A model of running text on a small corpus, in segments of 2,000 words; the loss of every step is reported."""
    plan = model.plan(corpus(), Request(1))
    source = replace(plan.source, segment_tokens=2000)
    return Case(plan.objective, source, replace(plan.config, loss_every_step=True))


def of_cells(model: GloVe) -> Case:
    """GloVe on the counts of the small corpus."""
    plan = model.plan(corpus(), Request(1))
    return Case(plan.objective, plan.source, plan.config)


def of_labels() -> Case:
    """Texts of words that mostly belong to one of three labels."""
    rng = np.random.default_rng(4)
    labels = rng.integers(3, size=60).astype(np.int32)
    ids = np.where(rng.uniform(size=(60, 5)) < 0.8, labels[:, None], rng.integers(12, size=(60, 5))).astype(np.int32)
    bags = counted(FeatureBags(ids.reshape(-1), np.arange(61) * 5, np.full(60, 5)), 12)
    data = LabelledBags(bags, labels[:, None], np.ones(60, np.float32))
    objective = TextClassification(LabelSoftmax(3), None, None, None, 12, 4)
    return Case(objective, LabelledSource(LabelBatcher(), data, 6, 0, 16), TrainingConfig(0.3))


def language() -> Case:
    plan = replace(cycles.MODEL, epochs=4).plan(cycles.corpus(), Request(0))
    return Case(plan.objective, plan.source, plan.config)


TEXT: dict[str, Any] = {"dim": 8, "epochs": 4, "batch": 128, "window": 2, "sample": 0.0, "rate": 0.05}

CASES = {
    "Factors": Case(Factors((20, 16), 3), planted(60, 6), TrainingConfig(3.0)),
    "halves": Case(Factors((20, 16), 3, halves=True, ruled=AdaGrad()), listed(10), TrainingConfig(1.0)),
    "Contrast": contrast(),
    "Bilateral": bilateral(),
    "Listwise": listwise(),
    "AdversarialObjective": adversarial(),
    "RelaxedCSLS": relaxed(),
    "WindowObjective": of_text(SGNS(**TEXT, group=32, shared=8)),
    "bigrams": of_text(SGNS(**TEXT, group=32, shared=8, features="word+ngram", bigram_min_count=50)),
    "CBOW": of_text(CBOW(**TEXT, group=32, shared=8)),
    "FastText": of_text(FastText(**TEXT, group=32, shared=8)),
    "SenseObjective": of_text(AdaGram(**TEXT, group=32, shared=8, senses=2)),
    "SkipGramHS": of_text(SkipGramHS(**TEXT)),
    "Softmax": of_text(Softmax(**TEXT)),
    "TextClassification": of_labels(),
    "LanguageModel": language(),
    "LogBilinear": of_cells(GloVe(dim=4, epochs=10, tile=8, window=Window(size=2))),
}


FALLS = {"SkipGramHS": 0.99, "Softmax": 0.95, "AdversarialObjective": 1.1}
"""How far the loss is to fall where it begins near the entropy of the text, or one side wins what another loses."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_every_objective_of_the_package_is_among_them() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(align.__file__).parent.rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {base.id for base in node.bases if isinstance(base, ast.Name)} for node in classes}
    kinds = {
        name
        for name, above in bases.items()
        if "Objective" in above or any("Objective" in bases.get(a, ()) for a in above)
    }
    assert kinds <= set(CASES)
    assert "Contrast" in kinds


def test_a_key_decides_the_start(case: Case) -> None:
    one, two = (jax.tree.leaves(case.objective.init(key=KEY)) for _ in range(2))
    for ours, theirs in zip(one, two, strict=True):
        if eqx.is_array(ours):
            np.testing.assert_array_equal(ours, theirs)


class Seen(NamedTuple):
    """What a step sees: the row numbers of its batch, the gathered rows, the loss and the gradient of it."""

    ids: dict[str, Any]
    rows: dict[str, Any]
    told: Loss
    grads: dict[str, Any]


@eqx.filter_jit
def seen(case: Case) -> Seen:
    tables, dense = case.objective.init(key=KEY)
    data = jax.tree.map(jnp.asarray, case.source.load(0))
    prepared, _ = case.source.batcher.prepare(data, key=KEY)
    batch = case.source.batcher.batch(prepared, jnp.int32(0), key=KEY)
    carry = case.objective.init_carry(key=KEY)
    batch = case.objective.infer(batch, lambda name, rows: tables[name][rows], carry, key=KEY)
    ids = case.objective.rows(batch, key=KEY)
    rows = {name: jax.tree.map(lambda i, t=tables[name]: t[i], tree) for name, tree in ids.items()}
    grads = jax.grad(lambda rows: case.objective.loss(rows, dense, batch, key=KEY).value)(rows)
    return Seen(ids, rows, case.objective.loss(rows, dense, batch, key=KEY), grads)


def test_rows_are_those_of_the_tables(case: Case) -> None:
    tables, _ = case.objective.init(key=KEY)
    ids = seen(case).ids
    assert set(ids) <= set(tables)
    for name, tree in ids.items():
        for numbers in jax.tree.leaves(tree):
            assert ((numbers >= 0) & (numbers < len(tables[name]))).all()


def test_every_row_has_a_mass_that_bounds_its_gradient(case: Case) -> None:
    """The mass of a row is a sum of |d loss / d score|, and a score is the product of two rows (plus a constant)."""
    ids, rows, told, grads = seen(case)
    assert set(told.mass) <= set(ids)
    longest = max((float(jnp.linalg.norm(leaf, axis=-1).max(initial=0)) for leaf in jax.tree.leaves(rows)), default=0)
    for name, tree in told.mass.items():
        assert jax.tree.structure(tree) == jax.tree.structure(ids[name])
        capped = isinstance(case.objective.rule(name), Descent)  # other rules ask for another mass
        for mass, numbers, grad in zip(*map(jax.tree.leaves, (tree, ids[name], grads[name])), strict=True):
            assert mass.shape == numbers.shape
            assert (mass >= 0).all()
            assert not capped or (jnp.linalg.norm(grad, axis=-1) <= mass * longest * 1.01 + 1e-6).all()


def test_frozen_rows_and_rules_are_those_of_the_tables(case: Case) -> None:
    tables, _ = case.objective.init(key=KEY)
    frozen = case.objective.frozen()
    assert set(frozen) <= set(tables)
    for name, kept in frozen.items():
        assert kept.shape == tables[name].shape[:1]
    for name, table in tables.items():
        slots = case.objective.rule(name).init(table)
        assert all(leaf.shape[0] == len(table) for leaf in jax.tree.leaves(slots))


def test_a_run_learns_and_a_key_decides_it(case: Case, request: pytest.FixtureRequest) -> None:
    """Two runs of one key agree to the last bit, two keys do not; the loss falls; nothing compiles twice."""
    state, losses = run(*case, key=KEY)
    again, repeated = run(*case, key=KEY)
    _, other = run(*case, key=jax.random.key(8))
    assert losses.shape == (case.source.segments,)
    assert losses[-1] < FALLS.get(request.node.callspec.id, 0.8) * losses[0]
    np.testing.assert_array_equal(losses, repeated)
    for ours, theirs in zip(jax.tree.leaves(state), jax.tree.leaves(again), strict=True):
        if eqx.is_array(ours):
            np.testing.assert_array_equal(ours, theirs)
            assert not ours.weak_type
    assert (losses != other).any()
