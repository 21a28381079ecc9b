"""Regression on spelling: predicts the vector and n-grams of a word's translations from its own."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from align.bilingual.supervised.ridge import kernel, leverages, ridge_factor, ridge_weights, targets
from align.retrieval import unit_rows

_ROWS = 4096
_TILE = 1024
"""Words whose predictions are made at once for many pairs."""


class SpellingInput(NamedTuple):
    """The input of the regression: unit vectors, and n-gram rows from ``grams.gram_rows``."""

    vectors: Float[np.ndarray, "n d"]
    grams: sparse.csr_array


class SpellingRegression(NamedTuple):
    """Kernel ridge regression from words to the vectors and the n-grams of their translations.

    k(x, a) = exp((cos(x, a) - 1) / width) + share <n-grams of x, n-grams of a>.

    Args:
      anchors: rows of the training words.
      weights: e columns for the vector, then u columns for the n-grams.
      columns: the predicted n-grams, as bucket numbers.
      mean: the share of translations that have each n-gram. A prediction is the excess over this mean.
      leverage: leverage of each anchor (``ridge.leverages``); with 0, held-out predictions equal ordinary ones.
      width: width of the kernel.
      share: weight of spelling in the kernel.
      ridge: the penalty.
    """

    anchors: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, "n e_u"]
    columns: Int[np.ndarray, " u"]
    mean: Float[np.ndarray, " u"]
    leverage: Float[np.ndarray, " n"]
    width: float
    share: float
    ridge: float


class Predicted(NamedTuple):
    """The unit image of each word, and the excess of its translation's n-grams over their mean."""

    image: Float[np.ndarray, "q e"]
    grams: Float[np.ndarray, "q u"]


class PairPredictions(NamedTuple):
    """Agreement of predicted translations with words.

    Args:
      image: the cosine of the predicted vector with the word's.
      total: the sum of the predictions over the word's n-grams, with their weights.
      mean: the mean of the predictions over the word's n-grams.
    """

    image: Float[np.ndarray, "q k"]
    total: Float[np.ndarray, "q k"]
    mean: Float[np.ndarray, "q k"]


class SpellingSettings(NamedTuple):
    """Settings of the regression on spelling.

    Args:
      width: width of the kernel.
      share: weight of spelling in the kernel.
      ridge: the penalty.
      min_words: an n-gram is predicted only if at least this number of translations have it.
      max_grams: largest number of predicted n-grams; the most common ones are chosen.
      max_anchors: largest number of training words to fit on; the most frequent are chosen.
    """

    width: float = 0.6
    share: float = 0.2
    ridge: float = 0.5
    min_words: int = 4
    max_grams: int = 1500
    max_anchors: int = 4000


def fit_spelling(
    own: SpellingInput,
    other: SpellingInput,
    source: Int[np.ndarray, " p"],
    target: Int[np.ndarray, " p"],
    settings: SpellingSettings,
    *,
    held_out: bool = False,
) -> SpellingRegression:
    """Returns the regression from source words to their translations.

    Args:
      own: the source words.
      other: the target words.
      source: row in ``own`` of each pair, shape (p,).
      target: row in ``other`` of each pair, shape (p,).
      settings: settings of the regression.
      held_out: whether to compute the leverages, which held-out predictions need.
    """
    chosen = source <= np.unique(source)[: settings.max_anchors][-1]
    source, target = source[chosen], target[chosen]
    wanted = targets(source, target, other.vectors)
    place = np.searchsorted(wanted.rows, source)
    which = sparse.csr_array(
        (np.ones(len(place), np.float32), (place, np.arange(len(place)))), (len(wanted.rows), len(place))
    )
    present = other.grams[target]
    present.data = np.ones_like(present.data)
    having = sparse.csr_array(which @ present)
    having.data = np.ones_like(having.data)
    counts = np.asarray(having.sum(axis=0)).ravel()
    columns = np.sort(np.argsort(-counts, kind="stable")[: settings.max_grams])
    columns = columns[counts[columns] >= settings.min_words]
    wide = having[:, columns].toarray()
    mean = wide.mean(axis=0)
    anchors = SpellingInput(own.vectors[wanted.rows], own.grams[wanted.rows])
    square = _kernel(anchors, anchors, settings.width, settings.share)
    factor = ridge_factor(square, square, settings.ridge)
    weights = ridge_weights(factor, square, np.concatenate([wanted.mean, wide - mean], axis=1))
    leverage = leverages(factor, square, settings.ridge) if held_out else np.zeros(len(square), np.float32)
    return SpellingRegression(
        wanted.rows, weights, columns, mean, leverage, settings.width, settings.share, settings.ridge
    )


def predict(
    spelling: SpellingRegression,
    anchors: SpellingInput,
    words: SpellingInput,
    held_out: Int[np.ndarray, " q"] | None = None,
) -> Predicted:
    """Returns the predictions for ``words``.

    Args:
      spelling: the regression.
      anchors: the vectors and n-grams of its anchors.
      words: the words to predict translations of, q of them.
      held_out: position of each word among the anchors if the prediction must not use the word's own pairs, else -1.
    """
    split = spelling.weights.shape[1] - len(spelling.columns)
    blocks = [
        _kernel(
            SpellingInput(words.vectors[i : i + _ROWS], words.grams[i : i + _ROWS]),
            anchors,
            spelling.width,
            spelling.share,
        )
        @ spelling.weights
        for i in range(0, max(len(words.vectors), 1), _ROWS)
    ]
    made = np.concatenate(blocks)
    if held_out is not None:
        some = np.flatnonzero(held_out >= 0)
        made[some] = _without_own(spelling, made[some], spelling.weights[held_out[some]], held_out[some])
    return Predicted(unit_rows(made[:, :split]), made[:, split:])


