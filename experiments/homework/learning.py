"""The learning curves: the loss by step, and accuracy on a small probe set by step and by number of training words.

The network is also trained on part of the training words, for fewer steps. All smaller sizes together take about as
many steps as one training on all words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import pairs_of
from align.bilingual.mapping import Alignment, Identity, Linear, Pairs, View
from align.bilingual.method import ClosedForm, MappingTask, Progress, Watch
from align.bilingual.normalise import normaliser
from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted, procrustes, weighted
from align.bilingual.supervised.mlp import MLP
from align.progress import counted
from align.retrieval import top_k
from align.space import Space

PROBE_WORDS = 500
CANDIDATES = 20_000
EVALUATIONS = 12
LINEAR: Mapping[str, ClosedForm] = {
    "procrustes": Procrustes(),
    "least-squares": LeastSquares(),
    "reweighted": Reweighted(),
}
MLP_KEY = "mlp"
_SHARES = (0.05, 0.2, 0.5, 1.0)
_MIN_STEPS = 0.2
"""Smallest share of the steps that a part of the words is trained for."""


class Accuracy(NamedTuple):
    """P@1 after ``step`` steps on test words (``unseen``) and on training words (``seen``), by nearest neighbour."""

    step: int
    unseen: float
    seen: float


class SizeScores(NamedTuple):
    """P@1 on test words of each method, fitted on ``words`` English training words; the key of the network is "mlp"."""

    words: int
    shares: Mapping[str, float]

    def best_linear(self) -> str:
        """Returns the key of the closed-form method with the highest P@1."""
        return max(LINEAR, key=lambda name: self.shares[name])


class LearningCurves(NamedTuple):
    """The learning curves.

    Attributes:
        losses: (step, mean loss since the previous report).
        accuracies: the network's accuracy by step; step 0 is before training.
        by_size: P@1 on test words by number of training words, all of them last.
        probe_words: number of test words in the probe set, which has as many training words.
        candidates: number of Chinese words that compete as answers.
    """

    losses: tuple[tuple[int, float], ...]
    accuracies: tuple[Accuracy, ...]
    by_size: tuple[SizeScores, ...]
    probe_words: int
    candidates: int


@dataclass(frozen=True, eq=False)
class ProbeSet:
    """A small test that is cheap to repeat: some words against the most frequent candidates.

    Args:
        x: normalised vectors of the words, shape (q, d).
        y: normalised vectors of the candidates, shape (c, e).
        golds: for each word, the rows of ``y`` that are right.
        unseen: for each word, whether it is a test word rather than a training word.
    """

    x: Float[np.ndarray, "q d"]
    y: Float[np.ndarray, "c e"]
    golds: tuple[frozenset[int], ...]
    unseen: Bool[np.ndarray, " q"]

    def accuracy(self, alignment: Alignment, step: int = 0) -> Accuracy:
        """Returns P@1 of nearest neighbours under ``alignment``."""
        first = top_k(alignment.place_source(self.x), alignment.place_target(self.y), 1).ids[:, 0]
        hits = np.array([int(row) in golds for row, golds in zip(first, self.golds, strict=True)], bool)
        return Accuracy(step, _share(hits[self.unseen]), _share(hits[~self.unseen]))

    def only_unseen(self) -> "ProbeSet":
        """Returns the probe set of the test words alone."""
        golds = tuple(gold for gold, unseen in zip(self.golds, self.unseen, strict=True) if unseen)
        return ProbeSet(self.x[self.unseen], self.y, golds, self.unseen[self.unseen])


def _share(hits: Bool[np.ndarray, " q"]) -> float:
    """Returns the share of hits; 0 if there are no words."""
    return float(hits.mean()) if len(hits) else 0.0


def _normalised(space: Space) -> Float[np.ndarray, "v d"]:
    """Returns the vectors of a space, normalised as for fitting."""
    return normaliser(space.vectors)(space.vectors)


def make_probe_set(english: Space, chinese: Space, train: Dictionary, test: Dictionary, *, seed: int) -> ProbeSet:
    """Draws up to ``PROBE_WORDS`` words of each dictionary that have a translation among the candidates."""
    rng = np.random.default_rng([seed, 2])
    rows: list[int] = []
    golds: list[frozenset[int]] = []
    unseen: list[bool] = []
    for dictionary, new in ((test, True), (train, False)):
        found = {
            english.vocab.index[word]: frozenset(int(i) for i in chinese.vocab.ids(answers) if 0 <= i < CANDIDATES)
            for word, answers in dictionary.targets.items()
        }
        queries = [row for row in sorted(found) if found[row]]
        drawn = np.sort(rng.choice(len(queries), min(PROBE_WORDS, len(queries)), replace=False)) if queries else []
        rows += [queries[i] for i in drawn]
        golds += [found[queries[i]] for i in drawn]
        unseen += [new] * len(drawn)
    x, y = normaliser(english.vectors), normaliser(chinese.vectors)
    return ProbeSet(
        x(english.vectors[np.array(rows, np.int64)]),
        y(chinese.vectors[:CANDIDATES]),
        tuple(golds),
        np.array(unseen, bool),
    )


def before_training(english: Space, chinese: Space, train: Dictionary, mlp: MLP) -> Alignment:
    """Returns the alignment before training: Procrustes in both directions, and the fixed linear view if any."""
    x, y = _normalised(english), _normalised(chinese)
    pairs = pairs_of(train, english.vocab, chinese.vocab)
    rotation = procrustes(*weighted(x, y, pairs))
    forward, backward = (Linear(jnp.asarray(weights)) for weights in (rotation, rotation.T))
    fixed = (Reweighted().view(x, y, pairs)._replace(weight=mlp.linear),) if mlp.linear else ()
    return Alignment((View(forward, Identity()), View(Identity(), backward), *fixed))


def recorder(
    probes: ProbeSet, losses: list[tuple[int, float]], accuracies: list[Accuracy], *, evaluations: int = EVALUATIONS
) -> Watch:
    """Returns a watch that appends every loss to ``losses`` and about ``evaluations`` accuracies to ``accuracies``."""

    def watch(progress: Progress) -> None:
        step, steps = progress.step, progress.steps
        if progress.loss is None or progress.alignment is None:
            return
        losses.append((step, progress.loss))
        before = accuracies[-1].step if accuracies else 0
        if not accuracies or step == steps or step * evaluations // steps > before * evaluations // steps:
            accuracies.append(probes.accuracy(progress.alignment, step))

    return watch


def by_training_words(
    english: Space, chinese: Space, train: Dictionary, probes: ProbeSet, mlp: MLP, *, seed: int
) -> tuple[SizeScores, ...]:
    """Returns P@1 of every method fitted on random parts of the training words, each part within the next larger one.

    The network is trained on the parts alone, not on all words. A share p of the words gets the share p of the steps,
    but at least a fifth of them. The caller adds the network's score on all words to the last entry.
    """
    x, y = _normalised(english), _normalised(chinese)
    probes = probes.only_unseen()
    words = list(train.targets)
    pairs = pairs_of(train, english.vocab, chinese.vocab)
    order = {
        english.vocab.index[words[i]]: at
        for at, i in enumerate(np.random.default_rng([seed, 3]).permutation(len(words)))
    }
    at = np.array([order[int(row)] for row in pairs.source], np.int64)
    none = _select(pairs, np.zeros(len(at), bool))
    counts = sorted({max(1, round(share * len(words))) for share in _SHARES})
    found: list[SizeScores] = []
    for count in counted(counts, "training words"):
        part = _select(pairs, at < count)
        shares = {name: probes.accuracy(method.solve(x, y, part)).unseen for name, method in LINEAR.items()}
        if count < len(words):
            steps = max(1, round(mlp.steps * max(_MIN_STEPS, count / len(words))))
            task = MappingTask(english.vocab, chinese.vocab, x, y, part, none)
            alignment = replace(mlp, steps=steps).fit(task, seed=seed).alignment
            shares[MLP_KEY] = probes.accuracy(alignment).unseen
        found.append(SizeScores(count, shares))
    return tuple(found)


def _select(pairs: Pairs, chosen: Bool[np.ndarray, " n"]) -> Pairs:
    """Returns the pairs where ``chosen`` is True."""
    return Pairs(pairs.source[chosen], pairs.target[chosen], pairs.weight[chosen])
