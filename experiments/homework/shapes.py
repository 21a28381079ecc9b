"""The tests of one concept: whether its English and its Chinese words have the same shape."""

import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.normalise import normaliser
from align.bilingual.supervised.linear import procrustes
from align.meaning.geometry import (
    Plane,
    cosine_distances,
    disparity_test,
    mantel_test,
    oriented_like,
    pca_plane,
    relational_matches,
)
from align.meaning.permutation import Permuted
from align.retrieval import unit_rows
from align.space import Space
from experiments.homework.concepts import ConceptInSpaces, Pair

SHUFFLES = 9_999


class LearnedRotation(NamedTuple):
    """Both spaces, centred and scaled to unit length; the rotation from English to Chinese, and its number of pairs."""

    english: Float[np.ndarray, "v d"]
    chinese: Float[np.ndarray, "w e"]
    rotation: Float[np.ndarray, "d e"]
    pairs: int


class Comparison(NamedTuple):
    """The results of one concept.

    Attributes:
        shown: the concept and its two spaces.
        planes: the words of each language on the plane of their first two principal components.
        order: the principal component on each axis of the Chinese plane.
        x: English words after mapping, unit rows.
        y: Chinese words, unit rows.
        distances: cosine distances within each language, before mapping.
        full: disparity in all dimensions.
        flat: disparity in the two planes.
        pearson: Pearson correlation of the distances.
        spearman: Spearman correlation of the distances.
        learned_from: number of dictionary pairs from which the rotation is learned.
        hits: number of words whose translation is nearest after mapping.
        hits_centred: number of words whose translation is nearest after mapping with the centres aligned.
        relational: number of words whose translation is found from distances alone.
        shift: share of the pairs' squared distance that one common shift explains.
    """

    shown: ConceptInSpaces
    planes: tuple[Plane, Plane]
    order: tuple[int, int]
    x: Float[np.ndarray, "q e"]
    y: Float[np.ndarray, "q e"]
    distances: tuple[Float[np.ndarray, "q q"], Float[np.ndarray, "q q"]]
    full: Permuted
    flat: Permuted
    pearson: Permuted
    spearman: Permuted
    learned_from: int
    hits: int
    hits_centred: int
    relational: int
    shift: float


@dataclass(frozen=True, eq=False)
class Maps:
    """Rotations between spaces, each learned once from the dictionary pairs without a word of ``held_out``."""

    held_out: frozenset[str]
    dictionary: str = "cedict"
    known: dict[tuple[int, int], LearnedRotation] = field(default_factory=dict)

    def between(self, english: Space, chinese: Space) -> LearnedRotation:
        """Returns the rotation from one space to the other."""
        key = id(english), id(chinese)
        if key not in self.known:
            self.known[key] = self._learn(english, chinese)
        return self.known[key]

    def _learn(self, english: Space, chinese: Space) -> LearnedRotation:
        """Fits orthogonal Procrustes to all covered pairs without a held-out word (in any case).

        Raises:
            ValueError: there are fewer pairs than dimensions.
        """
        pairs = read_dictionary(self.dictionary).without_latin().covered(english.vocab, chinese.vocab).pairs
        pairs = [pair for pair in pairs if pair[0].casefold() not in self.held_out and pair[1] not in self.held_out]
        if len(pairs) < min(english.dim, chinese.dim):
            raise ValueError(
                f"{len(pairs)} pairs of {self.dictionary} are in both {english.name!r} and {chinese.name!r}; "
                f"at least {min(english.dim, chinese.dim)} are needed to learn a rotation"
            )
        left, right = _centred(english), _centred(chinese)
        x = left[english.vocab.ids(word for word, _ in pairs)]
        y = right[chinese.vocab.ids(word for _, word in pairs)]
        return LearnedRotation(left, right, procrustes(x, y), len(pairs))


def _centred(space: Space) -> Float[np.ndarray, "v d"]:
    """Returns the vectors scaled to unit length, centred, and scaled to unit length again."""
    return normaliser(space.vectors)(space.vectors)


def compare(shown: ConceptInSpaces, maps: Maps, *, seed: int) -> Comparison:
    """Runs every test of one concept. The random numbers depend only on ``seed`` and the concept's name."""
    rng = np.random.default_rng([seed, zlib.crc32(shown.name.encode())])
    learned = maps.between(shown.english, shown.chinese)
    own_x = learned.english[shown.english.vocab.ids(word for word, _ in shown.pairs)]
    y = learned.chinese[shown.chinese.vocab.ids(word for _, word in shown.pairs)]
    x = unit_rows(own_x @ learned.rotation)
    first = pca_plane(own_x)
    second, order = oriented_like(pca_plane(y), first)
    a, b = cosine_distances(own_x), cosine_distances(y)
    right = np.arange(len(y))
    gaps = x - y
    return Comparison(
        shown=shown,
        planes=(first, second),
        order=order,
        x=x,
        y=y,
        distances=(a, b),
        full=disparity_test(own_x, y, shuffles=SHUFFLES, rng=rng),
        flat=disparity_test(first.points, second.points, shuffles=SHUFFLES, rng=rng),
        pearson=mantel_test(a, b, shuffles=SHUFFLES, rng=rng),
        spearman=mantel_test(a, b, ranks=True, shuffles=SHUFFLES, rng=rng),
        learned_from=learned.pairs,
        hits=int(((x @ y.T).argmax(axis=1) == right).sum()),
        hits_centred=int(
            ((unit_rows(x - x.mean(axis=0)) @ unit_rows(y - y.mean(axis=0)).T).argmax(axis=1) == right).sum()
        ),
        relational=int((relational_matches(a, b) == right).sum()),
        shift=float(len(x) * np.sum(gaps.mean(axis=0) ** 2) / np.sum(gaps**2)),
    )


def order_test(distances: Float[np.ndarray, "q q"], *, circle: int = 0, rng: np.random.Generator) -> Permuted:
    """Tests the rank correlation of the words' distances with the number of steps between them in the list.

    With ``circle`` > 0 the list is a circle of that many words.
    """
    steps = np.abs(np.subtract.outer(np.arange(len(distances)), np.arange(len(distances)))).astype(np.float64)
    steps = np.minimum(steps, circle - steps) if circle else steps
    return mantel_test(distances, steps, ranks=True, shuffles=SHUFFLES, rng=rng)


def held_out_words(concepts: dict[str, tuple[Pair, ...]]) -> frozenset[str]:
    """Returns all words of the lists, case-folded; maps are trained without them."""
    return frozenset(word.casefold() for pairs in concepts.values() for pair in pairs for word in pair)
