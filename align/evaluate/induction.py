"""Word-sense induction: how well clusters of a word's contexts agree with its gold senses."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.encoding import numbered_lines
from align.senses import SenseSpace, context_words

COLUMNS = 3


class Example(NamedTuple):
    """A word in a context, with its gold sense."""

    word: str
    context: str
    sense: str


class ClusterAgreement(NamedTuple):
    """How well a clustering agrees with gold senses: adjusted Rand index and V-measure, 1 at best."""

    ari: float
    v_measure: float


class WordAgreement(NamedTuple):
    """The agreement of a word's clusters with its gold senses, and the numbers of its contexts, senses and clusters.

    ``one_cluster`` is the agreement that a single cluster of all contexts would have.
    """

    word: str
    found: ClusterAgreement
    one_cluster: ClusterAgreement
    contexts: int
    gold: int
    clusters: int


@dataclass(frozen=True)
class Induction:
    """The agreement of each word that has covered examples; ``covered`` of ``total`` examples are covered.

    An example is covered if the space has its word and a word of its context.
    """

    words: tuple[WordAgreement, ...]
    covered: int
    total: int

    @property
    def found(self) -> ClusterAgreement:
        """The mean over words; NaN if no example is covered."""
        return _mean([word.found for word in self.words])

    @property
    def one_cluster(self) -> ClusterAgreement:
        """The mean over words of the agreement of a single cluster."""
        return _mean([word.one_cluster for word in self.words])


def read_examples(path: Path, *, encoding: str = "utf-8") -> list[Example]:
    """Returns the examples of a file. A line has a word, a context and a sense, separated by tabs.

    Raises:
      ValueError: a line has another number of columns or an empty column, or the file is empty; names the line.
      OSError: the file cannot be read.
    """
    found: list[Example] = []
    for number, line in numbered_lines(path, encoding=encoding, option="--set-encoding"):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.rstrip("\n").split("\t")]
        if len(cells) != COLUMNS or not all(cells):
            raise ValueError(f"{path}, line {number}: {line.strip()[:60]!r}; word TAB context TAB sense was expected")
        found.append(Example(*cells))
    if not found:
        raise ValueError(f"{path}: no line; word TAB context TAB sense was expected")
    return found


def induce(space: SenseSpace, examples: Iterable[Example]) -> Induction:
    """Returns the agreement of the most probable sense of each example with its gold sense, word by word."""
    gold: dict[str, list[str]] = {}
    labels: dict[str, list[int]] = {}
    total = 0
    for word, context, sense in examples:
        total += 1
        if word not in space:
            continue
        shares, known = space.in_context(word, context_words(context, space.language_of(word)))
        if known:
            gold.setdefault(word, []).append(sense)
            labels.setdefault(word, []).append(int(shares.argmax()))
    words = tuple(_of_word(word, senses, labels[word]) for word, senses in gold.items())
    return Induction(words, sum(len(senses) for senses in gold.values()), total)


def _of_word(word: str, gold: Sequence[str], labels: Sequence[int]) -> WordAgreement:
    """Returns the agreement of one word's clusters with its gold senses."""
    alone = agreement(gold, [0] * len(gold))
    return WordAgreement(word, agreement(gold, labels), alone, len(gold), len(set(gold)), len(set(labels)))


def _mean(found: Sequence[ClusterAgreement]) -> ClusterAgreement:
    if not found:
        return ClusterAgreement(math.nan, math.nan)
    ari, v_measure = np.mean(np.array(found), axis=0)
    return ClusterAgreement(float(ari), float(v_measure))


def agreement(gold: Sequence[object], labels: Sequence[object]) -> ClusterAgreement:
    """Returns the agreement of a clustering with gold classes.

    With n_ij members of class i in cluster j, a_i = sum_j n_ij and b_j = sum_i n_ij, the adjusted Rand index is
    (S - E) / ((A + B) / 2 - E), where S, A and B are the sums of n (n - 1) / 2 over n_ij, a_i and b_j, and
    E = A B / (n (n - 1) / 2). The V-measure is 2 I / (H(class) + H(cluster)), I the mutual information.

    Sources: L. Hubert, P. Arabie, Comparing Partitions, Journal of Classification 1985, equation 5; A. Rosenberg,
    J. Hirschberg, V-Measure, EMNLP 2007.

    >>> agreement("aabb", [1, 1, 2, 2]), agreement("aabb", [1, 1, 1, 1])
    (ClusterAgreement(ari=1.0, v_measure=1.0), ClusterAgreement(ari=0.0, v_measure=0.0))
    """
    table = _contingency(gold, labels)
    rows, columns, n = table.sum(axis=1), table.sum(axis=0), table.sum()
    same, a, b = _pairs(table), _pairs(rows), _pairs(columns)
    expected = a * b / max(_pairs(np.array([n])), 1.0)
    highest = (a + b) / 2
    ari = 1.0 if highest == expected else (same - expected) / (highest - expected)
    of_rows, of_columns = _entropy(rows), _entropy(columns)
    mutual = of_rows + of_columns - _entropy(table.ravel())
    both = of_rows + of_columns
    return ClusterAgreement(float(ari), float(2 * mutual / both) if both > 0 else 1.0)


def _contingency(gold: Sequence[object], labels: Sequence[object]) -> Int[np.ndarray, "g c"]:
    """Returns how many members each class (row) has in each cluster (column)."""
    classes = {name: number for number, name in enumerate(dict.fromkeys(gold))}
    clusters = {name: number for number, name in enumerate(dict.fromkeys(labels))}
    table = np.zeros((len(classes), len(clusters)), np.int64)
    np.add.at(table, ([classes[sense] for sense in gold], [clusters[label] for label in labels]), 1)
    return table


def _pairs(counts: Int[np.ndarray, "..."]) -> float:
    """Returns the sum of n (n - 1) / 2 over counts n."""
    return float((counts * (counts - 1) / 2).sum())


def _entropy(counts: Int[np.ndarray, " n"]) -> float:
    """Returns the entropy, in nats, of a distribution given by counts."""
    share: Float[np.ndarray, " m"] = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(share * np.log(share)).sum())
