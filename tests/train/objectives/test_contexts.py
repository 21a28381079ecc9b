"""Skip-gram with bigrams and characters: loss, gradient and masses against a list of all pairs of a text."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.contexts import find_contexts
from align.train.batchers.contexts import context_batcher
from align.train.batchers.text import TextBatcher
from align.train.objectives.encoders import WordEncoder
from align.train.objectives.lookup import WordRows
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.noise import noise_of
from align.train.objectives.window import WindowObjective
from tests.text.pairs import pairs, text
from tests.text.test_contexts import numbered
from tests.train.plain import by_row, logistic, ours, tables

KEY = jax.random.key(4)
DIM, WINDOW, GROUP, NEGATIVES, SHARED = 5, 3, 8, 5, 4


@pytest.mark.parametrize(("features", "whose"), [("word+character", "own"), ("word+character+ngram", "both")])
def test_loss_gradient_and_masses_are_those_of_a_list_of_all_pairs(features: str, whose: str) -> None:
    corpus = text(tokens=60)
    contexts = find_contexts(corpus, features, min_count=2)
    words = TextBatcher(jnp.ones(len(corpus.vocab)), 64, 1)
    batcher = context_batcher(words, contexts, 5)  # no word has more characters
    prepared, _ = batcher.prepare(jnp.asarray(corpus.ids)[None], key=KEY)
    batch = batcher.batch(prepared, jnp.int32(0), key=KEY)
    output = NegativeSampling(noise_of(contexts.counts), len(contexts), NEGATIVES, GROUP, SHARED, whose)
    model = WindowObjective(WordEncoder(WordRows(None, None, len(corpus.vocab), DIM), WINDOW, False), output, 64.0)
    made = tables(model)
    found, ids, told = ours(model, made, batch, key=KEY)
    noise, number = np.asarray(ids["context"][-1][0]), numbered(contexts)
    place_of = np.cumsum(corpus.ids >= 0) - 1  # of each token in the batch
    listed = [
        (place_of[one.place], number[one.kind, one.context], 1.0, one.weight)
        for one in pairs(corpus, features, [1, 2 / 3, 1 / 3], min_count=2, whose=whose)
    ]
    terms = sum(weight for *_, weight in listed)
    weights = np.bincount([place for place, *_ in listed], [weight for *_, weight in listed], 64)
    for place in range(corpus.tokens):
        listed += [(place, row, -1.0, weights[place] * NEGATIVES / SHARED) for row in noise[place // GROUP]]
    value, grads = 0.0, {name: np.zeros_like(table) for name, table in made.items()}
    mass = {name: np.zeros(len(table)) for name, table in made.items()}
    tokens = corpus.ids[corpus.ids >= 0]
    for place, row, sign, weight in listed:
        word = tokens[place]
        loss, slope = logistic(made["word"][word], made["context"][row], sign)
        value += weight * loss
        grads["word"][word] += weight * slope * made["context"][row]
        grads["context"][row] += weight * slope * made["word"][word]
        mass["word"][word] += abs(weight * slope)
        mass["context"][row] += abs(weight * slope)
    assert found.value == pytest.approx(value, rel=1e-5)
    assert float(told.terms) == pytest.approx(terms, rel=1e-5)
    for name, size in (("word", len(corpus.vocab)), ("context", len(contexts))):
        np.testing.assert_allclose(found.grads[name], grads[name], atol=1e-3 * np.abs(grads[name]).max())
        seen = by_row(ids[name], told.mass[name], size)
        np.testing.assert_allclose(seen, mass[name], atol=4e-3 * seen.max())
