"""Iterated dictionary induction: a map induces a dictionary, and the dictionary fits the next map."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.mapping import Alignment, Pairs, one_view
from align.bilingual.supervised.linear import weighted
from align.bilingual.unsupervised.refinement import Matches, mutual_neighbours
from align.retrieval import CSLSIndex, unit_rows

_ROWS, _MIN_CANDIDATES = 1000, 250


class Stage(NamedTuple):
    """A stage of self-learning.

    Attributes:
        pool: the number of most frequent words of each language to use.
        keep: the share of candidates, drawn at random, that each round uses.
        rounds: the largest number of rounds.
    """

    pool: int
    keep: float
    rounds: int


class OrthogonalPair(NamedTuple):
    """Two maps into common coordinates, x U and y V, each with orthonormal columns.

    Attributes:
        source: U, shape (d, j).
        target: V, shape (e, j).
    """

    source: Float[np.ndarray, "d j"]
    target: Float[np.ndarray, "e j"]

    def alignment(self) -> Alignment:
        """Returns the alignment with these two maps as its only view."""
        return one_view(self.source, self.target)

    def matches(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"]) -> Matches:
        """Returns the mutual nearest neighbours under these maps."""
        return mutual_neighbours(unit_rows(x @ self.source), unit_rows(y @ self.target))


class Induced(NamedTuple):
    """An induced dictionary.

    Attributes:
        forward: the nearest target word of every source word, shape (v,); -1 for a word that the map sends to zero.
        backward: the nearest source word of every target word, shape (w,); -1 as above.
        score: mean CSLS of these pairs, over both directions.
    """

    forward: Int[np.ndarray, " v"]
    backward: Int[np.ndarray, " w"]
    score: float

    def pairs(self) -> Pairs:
        """Returns the pairs of both directions as training pairs; a pair found in both occurs twice."""
        source = np.concatenate([np.arange(len(self.forward)), self.backward])
        target = np.concatenate([self.forward, np.arange(len(self.backward))])
        found = (source >= 0) & (target >= 0)
        return Pairs.equal(source[found], target[found])


def orthogonal_pair(x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> OrthogonalPair:
    """Returns the part of the orthogonal map that ``pairs`` determines.

    With U S V' = svd(X' Y), these are the columns of U and V for which S is above 1e-6 times its largest value. If the
    pairs span both spaces, (x U)(y V)' = x W y' with W from Procrustes. If they do not (for example 25 pairs in 300
    dimensions), Procrustes fills the remaining directions arbitrarily. Here these directions are left out.
    """
    a, b = weighted(x, y, pairs)
    left, strength, right = np.linalg.svd(a.T.astype(np.float64) @ b.astype(np.float64), full_matrices=False)
    rank = min(max(1, int(np.sum(strength > 1e-6 * strength[0]))), pairs.source_words())
    return OrthogonalPair(left[:, :rank].astype(np.float32), right[:rank].T.astype(np.float32))


def induce(
    a: Float[np.ndarray, "v j"],
    b: Float[np.ndarray, "w j"],
    *,
    keep: float,
    sample: int,
    random: np.random.Generator,
) -> Induced:
    """Returns the nearest word by CSLS of each word, in both directions, among randomly drawn candidates.

    Args:
        a: source points, unit rows or zero, shape (v, j).
        b: target points, unit rows or zero, shape (w, j).
        keep: the share of candidates to use, above 0 and at most 1.
        sample: with ``keep`` below 1, the means of CSLS are taken over this number of random words of the other
            language, and the number of neighbours is reduced in proportion.
        random: generator that draws the candidates.

    Returns:
        The induced dictionary.

    Source: Artetxe, Labaka & Agirre 2018 (ACL), section 3.2: stochastic dictionary induction.
    But: the paper zeroes each cell of the similarity matrix independently. Here 1,000 consecutive words share their
    candidates, so that only a share ``keep`` of the products is computed. There are at least 250 candidates.
    """
    if keep < 1 and sample < max(len(a), len(b)):
        index = CSLSIndex.sampled(a, b, (_draw(a, sample, random), _draw(b, sample, random)))
    else:
        index = CSLSIndex(a, b).complete()
    forward, ahead = _nearest(index, keep, random)
    backward, back = _nearest(index.transpose(), keep, random)
    return Induced(forward, backward, (_mean(ahead) + _mean(back)) / 2)


def _mean(scores: Float[np.ndarray, " v"]) -> float:
    """Returns the mean of the finite ``scores``, or 0 for none."""
    finite = scores[np.isfinite(scores)]
    return float(finite.mean()) if len(finite) else 0.0


def _draw(rows: Float[np.ndarray, "v j"], sample: int, random: np.random.Generator) -> Int[np.ndarray, " s"]:
    """Returns the numbers of ``sample`` random rows."""
    return random.choice(len(rows), min(sample, len(rows)), replace=False)


def _nearest(
    index: CSLSIndex, keep: float, random: np.random.Generator
) -> tuple[Int[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """Returns the drawn candidate with the highest CSLS for each source word, and its CSLS; -1 and -inf if none."""
    words, candidates = len(index.source), len(index.target)
    ids = np.empty(words, np.int64)
    scores = np.empty(words, np.float32)
    count = min(candidates, max(_MIN_CANDIDATES, round(keep * candidates)))
    for start in range(0, words, _ROWS):
        rows = np.arange(start, min(start + _ROWS, words))
        drawn = np.sort(random.choice(candidates, count, replace=False))
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
) -> Iterator[tuple[OrthogonalPair, Induced]]:
    """Yields the map fitted on ``pairs`` and the dictionary that it induces, then the map fitted on that, and so on.

    A stage with ``keep`` 1 ends early if the mean CSLS has not grown by a thousandth for three rounds. A stage with a
    smaller share does not end early, because its mean CSLS falls while the pairs span more and more axes.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        pairs: the first dictionary.
        plan: the stages.
        sample: as in ``induce``.
        random: generator that draws the candidates.
    """
    for stage in plan:
        a, b = x[: stage.pool], y[: stage.pool]
        highest, waited = -np.inf, 0
        for _ in range(stage.rounds):
            found = orthogonal_pair(x, y, pairs)
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
