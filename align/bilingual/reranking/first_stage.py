"""The first stage as the second sees it: both sides' points, and who the candidates of a word are."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.reranking.grams import Grams, gram_rows
from align.bilingual.reranking.spelling import Lexeme, Spelling
from align.retrieval import NEIGHBOURS, top_k, unit_rows

POOL = 8192
_SHARP = 20.0
_GROUP = 64
_CELLS = 1 << 25


class Side(NamedTuple):
    """The words of one language in the first stage, by frequency.

    A row of ``points`` is the word's place in each of three views side by side, each a unit vector times 3^-1/2:
    ``own`` is where its own vector stands, ``image`` its image under the regression into the other language,
    ``common`` its place among canonical directions. ``ranks`` are the words' numbers in the whole vocabulary.
    ``means`` has each word's mean cosine to its 10 nearest among the other side's ``POOL`` most frequent words,
    ``tops`` the soft maximum of those cosines, log(sum of exp(20 cos)) / 20.
    """

    words: Sequence[str]
    place: Mapping[str, int]
    ranks: Int[np.ndarray, " v"]
    points: Float[np.ndarray, "v j"]
    own: slice
    image: slice
    common: slice
    means: Float[np.ndarray, " v"]
    tops: Float[np.ndarray, " v"]
    grams: Grams


class Stage(NamedTuple):
    """Both sides, the training pairs as row numbers, and the regressions that know spelling, one a direction.

    ``anchors`` are those of the two regressions, ``known`` the unit vectors of the pairs' two words: kept, since every
    question needs them.
    """

    source: Side
    target: Side
    pairs: Int[np.ndarray, "p 2"]
    forward: Spelling
    backward: Spelling
    anchors: tuple[Lexeme, Lexeme]
    known: tuple[Float[np.ndarray, "p d"], Float[np.ndarray, "p e"]]

    def turned(self) -> "Stage":
        """The same from the other side."""
        (there, back), (left, right) = self.anchors, self.known
        pairs = self.pairs[:, ::-1]
        return Stage(self.target, self.source, pairs, self.backward, self.forward, (back, there), (right, left))


def unit(side: Side, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n d"]:
    """The unit vectors of ``rows``."""
    return unit_rows(side.points[rows, side.own])


def lexeme(side: Side, rows: Int[np.ndarray, " n"]) -> Lexeme:
    """The words ``rows`` as the spelling regression sees them."""
    return Lexeme(unit(side, rows), gram_rows(side.grams, [side.words[int(row)] for row in rows]))


def staged(source: Side, target: Side, pairs: Int[np.ndarray, "p 2"], forward: Spelling, backward: Spelling) -> Stage:
    """The stage, with what it keeps at hand."""
    anchors = lexeme(source, forward.anchors), lexeme(target, backward.anchors)
    known = unit(source, pairs[:, 0]), unit(target, pairs[:, 1])
    return Stage(source, target, pairs, forward, backward, anchors, known)


def surroundings(
    points: Float[np.ndarray, "v j"], pool: Float[np.ndarray, "m j"]
) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """``Side.means`` and ``Side.tops`` of ``points`` against the other side's most frequent words.

    But: of a large pool each of the 10 nearest is the best of a group of 64, of which seldom two are among the ten.
    """
    means, tops = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    rows = max(1, _CELLS // max(len(pool), 1))
    inside = len(pool) // _GROUP * _GROUP
    for start in range(0, len(points), rows):
        cosines = points[start : start + rows] @ pool.T
        best = cosines
        if inside >= 4 * NEIGHBOURS * _GROUP:
            best = cosines[:, :inside].reshape(len(cosines), -1, _GROUP).max(axis=2)
        k = min(NEIGHBOURS, best.shape[1])
        means[start : start + rows] = np.partition(best, best.shape[1] - k, axis=1)[:, best.shape[1] - k :].mean(axis=1)
        most = cosines.max(axis=1, keepdims=True)
        cosines -= most
        cosines *= _SHARP
        np.exp(cosines, out=cosines)
        tops[start : start + rows] = np.log(cosines.sum(axis=1)) / _SHARP + most[:, 0]
    return means, tops


def candidates(
    stage: Stage, rows: Int[np.ndarray, " q"], k: int, among: Bool[np.ndarray, " v"] | None = None
) -> Int[np.ndarray, "q k"]:
    """The ``k`` best rows of the target side for ``rows`` of the source side, by CSLS against the pool, best first.

    The word itself, where the target side has it (android, 2008), takes the last place if it has none. ``among``, one
    truth value a word of the target side, leaves out the others.
    """
    side = stage.target
    asked = stage.source.points[rows]
    if among is None:
        found = top_k(asked, side.points, k, penalty=side.means / 2).ids
    else:
        some = np.flatnonzero(among)
        found = some[top_k(asked, side.points[some], k, penalty=side.means[some] / 2).ids]
    for line, row in zip(found, rows, strict=True):
        same = side.place.get(stage.source.words[int(row)])
        if same is not None and same not in line and (among is None or among[same]):
            line[-1] = same
    return found
