"""Mappings between two spaces, and the common space in which words of both languages are compared."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from align.retrieval import unit_rows

_ROWS = 1 << 13


class Mapping(eqx.Module):
    """A callable from vectors of one space to vectors of the other, row by row."""

    @abstractmethod
    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """The images of ``x``; their lengths carry no meaning."""


class Identity(Mapping):
    """x -> x."""

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b d"]:
        """``x`` itself."""
        return x


class Linear(Mapping):
    """x -> x W."""

    weights: Float[Array, "d e"]

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """The images of ``x``."""
        return x @ self.weights


class Residual(Mapping):
    """x -> x W + gelu(x A + a) B: a linear map, corrected by a layer of hidden units."""

    weights: Float[Array, "d e"]
    inner: Float[Array, "d h"]
    bias: Float[Array, " h"]
    outer: Float[Array, "h e"]

    def __call__(self, x: Float[Array, "b d"], mask: Float[Array, "#b h"] | None = None) -> Float[Array, "b e"]:
        """The images of ``x``; ``mask`` multiplies the hidden units (dropout while training)."""
        hidden = jax.nn.gelu(x @ self.inner + self.bias)
        return x @ self.weights + (hidden if mask is None else hidden * mask) @ self.outer


class Kernel(Mapping):
    """x -> sum over i of k(x, a_i) w_i with k(x, a) = exp((cos(x, a) - 1) / width); the anchors a_i are unit rows."""

    anchors: Float[Array, "n d"]
    weights: Float[Array, "n e"]
    width: Float[Array, ""]

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """The images of ``x``."""
        unit = x * jax.lax.rsqrt(jnp.sum(x * x, axis=1, keepdims=True) + 1e-24)
        return jnp.exp((unit @ self.anchors.T - 1) / self.width) @ self.weights


KINDS: dict[str, type[Mapping]] = {"identity": Identity, "linear": Linear, "residual": Residual, "kernel": Kernel}


class Pairs(NamedTuple):
    """Training pairs as row numbers: word ``source[i]`` translates to ``target[i]`` and counts ``weight[i]`` >= 0."""

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]

    @staticmethod
    def none() -> "Pairs":
        """No pair at all."""
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))

    def numbers(self) -> Int[np.ndarray, "n 2"]:
        """The two row numbers of each pair, side by side."""
        return np.stack([self.source, self.target], axis=1)


class View(NamedTuple):
    """One way to compare a source word x with a target word y: cos(source(x), target(y)), counted ``weight`` times."""

    source: Mapping
    target: Mapping
    weight: float = 1.0


class Alignment(NamedTuple):
    """Two spaces made one by ``views``: a pair scores the weighted mean of its cosines in all of them.

    A word's point in the common space is its unit images in the views side by side, each times the square root of the
    view's share of the weight: the inner product of two points is that mean, so that one nearest-neighbour search
    serves both directions. An orthogonal map is one view, (W, identity); two regressions are two, (A, identity) and
    (identity, B).
    """

    views: tuple[View, ...]

    def place_source(self, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v j"]:
        """Source vectors as unit rows in the common space."""
        return self._side_by_side([images(view.source, x) for view in self.views])

    def place_target(self, y: Float[np.ndarray, "w e"]) -> Float[np.ndarray, "w j"]:
        """Target vectors as unit rows in the common space."""
        return self._side_by_side([images(view.target, y) for view in self.views])

    def _side_by_side(self, parts: list[Float[np.ndarray, "v _"]]) -> Float[np.ndarray, "v j"]:
        weights = np.array([view.weight for view in self.views])
        scales = np.sqrt(weights / weights.sum()).astype(np.float32)
        return np.concatenate([unit_rows(part) * scale for part, scale in zip(parts, scales, strict=True)], axis=1)


@eqx.filter_jit
def _apply(mapping: Mapping, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
    return mapping(x)


def images(mapping: Mapping, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v e"]:
    """``mapping`` of every row, a block at a time, so that hidden layers never need v rows."""
    if isinstance(mapping, Identity):
        return x
    blocks = [np.asarray(_apply(mapping, jnp.asarray(x[i : i + _ROWS]))) for i in range(0, len(x), _ROWS)]
    return np.concatenate(blocks) if blocks else np.asarray(_apply(mapping, jnp.asarray(x)))


class Progress(NamedTuple):
    """How far a fit is: steps done, steps in all, the mean loss since the last report, and the alignment as it is now.

    The arrays of ``alignment`` are only good until the next step: use them (place vectors) at once.
    """

    step: int
    steps: int
    loss: float
    alignment: Alignment


Watch = Callable[[Progress], object]


@runtime_checkable
class Method(Protocol):
    """A way to fit an alignment: a frozen dataclass of settings with ``fit``."""

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """Fit on the rows of ``x`` and ``y`` that ``pairs`` names; ``watch`` is told of long work as it goes."""
        ...


@dataclass(frozen=True)
class ClosedForm(ABC):
    """A method that needs no steps: nothing is drawn at random, and there is no progress to tell."""

    def fit(
        self,
        x: Float[np.ndarray, "v d"],
        y: Float[np.ndarray, "w e"],
        pairs: Pairs,
        *,
        seed: int = 0,
        watch: Watch = lambda _: None,
    ) -> Alignment:
        """``solve``, at once; ``seed`` has no effect, and ``watch`` is not called."""
        del seed, watch
        return self.solve(x, y, pairs)

    @abstractmethod
    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
