"""Bias in a space: the Word-Embedding Association Test, and the removal of a direction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from align.checks import at_least
from align.meaning.axes import Axis, built_in_file, lookup, rows_of
from align.retrieval import unit_rows
from align.space import Space

_MAX_SPLITS = 20_000
"""If the targets can be split in more ways, random splits are drawn instead of all splits."""


class Weat(NamedTuple):
    """The result of an association test.

    Attributes:
      statistic: s = sum over X of s(w) minus sum over Y of s(w).
      effect: difference of the means of s over X and over Y, in standard deviations of s over both.
      p: one-sided p-value, the share of splits of the targets whose statistic is at least s.
      exact: whether all splits were tried.
      covered: number of words of X, Y, A and B that the space has.
      total: number of words given.
    """

    statistic: float
    effect: float
    p: float
    exact: bool
    covered: tuple[int, int, int, int]
    total: tuple[int, int, int, int]


class WeatWords(NamedTuple):
    """The word sets of a test: two sets of targets, two of attributes."""

    x: tuple[str, ...]
    y: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]


def weat(space: Space, words: WeatWords, *, permutations: int = 9_999, seed: int = 0) -> Weat:
    """Tests whether the words of X are nearer to A than to B, compared with the words of Y.

    s(w) = mean over A of cos(w, a) - mean over B of cos(w, b). The null distribution comes from splits of the targets
    into sets of the sizes of X and Y: all splits if there are at most 20,000, otherwise ``permutations`` random splits.

    Args:
      space: any word-vector space.
      words: the four sets; words that the space lacks are left out.
      permutations: number of random splits, at least 1.
      seed: seed of the random splits.

    Returns:
      The statistic, the effect size and the p-value, with coverage. For random splits p = (1 + hits) / (1 + splits).

    Raises:
      ValueError: fewer than two words of a set are covered, or permutations < 1.

    Source: Caliskan, Bryson, Narayanan 2017, "Word-Embedding Association Test"; the standard deviation is the sample's
    (n - 1), as in their code.
    """
    at_least(permutations, 1, "permutations")
    vectors = [_covered(space, side) for side in words]
    sizes = [len(side) for side in vectors]
    if min(sizes) < 2:
        raise ValueError(f"of the words of X, Y, A and B, {sizes} are in the space; at least 2 of each are needed")
    targets, a, b = np.concatenate(vectors[:2]), vectors[2], vectors[3]
    scores = (targets @ a.T).mean(axis=1) - (targets @ b.T).mean(axis=1)
    size, total = len(vectors[0]), float(scores.sum())
    statistic = float(2 * scores[:size].sum() - total)
    deviation = float(np.std(scores, ddof=1))
    difference = float(scores[:size].mean() - scores[size:].mean())
    exact = comb(len(scores), size) <= _MAX_SPLITS
    sums = _all_sums(scores, size) if exact else _random_sums(scores, size, permutations, seed)
    hits = int(np.sum(2 * sums - total >= statistic - 1e-12))
    p = hits / len(sums) if exact else (1 + hits) / (1 + len(sums))
    covered = (sizes[0], sizes[1], sizes[2], sizes[3])
    given = (len(words.x), len(words.y), len(words.a), len(words.b))
    return Weat(statistic, difference / max(deviation, 1e-12), p, exact, covered, given)


def neutralise(space: Space, axis: Axis, *, keep: Iterable[str] = ()) -> Space:
    """Returns the space without the direction g of an axis: v - (v . g) g for each unit vector v, rescaled.

    Args:
      space: the space of the axis.
      axis: made by ``align.meaning.axes.fit_axis``.
      keep: words to leave unchanged, such as words that mean one of the poles (*mother* on an axis of gender).

    Returns:
      A space of the same words, with unit vectors. All words not in ``keep`` have cosine 0 with the axis.

    Source: Bolukbasi et al. 2016, section 6, "Neutralize".
    But: the direction is the axis's mean difference, not the first principal component of the differences.
    """
    vectors = np.array(space.unit, np.float32)
    direction = axis.direction
    changed = np.ones(len(space), bool)
    rows = lookup(space, list(keep))
    changed[rows[rows >= 0]] = False
    vectors[changed] -= np.outer(vectors[changed] @ direction, direction)
    vectors[changed] = unit_rows(vectors[changed])
    return replace(space, vectors=vectors)


def equalise(space: Space, axis: Axis, pairs: Iterable[tuple[str, str]]) -> Space:
    """Returns the space with both words of each pair equally far from every word orthogonal to an axis.

    With m the mean of the pair's unit vectors and m' its part orthogonal to the axis, the words become
    m' + sqrt(1 - |m'|^2) s g, with s = +1 for the word nearer to the positive pole and s = -1 for the other.

    Args:
      space: the space of the axis, neutralised.
      axis: made by ``align.meaning.axes.fit_axis``.
      pairs: pairs of words; pairs with a word that the space lacks are left out.

    Returns:
      A space of the same words. Words outside the pairs are unchanged, at unit length.

    Source: Bolukbasi et al. 2016, section 6, "Equalize", for sets of two.
    """
    vectors = np.array(space.unit, np.float32)
    direction = axis.direction.astype(np.float64)
    listed = list(pairs)
    for row in lookup(space, [word for pair in listed for word in pair]).reshape(-1, 2):
        if row.min() < 0:
            continue
        mean = vectors[row].astype(np.float64).mean(axis=0)
        shared = mean - (mean @ direction) * direction
        reach = np.sqrt(max(0.0, 1.0 - float(shared @ shared)))
        sign = 1.0 if vectors[row[0]] @ direction >= vectors[row[1]] @ direction else -1.0
        vectors[row[0]], vectors[row[1]] = shared + sign * reach * direction, shared - sign * reach * direction
    return replace(space, vectors=vectors)


def weat_tests(language: Literal["en", "zh"]) -> dict[str, WeatWords]:
    """Returns the built-in tests of one language by name, such as ``flowers-insects``.

    Example:
      >>> weat_tests("zh")["flowers-insects"].x[:3]
      ('玫瑰', '牡丹', '菊花')
    """
    found: dict[str, dict[str, list[str]]] = {}
    for _, (name, spoken, side, words) in rows_of(built_in_file("associations.tsv")):
        if spoken == language:
            found.setdefault(name, {})[side] = words.split()
    return {
        name: WeatWords(tuple(sides["x"]), tuple(sides["y"]), tuple(sides["a"]), tuple(sides["b"]))
        for name, sides in found.items()
    }


def read_weat(path: Path) -> dict[str, WeatWords]:
    """Reads the tests of Caliskan et al. from the catalogue's ``weat``; targets and attributes name each test."""
    import json

    tests = json.loads(path.read_text(encoding="utf-8"))
    sides = ("first_target", "second_target", "first_attribute", "second_attribute")
    found: dict[str, WeatWords] = {}
    for test in tests:
        targets = f"{test['first_target']['name']} - {test['second_target']['name']}"
        words = (tuple(test[side]["words"]) for side in sides)
        found[f"{targets}, {test['first_attribute']['name']}"] = WeatWords(*words)
    return found


def _covered(space: Space, words: Sequence[str]) -> Float[np.ndarray, "m d"]:
    """Returns the unit vectors of the words that the space has, in float64."""
    rows = lookup(space, words)
    return unit_rows(np.asarray(space.vectors[rows[rows >= 0]], np.float32)).astype(np.float64)


def _all_sums(scores: Float[np.ndarray, " n"], size: int) -> Float[np.ndarray, " s"]:
    """Returns the sum of the scores of every set of ``size`` targets."""
    return np.array([scores[list(chosen)].sum() for chosen in combinations(range(len(scores)), size)])


def _random_sums(scores: Float[np.ndarray, " n"], size: int, count: int, seed: int) -> Float[np.ndarray, " s"]:
    """Returns the sum of the scores of ``count`` random sets of ``size`` targets."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(scores, (count, 1)), axis=1)[:, :size].sum(axis=1)
