"""Induction: a map's own dictionary, with some candidates left out at random, and the map of that, in turn."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Alignment, Linear, Pairs, View
from align.bilingual.supervised.linear import weighted
from align.bilingual.unsupervised.refinement import Matches, mutual_neighbours
from align.retrieval import CSLSIndex, unit_rows

_ROWS, _LEAST = 1000, 250


class Stage(NamedTuple):
    """At most ``rounds`` rounds over the ``pool`` most frequent words, a share ``keep`` of candidates taking part."""

    pool: int
    keep: float
    rounds: int


class Turns(NamedTuple):
    """Both languages turned into common coordinates: x U and y V, with orthonormal columns."""

    source: Float[np.ndarray, "d j"]
    target: Float[np.ndarray, "e j"]

    def alignment(self) -> Alignment:
        """The one view that these two maps are."""
        return Alignment((View(Linear(jnp.asarray(self.source)), Linear(jnp.asarray(self.target))),))

    def matches(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"]) -> Matches:
        """The words that are each other's nearest under these maps."""
        return mutual_neighbours(unit_rows(x @ self.source), unit_rows(y @ self.target))


class Induced(NamedTuple):
    """The nearest target word of every source word, the nearest source word of every target word, and their CSLS."""

    forward: Int[np.ndarray, " v"]
    backward: Int[np.ndarray, " w"]
    score: float

    def pairs(self) -> Pairs:
        """Both directions as training pairs: a pair that both find stands there twice."""
        v, w = len(self.forward), len(self.backward)
        return Pairs(
            np.concatenate([np.arange(v), self.backward]),
            np.concatenate([self.forward, np.arange(w)]),
            np.ones(v + w, np.float32),
        )


def turns(x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Turns:
    """The part of the orthogonal map that ``pairs`` determine: U_r and V_r of U S V' = svd(X' Y), S_r > 1e-6 S_1.

    Where the pairs span both spaces, (x U)(y V)' is x W y' with W of Procrustes. Where they do not (25 pairs in 300
    dimensions), Procrustes fills the remaining directions arbitrarily; here they are left out.
    """
    a, b = weighted(x, y, pairs)
    left, strength, right = np.linalg.svd(a.T.astype(np.float64) @ b.astype(np.float64), full_matrices=False)
    rank = min(max(1, int(np.sum(strength > 1e-6 * strength[0]))), len(np.unique(pairs.source)))
    return Turns(left[:, :rank].astype(np.float32), right[:rank].T.astype(np.float32))


def induce(
    a: Float[np.ndarray, "v j"],
    b: Float[np.ndarray, "w j"],
    *,
    keep: float,
    sample: int,
    random: np.random.Generator,
) -> Induced:
    """Each word's nearest by CSLS in either direction, a share ``keep`` of the candidates taking part at random.

    Source: Artetxe, Labaka & Agirre 2018 (ACL), section 3.2: stochastic dictionary induction, CSLS, both directions.
    But: the paper zeroes each cell of the similarity matrix by itself; here 1,000 words in a row share the
    candidates left out, which costs a share ``keep`` of the products, and at least 250 take part. The mean cosines
    of CSLS are those to ``sample`` random words of the other language, k cut in proportion, while ``keep`` is below 1.
    """
    if keep < 1 and sample < max(len(a), len(b)):
        index = CSLSIndex.build(a, b, samples=(_draw(a, sample, random), _draw(b, sample, random)))
    else:
        index = CSLSIndex.build(a, b)
    forward, ahead = _nearest(index, keep, random)
    backward, back = _nearest(index.transpose(), keep, random)
    return Induced(forward, backward, (float(ahead.mean()) + float(back.mean())) / 2)


def _draw(rows: Float[np.ndarray, "v j"], sample: int, random: np.random.Generator) -> Int[np.ndarray, " s"]:
    return random.choice(len(rows), min(sample, len(rows)), replace=False)


def _nearest(
    index: CSLSIndex, keep: float, random: np.random.Generator
) -> tuple[Int[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """For each source word the candidate with the highest CSLS among those drawn, and that CSLS."""
    words, candidates = len(index.source), len(index.target)
    ids = np.empty(words, np.int64)
    scores = np.empty(words, np.float32)
    kept = min(candidates, max(_LEAST, round(keep * candidates)))
    for start in range(0, words, _ROWS):
        rows = np.arange(start, min(start + _ROWS, words))
        drawn = np.sort(random.choice(candidates, kept, replace=False))
        found = index.nearest(rows, 1, among=drawn)
        ids[rows], scores[rows] = found.ids[:, 0], found.scores[:, 0]
    return ids, scores


def rounds(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    pairs: Pairs,
    plan: Iterable[Stage],
    *,
    sample: int,
    random: np.random.Generator,
) -> Iterator[tuple[Turns, Induced]]:
    """Yield the map of ``pairs`` and what it induces, then the map of that, and so on through the stages of ``plan``.

    A stage ends after its rounds; where all candidates take part, also when the mean CSLS has not grown by a thousandth
    of itself for three rounds. (While a share is drawn, it says little: it falls as pairs come to span more axes.)
    """
    for stage in plan:
        a, b = x[: stage.pool], y[: stage.pool]
        highest, waited = -np.inf, 0
        for _ in range(stage.rounds):
            found = turns(x, y, pairs)
            induced = induce(
                unit_rows(a @ found.source),
                unit_rows(b @ found.target),
                keep=stage.keep,
                sample=sample,
                random=random,
            )
            pairs = induced.pairs()
            yield found, induced
            waited = 0 if induced.score > highest + 1e-3 * abs(highest) else waited + 1
            highest = max(highest, induced.score)
            if stage.keep == 1 and waited == 3:
                break
