"""Held-out sentences are evenly spread, and the rest is unchanged."""

import numpy as np

from align.text.corpus import Corpus
from align.text.held_out import held_out, sentences_of


def test_every_twentieth_sentence_of_a_small_corpus_is_held_out() -> None:
    text = Corpus.from_sentences([[f"w{i % 7}", f"w{i % 5}"] for i in range(65)], min_count=1)
    parts = held_out(text)
    sentences = sentences_of(text.ids)
    assert [s.tolist() for s in sentences_of(parts.test)] == [sentences[i].tolist() for i in (19, 39, 59)]
    assert len(parts.train) + len(parts.test) == len(text.ids)
    assert [s.tolist() for s in sentences_of(parts.train)] == [
        s.tolist() for i, s in enumerate(sentences) if i % 20 != 19
    ]


def test_of_few_sentences_the_last_is_held_out_and_of_one_nothing() -> None:
    text = Corpus.from_sentences([["a", "b"], ["c"]], min_count=1)
    assert [s.tolist() for s in sentences_of(held_out(text).test)] == [text.vocab.ids(["c"]).tolist()]
    alone = held_out(Corpus.from_sentences([["a", "b"]], min_count=1))
    assert (len(alone.train), len(alone.test)) == (3, 0)


def test_about_so_many_words_are_taken_evenly() -> None:
    ids = np.array([0, 1, -1] * 10, np.int32)
    assert len(sentences_of(ids, about_words=5)) == 3
    assert len(sentences_of(ids, about_words=1000)) == 10
    assert len(sentences_of(ids, about_words=11)) == 10
