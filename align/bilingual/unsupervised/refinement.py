"""Procrustes refinement: fitted again and again on the words that it makes each other's nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Alignment, Identity, Linear, Pairs, Progress, View, Watch
from align.bilingual.supervised.linear import procrustes, weighted
from align.retrieval import NEIGHBOURS, CSLSIndex, unit_rows


class Matches(NamedTuple):
    """Words matched one to one by row number, and the CSLS of each match."""

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    scores: Float[np.ndarray, " n"]

    def pairs(self) -> Pairs:
        """The matches as training pairs of equal weight."""
        return Pairs(self.source, self.target, np.ones(len(self.source), np.float32))

    def quality(self) -> float:
        """The mean CSLS of the matches, 0 where there are none: what tells a good map without a dictionary."""
        return float(self.scores.mean()) if len(self.scores) else 0.0


def mutual_neighbours(a: Float[np.ndarray, "v j"], b: Float[np.ndarray, "w j"], k: int = NEIGHBOURS) -> Matches:
    """The pairs (i, j) of which each is the other's nearest by CSLS, in the order of i.

    j = argmax_m CSLS(a_i, b_m) and i = argmax_m CSLS(a_m, b_j). Rows are unit vectors of one common space; ``k`` is the
    number of neighbours in the means of CSLS.

    Source: Conneau et al. 2018, sections 2.2 and 2.3.
    """
    if len(a) == 0 or len(b) == 0:
        nothing = np.zeros(0, np.int64)
        return Matches(nothing, nothing, np.zeros(0, np.float32))
    index = CSLSIndex.build(a, b, k)
    forward = index.nearest(np.arange(len(a)), 1)
    backward = index.transpose().nearest(np.arange(len(b)), 1).ids[:, 0]
    target = forward.ids[:, 0]
    rows = np.flatnonzero(backward[target] == np.arange(len(a)))
    return Matches(rows, target[rows], forward.scores[rows, 0])


def head(x: Float[np.ndarray, "v d"], pool: int) -> Float[np.ndarray, "p d"]:
    """The first ``pool`` rows, the most frequent words, as unit vectors."""
    return unit_rows(x[:pool])


def check_sizes(what: object, sizes: Sequence[int]) -> None:
    """Raise ValueError naming ``what`` where one of ``sizes`` is below 1."""
    if min(sizes) < 1:
        raise ValueError(f"{what}: the sizes are to be at least 1")


@dataclass(frozen=True)
class Refined:
    """Orthogonal Procrustes, then again and again on mutual nearest neighbours (Conneau et al. 2018, section 2.2).

    W_0 is Procrustes on the dictionary; W_{t+1} is Procrustes on the pairs of the ``pool`` most frequent words of
    either side that are mutual neighbours under W_t by CSLS. Of the maps W_0 ... W_rounds the one whose mutual
    neighbours have the highest mean CSLS is kept.
    But: the paper's criterion is the mean cosine of all source words' translations; the mean CSLS of mutual ones
    needs no second search. The dictionary is not used after W_0, there as here.
    """

    rounds: int = 5
    pool: int = 15_000

    def __post_init__(self) -> None:
        check_sizes(self, (self.rounds, self.pool))

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on ``pairs``, then refine; nothing is drawn at random, so ``seed`` has no effect."""
        del seed
        b = head(y, self.pool)
        turn = chosen = procrustes(*weighted(x, y, pairs))
        highest = -np.inf
        for step in range(self.rounds + 1):
            matches = mutual_neighbours(unit_rows(x[: self.pool] @ turn), b)
            if (quality := matches.quality()) > highest:
                highest, chosen = quality, turn
            watch(Progress(step, self.rounds, -quality, _alignment(turn)))
            if step < self.rounds and len(matches.source):
                turn = procrustes(*weighted(x, y, matches.pairs()))
        return _alignment(chosen)


def _alignment(turn: Float[np.ndarray, "d e"]) -> Alignment:
    return Alignment((View(Linear(jnp.asarray(turn)), Identity()),))
