"""Features of (query, candidate) pairs."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from align.bilingual.reranking.first_stage import (
    FirstStageIndex,
    LanguageSide,
    query_points,
    spelling_input,
    unit,
    word_points,
)
from align.bilingual.reranking.spelling import (
    PairPredictions,
    SpellingInput,
    SpellingRegression,
    agreement,
    predict,
    predict_many_pairs,
    predict_pairs,
)
from align.bilingual.reranking.word_forms import form_features, is_inflected
from align.cores import usable_cores
from align.largest import slices
from align.progress import Advance
from align.retrieval import csls
from align.text.chinese import has_hanzi
from align.text.readings import pinyin_letters

_KNOWN = 20
_SOFT = 0.05
_ROWS = 256
_THREADS = 4
"""The largest number of blocks of queries that are computed at once; each takes about 150 MB."""


class QueryCandidates(NamedTuple):
    """Queries and their candidates, as tables and as a list of (query, candidate) cells.

    ``own`` marks the cells that are training pairs. Their features are computed as if the pairs of the query and of the
    candidate were not in any fit.
    """

    rows: Int[np.ndarray, " q"]
    ids: Int[np.ndarray, "q k"]
    q: Int[np.ndarray, " n"]
    c: Int[np.ndarray, " n"]
    own: Bool[np.ndarray, " n"]


def candidate_features(
    index: FirstStageIndex,
    rows: Int[np.ndarray, " q"],
    ids: Int[np.ndarray, "q k"],
    *,
    many: bool = False,
    progress: Advance | None = None,
) -> Float[np.ndarray, "q k m"]:
    """Returns the features ``NAMES`` of every candidate, computed in blocks of queries.

    A query's own training pairs are left out: its image, the predictions from its spelling and the known translations
    near it come from a first stage fitted without them. So a training word has the features of a new word.

    But: the canonical directions come from the fit on all pairs. One pair of thousands hardly changes them.

    Args:
      index: the first stage.
      rows: the queries, source words, shape (q,).
      ids: the candidates of each, target words, shape (q, k).
      many: whether the queries are so many that it is faster to predict the translations of each candidate once, for
        all of its queries. The features are the same but for rounding.
      progress: receives the number of queries finished, block by block.
    """
    back = None
    if many:
        cells = _cells(index, rows, ids)
        back = _predictions_back(index, cells, _distinct_words(index, cells), predict_many_pairs)
    made = np.empty((*ids.shape, len(NAMES)), np.float32)

    def fill(block: slice) -> int:
        mine = None if back is None else PairPredictions(*(part[block] for part in back))
        made[block] = _features(index, _cells(index, rows[block], ids[block]), mine)
        return len(rows[block])

    with ThreadPoolExecutor(min(usable_cores(), _THREADS) if many else 1) as pool:
        for count in pool.map(fill, slices(len(rows), _ROWS)):
            if progress is not None:
                progress(count)
    return made


def _cells(index: FirstStageIndex, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> QueryCandidates:
    q, c = np.repeat(rows, ids.shape[1]), ids.ravel()
    return QueryCandidates(rows, ids, q, c, index.is_pair(q, c))


def _features(
    index: FirstStageIndex, cells: QueryCandidates, back: PairPredictions | None
) -> Float[np.ndarray, "q k m"]:
    near = _cosines(index, cells)
    parts = {
        **near,
        **_spelling(index, cells, back),
        **_surface(index, cells),
        **_known_pairs(index, cells),
        **_agreement_of_candidates(index, cells, near["csls"]),
        "inflected query": is_inflected(index.source.words, index.source.row_of, cells.q),
        **form_features(index.target.words, index.target.row_of, cells.ids, near["csls"].reshape(cells.ids.shape)),
    }
    found = [parts[name] for name in NAMES]
    return np.stack([np.asarray(part, np.float32).reshape(cells.ids.shape) for part in found], axis=2)


def _below_best(values: Float[np.ndarray, " n"], k: int) -> Float[np.ndarray, " n"]:
    """Returns each cell's value minus the highest value of its query."""
    table = values.reshape(-1, k)
    return (table - table.max(axis=1, keepdims=True)).ravel()


