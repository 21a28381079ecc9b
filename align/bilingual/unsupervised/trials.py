"""Trials of several starts: a short self-learning from each start, and the choice of the best by its own quality."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle, islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress, Watch
from align.bilingual.unsupervised.induction import Stage, orthogonal_pair, rounds
from align.bilingual.unsupervised.starts import Start, anneal, hint, similarity

WORDS, _COMMON = 5000, 20_000
_SHORT = (Stage(WORDS, 0.1, 10), Stage(WORDS, 0.4, 3))
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
"""Computes the pairs of a start when it is tried."""


class Trial(NamedTuple):
    """The result of a short self-learning.

    Attributes:
        pairs: the induced pairs.
        quality: mean CSLS of the mutual neighbours among the 5,000 most frequent words.
    """

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
    """Yields the trial of each start: ``given``, then ``more``, then annealed starts.

    The annealed starts are ``STARTS`` in order, repeated as often as needed; they differ in the numbers of words and
    axes, the kind of profiles, and the noise. If there are ``given`` pairs, the similarities under the map that the
    last element of ``given`` defines are added to the hint.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        given: for each start, its pairs.
        restarts: the number of annealed starts.
        more: functions that compute the pairs of further starts.
        seed: seed of all random numbers.
    """
    random = np.random.default_rng(seed)
    for pairs in chain(given, (make() for make in more)):
        yield learn_briefly(x, y, pairs, random)
    for start in islice(cycle(STARTS), restarts):
        a, b = x[: start.pool], y[: start.pool]
        prior = hint(x[:_COMMON], y[:_COMMON], start.pool, start.flatten)
        if given:
            prior += similarity(a, b, orthogonal_pair(x, y, given[-1]))
        prior += random.standard_normal(prior.shape, np.float32) * np.float32(start.noise)
        yield learn_briefly(x, y, anneal(x[:WORDS], y[:WORDS], prior, start).pairs, random)


def starting_points(pairs: Pairs, identical_pairs: Pairs) -> list[Pairs]:
    """Returns the pairs to start from: ``pairs``, if any, and ``pairs`` with ``identical_pairs``, if any."""
    known = [pairs] if len(pairs.source) else []
    if not len(identical_pairs.source):
        return known
    return [*known, Pairs(*(np.concatenate(parts) for parts in zip(pairs, identical_pairs, strict=True)))]


def learn_briefly(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs, random: np.random.Generator
) -> Trial:
    """Returns the result of a short self-learning from ``pairs`` over the 5,000 most frequent words."""
    for _, induced in rounds(x, y, pairs, _SHORT, sample=WORDS, random=random):
        pairs = induced.pairs()
    return Trial(pairs, orthogonal_pair(x, y, pairs).matches(x[:WORDS], y[:WORDS]).quality())


def best_of(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    given: Sequence[Pairs],
    restarts: int,
    *,
    more: Sequence[Make] = (),
    seed: int,
    watch: Watch,
) -> Pairs:
    """Returns the pairs of the trial with the highest quality.

    Arguments as in ``trials``; ``watch`` receives each trial with its quality, negated, as the loss.

    Source: Conneau et al. 2018, section 2.4 (an unsupervised criterion).
    But: the paper takes the mean cosine of the 10,000 most frequent source words with their translations by CSLS.
    """
    best = Trial(Pairs.none(), -np.inf)
    total = len(given) + len(more) + restarts
    for step, trial in enumerate(trials(x, y, given, restarts, more=more, seed=seed), 1):
        if trial.quality > best.quality:
            best = trial
        watch(Progress("trying starts", step, total, -trial.quality, orthogonal_pair(x, y, best.pairs).alignment()))
    return best.pairs
