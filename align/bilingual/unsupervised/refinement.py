"""Procrustes refinement: fits Procrustes repeatedly, each time on the mutual nearest neighbours of the last map."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Pairs, one_view
from align.bilingual.method import Fitted, MappingTask, PairUse, Progress, Watch, ignore
from align.bilingual.supervised.linear import procrustes, weighted
from align.checks import at_least
from align.retrieval import NEIGHBOURS, CSLSIndex, unit_rows


class Matches(NamedTuple):
    """Mutual nearest neighbours.

    Attributes:
        source: source row numbers, shape (n,).
        target: target row numbers, shape (n,).
        scores: CSLS of each pair, shape (n,).
    """

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    scores: Float[np.ndarray, " n"]

    def pairs(self) -> Pairs:
        """Returns the matches as training pairs of weight 1."""
        return Pairs.equal(self.source, self.target)

    def quality(self) -> float:
        """Returns the mean CSLS of the matches, or 0 for none. It measures a map without a dictionary."""
        return float(self.scores.mean()) if len(self.scores) else 0.0


def mutual_neighbours(a: Float[np.ndarray, "v j"], b: Float[np.ndarray, "w j"], k: int = NEIGHBOURS) -> Matches:
    """Returns the pairs (i, j) that are each other's nearest by CSLS, in the order of i.

    j = argmax_m CSLS(a_i, b_m) and i = argmax_m CSLS(a_m, b_j).

    Args:
        a: source points, unit rows or zero, shape (v, j). Zero rows match nothing.
        b: target points, unit rows or zero, shape (w, j).
        k: the number of neighbours in r, at least 1.

    Returns:
        The matches, n of them.

    Source: Conneau et al. 2018, sections 2.2 and 2.3.
    """
    if len(a) == 0 or len(b) == 0:
        nothing = np.zeros(0, np.int64)
        return Matches(nothing, nothing, np.zeros(0, np.float32))
    index = CSLSIndex(a, b, k=k).complete()
    forward = index.nearest(np.arange(len(a)), 1)
    backward = index.transpose().nearest(np.arange(len(b)), 1).ids[:, 0]
    target = forward.ids[:, 0]
    rows = np.flatnonzero((target >= 0) & (backward[target] == np.arange(len(a))))
    return Matches(rows, target[rows], forward.scores[rows, 0])


@dataclass(frozen=True)
class Refined:
    """Orthogonal Procrustes, refined on mutual nearest neighbours.

    W_0 is Procrustes on the dictionary. W_{t+1} is Procrustes on the mutual neighbours under W_t by CSLS, among the
    most frequent words of both languages. The result is the map of W_0 ... W_rounds whose mutual neighbours have the
    highest mean CSLS.

    Args:
        rounds: the number of refinements, at least 1.
        pool: the number of most frequent words of each language to match, at least 1.

    Source: Conneau et al. 2018, section 2.2.
    But: the paper's criterion is the mean cosine of the translations of all source words. The mean CSLS of mutual
    neighbours needs no second search. As in the paper, the dictionary is used for W_0 alone.

    Example:
        >>> Refined(rounds=2)
        Refined(rounds=2, pool=15000)
    """

    uses_pairs: ClassVar[PairUse] = "required"

    rounds: int = 5
    pool: int = 15_000

    def __post_init__(self) -> None:
        at_least(self.rounds, 1, "rounds")
        at_least(self.pool, 1, "pool")

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task``, then refines. The method is deterministic: ``seed`` has no effect."""
        del seed
        x, y, pairs = task.x, task.y, task.pairs
        b = unit_rows(y[: self.pool])
        rotation = chosen = procrustes(*weighted(x, y, pairs))
        highest = -np.inf
        for step in range(self.rounds + 1):
            matches = mutual_neighbours(unit_rows(x[: self.pool] @ rotation), b)
            if (quality := matches.quality()) > highest:
                highest, chosen = quality, rotation
            watch(Progress("refining", step, self.rounds, -quality, one_view(rotation)))
            if step < self.rounds and len(matches.source):
                rotation = procrustes(*weighted(x, y, matches.pairs()))
        return Fitted(one_view(chosen), self)
