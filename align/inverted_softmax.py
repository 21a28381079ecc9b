"""Inverted softmax: the penalty that it subtracts from the cosines of a candidate.

All inputs are unit rows, so an inner product is a cosine. A row of zeros represents a word without a vector.
"""

import numpy as np
from jaxtyping import Float

from align.checks import SettingError
from align.largest import Largest, slices
from align.means import NEIGHBOURS, nonzero_rows
from align.search import blocks

_BLOCK = 1 << 24
"""Cells of a block of cosines, 64 MB."""


def normalisers(
    queries: Float[np.ndarray, "q d"], candidates: Float[np.ndarray, "v d"], sharpness: float
) -> Float[np.ndarray, " v"]:
    """Returns the penalty of each candidate in inverted softmax: (1 / b) log mean over queries of exp(b cos(q, c)).

    With this as ``penalty``, ``top_k`` sorts by P(q | c) ~ exp(b cos(q, c)) / sum_q' exp(b cos(q', c)), where b is
    the ``sharpness``. Of two equally near candidates, the candidate that is near to fewer queries comes first.

    Args:
      queries: unit vectors, shape (q, d).
      candidates: unit vectors, shape (v, d).
      sharpness: b, the inverse temperature, above 0.

    Returns:
      The penalties, shape (v,); 0 if every query is a row of zeros.

    Raises:
      SettingError: ``sharpness`` is not above 0.

    Source: Smith et al. 2017, equation 10.
    But: the score is log P / b up to a constant. The sum over candidates that turns it into a probability is left out,
    because it does not change the order.
    """
    check_sharpness(sharpness)
    queries = queries[nonzero_rows(queries)]
    if len(queries) == 0:
        return np.zeros(len(candidates), np.float32)
    found = np.empty(len(candidates), np.float32)
    for rows in blocks(len(candidates), len(queries)):
        block = candidates[rows] @ queries.T
        found[rows] = _log_means(block, block.max(axis=1), sharpness)
    return found


def means_and_normalisers(
    words: Float[np.ndarray, "v d"], others: Float[np.ndarray, "w d"], sharpness: float, k: int = NEIGHBOURS
) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " v"]]:
    """Returns ``one_sided_means(words, others, k)`` and ``normalisers(others, words, sharpness)``, from one product.

    Args:
      words: unit vectors of v words, shape (v, d).
      others: unit vectors of the w words of the other language, shape (w, d).
      sharpness: as in :func:`normalisers`.
      k: number of neighbours in each mean.

    Returns:
      The means and the penalties of ``words``, both of shape (v,).
    """
    check_sharpness(sharpness)
    others = others[nonzero_rows(others)]
    means, penalties = np.zeros(len(words), np.float32), np.zeros(len(words), np.float32)
    if not len(others):
        return means, penalties
    for rows in slices(len(words), max(1, _BLOCK // len(others))):
        block = words[rows] @ others.T
        nearest = Largest.empty(len(block), min(k, len(others)))
        nearest.add(slice(0, len(block)), block, axis=1)
        means[rows] = nearest.means()
        penalties[rows] = _log_means(block, nearest.kept.max(axis=1), sharpness)
    return means, penalties


def _log_means(
    block: Float[np.ndarray, "q v"], top: Float[np.ndarray, " q"], sharpness: float
) -> Float[np.ndarray, " q"]:
    """Returns (1 / b) log mean exp(b s) of each row, whose largest entry is ``top``; overwrites the block."""
    block -= top[:, None]
    block *= sharpness
    return top + np.log(np.exp(block, out=block).mean(axis=1)) / sharpness


def check_sharpness(sharpness: float) -> None:
    """Raises SettingError if the sharpness of inverted softmax is not above 0."""
    if not sharpness > 0:
        raise SettingError("sharpness", sharpness, "must be above 0")
