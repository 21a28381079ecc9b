"""First-stage index: the points of both languages, their CSLS means, and the candidates of a query."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.reranking.grams import Grams, gram_rows
from align.bilingual.reranking.spelling import SpellingInput, SpellingRegression
from align.inverted_softmax import means_and_normalisers
from align.retrieval import CSLSIndex, csls, nonzero_rows, unit_rows

POOL = 8192
"""The number of most frequent words of the other language over which ``means`` and ``soft_maxima`` are computed."""
_SHARPNESS = 20.0


class Surroundings(NamedTuple):
    """Similarity of words to the other language's ``POOL`` most frequent words.

    ``means`` is r of CSLS. ``soft_maxima`` is (1 / b) log mean exp(b cos) with b = 20, the penalty of inverted softmax.
    """

    means: Float[np.ndarray, " n"]
    soft_maxima: Float[np.ndarray, " n"]


class HeldOut(NamedTuple):
    """Training words in a first stage fitted without their own pairs.

    ``rows`` are the words, in ascending order, and ``images`` their images under that first stage, scaled like the
    images in ``LanguageSide.points``.
    """

    rows: Int[np.ndarray, " n"]
    images: Float[np.ndarray, "n e"]
    surroundings: Surroundings

    @staticmethod
    def none(dims: int) -> "HeldOut":
        """Returns an empty set of words, with images of ``dims`` dimensions."""
        nothing = np.zeros(0, np.float32)
        return HeldOut(np.zeros(0, np.int64), np.zeros((0, dims), np.float32), Surroundings(nothing, nothing))


class LanguageSide(NamedTuple):
    """The words of one language in the first stage, by frequency.

    A row of ``points`` concatenates three views of a word, each a unit vector times 3^-1/2: ``own`` is
    the word's own vector, ``image`` its image under the regression into the other language, and ``common`` its
    canonical directions. ``ranks`` are the words' numbers in the whole vocabulary.
    """

    words: Sequence[str]
    row_of: Mapping[str, int]
    ranks: Int[np.ndarray, " v"]
    points: Float[np.ndarray, "v j"]
    own: slice
    image: slice
    common: slice
    surroundings: Surroundings
    grams: Grams
    held_out: HeldOut


class WordPoints(NamedTuple):
    """The points of some words, and their similarity to the other language."""

    points: Float[np.ndarray, "n j"]
    surroundings: Surroundings


class FirstStageIndex(NamedTuple):
    """Both languages, the training pairs as row numbers, and the regressions on spelling in both directions.

    The last three fields are computed from the others, because every query needs them.

    Attributes:
      source: the words of the source language.
      target: the words of the target language.
      csls: the CSLS index of their points.
      pairs: source and target row of each training pair, shape (p, 2).
      forward: the regression on spelling from source to target.
      backward: the regression on spelling from target to source.
      anchors: the vectors and n-grams of the anchors of the two regressions.
      known: the unit vectors of both words of each pair, shapes (p, d) and (p, e).
      pair_keys: the pairs as single numbers, sorted, for each direction.
    """

    source: LanguageSide
    target: LanguageSide
    csls: CSLSIndex
    pairs: Int[np.ndarray, "p 2"]
    forward: SpellingRegression
    backward: SpellingRegression
    anchors: tuple[SpellingInput, SpellingInput]
    known: tuple[Float[np.ndarray, "p d"], Float[np.ndarray, "p e"]]
    pair_keys: tuple[Int[np.ndarray, " p"], Int[np.ndarray, " p"]]

    def transpose(self) -> "FirstStageIndex":
        """Returns the index for queries of the target language."""
        return FirstStageIndex(
            self.target,
            self.source,
            self.csls.transpose(),
            self.pairs[:, ::-1],
            self.backward,
            self.forward,
            (self.anchors[1], self.anchors[0]),
            (self.known[1], self.known[0]),
            (self.pair_keys[1], self.pair_keys[0]),
        )

    def is_pair(self, rows: Int[np.ndarray, " n"], ids: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Returns which of the cells (source row, target row) are training pairs."""
        return np.isin(rows * len(self.target.words) + ids, self.pair_keys[0])


def _pair_keys(pairs: Int[np.ndarray, "p 2"], targets: int) -> Int[np.ndarray, " p"]:
    return np.unique(pairs[:, 0] * targets + pairs[:, 1])


