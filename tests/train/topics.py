"""A corpus in which each sentence has one topic, so that a word's neighbours show its topic."""

import numpy as np

from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab

TOPICS = 5
WORDS = 8


def topics(*, sentences: int = 1500, length: int = 10, seed: int = 0) -> Corpus:
    """Sentences of ``length`` words, each drawn from the eight of one of five topics; word ``3-b`` is of topic 3."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(TOPICS, size=(sentences, 1))
    words = topic * WORDS + np.minimum(rng.geometric(0.25, (sentences, length)) - 1, WORDS - 1)
    counts = np.bincount(words.ravel(), minlength=TOPICS * WORDS)
    order = np.argsort(-counts, kind="stable")
    ids = np.concatenate([np.argsort(order)[words], np.full((sentences, 1), -1)], axis=1)
    names = [f"{i // WORDS}-{'abcdefgh'[i % WORDS]}" for i in order]
    return Corpus(Vocab(names, counts[order].astype(np.int64)), ids.astype(np.int32).reshape(-1), name="topics")


def by_topic(space: Space) -> float:
    """How many of the seven nearest words of a word are of its topic, as a mean over all words; by chance .18."""
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    topic = np.array([word[0] for word in space.vocab])
    nearest = np.argsort(-cosines, axis=1)[:, : WORDS - 1]
    return float((topic[nearest] == topic[:, None]).mean())
