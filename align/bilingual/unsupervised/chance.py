"""Chance: the quality that a map without pairs reaches if no mapping was found."""

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.method import Progress, Quality, Watch, ignore
from align.bilingual.unsupervised.induction import OrthogonalPair, orthogonal_pair
from align.bilingual.unsupervised.refinement import Matches
from align.bilingual.unsupervised.trials import WORDS, learn_briefly

RUNS = 3


def compare_with_chance(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    found: OrthogonalPair,
    *,
    seed: int = 0,
    watch: Watch = ignore,
) -> Quality:
    """Compares the quality of a map with the qualities that self-learning reaches from shuffled words.

    Self-learning makes mutual neighbours similar from any start, so even a wrong map has a quality well above 0. Each
    of 3 null runs starts from shuffled words: the most frequent words of one language, paired with the most frequent
    words of the other in random order. A run that shares more than half of its mutual neighbours with the map confirms
    the map and does not count.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        found: the map.
        seed: seed of the random orders.
        watch: receives the progress.

    Returns:
        The quality of the map and of the null runs.
    """
    a, b = x[:WORDS], y[:WORDS]
    matches = found.matches(a, b)
    random = np.random.default_rng([seed, 1])
    count = min(len(a), len(b))
    null: list[float] = []
    for run in range(RUNS):
        watch(Progress("comparing with chance", run, RUNS))
        trial = learn_briefly(x, y, Pairs.equal(np.arange(count), random.permutation(count)), random)
        if overlap(matches, orthogonal_pair(x, y, trial.pairs).matches(a, b)) <= 0.5:
            null.append(trial.quality)
    watch(Progress("comparing with chance", RUNS, RUNS))
    return Quality(matches.quality(), tuple(null))


def overlap(one: Matches, other: Matches) -> float:
    """Returns the share of the pairs of ``one`` that are also in ``other``; 0 if ``one`` is empty.

    >>> some = Matches(np.array([0, 1]), np.array([3, 4]), np.ones(2, np.float32))
    >>> overlap(some, some._replace(target=np.array([3, 5])))
    0.5
    """
    pairs, others = (set(map(tuple, side.pairs().numbers().tolist())) for side in (one, other))
    return len(pairs & others) / len(pairs) if pairs else 0.0
