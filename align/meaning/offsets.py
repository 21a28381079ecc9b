"""Parallelism of offsets: whether the pairs of a relation differ by the same vector, as in man - woman = king - queen.

An offset is the difference of two unit vectors. The statistic of a relation is the mean cosine over all pairs of its
offsets. It is tested against two nulls: random word pairs of similar frequency, and the same words paired at random.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.meaning.permutation import Permuted, against_null, permutation_blocks
from align.retrieval import unit_rows


class Parallel(NamedTuple):
    """The parallelism of the offsets of n pairs.

    Attributes:
      cosines: cosine of every two offsets, 1 on the diagonal, shape (n, n).
      random: the mean cosine, tested against n random pairs whose words have similar frequency ranks.
      shuffled: the mean cosine, tested against the same words with the second words shuffled. This is the stronger
        null: it keeps everything that all first words share and that all second words share.
      random_cosines: the cosine of two offsets of each random draw.
      shuffled_cosines: the cosine of two offsets of each shuffle.
    """

    cosines: Float[np.ndarray, "n n"]
    random: Permuted
    shuffled: Permuted
    random_cosines: Float[np.ndarray, " draws"]
    shuffled_cosines: Float[np.ndarray, " draws"]

    @property
    def p_values(self) -> Float[np.ndarray, "n n"]:
        """One-sided p-value of every pair of pairs: (1 + random cosines at least as large) / (1 + draws)."""
        null = np.sort(self.random_cosines)
        larger = len(null) - np.searchsorted(null, self.cosines, side="left")
        return (1 + larger) / (1 + len(null))

    @property
    def between(self) -> Float[np.ndarray, " m"]:
        """The cosines of the n (n - 1) / 2 pairs of pairs."""
        return self.cosines[np.triu_indices(len(self.cosines), 1)]


def offset_cosines(vectors: Float[np.ndarray, "v d"], pairs: Int[np.ndarray, "n 2"]) -> Float[np.ndarray, "n n"]:
    """Returns cos(b_i - a_i, b_j - a_j) for every two pairs of words.

    Args:
      vectors: unit vectors, shape (v, d).
      pairs: rows (a, b) of ``vectors``, shape (n, 2).

    Returns:
      Cosines, shape (n, n), with 1 on the diagonal.
    """
    units = _offsets(vectors, pairs)
    cosines = (units @ units.T).astype(np.float64)
    np.fill_diagonal(cosines, 1.0)
    return cosines


def parallelism(
    vectors: Float[np.ndarray, "v d"], pairs: Int[np.ndarray, "n 2"], *, draws: int = 9_999, rng: np.random.Generator
) -> Parallel:
    """Tests whether the offsets of word pairs are parallel.

    T = mean over i < j of cos(o_i, o_j) with o_i = b_i - a_i. With s the sum of the n unit-length offsets,
    T = (|s|^2 - n) / (n (n - 1)). For each null, p = (1 + number of T* >= T) / (1 + draws), one-sided.

    Args:
      vectors: unit vectors sorted by word frequency, shape (v, d).
      pairs: rows (a, b) of ``vectors``, shape (n, 2).
      draws: number of draws of each null.
      rng: source of the draws.

    Returns:
      The statistic with both tests.

    Raises:
      ValueError: if n < 3, or fewer than 100 words remain outside the pairs.
    """
    count = len(pairs)
    if count < 3:
        raise ValueError(f"parallel offsets need at least 3 pairs; {count} given")
    cosines = offset_cosines(vectors, pairs)
    value = float(cosines[np.triu_indices(count, 1)].mean())
    random_means, random_cosines = _random_pairs(vectors, pairs, draws, rng)
    shuffled_means, shuffled_cosines = _shuffled_pairs(vectors, pairs, draws, rng)
    return Parallel(
        cosines,
        against_null(value, random_means),
        against_null(value, shuffled_means),
        random_cosines,
        shuffled_cosines,
    )


def _offsets(vectors: Float[np.ndarray, "v d"], pairs: Int[np.ndarray, "n 2"]) -> Float[np.ndarray, "n d"]:
    """Returns the offset b - a of each pair, at unit length."""
    return unit_rows(vectors[pairs[:, 1]] - vectors[pairs[:, 0]])


def _random_pairs(
    vectors: Float[np.ndarray, "v d"], pairs: Int[np.ndarray, "n 2"], draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " draws"], Float[np.ndarray, " draws"]]:
    """Returns the mean cosine, and one cosine, of sets of random pairs with frequency ranks similar to ``pairs``."""
    others = np.setdiff1d(np.arange(len(vectors)), pairs)
    if len(others) < 100:
        raise ValueError(f"random pairs are drawn among words of similar frequency; only {len(others)} words are left")
    place = np.searchsorted(others, pairs)
    reach = np.maximum(100, place // 4)
    means, single = np.empty(draws), np.empty(draws)
    for rows in permutation_blocks(draws, pairs.size * vectors.shape[1]):
        size = rows.stop - rows.start
        step = np.floor(rng.random((size, *pairs.shape)) * (2 * reach + 1)).astype(np.int64) - reach
        at = np.clip(place + step, 0, len(others) - 1)
        at[..., 1] = np.where(at[..., 1] == at[..., 0], (at[..., 1] + 1) % len(others), at[..., 1])
        drawn = others[at].reshape(-1, 2)
        units = _offsets(vectors, drawn).reshape(size, len(pairs), -1)
        means[rows] = _mean_cosines(units)
        single[rows] = _one_cosine(units, rng)
    return means, single


def _shuffled_pairs(
    vectors: Float[np.ndarray, "v d"], pairs: Int[np.ndarray, "n 2"], draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " draws"], Float[np.ndarray, " draws"]]:
    """Returns the mean cosine, and one cosine, of the pairs with shuffled second words, ``draws`` times."""
    count = len(pairs)
    every = np.stack(np.meshgrid(pairs[:, 0], pairs[:, 1], indexing="ij"), axis=-1).reshape(-1, 2)
    units = _offsets(vectors, every).reshape(count, count, -1)
    means, single = np.empty(draws), np.empty(draws)
    for rows in permutation_blocks(draws, count * vectors.shape[1]):
        orders = rng.permuted(np.tile(np.arange(count), (rows.stop - rows.start, 1)), axis=1)
        chosen = units[np.arange(count), orders]
        means[rows] = _mean_cosines(chosen)
        single[rows] = _one_cosine(chosen, rng)
    return means, single


def _mean_cosines(units: Float[np.ndarray, "s n d"]) -> Float[np.ndarray, " s"]:
    """Returns the mean cosine over the pairs of the n unit vectors of each set: (|sum|^2 - n) / (n (n - 1)).

    A vector of zeros, the offset of a word from itself, has no cosine and is left out; fewer than two vectors give 0.
    """
    sums, counts = units.sum(axis=1), units.any(axis=2).sum(axis=1)
    squares = np.einsum("sd,sd->s", sums, sums, dtype=np.float64)
    return np.where(counts > 1, (squares - counts) / np.maximum(counts * (counts - 1), 1), 0.0)


def _one_cosine(units: Float[np.ndarray, "s n d"], rng: np.random.Generator) -> Float[np.ndarray, " s"]:
    """Returns the cosine of two random offsets of each set."""
    size, count, _ = units.shape
    first = rng.integers(count, size=size)
    second = (first + rng.integers(1, count, size=size)) % count
    line = np.arange(size)
    return np.einsum("sd,sd->s", units[line, first], units[line, second], dtype=np.float64)
