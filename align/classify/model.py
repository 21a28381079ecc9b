"""The model of a trained classifier: features, labels and their vectors, and the probabilities that they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.sparse import csr_matrix
from scipy.special import expit, log_expit, logsumexp

from align.classify.codes import QuantisedTable
from align.classify.tokens import TokeniserName, text_words
from align.classify.tree import LabelPaths, label_paths
from align.text.text_features import END, TextFeatures
from align.text.word_ngrams import FeatureBags

LossName = Literal["softmax", "hs", "ns", "ova"]
LOSSES: tuple[LossName, ...] = get_args(LossName)
"""Softmax, hierarchical softmax, negative sampling, one-vs-all."""


class Squares(NamedTuple):
    """AdaGrad's sums of squared gradients of the rows of both tables, which continued training needs."""

    features: Float32[np.ndarray, " u"]
    labels: Float32[np.ndarray, " l"]


@dataclass(frozen=True, eq=False)
class LabelModel:
    """A trained classifier. The vector of a text is the mean of the vectors of its features.

    Args:
        labels: the names of the labels.
        counts: how many training texts have each label, shape (l,).
        features: the features that texts are made of.
        inputs: the vectors of the features, shape (u, d).
        outputs: the vectors of the labels, shape (l, d), or with ``hs`` those of the inner nodes.
        loss: the loss that the model was trained with, which decides how scores become probabilities.
        tokeniser: how a text is divided into words.
        prefix: the prefix of labels in fastText's format.
        temperature: the number that scores are divided by, for calibrated probabilities.
        codes: the codes that ``inputs`` were computed from, if they are quantised.
        squares: the state of AdaGrad; None if training cannot be continued.
    """

    labels: tuple[str, ...]
    counts: Int[np.ndarray, " l"]
    features: TextFeatures
    inputs: Float[np.ndarray, "u d"]
    outputs: Float[np.ndarray, "l d"]
    loss: LossName = "softmax"
    tokeniser: TokeniserName = "split"
    prefix: str = "__label__"
    temperature: float = 1.0
    codes: QuantisedTable | None = None
    squares: Squares | None = None

    def __post_init__(self) -> None:
        u, d = self.inputs.shape
        shapes = (len(self.labels), self.features.rows, d)
        if (len(self.outputs), u, self.outputs.shape[1]) != shapes or len(self.counts) != len(self.labels):
            raise ValueError(
                f"{len(self.labels)} labels and {self.features.rows} features, but tables of {self.outputs.shape} and "
                f"{self.inputs.shape}"
            )
        if self.squares is not None and tuple(map(len, self.squares)) != (u, len(self.outputs)):
            raise ValueError(f"sums of squares of {len(self.squares.features)} features; {u} were expected")
        if len(self.labels) < 2:
            raise ValueError(f"{len(self.labels)} labels: at least two were expected")

    @cached_property
    def paths(self) -> LabelPaths:
        """The paths of the labels in their Huffman tree."""
        return label_paths(self.counts)

    def bags(self, texts: Sequence[str]) -> FeatureBags:
        """Returns the features of texts. With ``split``, words with the label prefix are ignored, as in fastText."""
        words = text_words(texts, self.tokeniser)
        if self.tokeniser == "split" and self.prefix:
            prefix = self.prefix.encode()
            words = words.without(lambda word: word.startswith(prefix))
        return self.features.bags(words)

    def without_words(self, bags: FeatureBags) -> list[bool]:
        """Returns for each text whether its only features are end-of-text tokens."""
        end = self.features.index.get(END, -1)
        known = np.concatenate([[0], np.cumsum(bags.ids != end)])[bags.starts]
        return (np.diff(known) == 0).tolist()

    def vectors(self, bags: FeatureBags) -> Float32[np.ndarray, "n d"]:
        """Returns the vectors of texts; the vector of a text without features is zero."""
        return self._means(bags, self.inputs)

    def _means(self, bags: FeatureBags, table: Float[np.ndarray, "u k"]) -> Float32[np.ndarray, "n k"]:
        """Returns the mean of the rows of a table for each bag."""
        sizes = np.diff(bags.starts)
        share = np.repeat((1 / np.maximum(bags.totals, 1)).astype(np.float32), sizes)
        shape = (len(sizes), len(table))
        return np.asarray(csr_matrix((share, bags.ids, bags.starts), shape=shape) @ table, np.float32)

    @cached_property
    def feature_scores(self) -> Float32[np.ndarray, "u l"]:
        """The scores of each feature alone, shape (u, l), not divided by the temperature."""
        return np.asarray(self.inputs @ self.outputs.T, np.float32)

    def bag_scores(self, bags: FeatureBags) -> Float[np.ndarray, "n l"]:
        """Returns the scores of texts, computed from ``feature_scores`` if that is less work."""
        if len(self.labels) < self.inputs.shape[1] and len(bags.ids) > len(self.inputs) // 4:
            return self._means(bags, self.feature_scores) / np.float32(self.temperature)
        return self.scores(self.vectors(bags))

    def scores(self, vectors: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n l"]:
        """Returns the scores of the labels, or of the inner nodes, divided by the temperature."""
        return vectors @ self.outputs.T / np.float32(self.temperature)

    def probabilities(self, texts: Sequence[str]) -> Float[np.ndarray, "n l"]:
        """Returns the probability of each label for each text; with softmax and hs, those of a text sum to 1."""
        return self.probabilities_of(self.bag_scores(self.bags(texts)))

    def probabilities_of(self, scores: Float[np.ndarray, "n l"]) -> Float[np.ndarray, "n l"]:
        """Returns the probabilities that scores give under the loss of the model."""
        if self.loss == "softmax":
            return np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        if self.loss != "hs":
            return expit(scores)
        found = np.empty(scores.shape, np.float32)
        for label, (node, branch) in enumerate(zip(*self.paths, strict=True)):
            on = branch != 0
            found[:, label] = np.exp(log_expit(scores[:, node[on]] * branch[on]).sum(1))
        return found
