"""AdaGram: the prior, the update and the merging of senses against plain loops; senses are found."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import digamma as scipy_digamma

from align.checks import SettingError
from align.senses import SenseSpace
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.adagram import AdaGram, merged
from align.train.batchers.text import TokenBatch
from align.train.loop import run
from align.train.model import Request
from align.train.models import train
from align.train.objectives.negative_sampling import NegativeSampling
from align.train.objectives.noise import noise_of
from align.train.objectives.sense_prior import digamma, expected_log_prior, expected_prior, move_rate, moved_counts
from align.train.objectives.senses import NORMALISER_RATE, SenseObjective, SenseState, log_normalisers
from tests.train import kept
from tests.train.plain import batch, pairs
from tests.train.topics import topics

WORDS, DIM, SENSES, WINDOW, ALPHA = 12, 8, 3, 2, 0.3
KEY = jax.random.key(5)


def test_the_prior_is_that_of_stick_breaking() -> None:
    counts = np.random.default_rng(0).gamma(1.0, 5.0, (4, 5))
    counts[0] = 0
    logs, means = np.zeros((4, 5)), np.zeros((4, 5))
    for w in range(4):
        left, log_left = 1.0, 0.0
        for k in range(5):
            a, b = 1 + counts[w, k], ALPHA + counts[w, k + 1 :].sum()
            last = k == 4
            logs[w, k] = log_left + (0 if last else scipy_digamma(a) - scipy_digamma(a + b))
            means[w, k] = left * (1 if last else a / (a + b))
            log_left += scipy_digamma(b) - scipy_digamma(a + b)
            left -= means[w, k]
    np.testing.assert_allclose(expected_log_prior(jnp.asarray(counts), ALPHA), logs, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(expected_prior(counts, ALPHA), means, rtol=1e-9)


def test_digamma_is_that_of_scipy() -> None:
    x = np.geomspace(1e-2, 1e7, 400).astype(np.float32)
    np.testing.assert_allclose(digamma(jnp.asarray(x)), scipy_digamma(x.astype(np.float64)), rtol=2e-6, atol=2e-6)


def test_counts_move_as_by_one_token_after_another_of_equal_shares() -> None:
    rng = np.random.default_rng(0)
    counts, shares, f = rng.gamma(2.0, 3.0, (4, 3)), rng.dirichlet(np.ones(3), 4), np.array([40.0, 20, 10, 5])
    words, there = np.array([0, 2, 0, 0, 1, 3]), np.array([1.0, 1, 1, 1, 1, 0])
    one_by_one = counts.copy()
    for word in words[:-1]:
        one_by_one[word] += 0.1 * (f[word] * shares[word] - one_by_one[word])
    rates = move_rate(4, jnp.asarray(words), jnp.asarray(there), 0.1)
    found = moved_counts(*(jnp.asarray(x) for x in (counts, words, shares[words], f)), rates)
    np.testing.assert_allclose(found, one_by_one, rtol=1e-5)


def objective(split: float = 0.0) -> SenseObjective:
    counts = np.arange(WORDS, 0, -1)
    output = NegativeSampling(noise_of(counts), WORDS, 5, 8, 4)
    arrays = (jnp.asarray(x, jnp.float32) for x in (counts, ALPHA, 0.1, split))
    return SenseObjective(output, *arrays, SENSES, DIM, WINDOW, False, 64.0)


@eqx.filter_jit
def slopes(model: SenseObjective, tables: dict, text: TokenBatch, state: SenseState) -> tuple:
    found = model.infer(text, lambda name, rows: tables[name][rows], state, key=KEY)
    ids = model.rows(found, key=KEY)
    rows = {name: jax.tree.map(lambda i, t=tables[name]: t[i], tree) for name, tree in ids.items()}

    def value(rows: dict) -> tuple:
        told, after = model.recurrent_loss(rows, (), found, state, key=KEY)
        return told.value, (told, after)

    grads, (told, after) = jax.grad(value, has_aux=True)(rows)
    return found, ids, grads, told, after


class Plain(NamedTuple):
    """A step by plain loops: the loss, its gradient, and the words and responsibilities of the tokens."""

    value: float
    sense: np.ndarray
    context: np.ndarray
    words: list[int]
    shares: np.ndarray


def plain_step(sense: np.ndarray, context: np.ndarray, state: SenseState, text: TokenBatch, noise: list) -> Plain:
    """AdaGram's update, token by token, over all senses."""
    tokens = np.asarray(text.tokens)
    near: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for part, t, other, weight in pairs(text, WINDOW):
        near.setdefault((part, t), []).append((int(tokens[part, other]), weight))
    prior = np.asarray(expected_log_prior(state.counts, ALPHA))
    value, to_sense, to_context = 0.0, np.zeros_like(sense), np.zeros_like(context)
    shares = []
    for (part, t), window in near.items():
        word, drawn = tokens[part, t], [int(n) for n in noise[part][t // 8]]
        vectors = sense[word, 0] + sense[word, 1:]
        z = np.asarray(state.normaliser)[word]
        score = prior[word] + sum(vectors @ context[o] - np.log(z) for o, _ in window)
        share = np.exp(score - score.max()) / np.exp(score - score.max()).sum()
        shares.append(share)
        for s, (o, weight) in product(range(SENSES), window):
            for target, sign, times in [(o, 1, 1.0), *((n, -1, 5 / 4) for n in drawn)]:
                found = sign * (vectors[s] @ context[target])
                pull = share[s] * weight * times
                value += pull * np.logaddexp(0, -found)
                slope = -sign * pull / (1 + np.exp(found))
                to_sense[word, 0] += slope * context[target]
                to_sense[word, 1 + s] += slope * context[target]
                to_context[target] += slope * vectors[s]
    return Plain(value, to_sense, to_context, [tokens[at] for at in near], np.array(shares))


def test_a_step_is_the_plain_update_of_adagram() -> None:
    """The vectors are large, so that nearly every token has one sense, and the drawn one is nearly the expectation."""
    model, text, rng = objective(), batch(WORDS), np.random.default_rng(4)
    sense, context = (rng.normal(size=shape) for shape in ((WORDS, SENSES + 1, DIM), (WORDS, DIM)))
    sense[:, 1:] *= 4
    normaliser, counts = rng.gamma(2.0, 2.0, (2, WORDS, SENSES))
    state = SenseState(*(jnp.asarray(x, jnp.float32) for x in (counts, normaliser)), jnp.int32(1))
    tables = {"word": sense[:, 0], "sense": sense[:, 1:].reshape(-1, DIM), "context": context}
    single = {name: jnp.asarray(table, jnp.float32) for name, table in tables.items()}
    found, ids, grads, told, after = slopes(model, single, text, state)
    plain = plain_step(sense, context, state, text, [np.asarray(part) for part in ids["context"][1]])
    assert {int(one) for one in plain.shares.argmax(axis=1)} == set(range(SENSES))
    unsure = {word for word, share in zip(plain.words, plain.shares, strict=True) if share.max() < 0.999}
    sure = np.array([word not in unsure for word in range(WORDS)])
    assert sure.sum() >= WORDS // 2
    whole = {name: np.zeros(tables[name].shape) for name in ("word", "sense")}
    for name, sums in whole.items():
        for numbers, slope in zip(ids[name], grads[name], strict=True):
            np.add.at(sums, np.asarray(numbers), np.asarray(slope, np.float64))
    np.testing.assert_allclose(whole["word"][sure], plain.sense[sure, 0], atol=0.02)
    np.testing.assert_allclose(whole["sense"].reshape(WORDS, SENSES, DIM)[sure], plain.sense[sure, 1:], atol=0.02)
    assert float(told.value) == pytest.approx(plain.value, rel=0.05)
    words, there = jnp.asarray(plain.words), jnp.ones(len(plain.words))
    rates = move_rate(WORDS, words, there, 0.1)
    counted = moved_counts(state.counts, words, jnp.asarray(plain.shares), model.occurrences, rates)
    np.testing.assert_allclose(after.counts, counted, atol=1e-3)
    measured = np.asarray(found.measured)
    some = np.asarray(text.tokens).ravel()[measured]
    vectors = sense[some, :1] + sense[some, 1:]
    drawn = 5 * np.exp(np.minimum(vectors @ context[np.asarray(found.noise)].T, 30)).mean(axis=2)
    np.testing.assert_allclose(found.normaliser, drawn, rtol=1e-3)
    means, there = np.array(state.normaliser, np.float64), jnp.asarray(np.asarray(found.there)[measured])
    moves = np.asarray(move_rate(WORDS, jnp.asarray(some), there, NORMALISER_RATE))[:, None] * (drawn - means[some])
    np.add.at(means, some, moves)
    np.testing.assert_allclose(after.normaliser, means, rtol=1e-3)
    assert int(after.steps) == 2


def test_before_the_split_words_have_their_common_vector() -> None:
    model, text, rng = objective(split=10.0), batch(WORDS), np.random.default_rng(4)
    tables = {"sense": rng.normal(size=(WORDS * SENSES, DIM))}
    tables |= {name: rng.normal(size=(WORDS, DIM)) for name in ("word", "context")}
    single = {name: jnp.asarray(table, jnp.float32) for name, table in tables.items()}
    state = model.init_carry(key=KEY)
    _, _, grads, _, after = slopes(model, single, text, state)
    assert all((part == 0).all() for part in grads["sense"])
    assert all((part != 0).any() for part in grads["word"])
    np.testing.assert_array_equal(after.counts, state.counts)


def test_normalisers_by_noise_words_are_near_the_sum_over_all_words() -> None:
    rng = np.random.default_rng(0)
    vectors, contexts = rng.normal(size=(5, DIM)), rng.normal(size=(WORDS, DIM))
    counts = np.arange(WORDS, 0, -1)
    drawn = noise_of(counts).draw((1,), 4096, key=KEY)[0]
    found = log_normalisers(*(jnp.asarray(x, jnp.float32) for x in (vectors, contexts)), drawn, 5)
    q = 5 * counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(found, np.log(np.exp(vectors @ contexts.T) @ q), atol=0.01)


def test_equal_senses_become_one_and_rare_ones_are_left_out() -> None:
    x = np.array([[[1, 0], [0, 1], [0.9, 0.1]], [[1, 0], [0, 1], [-1, 0]], [[1, 0], [1, 0], [1, 0]]], np.float32)
    share = np.array([[0.3, 0.4, 0.3], [0.2, 0.795, 0.005], [0.2, 0.3, 0.5]])
    vectors, found = merged(x, share, cosine=0.9, min_probability=0.01)
    np.testing.assert_allclose(found, [[0.6, 0.4, 0], [0.799, 0.201, 0], [1, 0, 0]], atol=1e-3)
    np.testing.assert_allclose(vectors[0, :2], [[0.95, 0.05], [0, 1]], atol=1e-6)
    np.testing.assert_allclose(vectors[1, :2], [[0, 1], [1, 0]], atol=1e-6)


def two_senses() -> Corpus:
    """The corpus of topics, in which the words a of topics 0 and 1 are one word, ``both``."""
    text = topics(sentences=3000)
    words = list(text.vocab.words)
    one, other = words.index("0-a"), words.index("1-a")
    ids = np.where(text.ids == other, one, text.ids)
    names = ["both" if i == one else word for i, word in enumerate(words)]
    counts = np.maximum(np.bincount(ids[ids >= 0], minlength=len(words)), 1)
    order = np.argsort(-counts, kind="stable")
    ids = np.where(ids >= 0, np.argsort(order)[ids], -1).astype(np.int32)
    return replace(text, vocab=Vocab([names[i] for i in order], counts[order].astype(np.int64)), ids=ids)


@pytest.fixture(scope="module")
def space() -> SenseSpace:
    return train(AdaGram(dim=10, window=3, epochs=8, cap=8.0, sample=0.0, senses=3, rate=0.05), two_senses(), seed=1)


def test_a_word_of_two_topics_gets_the_sense_of_its_context(space: SenseSpace) -> None:
    senses = space.senses("both")
    assert len(senses) >= 2
    assert sum(one.probability for one in senses) == pytest.approx(1)
    near = {one.number: {found.word[0] for found in space.neighbours("both", one.number, k=5)} for one in senses[:2]}
    assert sorted(map(sorted, near.values())) == [["0"], ["1"]]
    for topic in "01":
        found = space.in_context("both", [f"{topic}-b", f"{topic}-c", f"{topic}-d"])
        number = int(found.probability.argmax()) + 1
        assert {one.word[0] for one in space.neighbours("both", number, k=3)} == {topic}
        assert found.probability.max() > 0.9


@pytest.mark.parametrize("workers", [1, 2])
def test_a_resumed_run_is_that_without_a_stop_on_workers_too(workers: int) -> None:
    model = AdaGram(dim=8, senses=2, epochs=2, batch=128, group=32, shared=8, window=2, sample=0.0, split=0.2)
    plan = model.plan(kept.corpus(), Request(3, workers=workers))
    given = plan.objective, replace(plan.source, segment_tokens=2000), plan.config
    whole, _ = run(*given, key=KEY)
    half, _ = run(*given, key=KEY, callback=lambda done, *_: done == 3)
    counts = np.array(half.carry.counts)
    again, _ = run(*given, key=KEY, start=(3, half))
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (np.asarray(whole.carry.counts) != counts).any()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"senses": 0}, "senses 0: must be from 1 to 100"),
        ({"concentration": 0.0}, "concentration 0: must be from 1e-6 to 1e6"),
        ({"concentration": float("inf")}, "concentration inf: must be from 1e-6 to 1e6"),
        ({"split": 1.5}, "split 1.5: must be from 0 to 1"),
        ({"vectors": "sum"}, "vectors sum: the senses of words have vectors of one kind: must be in"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(settings: dict, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        AdaGram(**settings)
