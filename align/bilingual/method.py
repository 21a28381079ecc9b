"""The protocol of mapping methods: a method is settings with ``fit(task, *, seed, watch) -> Fitted``."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.reranking.reranker import Reranker
from align.message import number_of
from align.text.vocab import Vocab

PairUse = Literal["required", "optional", "none"]
"""Whether a method uses translation pairs: it requires them, uses them if there are some, or never uses them."""


@dataclass(frozen=True, eq=False)
class MappingTask:
    """The input of a mapping method.

    Every word has a vector other than zero; ``fitting.fit`` leaves out words without one.

    Args:
        source: the source words, most frequent first.
        target: the target words, most frequent first.
        x: normalised source vectors, shape (v, d).
        y: normalised target vectors, shape (w, e).
        pairs: translation pairs with their weights; may be empty.
        identical_pairs: pairs of words that both languages spell the same; may be empty.

    Raises:
        ValueError: the numbers of words and of vectors differ.

    Example:
        >>> x = np.eye(2, dtype=np.float32)
        >>> pairs = Pairs.equal(np.arange(2), np.arange(2))
        >>> task = MappingTask(Vocab(["cow", "king"]), Vocab(["牛", "国王"]), x, x, pairs, Pairs.none())
        >>> task
        MappingTask(2 x 2 words, 2 pairs)
    """

    source: Vocab
    target: Vocab
    x: Float[np.ndarray, "v d"]
    y: Float[np.ndarray, "w e"]
    pairs: Pairs
    identical_pairs: Pairs

    def __post_init__(self) -> None:
        for side, vocab, vectors in (("source", self.source, self.x), ("target", self.target, self.y)):
            if len(vocab) != len(vectors):
                raise ValueError(f"{len(vocab)} {side} words but {len(vectors)} {side} vectors")

    def __repr__(self) -> str:
        pairs = number_of(len(self.pairs.source), "pair")
        return f"MappingTask({len(self.source):,} x {len(self.target):,} words, {pairs})"

    def with_pairs(self, pairs: Pairs) -> "MappingTask":
        """Returns the same task with other translation pairs."""
        return replace(self, pairs=pairs)

    def has_only_identical_pairs(self) -> bool:
        """Returns whether there are pairs, all of identically spelt words."""
        spelt = set(map(tuple, self.identical_pairs.numbers().tolist()))
        return len(self.pairs.source) > 0 and all(tuple(pair) in spelt for pair in self.pairs.numbers().tolist())


class Quality(NamedTuple):
    """A map's own measure of quality, which needs no dictionary, with the values that chance reaches.

    Attributes:
        value: mean CSLS of mutual nearest neighbours under the map.
        null: the same measure under maps that self-learning finds from shuffled words, one value per run.

    Example:
        >>> Quality(0.5, null=(0.1, 0.2)).is_chance()
        False
    """

    value: float
    null: tuple[float, ...]

    def threshold(self) -> float:
        """Returns the value that a good map exceeds: 1.1 times the highest of ``null``."""
        return 1.1 * max(self.null, default=-np.inf)

    def is_chance(self) -> bool:
        """Returns whether ``value`` does not exceed the threshold."""
        return self.value <= self.threshold()


class Fitted(NamedTuple):
    """The result of a fit.

    Attributes:
        alignment: the joint embedding of both languages.
        method: the settings of the procedure that ran. `best` chooses one from the pairs; for other methods it is the
            method itself.
        reranker: the second stage, or None.
        quality: comparison of the map with chance, for methods that can start without pairs; else None.
        points: the points of the words of both languages under the alignment, if the method has computed them; else
            None.

    Example:
        >>> from align.bilingual.supervised.linear import Procrustes
        >>> x = np.eye(2, dtype=np.float32)
        >>> pairs = Pairs.equal(np.arange(2), np.arange(2))
        >>> task = MappingTask(Vocab(["cow", "king"]), Vocab(["牛", "国王"]), x, x, pairs, Pairs.none())
        >>> Procrustes().fit(task)
        Fitted(alignment=Alignment(Linear & Identity), method=Procrustes(), reranker=None, quality=None, points=None)
    """

    alignment: Alignment
    method: "Method"
    reranker: Reranker | None = None
    quality: Quality | None = None
    points: tuple[Float[np.ndarray, "v j"], Float[np.ndarray, "w j"]] | None = None


class Progress(NamedTuple):
    """The progress of a fit.

    Attributes:
        stage: a short name of the current stage.
        step: steps of the stage that are done.
        steps: total number of steps of the stage; it may end earlier.
        loss: mean loss since the last report, or None if the stage has none.
        alignment: the current alignment, or None. Its arrays are valid only until the next step.
    """

    stage: str
    step: int
    steps: int
    loss: float | None = None
    alignment: Alignment | None = None


Watch = Callable[[Progress], object]
"""Receives the progress of a fit."""


def ignore(_progress: Progress) -> None:
    """Ignores progress."""


@runtime_checkable
class Method(Protocol):
    """A way to fit a mapping: a frozen dataclass of settings with ``fit``."""

    uses_pairs: ClassVar[PairUse]

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on ``task``.

        Args:
            task: both vocabularies, their vectors and the pairs.
            seed: seed of all random numbers.
            watch: receives the progress of long fits.

        Returns:
            The alignment and what the method has computed with it.
        """
        ...


@dataclass(frozen=True)
class ClosedForm(ABC):
    """A method in closed form: it is deterministic and reports no progress."""

    uses_pairs: ClassVar[PairUse] = "required"

    def fit(self, task: MappingTask, *, seed: int = 0, watch: Watch = ignore) -> Fitted:
        """Fits on the pairs of ``task`` by ``solve``; ``seed`` and ``watch`` have no effect."""
        del seed, watch
        return Fitted(self.solve(task.x, task.y, task.pairs), self)

    @abstractmethod
    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``, which hold row numbers of ``x`` and ``y``."""
