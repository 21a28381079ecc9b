"""Cosine similarity from its definition, and the cosines of the word pairs in `data/similarity.tsv`."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.dictionary.dictionary import forms
from align.space import Space
from experiments.word_lists import list_path, read_list

RANDOM = 100_000
"""Number of random word pairs to compare the listed ones with."""


class ScoredPair(NamedTuple):
    """A word pair of one kind (synonyms, ..., unrelated) with its cosine."""

    kind: str
    first: str
    second: str
    cosine: float


class SimilarityScores(NamedTuple):
    """The listed pairs of one language with their cosines, the missing words, and sorted cosines of random pairs."""

    space: Space
    pairs: tuple[ScoredPair, ...]
    missing: tuple[str, ...]
    random: Float[np.ndarray, " n"]


def cosine(x: Float[np.ndarray, " d"], y: Float[np.ndarray, " e"]) -> float:
    """Returns the cosine of the angle between two vectors, in -1..1.

    Formula: ``cos(x, y) = sum_i x_i y_i / (sqrt(sum_i x_i^2) sqrt(sum_i y_i^2))``. Each vector is first divided by its
    largest entry, so that squares of very large or very small numbers do not overflow or underflow.

    Raises:
        ValueError: the lengths differ, an entry is not finite, or a vector is zero (it has no direction).

    >>> cosine(np.array([3.0, 4.0]), np.array([4.0, 3.0]))
    0.96
    """
    if x.shape != y.shape:
        raise ValueError(f"vectors of {x.size} and of {y.size} numbers have no cosine; the lengths must be equal")
    a, b = _scaled(x), _scaled(y)
    value = np.sum(a * b) / (np.sqrt(np.sum(a * a)) * np.sqrt(np.sum(b * b)))
    return float(np.clip(value, -1.0, 1.0))


def _scaled(x: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    wide = x.astype(np.float64)
    largest = float(np.abs(wide).max(initial=0.0))
    if not np.isfinite(largest):
        raise ValueError("a vector with NaN or an infinite number has no cosine")
    if largest == 0.0:
        raise ValueError("the zero vector has no direction, and so no cosine with any other")
    return wide / largest


def score_pairs(space: Space, language: str, seed: int) -> SimilarityScores:
    """Returns the cosines of the listed pairs of a language, and of random pairs of the space's words."""
    listed = [line for line in read_list(list_path("similarity.tsv"), 4) if line[1] == language]
    known = forms((word for _, _, *words in listed for word in words), space.vocab)
    pairs = tuple(
        ScoredPair(kind, first, second, cosine(space[known[first]], space[known[second]]))
        for kind, _, first, second in listed
        if first in known and second in known
    )
    missing = tuple(dict.fromkeys(word for _, _, *words in listed for word in words if word not in known))
    left, right = np.random.default_rng(seed).integers(len(space), size=(2, RANDOM))
    random = np.einsum("nd,nd->n", space.unit[left], space.unit[right])[left != right]
    return SimilarityScores(space, pairs, missing, np.sort(random))


def kind_means(scores: SimilarityScores) -> dict[str, float]:
    """Returns the mean cosine of each kind of pair, in the order of the list."""
    kinds = dict.fromkeys(pair.kind for pair in scores.pairs)
    return {kind: float(np.mean([pair.cosine for pair in scores.pairs if pair.kind == kind])) for kind in kinds}
