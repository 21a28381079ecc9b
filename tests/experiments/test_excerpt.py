"""A corpus of the first words of a corpus."""

import numpy as np
import pytest

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from experiments.excerpt import excerpt_of


@pytest.fixture(scope="module")
def corpus():
    """600 sentences of eight words out of twenty."""
    rng = np.random.default_rng(0)
    ids = np.concatenate([np.append(rng.integers(0, 20, 8), -1) for _ in range(600)]).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=20)
    order = np.argsort(-counts, kind="stable")
    rows = np.append(np.argsort(order), -1).astype(np.int32)
    return Corpus(Vocab([f"w{i}" for i in order], counts[order]), rows[ids], name="small text")


def words_of(corpus):
    return ["." if i < 0 else corpus.vocab.words[i] for i in corpus.ids.tolist()]


@pytest.mark.parametrize("words", [17, 40, 100, 4800, 10**6])
def test_an_excerpt_is_the_beginning_with_its_own_counts(corpus, words):
    read, expected = 0, []
    for word in words_of(corpus):
        if read == words:
            break
        expected.append(word)
        read += word != "."
    counts = {word: expected.count(word) for word in set(expected) - {"."}}
    kept = [word for word in expected if word == "." or counts[word] >= 2]
    part = excerpt_of(corpus, words, min_count=2)
    assert words_of(part) == [*kept, "."]
    assert {word: int(part.vocab.occurrences[i]) for i, word in enumerate(part.vocab.words)} == {
        word: count for word, count in counts.items() if count >= 2
    }
    assert np.all(np.diff(part.vocab.occurrences) <= 0)


def test_an_excerpt_without_words_is_refused(corpus):
    with pytest.raises(ValueError, match="the first 3 words of small text"):
        excerpt_of(corpus, 3)
