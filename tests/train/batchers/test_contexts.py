"""Batches with contexts: the bigram that begins at each token, and the characters of each, drawn where many."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.contexts import find_contexts
from align.train.batchers.contexts import ContextBatcher, context_batcher
from align.train.batchers.text import TextBatcher
from tests.text.pairs import characters, frequent, text

KEY = jax.random.key(2)
SIZE = 64


def batcher(features: str, *, slots: int = 2, keep: float = 1.0) -> ContextBatcher:
    corpus = text()
    words = TextBatcher(jnp.full(len(corpus.vocab), keep), SIZE, 2)
    return context_batcher(words, find_contexts(corpus, features, min_count=4), slots)


@pytest.mark.parametrize("keep", [1.0, 0.6])
def test_a_bigram_is_a_pair_of_neighbours_that_both_stay(keep: float) -> None:
    corpus = text()
    made, names = batcher("word+ngram", keep=keep), find_contexts(corpus, "word+ngram", min_count=4).names()
    prepared, steps = eqx.filter_jit(made.prepare)(jnp.asarray(corpus.ids)[None], key=KEY)
    kept = np.asarray(made.text.kept(jnp.asarray(corpus.ids), key=KEY))
    expected, known = [], frequent(corpus, 4)
    for i in np.flatnonzero(kept):
        pair = tuple(str(corpus.vocab.words[j]) for j in corpus.ids[i : i + 2])
        expected.append(pair if kept[i + 1] and pair in known else None)
    found = [made.batch(prepared, jnp.int32(i), key=KEY) for i in range(int(steps))]
    rows = np.concatenate([np.asarray(one.contexts.bigrams).ravel() for one in found])
    assert [names[row] if row >= 0 else None for row in rows[: len(expected)]] == expected
    assert (rows[len(expected) :] == -1).all()
    assert any(expected)


def test_a_word_has_its_characters_and_of_a_long_word_some_are_drawn() -> None:
    corpus = text()
    made, contexts = batcher("word+character"), find_contexts(corpus, "word+character")
    prepared, _ = made.prepare(jnp.asarray(corpus.ids)[None], key=KEY)
    total = np.zeros((len(corpus.vocab), len(contexts)))
    counts = np.zeros(len(corpus.vocab))
    cut = eqx.filter_jit(made.batch)
    for n in range(400):
        batch = cut(prepared, jnp.int32(0), key=jax.random.fold_in(KEY, n))
        tokens, more = np.asarray(batch.tokens), batch.contexts
        np.add.at(counts, tokens.ravel(), 1)
        for rows in more.characters:
            there = np.asarray(rows) >= 0
            np.add.at(total, (tokens[there], np.asarray(rows)[there]), np.asarray(more.weight)[there])
    names = contexts.names()
    for word in np.flatnonzero(counts):
        spelled = characters(str(corpus.vocab.words[word]))
        for row in range(contexts.first_character, len(contexts)):
            wanted = spelled.count(names[row][0])
            assert total[word, row] / counts[word] == pytest.approx(wanted, abs=0.15 if len(spelled) > 2 else 1e-6)