def first_stage_index(
    source: LanguageSide,
    target: LanguageSide,
    pairs: Int[np.ndarray, "p 2"],
    forward: SpellingRegression,
    backward: SpellingRegression,
) -> FirstStageIndex:
    """Returns the index of two languages, with its computed fields."""
    means = source.surroundings.means, target.surroundings.means
    anchors = spelling_input(source, forward.anchors), spelling_input(target, backward.anchors)
    known = unit(source, pairs[:, 0]), unit(target, pairs[:, 1])
    index = CSLSIndex(source.points, target.points, means)
    keys = _pair_keys(pairs, len(target.words)), _pair_keys(pairs[:, ::-1], len(source.words))
    return FirstStageIndex(source, target, index, pairs, forward, backward, anchors, known, keys)


def unit(side: LanguageSide, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n d"]:
    """Returns the unit vectors of ``rows``."""
    return unit_rows(side.points[rows, side.own])


def spelling_input(side: LanguageSide, rows: Int[np.ndarray, " n"]) -> SpellingInput:
    """Returns the vectors and n-grams of ``rows``, as the regression on spelling takes them."""
    return SpellingInput(unit(side, rows), gram_rows(side.grams, [side.words[int(row)] for row in rows]))


def surroundings(
    points: Float[np.ndarray, "v j"], pool: Float[np.ndarray, "m j"], rows: Int[np.ndarray, " n"] | None = None
) -> Surroundings:
    """Returns the similarity of ``points`` to ``pool``, the most frequent words of the other language.

    With ``rows``, only these points get theirs; the others have NaN.
    """
    if rows is None:
        return Surroundings(*means_and_normalisers(points, pool, _SHARPNESS))
    whole = Surroundings(*(np.full(len(points), np.nan, np.float32) for _ in range(2)))
    for part, found in zip(whole, means_and_normalisers(points[rows], pool, _SHARPNESS), strict=True):
        part[rows] = found
    return whole


def word_points(side: LanguageSide, rows: Int[np.ndarray, " n"], held_out: Bool[np.ndarray, " n"]) -> WordPoints:
    """Returns the points of ``rows``; for ``held_out`` words, as if their own pairs were not in the fit."""
    points, near = side.points[rows], Surroundings(*(part[rows] for part in side.surroundings))
    there = np.flatnonzero(held_out & np.isin(rows, side.held_out.rows))
    place = np.searchsorted(side.held_out.rows, rows[there])
    points[there, side.image] = side.held_out.images[place]
    for part, other in zip(near, side.held_out.surroundings, strict=True):
        part[there] = other[place]
    return WordPoints(points, near)


def query_points(index: FirstStageIndex, rows: Int[np.ndarray, " q"]) -> WordPoints:
    """Returns the points of queries; for training words, as if their own pairs were not in the fit."""
    return word_points(index.source, rows, np.ones(len(rows), bool))


def candidates(
    index: FirstStageIndex, rows: Int[np.ndarray, " q"], k: int, among: Bool[np.ndarray, " w"] | None = None
) -> Int[np.ndarray, "q k"]:
    """Returns the k best target words of each source word by CSLS, best first.

    If the target language has the query itself (android, 2008) and it is not among the k best, it takes the last place.
    The score of a training pair is computed as if the pairs of its words were not in the fit.

    Args:
      index: the first stage.
      rows: the queries, source words that have a vector, shape (q,).
      k: number of candidates; fewer if fewer target words have a vector.
      among: which target words may be candidates, shape (w,); None means all.
    """
    allowed = nonzero_rows(index.target.points) if among is None else among
    k = min(k, int(np.count_nonzero(allowed)))
    queries = query_points(index, rows)
    own = np.isin(index.pairs[:, 0], rows)
    spare = int(np.bincount(index.pairs[own, 0]).max(initial=0))
    found = index.csls.nearest_to(
        queries.points,
        k + spare,
        means=queries.surroundings.means,
        among=None if among is None else np.flatnonzero(among),
    )
    ids = found.ids
    if spare:
        query, place = np.nonzero(index.is_pair(np.repeat(rows, ids.shape[1]), ids.ravel()).reshape(ids.shape))
        gold = word_points(index.target, ids[query, place], np.ones(len(query), bool))
        cosines = np.einsum("nj,nj->n", queries.points[query], gold.points)
        found.scores[query, place] = csls(cosines, queries.surroundings.means[query], gold.surroundings.means)
        ids = np.take_along_axis(ids, np.argsort(-found.scores, axis=1, kind="stable"), axis=1)
    ids = np.ascontiguousarray(ids[:, :k])
    for line, row in zip(ids, rows, strict=True):
        same = index.target.row_of.get(index.source.words[int(row)])
        if same is not None and same not in line and allowed[same]:
            line[-1] = same
    return ids