def _cosines(index: FirstStageIndex, cells: QueryCandidates) -> dict[str, Float[np.ndarray, " n"]]:
    """Returns the cosine in each view, their mean, its CSLS and inverted softmax, and the differences from the best."""
    one, other, k = index.source, index.target, cells.ids.shape[1]
    queries, found = query_points(index, cells.rows), word_points(other, cells.c, cells.own)
    a, b = np.repeat(queries.points, k, axis=0), found.points
    means, soft_maxima = (np.repeat(part, k) for part in queries.surroundings)

    def view(left: slice, right: slice) -> Float[np.ndarray, " n"]:
        return 3 * np.einsum("nd,nd->n", a[:, left], b[:, right])

    made = {
        "image": view(one.image, other.own),
        "image back": view(one.own, other.image),
        "canonical": view(one.common, other.common),
    }
    mean = (made["image"] + made["image back"] + made["canonical"]) / 3
    made |= {
        "mean": mean,
        "csls": csls(mean, means, found.surroundings.means),
        "density": means,
        "density of candidate": found.surroundings.means,
        "softmax": mean - soft_maxima,
        "inverted softmax": mean - found.surroundings.soft_maxima,
    }
    for name in ("image", "image back", "canonical", "csls", "inverted softmax"):
        made[f"{name} below best"] = _below_best(made[name], k)
    return made


def _spelling(
    index: FirstStageIndex, cells: QueryCandidates, back: PairPredictions | None
) -> dict[str, Float[np.ndarray, " n"]]:
    """Returns how well the predictions from each query agree with its candidates, and the reverse.

    ``back`` holds the agreement of the queries with the predictions from their candidates; None computes it.
    """
    k = cells.ids.shape[1]
    distinct = _distinct_words(index, cells)
    back = _predictions_back(index, cells, distinct, predict_pairs) if back is None else back
    queries, words, answers = distinct.queries, distinct.words, distinct.answers
    there = predict(index.forward, index.anchors[0], words, _anchor_numbers(index.forward, queries))
    which, place = np.repeat(distinct.which, k), distinct.place.ravel()
    made = {
        "spelt image": np.einsum("nd,nd->n", there.image[which], answers.vectors[place]),
        "spelt image back": back.image.ravel(),
    }
    for name, parts in (
        ("n-grams", agreement(there, which, sparse.csr_array(answers.grams[:, index.forward.columns]), place)),
        ("n-grams back", (back.total.ravel(), back.mean.ravel())),
    ):
        made[name], made[f"{name} each"] = parts
        made[f"{name} below best"] = _below_best(parts[0], k)
    return made


class _DistinctWords(NamedTuple):
    """The distinct queries and candidates of a block, with their vectors and n-grams.

    Query i is ``queries[which[i]]``, with the row ``which[i]`` of ``words``; candidate j of it has the row
    ``place[i, j]`` of ``answers``.
    """

    queries: Int[np.ndarray, " n"]
    which: Int[np.ndarray, " q"]
    words: SpellingInput
    answers: SpellingInput
    place: Int[np.ndarray, "q k"]


def _distinct_words(index: FirstStageIndex, cells: QueryCandidates) -> _DistinctWords:
    queries, which = np.unique(cells.rows, return_inverse=True)
    found, place = np.unique(cells.ids, return_inverse=True)
    words, answers = spelling_input(index.source, queries), spelling_input(index.target, found)
    return _DistinctWords(queries, which, words, answers, place.reshape(cells.ids.shape))


def _predictions_back(
    index: FirstStageIndex, cells: QueryCandidates, distinct: _DistinctWords, method: Callable[..., PairPredictions]
) -> PairPredictions:
    """Returns how well the predictions from each candidate agree with its query.

    ``method`` is ``predict_pairs`` or ``predict_many_pairs``.
    """
    repeated = SpellingInput(distinct.words.vectors[distinct.which], distinct.words.grams[distinct.which])
    numbers = np.where(cells.own.reshape(cells.ids.shape), _anchor_numbers(index.backward, cells.ids), -1)
    return method(index.backward, index.anchors[1], distinct.answers, repeated, place=distinct.place, held_out=numbers)


def _anchor_numbers(spelling: SpellingRegression, rows: Int[np.ndarray, "*n"]) -> Int[np.ndarray, "*n"]:
    """Returns the number of each row among the anchors, or -1."""
    place = np.searchsorted(spelling.anchors, rows)
    found = np.minimum(place, len(spelling.anchors) - 1)
    return np.where(spelling.anchors[found] == rows, found, -1)


