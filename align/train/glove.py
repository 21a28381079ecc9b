"""GloVe: vectors whose products are the logarithms of co-occurrence counts; and a simpler one, on PMI."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from align.progress import Report
from align.space import Space
from align.text.cooccurrence import MEMORY, Cells, Window, count_cells
from align.text.corpus import Corpus
from align.train.batchers.tiles import TileBatch, TileBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.tiles import TileSource, tile_matrix
from align.train.step import State
from align.train.update import Rule, TableGradients


class DampedAdaGrad(Rule):
    """AdaGrad by rows, no step longer than Newton's: s <- s + |g|^2 / d, row <- row - rate g / (sqrt(s) + rate a h).

    g is the gradient of a gathered row (d,), s its sum of squares, ``start`` at first, and h a bound of the loss's
    second derivative in that row, which the objective tells as the row's mass; a = ``damping``. Source: Duchi, Hazan &
    Singer 2011, algorithm 1, for the sum; the second term is the Levenberg-Marquardt bound.

    But: one sum a row, where the paper has one a coordinate: half as much to read and write, and the loss is the same.
    AdaGrad alone takes one cell at a time. The cells of a tile pull at a row together, all of them towards where the
    first few would do, and the second term holds them back. Word and context move at once, towards the same residual,
    which asks for an a of 2 where h is exact; as a bound it is mostly above, and 1.2 was best.
    """

    start: float = eqx.field(static=True, default=400.0)
    damping: float = eqx.field(static=True, default=1.2)

    def init(self, table: Float[Array, "rows d"]) -> Any:
        """The sums of squares, one a row."""
        return jnp.full((len(table), 1), self.start, table.dtype)

    def __call__(
        self, table: Float[Array, "rows d"], slots: Any, gradients: TableGradients, rate: Float[Array, ""]
    ) -> tuple[Float[Array, "rows d"], Any]:
        """The table and the sums after the step; without mass, AdaGrad's."""
        ids, grads, mass = gradients.ids, gradients.grads, gradients.mass
        sums = slots.at[ids].add((grads * grads).mean(axis=1, keepdims=True))
        bound = 0.0 if mass is None else rate * self.damping * mass[:, None]
        return table.at[ids].add(-rate * grads / (jnp.sqrt(sums[ids]) + bound)), sums


