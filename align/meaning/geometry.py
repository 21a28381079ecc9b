"""Shapes of word sets: whether translations of the same words form the same configuration in two spaces.

Row i of one matrix and row i of the other are a translation pair. The two spaces share no axes, so only distances
within each language can be compared: they do not change under rotation, reflection or translation. Every comparison is
tested against a permutation null, which shuffles the pairs.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from align.meaning.permutation import Permuted, against_null, permutation_blocks
from align.retrieval import unit_rows


class Plane(NamedTuple):
    """Words on the plane of their first two principal components, and the share of variance that each explains."""

    points: Float[np.ndarray, "q 2"]
    shares: Float[np.ndarray, " 2"]


def pca_plane(vectors: Float[np.ndarray, "q d"]) -> Plane:
    """Returns the first two principal components of vectors.

    The sign of a component is arbitrary. It is chosen so that the coordinate with the largest magnitude is positive:
    the same vectors always give the same picture.

    Args:
      vectors: one row per word, shape (q, d).

    Returns:
      The plane: coordinates of shape (q, 2) and the two shares of variance. Missing coordinates are 0 if the vectors
      span less than a plane.

    Raises:
      ValueError: if q < 2.
    """
    if len(vectors) < 2:
        raise ValueError(f"a plane needs at least 2 words; {len(vectors)} given")
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(2, len(singular))
    points = np.zeros((len(vectors), 2))
    points[:, :kept] = left[:, :kept] * singular[:kept]
    peaks = points[np.abs(points).argmax(axis=0), [0, 1]]
    points *= np.where(peaks < 0, -1.0, 1.0)
    shares = np.zeros(2)
    shares[:kept] = singular[:kept] ** 2 / max(float(np.sum(singular**2)), np.finfo(float).tiny)
    return Plane(points, shares)


def oriented_like(plane: Plane, like: Plane) -> tuple[Plane, tuple[int, int]]:
    """Returns ``plane``, reflected or with its axes exchanged so that it is as close to ``like`` as possible.

    Only the eight symmetries of a square are tried. The axes remain principal components, and distances do not change.

    Args:
      plane: the plane to orient.
      like: a plane of the same words.

    Returns:
      The oriented plane, and the principal component on each of its axes.
    """
    target = like.points - like.points.mean(axis=0)
    best = max(
        ((order, signs) for order in ((0, 1), (1, 0)) for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1))),
        key=lambda pose: float(np.sum(plane.points[:, list(pose[0])] * pose[1] * target)),
    )
    order, signs = best
    return Plane(plane.points[:, list(order)] * np.asarray(signs, float), plane.shares[list(order)]), order


def cosine_distances(vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q q"]:
    """Returns 1 - cosine of every two rows in float64; the diagonal is 0."""
    unit = unit_rows(vectors).astype(np.float64)
    distances = 1.0 - unit @ unit.T
    np.fill_diagonal(distances, 0.0)
    return (distances + distances.T) / 2


def _standard_shape(vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q k"]:
    """Returns the rows centred, scaled to Frobenius norm 1, in coordinates of their span (k <= q - 1)."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    total = float(np.sqrt(np.sum(singular**2)))
    if total == 0.0:
        raise ValueError("all words have the same vector; a shape needs different ones")
    return left * (singular / total)


def disparity(x: Float[np.ndarray, "q d"], y: Float[np.ndarray, "q e"]) -> float:
    """Returns the Procrustes disparity of two configurations of the same words, between 0 and 1.

    M2 = 1 - (sum of the singular values of X'Y)^2, with X and Y centred and of Frobenius norm 1. It is the squared
    distance that remains after the best translation, scaling, rotation and reflection.

    Args:
      x: vectors, shape (q, d).
      y: vectors of the same words, shape (q, e). The space of lower dimension is padded with zeros.

    Returns:
      The disparity; 0 for configurations of the same shape. It falls as dimensions are added, because q points span at
      most q - 1 of them. Use ``disparity_test`` to assess it.

    Raises:
      ValueError: if all rows of a matrix are equal.

    Source: Gower 1975, equation 7.
    """
    product = _standard_shape(x).T @ _standard_shape(y)
    return float(1.0 - np.sum(np.linalg.svd(product, compute_uv=False)) ** 2)


