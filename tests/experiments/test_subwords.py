"""Sub-words: which words are hidden, which pairs are unseen, and the table and figure of made-up outcomes."""

import numpy as np
import pytest

from align.evaluate.similarity import RatedPairs
from align.train.fasttext import FastText
from experiments import subwords as s
from experiments.excerpt import without_words
from tests.train.topics import topics

PAIRS = RatedPairs("p", (("0-a", "0-b"), ("0-a", "1-a"), ("2-c", "3-d"), ("x", "0-b")), np.array([9.0, 1, 2, 3]))


def test_half_of_the_words_of_the_pairs_are_hidden() -> None:
    corpus = topics(sentences=200)
    hidden = s.hidden_words(corpus, [PAIRS], seed=0)
    assert len(hidden) == 2
    assert hidden < {"0-a", "0-b", "1-a", "2-c", "3-d"}
    assert hidden == s.hidden_words(corpus, [PAIRS], seed=0)
    unseen, seen = s.divided(PAIRS, frozenset({"0-a"}))
    assert unseen.words == PAIRS.words[:2]
    assert seen.human.tolist() == [2, 3]


def test_hidden_words_are_not_in_the_text() -> None:
    corpus = topics(sentences=200)
    rest = without_words(corpus, {"0-a", "1-b"})
    counts = dict(zip(corpus.vocab.words, corpus.vocab.occurrences.tolist(), strict=True))
    assert dict(zip(rest.vocab.words, rest.vocab.occurrences.tolist(), strict=True)) == {
        word: count for word, count in counts.items() if word not in ("0-a", "1-b")
    }
    ids = np.asarray(rest.ids)
    np.testing.assert_array_equal(np.bincount(ids[ids >= 0]), rest.vocab.occurrences)


def test_unseen_pairs_are_scored_by_built_vectors() -> None:
    """Words of a topic begin with its number, so that a hidden word is near to its topic."""
    corpus = topics()
    hidden = frozenset({"0-a", "1-a"})
    unseen, seen = s.divided(PAIRS, hidden)
    given = s.Material(corpus, without_words(corpus, hidden), (unseen,), (seen,))
    model = FastText(dim=8, window=3, epochs=4, sample=0.0)
    found = s.outcome(given, s.Setting("en", 1, 2, 1000), model, seed=1)
    assert found.pairs[0] == 2
    assert found.unseen == pytest.approx(1.0)


def test_table_and_figure(tmp_path) -> None:
    made = [s.Outcome(one, 0.3, 0.4, (5, 6)) for language in s.LENGTHS for one in s.settings(language)]
    assert s.table(made).row_count == len(made) == 9 + 6
    assert s.draw(made, tmp_path / "a.png").stat().st_size > 1000
