"""The loss of the language model against full softmax, and its carry against one long step."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from align.text.corpus import Corpus
from align.train.batchers.streams import StreamBatch, StreamBatcher, StreamSegment, WordGroup
from align.train.elmo import ELMo
from align.train.model import Request
from align.train.objectives.noise import noise_of
from tests.train.cycles import MODEL, corpus

KEY = jax.random.key(0)


def batch_of(places: np.ndarray, words: int) -> StreamBatch:
    """A batch whose candidates are the whole vocabulary, each of which every batch has."""
    every = jnp.arange(words, dtype=jnp.int32)
    return StreamBatch(every, jnp.asarray(places), every, jnp.zeros(words))


def test_with_all_words_as_candidates_it_is_full_softmax_and_a_long_step_is_two_short_ones() -> None:
    plan = MODEL.plan(corpus(), Request(0))
    words = len(corpus().vocab) + 1
    objective = replace(plan.objective, groups=(WordGroup(words, plan.objective.characters.shape[1]),))
    parameters = objective.init(key=KEY)
    table = jax.random.normal(KEY, parameters.tables["softmax"].shape)
    dense = parameters.dense
    places = np.random.default_rng(0).integers(0, words, (8, 2, 9)).astype(np.int32)
    places[:, :, 4] = words - 1  # a sentence ends
    rows = {"softmax": table[:words]}
    whole = float(objective.loss(rows, dense, batch_of(places, words), key=KEY).value)
    parts, carry = [], dense.zeros(8)
    for first in (0, 4):
        batch = batch_of(places[:, :, first : first + 5], words)
        loss, carry = objective.recurrent_loss(rows, dense, batch, carry, key=KEY)
        parts.append(float(loss.value))
    np.testing.assert_allclose(np.mean(parts), whole, rtol=1e-5)

    vectors = dense.words(objective.characters[:words])
    naive = []
    for way in (0, 1):
        x = vectors[places[:, way, :-1].T]
        resets = jnp.asarray(words - 1 == places[:, way, :-1].T)
        layers, _ = dense((x, x), (resets, resets), dense.zeros(8))
        logits = np.asarray(layers[-1][way] @ table[:words, :-1].T + table[:words, -1])
        chosen = np.take_along_axis(logits, places[:, way, 1:].T[..., None], axis=2)[..., 0]
        naive.append(float((np.log(np.exp(logits).sum(2)) - chosen).mean()))
    np.testing.assert_allclose(whole, np.mean(naive), rtol=1e-4)


def test_short_words_need_few_character_numbers() -> None:
    """One padded window is as good as many, and a batch in two groups has the loss of a batch in one."""
    text = Corpus.from_sentences([["a", "bb", "cc", "abcabcabcabc"], ["bb", "a", "cc", "bb"]] * 40, min_count=1)
    plan = ELMo(dim=3, cells=4, filters="1:2,3:4", streams=2, steps=4, negatives=4).plan(text, Request(0))
    objective, source = plan.objective, plan.source
    assert source.widths.tolist() == [7, 6, 7, 14, 6, 3]

    def loss(dense, one, batch):
        rows = {"softmax": jax.random.normal(KEY, (6, 4))[batch.candidates]}
        return one.loss(rows, dense, batch, key=KEY).value

    found = []
    for groups in ((WordGroup(32, 7), WordGroup(32, 14)), (WordGroup(32, 14),)):
        words, places = (jnp.asarray(part[0, 0]) for part in replace(source, groups=groups).load(0))
        batch = StreamBatch(words, places, words, jnp.where(words == 5, -jnp.inf, 0))
        dense = jax.tree.map(lambda weight: weight + 0.1, objective.init(key=KEY).dense)
        found.append(eqx.filter_value_and_grad(loss)(dense, replace(objective, groups=groups), batch))
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=1e-6), *found)


def test_noise_that_a_batch_has_already_is_no_candidate() -> None:
    noise = noise_of(np.array([9, 5, 3, 1]))
    batcher = StreamBatcher(noise, jnp.log(jnp.array([0.9, 0.5, 0.4, 0.2, 1.0])), 6)
    segment = StreamSegment(jnp.array([[[0, 2, 4, 4]]]), jnp.zeros((1, 1, 1, 2, 3), jnp.int32))
    prepared, count = batcher.prepare(segment, key=KEY)
    assert int(count) == 1
    batch = batcher.batch(prepared, jnp.int32(0), key=KEY)
    there = np.isfinite(np.asarray(batch.offsets))
    kept = np.asarray(batch.candidates)[there].tolist()
    assert kept[:2] == [0, 2]
    assert sorted(kept) == sorted(set(kept))
    assert set(kept) == set(np.asarray(batch.candidates).tolist()) - {4}
    np.testing.assert_allclose(
        np.asarray(batch.offsets)[there], -np.log([[0.9, 0.5, 0.4, 0.2][word] for word in kept]), rtol=1e-6
    )
