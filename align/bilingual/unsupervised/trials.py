"""Trials: many starts, each learnt on for a while with few words, and the best by its own measure."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle, islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs, Progress, Watch
from align.bilingual.unsupervised.induction import Stage, rounds, turns
from align.bilingual.unsupervised.starts import Start, anneal, hint, likeness

_WORDS, _COMMON = 5000, 20_000
_SHORT = (Stage(_WORDS, 0.1, 10), Stage(_WORDS, 0.4, 3))
STARTS = (
    Start(),
    Start(weight=0.5, noise=0.0),
    Start(dims=50, flatten=(0.5,), weight=0.5),
    Start(dims=50, weight=0.5),
    Start(pool=3000, dims=50, weight=1.0),
    Start(dims=30, weight=0.1),
    Start(dims=40, flatten=(0.0, 0.5, 1.0)),
    Start(pool=4000, dims=50),
)


Make = Callable[[], Pairs]
"""Makes the pairs of one start, when its turn has come."""


class Trial(NamedTuple):
    """What a start came to after some rounds of self-learning: its pairs, and the mean CSLS of mutual neighbours."""

    pairs: Pairs
    quality: float


def trials(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    given: Sequence[Pairs],
    restarts: int,
    *,
    more: Sequence[Make] = (),
    seed: int,
) -> Iterator[Trial]:
    """Each of ``given``, what ``more`` make, then ``restarts`` annealed starts, all learnt on for a while.

    The annealed starts are ``STARTS`` in turn, each with its own number of words and axes, its own kind of profiles,
    and noise; the last of ``given``, where there is one, adds its ``likeness`` to the hint.
    """
    random = np.random.default_rng(seed)
    for pairs in chain(given, (make() for make in more)):
        yield learnt(x, y, pairs, random)
    for start in islice(cycle(STARTS), restarts):
        a, b = x[: start.pool], y[: start.pool]
        prior = hint(x[:_COMMON], y[:_COMMON], start.pool, start.flatten)
        if given:
            prior += likeness(a, b, turns(x, y, given[-1]))
        prior += random.standard_normal(prior.shape, np.float32) * np.float32(start.noise)
        yield learnt(x, y, anneal(x[:_WORDS], y[:_WORDS], prior, start).pairs, random)


def starting_points(pairs: Pairs, alike: Pairs | None) -> list[Pairs]:
    """What there is to start from: the pairs, if there are some, and these with the words written alike."""
    known = [pairs] if len(pairs.source) else []
    if alike is None:
        return known
    return [*known, Pairs(*(np.concatenate(parts) for parts in zip(pairs, alike, strict=True)))]


def learnt(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs, random: np.random.Generator
) -> Trial:
    """``pairs`` after some rounds of self-learning with few words, and how good they came to be."""
    for _, induced in rounds(x, y, pairs, _SHORT, sample=_WORDS, random=random):
        pairs = induced.pairs()
    return Trial(pairs, turns(x, y, pairs).matches(x[:_WORDS], y[:_WORDS]).quality())


def best_of(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    given: Sequence[Pairs],
    restarts: int,
    *,
    more: Sequence[Make] = (),
    most: int,
    seed: int,
    watch: Watch,
) -> Pairs:
    """The pairs of the trial whose mutual neighbours among the 5,000 most frequent words have the highest mean CSLS.

    ``watch`` is told of each trial, the steps being ``most`` in all.

    Source: Conneau et al. 2018, section 2.4 (an unsupervised criterion), there over all words and by cosine.
    """
    best = Trial(Pairs.none(), -np.inf)
    for step, trial in enumerate(trials(x, y, given, restarts, more=more, seed=seed), 1):
        if trial.quality > best.quality:
            best = trial
        watch(Progress(step, most, -trial.quality, turns(x, y, best.pairs).alignment()))
    return best.pairs