def _surface(
    index: FirstStageIndex, cells: QueryCandidates
) -> dict[str, Float[np.ndarray, " n"] | Bool[np.ndarray, " n"]]:
    """Returns frequency, length, script and sound: the features that need no vector."""
    one, other = index.source, index.target
    rank, candidate_rank = np.log(one.ranks[cells.q] + 50.0), np.log(other.ranks[cells.c] + 50.0)
    (queries, which), (found, place) = (np.unique(side, return_inverse=True) for side in (cells.q, cells.c))
    left, right = [one.words[int(row)] for row in queries], [other.words[int(row)] for row in found]
    length, candidate_length = (np.array([len(word) for word in side], np.int64) for side in (left, right))
    hanzi, candidate_hanzi = (np.array([has_hanzi(word) for word in side], bool) for side in (left, right))
    pairs, candidate_pairs = ([_letter_pairs(word) for word in side] for side in (left, right))
    each = list(zip(which.tolist(), place.tolist(), strict=True))
    return {
        "rank": rank,
        "rank of candidate": candidate_rank,
        "rank difference": candidate_rank - rank,
        "rank distance": np.abs(candidate_rank - rank),
        "length": np.minimum(length, 15)[which],
        "length of candidate": np.minimum(candidate_length, 15)[place],
        "one character": (candidate_length == 1)[place],
        "latin": ~hanzi[which] & ~candidate_hanzi[place],
        "same": np.array([left[i] == right[j] for i, j in each]),
        "sound": np.array([_dice(pairs[i], candidate_pairs[j]) for i, j in each]),
    }


def _known_pairs(index: FirstStageIndex, cells: QueryCandidates) -> dict[str, Float[np.ndarray, " n"]]:
    """Returns the candidate's similarity to the translations of the ``_KNOWN`` training words nearest to the query."""
    nearness = unit(index.source, cells.rows) @ index.known[0].T
    own = np.flatnonzero(np.isin(index.pairs[:, 0], cells.rows))
    query, place = np.nonzero(cells.rows[:, None] == index.pairs[own, 0])
    nearness[query, own[place]] = -1
    k = min(_KNOWN, nearness.shape[1])
    top = np.argpartition(-nearness, k - 1, axis=1)[:, :k]
    near = np.take_along_axis(nearness, top, axis=1)
    cosines = np.einsum("qkd,qjd->qkj", _vectors(index.target, cells.ids), index.known[1][top])
    joint = 0.1 * np.log(np.exp((near[:, None] + cosines - 2) / 0.1).sum(axis=2))
    share = np.exp((near - 1) / 0.2)[:, None]
    mean = (cosines * share).sum(axis=2) / share.sum(axis=2)
    return {"known pairs": joint.ravel(), "known translations": mean.ravel()}


def _agreement_of_candidates(
    index: FirstStageIndex, cells: QueryCandidates, scores: Float[np.ndarray, " n"]
) -> dict[str, Float[np.ndarray, " n"]]:
    """Returns the candidate's similarity to the query's other candidates, weighted by CSLS, and to the nearest five."""
    table = scores.reshape(cells.ids.shape)
    weights = np.exp((table - table.max(axis=1, keepdims=True)) / _SOFT)
    vectors = _vectors(index.target, cells.ids)
    cosines = np.einsum("qkd,qjd->qkj", vectors, vectors)
    support = np.einsum("qkj,qj->qk", cosines, weights / weights.sum(axis=1, keepdims=True))
    diagonal = np.arange(cells.ids.shape[1])
    cosines[:, diagonal, diagonal] = 0
    nearest = np.sort(cosines, axis=2)[:, :, -5:].mean(axis=2)
    return {"support": support.ravel(), "crowding": nearest.ravel()}


def _vectors(side: LanguageSide, ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k d"]:
    return unit(side, ids.ravel()).reshape(*ids.shape, side.own.stop - side.own.start)


def sound(one: str, other: str) -> float:
    """Returns how similar the sounds of two words are: Dice's coefficient of their letter pairs, hanzi as pinyin.

    >>> round(sound("igor", "伊戈尔"), 2), sound("house", "房子")
    (0.25, 0.0)
    """
    return _dice(_letter_pairs(one), _letter_pairs(other))


def _dice(left: Mapping[str, int], right: Mapping[str, int]) -> float:
    """Returns Dice's coefficient of two bags of letter pairs."""
    shared = sum(min(left[pair], right[pair]) for pair in left.keys() & right.keys())
    return 2 * shared / (sum(left.values()) + sum(right.values())) if shared else 0.0


@lru_cache(maxsize=1 << 17)
def _letter_pairs(word: str) -> Mapping[str, int]:
    letters = pinyin_letters(word) if has_hanzi(word) else word.lower()
    return Counter(letters[i : i + 2] for i in range(len(letters) - 1))


NAMES = (
    *("image", "image back", "canonical", "mean", "csls", "density", "density of candidate"),
    *("softmax", "inverted softmax", "image below best", "image back below best", "canonical below best"),
    *("csls below best", "inverted softmax below best", "spelt image", "spelt image back"),
    *("n-grams", "n-grams each", "n-grams below best"),
    *("n-grams back", "n-grams back each", "n-grams back below best"),
    *("rank", "rank of candidate", "rank difference", "rank distance", "length", "length of candidate"),
    *("one character", "latin", "same", "sound", "known pairs", "known translations", "support", "crowding"),
    *("inflected", "inflected query", "forms", "above best form", "base", "above base"),
)
