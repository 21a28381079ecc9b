"""Window objectives: any encoder works with any loss, two new encoders and a new lookup included."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train.objectives.encoders import Encoded, InputEncoder, Inputs, WordEncoder
from align.train.objectives.full_softmax import FullSoftmax
from align.train.objectives.hierarchical_softmax import HierarchicalSoftmax
from align.train.objectives.lookup import Lookup, WordRows
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.noise import noise_of
from align.train.objectives.paths import paths_of
from align.train.objectives.window import WindowObjective
from align.train.objectives.windows import neighbour_weights, whole_window
from tests.train.plain import batch, by_row, encoder, ours, tables

KEY = jax.random.key(4)
WORDS, DIM, WINDOW = 12, 5, 2
COUNTS = np.arange(WORDS, 0, -1)

OUTPUTS = {
    "negative sampling": NegativeSampling(noise_of(COUNTS), WORDS, 5, 8, 4),
    "hierarchical softmax": HierarchicalSoftmax(paths_of(COUNTS, 4)),
    "full softmax": FullSoftmax(WORDS),
}
outputs = pytest.mark.parametrize("output", OUTPUTS.values(), ids=list(OUTPUTS))


class UnitRows(Lookup):
    """A word's vector is the mean of three rows of the table ``unit``."""

    units: jax.Array

    def init(self, *, key):
        return {"unit": jax.random.normal(key, (20, DIM))}

    def rows(self, batch):
        return {"unit": tuple(self.units[part] for part in jnp.maximum(batch.tokens, 0))}

    def vectors(self, rows, batch, part):
        del batch
        return rows["unit"][part].mean(axis=1)

    def row_mass(self, mass, batch):
        del batch
        return {"unit": tuple(jnp.repeat(part[:, None] / 3, 3, axis=1) for part in mass)}


class SenseEncoder(InputEncoder):
    """Skip-gram with two vectors for each word, weighted by how well each explains the window."""

    def init(self, *, key):
        return {"word": jax.random.normal(key, (2 * WORDS, DIM))}

    def rows(self, batch):
        return {"word": tuple(jnp.stack([part, part + WORDS]) for part in jnp.maximum(batch.tokens, 0))}

    def encode(self, rows, batch, part, *, likelihood):
        window = whole_window(self.window, fixed=self.fixed)
        weight = neighbour_weights(batch, part, window)
        senses = [Inputs(vectors, weight, window.offsets) for vectors in rows["word"][part]]
        fixed = [Inputs(jax.lax.stop_gradient(one.vectors), weight, one.offsets) for one in senses]
        responsible = jax.nn.softmax(jnp.stack([likelihood(one) for one in fixed]), axis=0)
        weighted = (
            one._replace(weight=weight * share[:, None]) for one, share in zip(senses, responsible, strict=True)
        )
        return Encoded(tuple(weighted), jnp.stack)

    def row_mass(self, mass, batch):
        del batch
        return {"word": mass}


def finite_difference(model: WindowObjective, made: dict[str, np.ndarray], name: str, text: Any) -> float:
    """The derivative of the loss along a random direction of a table, by central differences."""
    direction = np.random.default_rng(5).normal(size=made[name].shape)
    values = [ours(model, made | {name: made[name] + e * direction}, text, key=KEY)[0].value for e in (1e-2, -1e-2)]
    return (values[0] - values[1]) / 2e-2


@outputs
@pytest.mark.parametrize("name", ["word", "mean"])
def test_a_lookup_of_units_works_with_every_loss(output: Any, name: str) -> None:
    units = jnp.asarray(np.random.default_rng(0).integers(0, 20, (WORDS, 3)))
    inputs = encoder(name, words=WORDS, dim=DIM, window=WINDOW)
    model = WindowObjective(eqx.tree_at(lambda one: one.lookup, inputs, UnitRows(units)), output, 8.0)
    text, made = batch(WORDS), tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    assert ids["unit"][0].shape == (16, 3)
    direction = np.random.default_rng(5).normal(size=made["unit"].shape)
    assert (found.grads["unit"] * direction).sum() == pytest.approx(
        finite_difference(model, made, "unit", text), rel=0.02
    )
    plain_model = WindowObjective(inputs, output, 8.0)
    words = {"word": made["unit"][np.asarray(units)].mean(axis=1)} | {k: v for k, v in made.items() if k != "unit"}
    same, word_ids, word_told = ours(plain_model, words, text, key=KEY)
    assert found.value == pytest.approx(same.value, rel=1e-5)
    total = by_row(ids["unit"], told.mass["unit"], 20).sum()
    assert total == pytest.approx(by_row(word_ids["word"], word_told.mass["word"], WORDS).sum(), rel=1e-5)


@outputs
def test_an_encoder_of_senses_works_with_every_loss(output: Any) -> None:
    """Two equal senses share the loss of one word; of two unlike ones, the better has more of it."""
    senses = WindowObjective(SenseEncoder(WordRows(None, None, WORDS, DIM), WINDOW, False), output, 8.0)
    one = WindowObjective(WordEncoder(WordRows(None, None, WORDS, DIM), WINDOW, False), output, 8.0)
    text, made = batch(WORDS), tables(one)
    twice = made | {"word": np.concatenate([made["word"], made["word"]])}
    single, _, told = ours(one, made, text, key=KEY)
    double, _, both = ours(senses, twice, text, key=KEY)
    assert double.value == pytest.approx(single.value, rel=1e-5)
    assert float(both.terms) == pytest.approx(float(told.terms), rel=1e-5)
    halves = double.grads["word"].reshape(2, WORDS, DIM)
    np.testing.assert_allclose(halves.sum(0), single.grads["word"], atol=1e-4)
    np.testing.assert_allclose(halves[0], halves[1], atol=1e-5)
    mixed = twice | {"word": np.concatenate([made["word"], -made["word"]])}
    better, _, _ = ours(senses, mixed, text, key=KEY)
    negated, _, _ = ours(one, made | {"word": -made["word"]}, text, key=KEY)
    assert better.value < (single.value + negated.value) / 2


@outputs
@pytest.mark.parametrize("name", ["word", "mean"])
def test_the_log_likelihoods_of_all_inputs_add_up_to_minus_the_loss(output: Any, name: str) -> None:
    model = WindowObjective(encoder(name, words=WORDS, dim=DIM, window=WINDOW), output, 8.0)
    text, made = batch(WORDS), tables(model)
    ids = model.rows(text, key=KEY)
    rows = {key: jax.tree.map(lambda i, t=made[key]: jnp.float32(t)[i], tree) for key, tree in ids.items()}
    total = 0.0
    for part in range(2):
        (inputs,), _ = model.encoder.encode(rows, text, part, likelihood=lambda _: jnp.zeros(()))
        each = output.log_likelihood(inputs, rows, text, part)
        assert (each <= 0).all()
        total += float(each.sum())
    assert -total == pytest.approx(float(model.loss(rows, (), text, key=KEY).value), rel=1e-4)