def disparity_test(
    x: Float[np.ndarray, "q d"], y: Float[np.ndarray, "q e"], *, shuffles: int = 9_999, rng: np.random.Generator
) -> Permuted:
    """Returns ``disparity`` with its permutation test; p counts the shuffles with a disparity at most as large.

    Args:
      x: vectors, shape (q, d).
      y: vectors of the same words, shape (q, e).
      shuffles: number of random permutations of the pairs.
      rng: source of the permutations.

    Source: Jackson 1995 (PROTEST).
    """
    left, right = _standard_shape(x), _standard_shape(y)
    null = np.empty(shuffles)
    for rows in permutation_blocks(shuffles, left.size):
        order = _orders(rows.stop - rows.start, len(left), rng)
        products = np.einsum("qk,sql->skl", left, right[order])
        null[rows] = 1.0 - np.linalg.svd(products, compute_uv=False).sum(axis=1) ** 2
    return against_null(disparity(x, y), null, small_is_good=True)


def mantel_test(
    a: Float[np.ndarray, "q q"],
    b: Float[np.ndarray, "q q"],
    *,
    ranks: bool = False,
    shuffles: int = 9_999,
    rng: np.random.Generator,
) -> Permuted:
    """Returns the correlation of two distance matrices over pairs of words, with its permutation test.

    Rows and columns of one matrix are permuted together. The entries of a distance matrix are not independent, so the
    usual p-value of a correlation does not apply.

    Args:
      a: distances, shape (q, q).
      b: distances of the same words in the other language, shape (q, q).
      ranks: whether to use Spearman's correlation instead of Pearson's.
      shuffles: number of random permutations of the words.
      rng: source of the permutations.

    Raises:
      ValueError: if q < 3, or all distances are equal.

    Source: Mantel 1967.
    """
    if len(a) < 3:
        raise ValueError(f"two distance matrices need at least 3 words; {len(a)} given")
    upper = np.triu_indices(len(a), 1)
    left, right = _standard_entries(a, upper, ranks=ranks), _standard_entries(b, upper, ranks=ranks)
    null = np.empty(shuffles)
    for rows in permutation_blocks(shuffles, right.size):
        order = _orders(rows.stop - rows.start, len(a), rng)
        null[rows] = right[order[:, upper[0]], order[:, upper[1]]] @ left[upper]
    return against_null(float(left[upper] @ right[upper]), null, small_is_good=False)


def _standard_entries(
    distances: Float[np.ndarray, "q q"], upper: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]], *, ranks: bool
) -> Float[np.ndarray, "q q"]:
    """Returns the matrix with its off-diagonal entries, or their ranks, centred and scaled to norm 1."""
    entries = distances[upper]
    entries = rankdata(entries) if ranks else entries
    entries = entries - entries.mean()
    size = float(np.linalg.norm(entries))
    if size < 1e-12:
        raise ValueError("all distances are equal; a correlation needs different ones")
    matrix = np.zeros_like(distances)
    matrix[upper] = entries / size
    return matrix + matrix.T


def _orders(count: int, words: int, rng: np.random.Generator) -> Int[np.ndarray, "s q"]:
    """Returns ``count`` random orders of ``words`` rows."""
    return rng.permuted(np.tile(np.arange(words), (count, 1)), axis=1)


def holm(p: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Returns Holm's adjusted p-values, which control the family-wise error rate of n tests.

    With p sorted in ascending order, p~_i = max over j <= i of min(1, (n - j + 1) p_j).

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]

    Source: Holm 1979.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, (len(p) - np.arange(len(p))) * p[order]))
    return adjusted


def relational_matches(a: Float[np.ndarray, "q q"], b: Float[np.ndarray, "q q"]) -> Int[np.ndarray, " q"]:
    """Returns, for each word, the word of the other language with the most similar distances to all others.

    Row i of ``a`` is compared with every row j of ``b`` by Pearson's correlation over the words other than i and j. No
    map between the spaces is needed. The answer for word i is correct if it is i.

    Args:
      a: distances, shape (q, q).
      b: distances of the same words in the other language, shape (q, q).

    Returns:
      Row numbers, shape (q,).

    Raises:
      ValueError: if q < 5.
    """
    size = len(a)
    if size < 5:
        raise ValueError(f"profiles need at least 5 words; {size} given")
    scores = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            kept = np.delete(np.arange(size), list({i, j}))
            left, right = a[i, kept] - a[i, kept].mean(), b[j, kept] - b[j, kept].mean()
            scores[i, j] = left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-12)
    return scores.argmax(axis=1)
