"""Contexts by plain loops: every (target, context, weight) of a small text."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from align.text.corpus import Corpus

WORDS = ["的", "苹果", "大学生", "T恤", "IBM", "社会主义者", "树", "2008"]


class Pair(NamedTuple):
    """The word at a place of the text, a context as in ``Contexts.names``, and the weight."""

    place: int
    context: tuple[str, ...]
    kind: str
    weight: float


def text(*, tokens: int = 400, seed: int = 0) -> Corpus:
    """Random Chinese words in sentences of about eight."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(WORDS) + 1)
    drawn = rng.choice(len(WORDS), tokens, p=share / share.sum())
    drawn[rng.random(tokens) < 0.12] = -1
    words = [[WORDS[i] for i in part if i >= 0] for part in np.split(drawn, np.flatnonzero(drawn < 0))]
    return Corpus.from_sentences(filter(None, words), min_count=1, name="text")


def characters(word: str) -> list[str]:
    return re.findall("[一-鿿]", word)


def frequent(corpus: Corpus, min_count: int) -> set[tuple[str, ...]]:
    """The bigrams inside sentences that occur often enough."""
    words = [str(corpus.vocab.words[i]) if i >= 0 else None for i in corpus.ids]
    counted = Counter(pair for pair in pairwise(words) if None not in pair)
    return {pair for pair, count in counted.items() if count >= min_count}


def pairs(
    corpus: Corpus, features: str, weights: list[float], *, min_count: int, whose: str = "window", left: bool = True
) -> Iterator[Pair]:
    """Every pair of a text; ``weights[d - 1]`` is the weight at distance d."""
    known, size = frequent(corpus, min_count), len(weights)
    words = [str(corpus.vocab.words[i]) if i >= 0 else None for i in corpus.ids]
    ends = [i for i, word in enumerate(words) if word is None]
    for place, word in enumerate(words):
        if word is None:
            continue
        start = max([end + 1 for end in ends if end < place], default=0)
        stop = min([end for end in ends if end > place], default=len(words))
        start = start if left else place
        window = [t for t in range(max(start, place - size), min(stop, place + size + 1)) if t != place]
        for t in window:
            weight = weights[abs(t - place) - 1]
            yield Pair(place, (words[t],), "word", weight)
            if "character" in features and whose != "own":
                yield from (Pair(place, (one,), "character", weight) for one in characters(words[t]))
            if "ngram" in features and t + 1 in window and (words[t], words[t + 1]) in known:
                farther = max(abs(t - place), abs(t + 1 - place))
                yield Pair(place, (words[t], words[t + 1]), "ngram", weights[farther - 1])
        if whose != "window":
            yield from (Pair(place, (one,), "character", 1.0) for one in characters(word))
