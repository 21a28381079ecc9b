"""The shape a set of words makes in a space, and whether another language's words make the same one.

Row ``i`` of one matrix and row ``i`` of the other are a translation pair. The two spaces share no axes, so only what is
left after any rotation, reflection, shift and scaling can be compared: distances within a language. Every comparison
comes with a permutation null: the same number after the pairs have been shuffled, many times.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from align.meaning.permutation import Permuted, against_null, permutation_blocks
from align.retrieval import unit_rows


class Plane(NamedTuple):
    """Words on the plane of their two main directions, and the share of their variance that each direction holds."""

    points: Float[np.ndarray, "q 2"]
    shares: Float[np.ndarray, " 2"]


def pca_plane(vectors: Float[np.ndarray, "q d"]) -> Plane:
    """The points on the plane that holds most of their variance: principal components 1 and 2 of the centred rows.

    A component's sign is free; here its largest coordinate is positive, so that the same rows give the same picture.
    Where the rows span less than a plane, the missing coordinates are 0.

    Raises:
        ValueError: fewer than two rows.
    """
    if len(vectors) < 2:
        raise ValueError(f"a plane needs at least 2 words; {len(vectors)} given")
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(2, len(sizes))
    points = np.zeros((len(vectors), 2))
    points[:, :kept] = left[:, :kept] * sizes[:kept]
    peaks = points[np.abs(points).argmax(axis=0), [0, 1]]
    points *= np.where(peaks < 0, -1.0, 1.0)
    shares = np.zeros(2)
    shares[:kept] = sizes[:kept] ** 2 / max(float(np.sum(sizes**2)), np.finfo(float).tiny)
    return Plane(points, shares)


def turned(plane: Plane, like: Plane) -> tuple[Plane, tuple[int, int]]:
    """``plane`` mirrored, its axes swapped, so that it lies most like ``like``; and which component is on each axis.

    Only the eight symmetries of a square are tried: the axes stay principal components, and no distance changes.
    """
    target = like.points - like.points.mean(axis=0)
    best = max(
        ((order, signs) for order in ((0, 1), (1, 0)) for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1))),
        key=lambda pose: float(np.sum(plane.points[:, list(pose[0])] * pose[1] * target)),
    )
    order, signs = best
    return Plane(plane.points[:, list(order)] * np.asarray(signs, float), plane.shares[list(order)]), order


def cosine_distances(vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q q"]:
    """1 - cosine of every two rows, in float64; the diagonal is 0."""
    unit = unit_rows(vectors).astype(np.float64)
    distances = 1.0 - unit @ unit.T
    np.fill_diagonal(distances, 0.0)
    return (distances + distances.T) / 2


def _standard_shape(vectors: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q k"]:
    """The rows centred, scaled to Frobenius norm 1, in coordinates of their own span (at most q - 1 of them)."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    total = float(np.sqrt(np.sum(sizes**2)))
    if total == 0.0:
        raise ValueError("all words have the same vector: they make no shape")
    return left * (sizes / total)


def disparity(x: Float[np.ndarray, "q d"], y: Float[np.ndarray, "q e"]) -> float:
    """Procrustes disparity: the squared distance left after the best shift, scaling, rotation and reflection, in 0..1.

    Formula: ``M2 = 1 - (sum of the singular values of X'Y)^2``, X and Y centred and of norm 1.
    The two dimensions may differ: the smaller space is taken as a flat part of the larger (zero columns), which changes
    no distance. Source: Gower (1975), equation 7. But: the more dimensions, the lower the value for any two shapes
    (q points span at most q - 1), so it says little without ``disparity_test``.

    Raises:
        ValueError: all rows of one matrix are equal.
    """
    product = _standard_shape(x).T @ _standard_shape(y)
    return float(1.0 - np.sum(np.linalg.svd(product, compute_uv=False)) ** 2)


def disparity_test(
    x: Float[np.ndarray, "q d"], y: Float[np.ndarray, "q e"], *, shuffles: int = 9_999, rng: np.random.Generator
) -> Permuted:
    """``disparity`` against the pairs shuffled; small values are good, so ``p`` counts shuffles at most as large.

    Source: the PROTEST of Jackson (1995).
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
    """Correlation of two distance matrices over their pairs of words, against the words of one shuffled.

    Pearson's, or Spearman's with ``ranks``. Rows and columns are shuffled together: the entries of a distance matrix
    are not independent, which is why an ordinary p-value of the correlation would be wrong. Source: Mantel (1967).

    Raises:
        ValueError: fewer than three words, or all distances equal.
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
    """The matrix with its upper entries (or their ranks) centred and of norm 1, mirrored below; the diagonal is 0."""
    entries = distances[upper]
    entries = rankdata(entries) if ranks else entries
    entries = entries - entries.mean()
    size = float(np.linalg.norm(entries))
    if size < 1e-12:
        raise ValueError("all distances are equal: there is no structure to compare")
    matrix = np.zeros_like(distances)
    matrix[upper] = entries / size
    return matrix + matrix.T


def _orders(count: int, words: int, rng: np.random.Generator) -> Int[np.ndarray, "s q"]:
    """``count`` random orders of ``words`` rows."""
    return rng.permuted(np.tile(np.arange(words), (count, 1)), axis=1)


def holm(p: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Holm's adjusted p-values: the chance of any false alarm among the ``n`` tests stays below the level.

    Formula: sorted upwards, ``p~_i = max over j <= i of min(1, (n - j + 1) p_j)``. Source: Holm (1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, (len(p) - np.arange(len(p))) * p[order]))
    return adjusted


def relational_hits(a: Float[np.ndarray, "q q"], b: Float[np.ndarray, "q q"]) -> Int[np.ndarray, " q"]:
    """For each word the row of ``b`` whose distances to the other words are most like its own: no map is needed.

    Row ``i`` of ``a`` is compared with every row ``j`` of ``b`` by Pearson's correlation over the words other than
    ``i`` and ``j``; the answer is right where it is ``i``.

    Raises:
        ValueError: fewer than five words.
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