def predict_pairs(
    spelling: SpellingRegression,
    anchors: SpellingInput,
    words: SpellingInput,
    others: SpellingInput,
    *,
    place: Int[np.ndarray, "q k"],
    held_out: Int[np.ndarray, "q k"],
) -> PairPredictions:
    """Returns how well the predictions for k words agree with each of q words of the other language.

    The weighted sum of the predicted n-grams over those of a word is linear in the predictions, so the n-grams need not
    be predicted one by one.

    Args:
      spelling: the regression.
      anchors: the vectors and n-grams of its anchors.
      words: the words to predict translations of, n of them.
      others: the words to compare the predictions with, q of them.
      place: the position among ``words`` of the k words that are compared with each of ``others``.
      held_out: position of each word among the anchors if the prediction must not use the word's own pairs, else -1.
    """
    split = spelling.weights.shape[1] - len(spelling.columns)
    having = sparse.csr_array(others.grams[:, spelling.columns])
    means = having.copy()
    means.data = (1 / np.repeat(np.maximum(np.diff(having.indptr), 1), np.diff(having.indptr))).astype(np.float32)
    transposed = np.ascontiguousarray(spelling.weights[:, split:].T)
    weights = np.stack([having @ transposed, means @ transposed], axis=2)
    cells = _kernel(words, anchors, spelling.width, spelling.share)
    image = (cells @ spelling.weights[:, :split])[place]
    sums = np.empty((*place.shape, 2), np.float32)
    for i, (row, line) in enumerate(zip(place, weights, strict=True)):
        sums[i] = cells[row] @ line
    query, column = np.nonzero(held_out >= 0)
    own = held_out[query, column]
    image[query, column] = _without_own(spelling, image[query, column], spelling.weights[own, :split], own)
    sums[query, column] = _without_own(spelling, sums[query, column], weights[query, own], own)
    lengths = np.sqrt(np.einsum("qke,qke->qk", image, image))
    cosines = np.einsum("qke,qe->qk", image, others.vectors) / np.where(lengths > 0, lengths, 1)
    return PairPredictions(cosines, sums[:, :, 0], sums[:, :, 1])


def predict_many_pairs(
    spelling: SpellingRegression,
    anchors: SpellingInput,
    words: SpellingInput,
    others: SpellingInput,
    *,
    place: Int[np.ndarray, "q k"],
    held_out: Int[np.ndarray, "q k"],
) -> PairPredictions:
    """Returns what :func:`predict_pairs` does, faster where most of ``words`` are compared with many of ``others``.

    All n-grams of each word are predicted once, tile by tile, in place of one weighted sum for each pair.
    """
    having = sparse.csr_array(others.grams[:, spelling.columns])
    made = PairPredictions(*(np.empty(place.size, kind) for kind in (np.float32, np.float64, np.float64)))
    flat, numbers = place.ravel(), held_out.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.arange(0, len(words.vectors), _TILE)
    for start, cells in zip(starts, np.split(order, np.searchsorted(flat[order], starts[1:])), strict=True):
        part = SpellingInput(words.vectors[start : start + _TILE], words.grams[start : start + _TILE])
        own = numbers[cells] >= 0
        for some, without in ((cells[~own], False), (cells[own], True)):
            used, row = np.unique(flat[some] - start, return_inverse=True)
            if not len(some):
                continue
            left_out = np.empty(len(used), np.int64)
            left_out[row] = numbers[some]
            chosen = SpellingInput(part.vectors[used], part.grams[used])
            predicted = predict(spelling, anchors, chosen, left_out if without else None)
            query = some // place.shape[1]
            made.image[some] = np.einsum("ne,ne->n", predicted.image[row], others.vectors[query])
            made.total[some], made.mean[some] = agreement(predicted, row, having, query)
    return PairPredictions(*(part.reshape(place.shape) for part in made))


def agreement(
    predicted: Predicted, row: Int[np.ndarray, " n"], having: sparse.csr_array, column: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Returns the weighted sum and the mean of predictions over the n-grams of words, for n pairs.

    Args:
      predicted: the predictions.
      row: the prediction of each pair, shape (n,).
      having: the weights of the words' n-grams, shape (words, u).
      column: the word of each pair, a row of ``having``, shape (n,).

    Returns:
      The sums and the means, both of shape (n,).
    """
    chosen = having[column]
    counts = np.diff(chosen.indptr)
    cell = np.repeat(np.arange(len(column)), counts)
    values = predicted.grams[row[cell], chosen.indices]
    total = np.bincount(cell, values * chosen.data, len(column)).astype(np.float64)
    return total, np.bincount(cell, values, len(column)) / np.maximum(counts, 1)


def _without_own(
    spelling: SpellingRegression,
    made: Float[np.ndarray, "n m"],
    weights: Float[np.ndarray, "n m"],
    place: Int[np.ndarray, " n"],
) -> Float[np.ndarray, "n m"]:
    """Returns the leave-one-out form of the predictions ``made`` for the anchors ``place``, whose weights are given."""
    share = spelling.leverage[place][:, None]
    fitted = made + np.float32(spelling.ridge) * weights  # y = K B + ridge B
    return (made - share * fitted) / np.maximum(1 - share, 1e-3)


def _kernel(x: SpellingInput, anchors: SpellingInput, width: float, share: float) -> Float[np.ndarray, "b n"]:
    cells = kernel(x.vectors, anchors.vectors, width)
    if share:
        common = sparse.coo_array(x.grams @ anchors.grams.T)  # most words share no n-gram
        cells[common.coords] += np.float32(share) * common.data
    return cells