class LogBilinear(Objective):
    """1/2 sum over cells of f(X_ij) (<w_i, c_j> + b_i + b'_j - log X_ij)^2, f(x) = min(1, (x / ``most``)^``power``).

    Tables ``word`` w and ``context`` c (v, d), ``word_bias`` b and ``context_bias`` b' (v, 1). Given ``biases``, b and
    b' are those and not learned; with ``shared``, c is w. Source: Pennington, Socher & Manning 2014, equations 8, 9.

    The mass of a row is the trace of the second derivative in it, sum over j of f(X_ij) |c_j|^2 (of a bias, sum of f).

    But: half of equation 8, as the authors' program has it. What is told as the gradient of a tile's vectors is the
    gradient times P = 1/m sum over i < m of (I - M / tr M)^i, m = 2^``rounds``, M the second moment of the vectors on
    the other side: the sum of m steps down the tile. P is 1 where these vectors vary little and at most tr M / (m l) in
    a direction they share, l its eigenvalue there, which alone would set the length of the step; P M is at most tr M /
    m, and so is the mass. With 0 rounds it is the bare gradient.
    """

    biases: Float[Array, " v"] | None
    words: int = eqx.field(static=True)
    dim: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    most: float = eqx.field(static=True, default=10.0)
    power: float = eqx.field(static=True, default=0.75)
    shared: bool = eqx.field(static=True, default=False)
    rounds: int = eqx.field(static=True, default=0)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Vectors uniform in (-.05, .05), biases 0.

        But: the authors' program draws from (-1/2d, 1/2d), from where a step of many cells is slow to leave.
        """
        names = ("word",) if self.shared else ("word", "context")
        keys = jax.random.split(key, len(names))
        shape = (self.words, self.dim)
        tables = {n: jax.random.uniform(k, shape, minval=-0.05, maxval=0.05) for n, k in zip(names, keys, strict=True)}
        if self.biases is None:
            tables |= {name: jnp.zeros((self.words, 1)) for name in ("word_bias", "context_bias")}
        return Parameters(tables, ())

    def rule(self, name: str) -> Rule:
        """Damped AdaGrad."""
        del name
        return DampedAdaGrad()

    def rows(self, batch: TileBatch, *, key: Key[Array, ""]) -> dict[str, Any]:
        """Rows and columns of the tile and of the single cells."""
        del key
        row, column = self._numbers(batch)
        if self.shared:
            return {"word": (row, column)}
        both: dict[str, Any] = {"word": row, "context": column}
        return both if self.biases is not None else both | {"word_bias": row, "context_bias": column}

    def _numbers(self, batch: TileBatch) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        own, other = (jnp.minimum(batch.corner[n] + jnp.arange(self.size), self.words - 1) for n in (0, 1))
        return (own, batch.row), (other, batch.column)

    def loss(self, rows: dict[str, Any], dense: Any, batch: TileBatch, *, key: Key[Array, ""]) -> Loss:
        """The sum over the cells of the batch."""
        del dense, key
        (w, v), (c, u) = rows["word"] if self.shared else (rows["word"], rows["context"])
        if self.biases is None:
            own, other = ([side[..., 0] for side in rows[name]] for name in ("word_bias", "context_bias"))
        else:
            fixed = self.biases
            own, other = ([fixed[number] for number in side] for side in self._numbers(batch))
        f = _weights(batch.tile, self.most, self.power)
        if self.rounds:
            w, c = _shaped(w, _evening(c, f.sum(0), self.rounds)), _shaped(c, _evening(w, f.sum(1), self.rounds))
        in_tile = _fitted(w @ c.T + own[0][:, None] + other[0], batch.tile, f)
        g = _weights(batch.single, self.most, self.power)
        alone = _fitted((v * u).sum(1) + own[1] + other[1], batch.single, g)

        def traces(weights: Float[Array, "a b"], rows: Float[Array, "b d"]) -> Float[Array, " a"]:
            return weights @ (rows * rows).sum(1) / 2**self.rounds

        of_word = (traces(f, c), g * (u * u).sum(1))
        of_context = (traces(f.T, w), g * (v * v).sum(1))
        mass: dict[str, Any] = {"word": of_word, "context": of_context}
        if self.shared:
            mass = {"word": (of_word, of_context)}
        elif self.biases is None:
            mass |= {"word_bias": (f.sum(1), g), "context_bias": (f.sum(0), g)}
        return Loss((in_tile + alone) / 2, mass)


def _weights(log_count: Float[Array, "..."], most: float, power: float) -> Float[Array, "..."]:
    """f(x) = min(1, (x / most)^power) of log x, with f(0) = 0."""
    log_count = log_count.astype(jnp.float32)
    return jnp.exp(power * jnp.minimum(log_count - np.log(most), 0.0)) * jnp.isfinite(log_count)


def _fitted(
    score: Float[Array, "..."], log_count: Float[Array, "..."], weight: Float[Array, "..."]
) -> Float[Array, ""]:
    """The sum of f(x) (score - log x)^2 over x > 0."""
    log_count = log_count.astype(jnp.float32)
    return (weight * (score - jnp.where(jnp.isfinite(log_count), log_count, 0.0)) ** 2).sum()


def _evening(rows: Float[Array, "b d"], weight: Float[Array, " b"], rounds: int) -> Float[Array, "d d"]:
    """P = 1/m sum over i < m of R^i, R = I - M / tr M, M the sum of weight_j r_j r_j^T, m = 2^``rounds``.

    As a product: P = (I + R) / 2 (I + R^2) / 2 (I + R^4) / 2 ...
    """
    moment = (rows * weight[:, None]).T @ rows
    one = jnp.eye(rows.shape[1])
    power = one - moment / jnp.maximum(jnp.trace(moment), 1e-12)
    shape = (one + power) / 2
    for _ in range(rounds - 1):
        power = power @ power
        shape = (shape + shape @ power) / 2
    return shape


@jax.custom_vjp
def _shaped(rows: Float[Array, "b d"], shape: Float[Array, "d d"]) -> Float[Array, "b d"]:
    """``rows``, whose gradient is to be multiplied by ``shape``."""
    del shape
    return rows


def _kept(rows: Float[Array, "b d"], shape: Float[Array, "d d"]) -> tuple[Float[Array, "b d"], Float[Array, "d d"]]:
    return rows, shape


def _multiplied(
    shape: Float[Array, "d d"], grads: Float[Array, "b d"]
) -> tuple[Float[Array, "b d"], Float[Array, "d d"]]:
    return grads @ shape, jnp.zeros_like(shape)


_shaped.defvjp(_kept, _multiplied)


class CellPlan(NamedTuple):
    """A run that is ready to begin."""

    objective: LogBilinear
    source: TileSource
    config: TrainingConfig
    seed: int


@dataclass(frozen=True, kw_only=True)
class GloVe:
    """Settings of GloVe: ``dim`` dimensions, counts in ``window``, ``epochs`` over the cells at ``rate``.

    ``most`` and ``power`` are x_max and alpha of the weighting; ``vectors`` are those of the words (``in``), of the
    contexts (``out``), their ``sum`` (the paper's choice), ``average`` or ``concatenation``. ``tile`` words square make
    a tile; ``memory``: bytes for counts, by estimate.

    But: ``rate`` is the length of AdaGrad's steps once its sums are large (``DampedAdaGrad``), not the paper's .05, and
    it falls in a line to a fiftieth: where Newton's step is the shorter one, AdaGrad's sums do not shorten it.
    """

    dim: int = 100
    window: Window = field(default_factory=Window)
    epochs: int = 15
    rate: float = 4.0
    most: float = 10.0
    power: float = 0.75
    vectors: Literal["in", "out", "sum", "average", "concatenation"] = "sum"
    tile: int = 384
    memory: int = MEMORY

    def __post_init__(self) -> None:
        if min(self.dim, self.epochs, self.tile) < 1:
            raise ValueError(f"dim {self.dim}, epochs {self.epochs}, tile {self.tile}: each at least 1 was expected")
        if not (self.rate > 0 and self.most > 0 and self.power >= 0):
            raise ValueError(
                f"rate {self.rate} and most {self.most} above 0 and power {self.power} from 0 were expected"
            )

    def plan(self, corpus: Corpus, *, seed: int, devices: int = 1, report: Report = lambda *_: None) -> CellPlan:
        """Count the cells of ``corpus`` and make ready to train; ``report`` hears of tokens counted.

        Raises:
            ValueError: no two words of the corpus stand together.
        """
        cells = count_cells(corpus, self.window, memory=self.memory, report=report)
        if len(cells.row) == 0:
            raise ValueError(f"{corpus.name or 'the corpus'}: no two words stand together; there is nothing to fit")
        matrix = tile_matrix(cells, len(corpus.vocab), size=self.tile, memory=self.memory)
        source = TileSource(TileBatcher(), matrix, self.epochs, seed, devices)
        config = TrainingConfig(self.rate, self.rate / 50, schedule="linear")
        return CellPlan(self.objective(cells, len(corpus.vocab)), source, config, seed)

    @property
    def rounds(self) -> int:
        """Those of the objective: as many as keep 2^rounds below a third of ``dim``, which held back best."""
        return max(0, int(math.log2(self.dim / 3)))

    def objective(self, cells: Cells, words: int) -> LogBilinear:
        """The objective on ``cells``."""
        del cells
        return LogBilinear(None, words, self.dim, self.tile, self.most, self.power, rounds=self.rounds)

    def train(self, corpus: Corpus, *, seed: int, devices: int = 1, report: Report = lambda *_: None) -> Space:
        """Train on ``corpus``; the same seed on the same kind of machine gives the same vectors.

        Raises:
            ValueError: no two words of the corpus stand together; ``loop.DivergedError``, a loss that is no number.
        """
        plan = self.plan(corpus, seed=seed, devices=devices, report=report)
        total, cells = plan.source.segments, plan.source.matrix.cells * self.epochs

        def told(done: int, _state: State, _loss: float) -> None:
            report("training", round(cells * done / total), cells)

        state, _ = run(
            plan.objective, plan.source, plan.config, key=jax.random.key(seed), callback=told, devices=devices
        )
        return self.space(state, corpus)

    def space(self, state: State, corpus: Corpus) -> Space:
        """The space of a trained state: the vectors that ``vectors`` names."""
        tables = state.parameters.tables
        word = np.asarray(tables["word"])
        context = np.asarray(tables.get("context", tables["word"]))
        made = {
            "in": lambda: word,
            "out": lambda: context,
            "sum": lambda: word + context,
            "average": lambda: (word + context) / 2,
            "concatenation": lambda: np.concatenate([word, context], axis=1),
        }[self.vectors]()
        return Space(corpus.vocab, made.astype(np.float32), name=corpus.name)


@dataclass(frozen=True, kw_only=True)
class SimplerGloVe(GloVe):
    """GloVe on PMI, without biases: <v_i, v_j> is fitted to log(X_ij sum(X) / (X_i X_j)), X_i the sum of row i.

    With ``shared`` there is one vector a word; without, word and context have each their own, and ``vectors`` says what
    of them makes the space. It is GloVe with b_i held at log X_i - log(sum(X)) / 2. ``power`` 0 weighs all cells alike.
    """

    shared: bool = True
    vectors: Literal["in", "out", "sum", "average", "concatenation"] = "in"

    def objective(self, cells: Cells, words: int) -> LogBilinear:
        """The objective on ``cells``, whose sums are the biases."""
        sums = np.bincount(cells.row, cells.value, words)
        biases = np.log(np.where(sums > 0, sums, 1)) - np.log(sums.sum()) / 2
        fixed = jnp.asarray(biases, jnp.float32)
        return LogBilinear(
            fixed, words, self.dim, self.tile, self.most, self.power, shared=self.shared, rounds=self.rounds
        )
