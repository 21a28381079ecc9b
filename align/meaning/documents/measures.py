"""Named distances between documents. Each returns a matrix; smaller means nearer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from align.checks import at_least, check_choices
from align.meaning.documents.bags import Bags, Documents
from align.meaning.documents.entropic import entropic_distances, nearest_by_entropic
from align.meaning.documents.nearest import NearestDocuments, nearest_by_mover, nearest_rows
from align.meaning.documents.relaxed import centroid_distances, centroids, matrix, relaxed_distances, undefined
from align.meaning.documents.transport import mover_distances
from align.meaning.documents.weighting import (
    Weighting,
    inverse_document_frequencies,
    inverse_probabilities,
    weigh,
    word_probabilities,
)
from align.retrieval import unit_rows

Measure = Literal["wmd", "rwmd", "lc-rwmd", "wcd", "sinkhorn", "cosine", "sif", "tf-idf", "bag-of-words"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SIF_DOCUMENTS = 10
_BLOCK = 256

TRANSPORT: dict[str, Callable[[Bags, Bags], Float[np.ndarray, "q n"]]] = {
    "wmd": mover_distances,
    "rwmd": relaxed_distances,
    "lc-rwmd": relaxed_distances,
    "wcd": centroid_distances,
    "sinkhorn": entropic_distances,
}
"""The transport measures. ``lc-rwmd`` is the name of the linear-time algorithm, which ``rwmd`` uses too."""


@dataclass(frozen=True)
class DocumentMeasure:
    """A distance between documents, and how it weighs their words.

    Attributes:
      name: ``wmd``, ``rwmd``, ``lc-rwmd``, ``wcd`` or ``sinkhorn``: transport of words. ``cosine``: 1 - cosine of the
        weighted means of word vectors. ``sif``: as ``cosine``, with SIF weights and without the common component.
        ``tf-idf``, ``bag-of-words``: 1 - cosine of the documents' weights, without word vectors.
      weighting: the weights of words for the transport measures and for ``cosine``.
      keywords: number of words per document that the weightings ``keywords`` and ``textrank`` keep.

    Raises:
      ValueError: an unknown measure.
    """

    name: Measure = "wmd"
    weighting: Weighting = "counts"
    keywords: int = 10

    def __post_init__(self) -> None:
        check_choices(self)

    @property
    def used_weighting(self) -> Weighting:
        """The weighting that the measure uses. Three of the measures ignore ``weighting``."""
        fixed: dict[str, Weighting] = {"sif": "sif", "tf-idf": "tf-idf", "bag-of-words": "counts"}
        return fixed.get(self.name, self.weighting)


@dataclass(frozen=True, eq=False)
class WordStatistics:
    """The idf and the probability of each word of a space, for weightings."""

    idf: Float[np.ndarray, " v"]
    probabilities: Float[np.ndarray, " v"]


def statistics_of(*collections: Documents) -> WordStatistics:
    """Returns idf from the documents, and probabilities from the vocabulary of their common space."""
    return WordStatistics(inverse_document_frequencies(*collections), word_probabilities(collections[0].space))


def frequency_statistics(documents: Documents) -> WordStatistics:
    """Returns idf and probabilities from word frequencies alone."""
    return WordStatistics(inverse_probabilities(documents.space), word_probabilities(documents.space))


def background_statistics(background: Documents) -> WordStatistics:
    """Returns idf and probabilities from a background corpus; a word that it lacks counts as half an occurrence."""
    counts = np.bincount(background.tokens, minlength=len(background.space)) + 0.5
    return WordStatistics(inverse_document_frequencies(background), counts / counts.sum())


def weighted(documents: Documents, measure: DocumentMeasure, statistics: WordStatistics) -> Bags:
    """Returns the documents as bags of words with the weights of a measure.

    Args:
      documents: the token sequences.
      measure: the distance, which chooses the weights.
      statistics: idf and probability of each word of the documents' space.
    """
    return weigh(
        documents,
        measure.used_weighting,
        idf=statistics.idf,
        probabilities=statistics.probabilities,
        keywords=measure.keywords,
    )


def distances(x: Bags, y: Bags, measure: DocumentMeasure) -> Float[np.ndarray, "q n"]:
    """Returns the distance of every document of x to every document of y; NaN with an empty document.

    Args:
      x: q documents, weighted for the measure.
      y: n documents; of the same space, or of one with the same dimensions (the two sides of a translator).
      measure: the distance.

    Returns:
      Distances, shape (q, n).

    Raises:
      ValueError: a measure without word vectors for documents of two spaces, or too few documents for ``sif``.
    """
    if measure.name in TRANSPORT:
        return TRANSPORT[measure.name](x, y)
    if measure.name in ("tf-idf", "bag-of-words"):
        return undefined(1.0 - _word_cosines(x, y, measure.name), x, y)
    one, other = centroids(x), centroids(y)
    if measure.name == "sif":
        one, other = _without_common(one, other, together=x.space is y.space)
    return undefined(1.0 - unit_rows(one).astype(np.float64) @ unit_rows(other).astype(np.float64).T, x, y)


def nearest_documents(
    queries: Bags,
    collection: Bags,
    k: int,
    measure: DocumentMeasure,
    *,
    advance: Callable[[int], object] | None = None,
) -> NearestDocuments:
    """Returns the k nearest documents of each query. For ``wmd`` and ``sinkhorn``, bounds replace most distances.

    Args:
      queries: q documents, weighted for the measure.
      collection: n documents.
      k: number of documents per query, at least 1.
      measure: the distance.
      advance: called with the number of queries done.

    Returns:
      The documents, nearest first.

    Raises:
      ValueError: ``k`` is below 1, or the words have no common component (measure "sif").
    """
    at_least(k, 1, "k")
    if measure.name == "wmd" or not len(queries):
        return nearest_by_mover(queries, collection, k, advance=advance)
    if measure.name == "sinkhorn":
        return nearest_by_entropic(queries, collection, k, advance=advance)
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    step = len(queries) if measure.name == "sif" else _BLOCK
    for start in range(0, len(queries), max(step, 1)):
        rows = range(start, min(start + step, len(queries)))
        parts.append(nearest_rows(distances(queries.take(rows), collection, measure), k))
        if advance is not None:
            advance(len(rows))
    ids, found = (np.concatenate(side) for side in zip(*parts, strict=True))
    return NearestDocuments(ids, found, np.zeros(len(queries), np.int64))


def common_component(vectors: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Returns the first right singular vector of document vectors: the direction that they have in common."""
    return np.linalg.svd(vectors, full_matrices=False)[2][0]


