"""What a word's translation looks like: a regression from vector and spelling to another vector and n-grams."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from align.bilingual.supervised.ridge import kernel, ridge_weights, targets
from align.retrieval import unit_rows

_ROWS = 4096


class Lexeme(NamedTuple):
    """Words as the regression sees them: unit vectors and n-gram rows (``grams.gram_rows``)."""

    vectors: Float[np.ndarray, "n d"]
    grams: sparse.csr_array


class Spelling(NamedTuple):
    """Kernel ridge regression from words to the vectors and the n-grams of their translations.

    k(x, a) = exp((cos(x, a) - 1) / width) + ``share`` <n-grams of x, n-grams of a>; ``anchors`` are rows of the side
    that it starts from. The first e columns of ``weights`` give the vector, the others, for each n-gram of
    ``columns``, by how much more likely than its ``mean`` the translation has it.
    """

    anchors: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, "n e_u"]
    columns: Int[np.ndarray, " u"]
    mean: Float[np.ndarray, " u"]
    width: float
    share: float


class Predicted(NamedTuple):
    """The unit image of each word, and its translation's n-grams above their mean."""

    image: Float[np.ndarray, "q e"]
    grams: Float[np.ndarray, "q u"]


class Settings(NamedTuple):
    """Of the regression: the kernel's ``width``, the ``share`` of spelling in it, the ridge, and its size.

    The ``widest`` commonest n-grams are predicted, of those that at least ``least`` translations have; ``most`` anchors
    at most.
    """

    width: float = 0.6
    share: float = 0.2
    ridge: float = 0.5
    least: int = 4
    widest: int = 1500
    most: int = 4000


def fit_spelling(
    own: Lexeme,
    other: Lexeme,
    source: Int[np.ndarray, " p"],
    target: Int[np.ndarray, " p"],
    settings: Settings,
) -> Spelling:
    """Fit on the pairs of rows ``source[i]``, ``target[i]`` of the two sides."""
    chosen = source <= np.unique(source)[: settings.most][-1]
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
    columns = np.sort(np.argsort(-counts, kind="stable")[: settings.widest])
    columns = columns[counts[columns] >= settings.least]
    wide = having[:, columns].toarray()
    mean = wide.mean(axis=0)
    anchors = Lexeme(own.vectors[wanted.rows], own.grams[wanted.rows])
    square = _kernel(anchors, anchors, settings.width, settings.share)
    weights = ridge_weights(square, square, np.concatenate([wanted.mean, wide - mean], axis=1), settings.ridge)
    return Spelling(wanted.rows, weights, columns, mean, settings.width, settings.share)


def predict(spelling: Spelling, anchors: Lexeme, words: Lexeme) -> Predicted:
    """What is expected of the translations of ``words``; ``anchors`` are the rows that ``spelling`` names."""
    split = spelling.weights.shape[1] - len(spelling.columns)
    blocks = [
        _kernel(
            Lexeme(words.vectors[i : i + _ROWS], words.grams[i : i + _ROWS]), anchors, spelling.width, spelling.share
        )
        @ spelling.weights
        for i in range(0, max(len(words.vectors), 1), _ROWS)
    ]
    made = np.concatenate(blocks)
    return Predicted(unit_rows(made[:, :split]), made[:, split:])


def _kernel(x: Lexeme, anchors: Lexeme, width: float, share: float) -> Float[np.ndarray, "b n"]:
    cells = kernel(x.vectors, anchors.vectors, width)
    if share:
        cells += np.float32(share) * (x.grams @ anchors.grams.T).toarray()
    return cells
