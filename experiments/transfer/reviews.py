"""Reviews in two languages, and the vectors of texts that are made of the points of their words."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.sparse import csr_array

from align.space import Space
from align.text.labelled import LabelledText
from align.text.vocab import Vocab
from experiments.labelled_sets import some_texts

GOOD, BAD = "good", "bad"
_NAMES = {"1": GOOD, "pos": GOOD, "0": BAD, "neg": BAD}
VectorKind = Literal["mean", "mean, centred", "SIF", "SIF, centred"]
VECTOR_KINDS: tuple[VectorKind, ...] = get_args(VectorKind)
_SIF = 1e-3


class Reviews(NamedTuple):
    """Reviews of one language for training and for testing, reduced to words that have a vector."""

    train: list[LabelledText]
    test: list[LabelledText]


def covered(texts: list[LabelledText], space: Space) -> list[LabelledText]:
    """Returns the texts with only the words that have a vector, labelled ``good`` or ``bad``, without empty texts."""
    known = space.vocab.index
    made = [
        text._replace(text=" ".join(w for w in text.text.split(" ") if w in known), labels=(_NAMES[text.labels[0]],))
        for text in texts
    ]
    return [text for text in made if text.text]


def reviews(language: Literal["en", "zh"], space: Space, train: int, test: int, *, seed: int) -> Reviews:
    """Returns film reviews (English) or shop reviews (Chinese): at most ``train`` and ``test`` of them."""
    name, tokeniser = ("movies", "english") if language == "en" else ("reviews", "jieba")
    texts = covered(some_texts(name, tokeniser, train + test, seed=seed), space)
    return Reviews(texts[test:], texts[:test])


def are_good(texts: list[LabelledText]) -> Bool[np.ndarray, " n"]:
    """Returns which texts are labelled ``good``."""
    return np.array([text.labels[0] == GOOD for text in texts])


def accuracy(scores: Float[np.ndarray, " n"], texts: list[LabelledText]) -> float:
    """Returns the percentage of texts that are classified correctly if a score above 0 means ``good``."""
    return 100 * float(((scores > 0) == are_good(texts)).mean())


def word_counts(texts: list[LabelledText], vocab: Vocab) -> csr_array:
    """Returns how often each text has each word, shape (n, v); all words are in the vocabulary."""
    words = [text.text.split(" ") for text in texts]
    ids = vocab.ids([word for own in words for word in own])
    starts = np.cumsum([0, *map(len, words)])
    return csr_array((np.ones(len(ids), np.float32), ids, starts), shape=(len(texts), len(vocab.words)))


def word_bags(texts: list[LabelledText], vocab: Vocab) -> csr_array:
    """Returns 1 / sqrt(length of the text) for each word that a text has, else 0, shape (n, v)."""
    counts = word_counts(texts, vocab)
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    return csr_array(
        (1 / np.sqrt(np.repeat(lengths, np.diff(counts.indptr))), counts.indices, counts.indptr), counts.shape
    )


def text_vectors(rows: Float[np.ndarray, "v d"], texts: list[LabelledText], vocab: Vocab) -> Float32[np.ndarray, "n d"]:
    """Returns the mean row of the words of each text, shape (n, d)."""
    counts = word_counts(texts, vocab)
    return np.asarray(counts @ rows / np.asarray(counts.sum(axis=1)).reshape(-1, 1), np.float32)


def rows_for(kind: VectorKind, texts: list[LabelledText], space: Space) -> Float32[np.ndarray, "v d"]:
    """Returns rows whose mean over the words of a text is the text's vector.

    Each kind of text vector is a change of the rows: SIF multiplies the row of word w by a / (a + p(w)) and removes the
    direction that the texts have most in common; centring subtracts the mean of all texts. Neither needs labels. The
    rows are then scaled so that the coordinates of the texts' vectors have a mean square of 1.

    Args:
        kind: the kind of text vector.
        texts: texts of the language; their labels are not used.
        space: the points of the words.

    Source: for SIF, Arora, Liang, Ma 2017, algorithm 1.
    """
    rows, vocab = np.asarray(space.vectors, np.float32), space.vocab
    if kind.startswith("SIF"):
        count = np.asarray(word_counts(texts, vocab).sum(axis=0)).ravel() + 0.5
        rows = rows * (_SIF / (_SIF + count / count.sum())).astype(np.float32)[:, None]
        common = np.linalg.svd(text_vectors(rows, texts, vocab), full_matrices=False)[2][0]
        rows = rows - np.outer(rows @ common, common)
    vectors = text_vectors(rows, texts, vocab)
    if kind.endswith("centred"):
        centre = vectors.mean(axis=0)
        rows, vectors = rows - centre, vectors - centre
    return np.asarray(rows / np.sqrt((vectors**2).mean()), np.float32)
