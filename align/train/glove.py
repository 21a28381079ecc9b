"""Settings of GloVe, and of a simpler GloVe on PMI."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from align.checks import MAX_TRAINED_DIM, above_zero, at_least_one, check_choices, not_negative, up_to
from align.progress import Report
from align.space import Space
from align.text.cooccurrence import MEMORY, Cells, Window, count_cells
from align.text.corpus import Corpus
from align.train.batchers.tiles import TileBatcher
from align.train.config import TrainingConfig
from align.train.model import Plan, Request, SteppedModel, Tables, space_of
from align.train.objectives.glove import LogBilinear
from align.train.sources.text import no_pairs
from align.train.sources.tiles import TileSource, tile_matrix
from align.train.step import State


@dataclass(frozen=True, kw_only=True)
class GloVe(SteppedModel[Space]):
    """GloVe: inner products of vectors are fitted to the logarithms of co-occurrence counts.

    Source: Pennington, Socher & Manning 2014.
    But: ``rate`` is not the paper's .05 but the length of AdaGrad's steps once its sums are large
    (``objectives.glove.DampedAdaGrad``). It falls linearly to a fiftieth of its initial value, because AdaGrad's sums
    do not shorten the steps that the bound of Newton's method limits.

    Raises:
        SettingError: a setting is out of range.

    Example:
        >>> GloVe(dim=50, x_max=100.0).x_max
        100.0
    """

    takes: ClassVar[frozenset[str]] = frozenset({"devices", "shard", "checkpoint"})

    dim: int = 100
    """Dimensions of the vectors."""
    window: Window = field(default_factory=Window)
    """The window in which words are counted."""
    epochs: int = 15
    """Number of passes over the cells of the count matrix."""
    rate: float = 4.0
    """Learning rate at the beginning."""
    x_max: float = 10.0
    """Counts of at least x_max have weight 1, smaller counts x have (x / x_max)^power."""
    power: float = 0.75
    """Exponent alpha of the weighting."""
    vectors: Tables = "sum"
    """Which vectors the space has: of words (in), of contexts (out), or both combined."""
    tile: int = 384
    """Rows and columns of a tile."""
    memory: int = MEMORY
    """Approximate memory for counting, in bytes."""

    def __post_init__(self) -> None:
        check_choices(self)
        at_least_one(self, "dim", "epochs", "tile")
        up_to(self, MAX_TRAINED_DIM, "dim")
        above_zero(self, "rate", "x_max")
        not_negative(self, "power")

    @property
    def rounds(self) -> int:
        """Rounds of the objective's preconditioner: the largest r with 2^r <= ``dim`` / 3, at least 0."""
        return max(0, int(math.log2(self.dim / 3)))

    def objective(self, cells: Cells, words: int) -> LogBilinear:
        """Returns the objective on ``cells`` of a vocabulary of ``words`` words."""
        del cells
        return LogBilinear(None, words, self.dim, self.tile, self.x_max, self.power, rounds=self.rounds)

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Counts the cells of ``corpus`` and returns the run; ``report`` receives the progress of counting.

        Raises:
            ValueError: no two words of the corpus are in one window.
        """
        cells = count_cells(corpus, self.window, memory=self.memory, report=report)
        nothing = no_pairs(corpus)
        if len(cells.row) == 0:
            raise ValueError(nothing)
        matrix = tile_matrix(cells, len(corpus.vocab), size=self.tile, memory=self.memory)
        return Plan(
            self.objective(cells, len(corpus.vocab)),
            TileSource(TileBatcher(), matrix, self.epochs, request.seed, request.devices),
            TrainingConfig(self.rate, self.rate / 50, schedule="linear"),
            stage="cells",
            total=matrix.cells * self.epochs,
            finish=lambda state: self.space(state, corpus),
            nothing_seen=nothing,
        )

    def space(self, state: State, corpus: Corpus) -> Space:
        """Returns the space of a trained state."""
        tables = {name: np.asarray(table) for name, table in state.parameters.tables.items()}
        return space_of(self.vectors, tables["word"], tables.get("context", tables["word"]), corpus)


@dataclass(frozen=True, kw_only=True)
class SimplerGloVe(GloVe):
    """GloVe on PMI, without biases: <v_i, v_j> is fitted to log(X_ij sum(X) / (X_i X_j)), with X_i the sum of row i.

    It is GloVe with b_i fixed at log X_i - log(sum(X)) / 2. A ``power`` of 0 gives all cells the same weight.

    Example:
        >>> SimplerGloVe(dim=50, power=0.0).vectors
        'in'
    """

    shared: bool = True
    """Whether each word has one vector; if not, it has a word vector and a context vector."""
    vectors: Tables = "in"

    def objective(self, cells: Cells, words: int) -> LogBilinear:
        """Returns the objective on ``cells``, with biases from their sums."""
        sums = np.bincount(cells.row, cells.value, words)
        biases = np.log(np.where(sums > 0, sums, 1)) - np.log(sums.sum()) / 2
        fixed = jnp.asarray(biases, jnp.float32)
        return LogBilinear(
            fixed, words, self.dim, self.tile, self.x_max, self.power, shared=self.shared, rounds=self.rounds
        )