def _without_common(
    one: Float[np.ndarray, "q d"], other: Float[np.ndarray, "n d"], *, together: bool
) -> tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "n d"]]:
    """Returns both sides without their common component: one component for both together, or one for each."""
    sides: Sequence[Float[np.ndarray, "m d"]] = [np.concatenate([one, other])] if together else [one, other]
    fewest = min(len(side) for side in sides)
    if fewest < SIF_DOCUMENTS:
        raise ValueError(
            f"--measure sif: {fewest} documents are too few to find their common component; "
            f"at least {SIF_DOCUMENTS} are needed"
        )
    components = [common_component(side) for side in sides]
    first, last = components[0], components[-1]
    return one - np.outer(one @ first, first), other - np.outer(other @ last, last)


def _word_cosines(x: Bags, y: Bags, name: str) -> Float[np.ndarray, "q n"]:
    """Returns the cosines of the weights of documents of one space."""
    if x.space is not y.space:
        raise ValueError(f"--measure {name}: compares words by their spelling, which two languages do not share")
    used = np.union1d(x.used, y.used)
    rows: list[csr_array] = []
    for bags in (x, y):
        made = matrix(bags)
        made.indices = np.searchsorted(used, bags.used)[made.indices].astype(made.indices.dtype)
        made.resize((len(bags), len(used)))
        lengths = np.sqrt(np.asarray(made.multiply(made).sum(axis=1)).ravel())
        rows.append(csr_array(made.multiply((1.0 / np.where(lengths > 0, lengths, 1.0))[:, None])))
    return np.asarray(csr_array(rows[0] @ rows[1].T).toarray())
