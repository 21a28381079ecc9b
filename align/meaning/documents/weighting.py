"""Weights of words in documents: inverse document frequency, smooth inverse frequency, keywords, TextRank."""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array

from align.meaning.documents.bags import Bags, Documents, bags_of, normalised
from align.space import Space

Weighting = Literal["counts", "tf-idf", "sif", "keywords", "textrank"]
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)
SIF_A = 1e-3
KEYWORDS = 10
_WINDOW, _DAMPING, _ITERATIONS = 2, 0.85, 100


def weigh(
    documents: Documents,
    weighting: Weighting,
    *,
    idf: Float[np.ndarray, " v"],
    probabilities: Float[np.ndarray, " v"],
    keywords: int = KEYWORDS,
) -> Bags:
    """Returns the documents as bags of words under one of the weightings.

    counts: occurrences. tf-idf: occurrences times idf. sif: occurrences times a / (a + p(w)), a = 0.001.
    keywords: only the words with the highest tf-idf, weighted by it. textrank: only the words with the highest
    TextRank scores, weighted by these.

    Args:
      documents: the token sequences.
      weighting: one of ``WEIGHTINGS``.
      idf: inverse document frequency of each word, above 0, shape (v,).
      probabilities: unigram probability p(w) of each word, shape (v,).
      keywords: number of words that keywords and textrank keep of a document, at least 1.

    Returns:
      The bags; weights sum to 1 in each document.

    Raises:
      ValueError: an unknown weighting, or keywords < 1.

    Source: sif: Arora, Liang, Ma 2017, algorithm 1. textrank: Mihalcea, Tarau 2004, section 3.
    """
    if keywords < 1:
        raise ValueError(f"--keywords {keywords}: must be at least 1")
    if weighting == "counts":
        return bags_of(documents)
    if weighting == "tf-idf":
        return bags_of(documents, idf)
    if weighting == "sif":
        return bags_of(documents, SIF_A / (SIF_A + probabilities))
    if weighting == "keywords":
        return heaviest(bags_of(documents, idf), keywords)
    if weighting == "textrank":
        return heaviest(_text_ranked(documents), keywords)
    raise ValueError(f"{weighting!r} is not a weighting; one of {', '.join(WEIGHTINGS)} was expected")


def inverse_document_frequencies(*collections: Documents) -> Float[np.ndarray, " v"]:
    """Returns the smooth inverse document frequency of every word of a space.

    idf(w) = log((1 + N) / (1 + df(w))) + 1, where df(w) of the N documents contain w. It is above 0 for every word.

    Args:
      collections: documents of one space.

    Returns:
      idf, shape (v,).
    """
    space = collections[0].space
    frequency, total = np.zeros(len(space)), 0
    for documents in collections:
        bags = bags_of(documents)
        frequency += np.bincount(bags.ids, minlength=len(space))
        total += len(documents)
    return np.log((1.0 + total) / (1.0 + frequency)) + 1.0


def word_probabilities(space: Space) -> Float[np.ndarray, " v"]:
    """Returns the unigram probability of each word: from the counts of the vocabulary, or from its ranks.

    Without counts, p(w) is proportional to 1 / rank (Zipf's law), since a vocabulary is sorted by frequency.
    """
    counts = space.vocab.counts
    raw = 1.0 / np.arange(1.0, len(space) + 1.0) if counts is None else np.maximum(counts.astype(np.float64), 1.0)
    return raw / raw.sum()


def inverse_probabilities(space: Space) -> Float[np.ndarray, " v"]:
    """Returns -log p(w) of each word: it replaces idf if there is no collection of documents."""
    return np.maximum(-np.log(word_probabilities(space)), 1e-9)


def heaviest(bags: Bags, k: int) -> Bags:
    """Returns the k words with the largest weights of each document; ties go to the word with the smaller row.

    Args:
      bags: the documents.
      k: largest number of words to keep in a document.

    Returns:
      Bags whose weights sum to 1 in each document.
    """
    ids: list[Int[np.ndarray, " m"]] = []
    weights: list[Float[np.ndarray, " m"]] = []
    for i in range(len(bags)):
        rows, values = bags[i]
        chosen = np.sort(np.argsort(-values, kind="stable")[:k])
        ids.append(rows[chosen])
        weights.append(values[chosen])
    sizes = np.array([len(rows) for rows in ids], np.int64)
    return normalised(
        bags.space,
        sizes,
        np.concatenate(ids) if ids else bags.ids,
        np.concatenate(weights) if weights else bags.weights,
    )


def _text_ranked(documents: Documents) -> Bags:
    """Returns the TextRank score of each word of each document."""
    bags = bags_of(documents)
    parts: list[Float[np.ndarray, " m"]] = []
    for i in range(len(documents)):
        tokens = documents.tokens[documents.starts[i] : documents.starts[i + 1]]
        words, places = np.unique(tokens, return_inverse=True)
        parts.append(text_rank(places, len(words)))
    weights = np.concatenate(parts) if parts else bags.weights
    return normalised(bags.space, bags.sizes, bags.ids, weights)


def text_rank(places: Int[np.ndarray, " t"], words: int) -> Float[np.ndarray, " m"]:
    """Returns the PageRank of each word in the undirected graph of words that occur next to each other.

    S(i) = (1 - d) + d sum_j S(j) w_ij / sum_k w_jk, with d = 0.85 and w the number of co-occurrences in a window of 2.

    Args:
      places: the tokens of a document, as numbers from 0 to words - 1.
      words: number of different words.

    Returns:
      Scores, shape (words,).
    """
    pairs = [(places[:-gap], places[gap:]) for gap in range(1, _WINDOW)]
    left = np.concatenate([one for one, _ in pairs])
    right = np.concatenate([other for _, other in pairs])
    apart = left != right
    left, right = left[apart], right[apart]
    ones = np.ones(2 * len(left))
    ends = (np.concatenate([left, right]), np.concatenate([right, left]))
    graph = coo_array((ones, ends), shape=(words, words)).tocsr()
    degrees = np.maximum(np.asarray(graph.sum(axis=1)), 1.0)
    scores: Float[np.ndarray, " m"] = np.ones(words)
    for _ in range(_ITERATIONS):
        scores = (1 - _DAMPING) + _DAMPING * np.asarray(graph @ (scores / degrees))
    return scores
