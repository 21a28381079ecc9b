"""The interface between models and ``train``: settings that plan a run on a corpus and convert its result."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

from align.checks import SettingError
from align.progress import Report
from align.space import Space
from align.text.corpus import Corpus
from align.train.config import TrainingConfig
from align.train.objective import Objective
from align.train.sources.source import Source
from align.train.step import State

Made = TypeVar("Made")
"""The type of a trained model: a ``Space`` unless the model says otherwise."""
Tables = Literal["in", "out", "sum", "average", "concatenation"]
"""The vectors of a space: of words (in), of contexts (out), or of both combined."""


class Request(NamedTuple):
    """The initial vectors of a run, and its seed, devices and workers."""

    seed: int
    start: Space | None = None
    """Initial vectors of some words."""
    frozen: frozenset[str] = frozenset()
    """Words that keep their initial vectors."""
    devices: int = 1
    workers: int = 1
    shard: bool = False
    """Whether the devices divide the rows of the tables."""


class Plan(NamedTuple):
    """A run that is ready to begin, and how to read its result.

    ``total`` is the work of the whole run, in words or cells; ``stage`` names it in progress reports. ``finish``
    converts the final state to the result. ``nothing_seen`` is the message for a run whose loss has no terms.
    """

    objective: Objective
    source: Source
    config: TrainingConfig
    stage: str
    total: int
    finish: Callable[[State], Any]
    nothing_seen: str


@dataclass(frozen=True)
class Model(Generic[Made]):
    """Settings of a model: a frozen dataclass. Training it returns a ``Made``.

    A model trained by the loop is a ``SteppedModel``; a model in closed form is a ``SolvedModel``.
    """

    takes: ClassVar[frozenset[str]] = frozenset()
    """Which optional arguments of ``train`` apply: start, frozen, devices, workers, shard, checkpoint."""


@dataclass(frozen=True)
class SteppedModel(Model[Made], ABC):
    """Settings of a model that the training loop trains."""

    @abstractmethod
    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``; ``report`` receives the progress of preparations."""

    def default_workers(self, corpus: Corpus, *, devices: int = 1) -> int:
        """Returns the number of workers on one processor, used if the user gives none."""
        del corpus, devices
        return 1


@dataclass(frozen=True)
class SolvedModel(Model[Made], ABC):
    """Settings of a model in closed form, without steps."""

    @abstractmethod
    def solve(self, corpus: Corpus, *, seed: int, report: Report = lambda *_: None) -> Made:
        """Returns the result for ``corpus``."""


def space_of(
    tables: Tables, word: Float[np.ndarray, "v d"], context: Float[np.ndarray, "v d"] | None, corpus: Corpus
) -> Space:
    """Returns the space of a corpus's words, from their vectors as words and as contexts.

    Args:
        tables: which of the two the space uses, or how it combines them.
        word: the vectors of the words.
        context: the vectors of the same words as contexts, or None if the model has none.
        corpus: the corpus, whose vocabulary the space gets.

    Raises:
        SettingError: ``tables`` needs context vectors, and the model has none.
    """
    if tables == "in":
        combined = word
    elif context is None:
        raise SettingError("vectors", tables, "the model has word vectors only, so it must be in")
    else:
        combined = {
            "out": lambda: context,
            "sum": lambda: word + context,
            "average": lambda: (word + context) / 2,
            "concatenation": lambda: np.concatenate([word, context], axis=1),
        }[tables]()
    return Space(corpus.vocab, np.asarray(combined, np.float32), name=corpus.name)
