"""What speaks for and against each candidate, as numbers."""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from align.bilingual.reranking.first_stage import Side, Stage, lexeme, unit
from align.bilingual.reranking.spelling import Lexeme, Predicted, Spelling, predict
from align.text.chinese import has_hanzi, pinyin_letters

_KNOWN = 20
_SOFT = 0.05
_ROWS = 256


class Cells(NamedTuple):
    """The rows of each query and its candidates; ``q`` and ``c`` are the same, one a cell."""

    rows: Int[np.ndarray, " q"]
    ids: Int[np.ndarray, "q k"]
    q: Int[np.ndarray, " n"]
    c: Int[np.ndarray, " n"]


def evidence(stage: Stage, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k m"]:
    """The numbers of ``NAMES`` for every candidate ``ids`` of the source side's words ``rows``, a block at a time."""
    blocks = [_evidence(stage, rows[i : i + _ROWS], ids[i : i + _ROWS]) for i in range(0, max(len(rows), 1), _ROWS)]
    return np.concatenate(blocks)


def _evidence(stage: Stage, rows: Int[np.ndarray, " q"], ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k m"]:
    cells = Cells(rows, ids, np.repeat(rows, ids.shape[1]), ids.ravel())
    parts = {**_cosines(stage, cells), **_spelling(stage, cells), **_shapes(stage, cells), **_company(stage, cells)}
    found = [parts[name] for name in NAMES]
    return np.stack([np.asarray(part, np.float32).reshape(ids.shape) for part in found], axis=2)


def _below_best(values: Float[np.ndarray, " n"], k: int) -> Float[np.ndarray, " n"]:
    """By how much each cell is below the best of its query."""
    table = values.reshape(-1, k)
    return (table - table.max(axis=1, keepdims=True)).ravel()


def _cosines(stage: Stage, cells: Cells) -> dict[str, Float[np.ndarray, " n"]]:
    """Each view's cosine, their mean, CSLS and inverted softmax of it, and how far below the query's best they are."""
    one, other, k = stage.source, stage.target, cells.ids.shape[1]
    a, b = one.points[cells.q], other.points[cells.c]

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
        "csls": 2 * mean - one.means[cells.q] - other.means[cells.c],
        "density": one.means[cells.q],
        "density of candidate": other.means[cells.c],
        "softmax": mean - one.tops[cells.q],
        "inverted softmax": mean - other.tops[cells.c],
    }
    for name in ("image", "image back", "canonical", "csls", "inverted softmax"):
        made[f"{name} below best"] = _below_best(made[name], k)
    return made


def _spelling(stage: Stage, cells: Cells) -> dict[str, Float[np.ndarray, " n"]]:
    """How the candidate's spelling and vector agree with what the query's predict of them, and the other way round."""
    k = cells.ids.shape[1]
    queries, which = np.unique(cells.q, return_inverse=True)
    found, place = np.unique(cells.c, return_inverse=True)
    asked, given = lexeme(stage.source, queries), lexeme(stage.target, found)
    there = predict(stage.forward, stage.anchors[0], asked)
    back = predict(stage.backward, stage.anchors[1], given)
    made = {
        "spelt image": np.einsum("nd,nd->n", there.image[which], given.vectors[place]),
        "spelt image back": np.einsum("nd,nd->n", back.image[place], asked.vectors[which]),
    }
    for name, parts in (
        ("n-grams", _agreement(stage.forward, there, which, given, place)),
        ("n-grams back", _agreement(stage.backward, back, place, asked, which)),
    ):
        made[name], made[f"{name} each"] = parts
        made[f"{name} below best"] = _below_best(parts[0], k)
    return made


def _agreement(
    spelling: Spelling,
    predicted: Predicted,
    row: Int[np.ndarray, " n"],
    words: Lexeme,
    column: Int[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The n-grams predicted by ``row`` that the word ``column`` has: their weighted sum, and their mean."""
    having = sparse.csr_array(words.grams[:, spelling.columns])[column]
    counts = np.diff(having.indptr)
    cell = np.repeat(np.arange(len(column)), counts)
    values = predicted.grams[row[cell], having.indices]
    total = np.bincount(cell, values * having.data, len(column)).astype(np.float64)
    return total, np.bincount(cell, values, len(column)) / np.maximum(counts, 1)


def _shapes(stage: Stage, cells: Cells) -> dict[str, Float[np.ndarray, " n"] | Bool[np.ndarray, " n"]]:
    """Frequency, length, script, sound: what can be told without any vector."""
    one, other = stage.source, stage.target
    rank, candidate_rank = np.log(one.ranks[cells.q] + 50.0), np.log(other.ranks[cells.c] + 50.0)
    words = [(one.words[int(q)], other.words[int(c)]) for q, c in zip(cells.q, cells.c, strict=True)]
    return {
        "rank": rank,
        "rank of candidate": candidate_rank,
        "rank difference": candidate_rank - rank,
        "rank distance": np.abs(candidate_rank - rank),
        "length": np.array([min(len(word), 15) for word, _ in words]),
        "length of candidate": np.array([min(len(word), 15) for _, word in words]),
        "one character": np.array([len(word) == 1 for _, word in words]),
        "latin": np.array([not has_hanzi(left) and not has_hanzi(right) for left, right in words]),
        "same": np.array([left == right for left, right in words]),
        "sound": np.array([sound(left, right) for left, right in words]),
    }


def _company(stage: Stage, cells: Cells) -> dict[str, Float[np.ndarray, " n"]]:
    """How the candidate stands to the translations of the query's nearest training words, and to other candidates."""
    rows, ids = cells.rows, cells.ids
    known = unit(stage.source, rows) @ stage.known[0].T
    k = min(_KNOWN, known.shape[1])
    top = np.argpartition(-known, k - 1, axis=1)[:, :k]
    near = np.take_along_axis(known, top, axis=1)
    vectors = _vectors(stage.target, ids)
    like = np.einsum("qkd,qjd->qkj", vectors, stage.known[1][top])
    joint = 0.1 * np.log(np.exp((near[:, None] + like - 2) / 0.1).sum(axis=2))
    share = np.exp((near - 1) / 0.2)[:, None]
    cosines = np.einsum("qj,qkj->qk", stage.source.points[rows], stage.target.points[ids])
    csls = 2 * cosines - stage.target.means[ids]
    hopes = np.exp((csls - csls.max(axis=1, keepdims=True)) / _SOFT)
    alike = np.einsum("qkd,qjd->qkj", vectors, vectors)
    backed = np.einsum("qkj,qj->qk", alike, hopes / hopes.sum(axis=1, keepdims=True))
    diagonal = np.arange(ids.shape[1])
    alike[:, diagonal, diagonal] = 0
    crowd = np.sort(alike, axis=2)[:, :, -5:].mean(axis=2)
    return {
        "known pairs": joint.ravel(),
        "known translations": ((like * share).sum(axis=2) / share.sum(axis=2)).ravel(),
        "backing": backed.ravel(),
        "crowd": crowd.ravel(),
    }


def _vectors(side: Side, ids: Int[np.ndarray, "q k"]) -> Float[np.ndarray, "q k d"]:
    return unit(side, ids.ravel()).reshape(*ids.shape, -1)


def sound(one: str, other: str) -> float:
    """How alike the letters of a word and the pinyin of the other are: Dice's coefficient of their letter pairs.

    >>> round(sound("igor", "伊戈尔"), 2), sound("house", "房子")
    (0.25, 0.0)
    """
    left, right = _letter_pairs(one), _letter_pairs(other)
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


@lru_cache(maxsize=1 << 17)
def _letter_pairs(word: str) -> "Counter[str]":
    letters = pinyin_letters(word) if has_hanzi(word) else word.lower()
    return Counter(letters[i : i + 2] for i in range(len(letters) - 1))


NAMES = (
    *("image", "image back", "canonical", "mean", "csls", "density", "density of candidate"),
    *("softmax", "inverted softmax", "image below best", "image back below best", "canonical below best"),
    *("csls below best", "inverted softmax below best", "spelt image", "spelt image back"),
    *("n-grams", "n-grams each", "n-grams below best"),
    *("n-grams back", "n-grams back each", "n-grams back below best"),
    *("rank", "rank of candidate", "rank difference", "rank distance", "length", "length of candidate"),
    *("one character", "latin", "same", "sound", "known pairs", "known translations", "backing", "crowd"),
)
