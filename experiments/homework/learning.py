"""How the network learns: its loss, and how many words a small test gets right, step by step and by training words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import pairs_of
from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import ClosedForm, Progress, Watch
from align.bilingual.normalise import normaliser
from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted
from align.progress import counted
from align.retrieval import top_k
from align.space import Space

ASKED = 500
AMONG = 20_000
TIMES = 12
LINEAR: Mapping[str, ClosedForm] = {
    "procrustes": Procrustes(),
    "least-squares": LeastSquares(),
    "reweighted": Reweighted(),
}
_SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)


class Right(NamedTuple):
    """The share of test words, and of training words, whose nearest neighbour is right after ``step`` steps."""

    step: int
    unseen: float
    seen: float


class Learning(NamedTuple):
    """Everything about the course of learning.

    ``losses`` are (step, mean loss since the last); ``rights`` the network's; ``linear`` has for every number of
    training words (source words) the share of test words right by each closed-form method.
    """

    losses: tuple[tuple[int, float], ...]
    rights: tuple[Right, ...]
    linear: tuple[tuple[int, Mapping[str, float]], ...]
    asked: int
    among: int


@dataclass(frozen=True, eq=False)
class Quiz:
    """A small test that is cheap to repeat: normalised ``x`` of some words against the most frequent candidates ``y``.

    ``golds`` are the right rows of ``y`` for each word; ``unseen`` tells test words from training words.
    """

    x: Float[np.ndarray, "q d"]
    y: Float[np.ndarray, "c e"]
    golds: tuple[frozenset[int], ...]
    unseen: Bool[np.ndarray, " q"]

    def right(self, alignment: Alignment) -> tuple[float, float]:
        """The share of unseen and of seen words whose nearest candidate is right."""
        first = top_k(alignment.place_source(self.x), alignment.place_target(self.y), 1).ids[:, 0]
        hits = np.array([int(one) in golds for one, golds in zip(first, self.golds, strict=True)], bool)
        return _share(hits[self.unseen]), _share(hits[~self.unseen])

    def of_unseen(self) -> "Quiz":
        """The questions about unseen words alone."""
        golds = tuple(gold for gold, unseen in zip(self.golds, self.unseen, strict=True) if unseen)
        return Quiz(self.x[self.unseen], self.y, golds, self.unseen[self.unseen])


def _share(hits: Bool[np.ndarray, " q"]) -> float:
    return float(hits.mean()) if len(hits) else 0.0


def _normalised(space: Space) -> Float[np.ndarray, "v d"]:
    return normaliser(space.vectors)(space.vectors)


def set_quiz(english: Space, chinese: Space, train: Dictionary, test: Dictionary, *, seed: int) -> Quiz:
    """Up to ``ASKED`` words of each dictionary that have a translation among the ``AMONG`` most frequent."""
    rng = np.random.default_rng([seed, 2])
    rows: list[int] = []
    golds: list[frozenset[int]] = []
    unseen: list[bool] = []
    for dictionary, new in ((test, True), (train, False)):
        found = {
            english.vocab.index[word]: frozenset(int(i) for i in chinese.vocab.ids(answers) if 0 <= i < AMONG)
            for word, answers in dictionary.targets.items()
        }
        asked = [row for row in sorted(found) if found[row]]
        drawn = np.sort(rng.choice(len(asked), min(ASKED, len(asked)), replace=False)) if asked else []
        rows += [asked[i] for i in drawn]
        golds += [found[asked[i]] for i in drawn]
        unseen += [new] * len(drawn)
    x, y = normaliser(english.vectors), normaliser(chinese.vectors)
    return Quiz(
        x(english.vectors[np.array(rows, np.int64)]), y(chinese.vectors[:AMONG]), tuple(golds), np.array(unseen, bool)
    )


def recorder(quiz: Quiz, losses: list[tuple[int, float]], rights: list[Right], *, times: int = TIMES) -> Watch:
    """Records a fit: every loss in ``losses``, and about ``times`` results of the quiz in ``rights``."""

    def watch(progress: Progress) -> None:
        step, steps = progress.step, progress.steps
        if progress.loss is None or progress.alignment is None:
            return
        losses.append((step, progress.loss))
        before = rights[-1].step if rights else 0
        if not rights or step == steps or step * times // steps > before * times // steps:
            rights.append(Right(step, *quiz.right(progress.alignment)))

    return watch


def by_words(
    english: Space, chinese: Space, train: Dictionary, quiz: Quiz, *, seed: int
) -> tuple[tuple[int, Mapping[str, float]], ...]:
    """The quiz after each closed-form method has seen more and more of the training words, drawn in random order."""
    x, y = _normalised(english), _normalised(chinese)
    quiz = quiz.of_unseen()
    words = list(train.targets)
    pairs = pairs_of(train, english.vocab, chinese.vocab)
    order = {
        english.vocab.index[words[i]]: at
        for at, i in enumerate(np.random.default_rng([seed, 3]).permutation(len(words)))
    }
    at = np.array([order[int(row)] for row in pairs.source], np.int64)
    counts = sorted({max(1, round(share * len(words))) for share in _SHARES})
    shown = counted(counts, "training words")
    return tuple((count, _linear(x, y, _first(pairs, at < count), quiz)) for count in shown)


def _first(pairs: Pairs, chosen: Bool[np.ndarray, " n"]) -> Pairs:
    return Pairs(pairs.source[chosen], pairs.target[chosen], pairs.weight[chosen])


def _linear(x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs, quiz: Quiz) -> dict[str, float]:
    return {name: quiz.right(method.solve(x, y, pairs))[0] for name, method in LINEAR.items()}
