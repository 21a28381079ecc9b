"""Mappings between two spaces, and the common space in which words of both languages are compared."""

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from align.retrieval import unit_rows

_ROWS = 1 << 15


class Mapping(eqx.Module):
    """A callable from vectors of one space to vectors of the other, row by row."""

    @abstractmethod
    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """The images of ``x``; their lengths carry no meaning."""


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


KINDS: dict[str, type[Mapping]] = {"linear": Linear, "residual": Residual}


class Pairs(NamedTuple):
    """Training pairs as row numbers: word ``source[i]`` translates to ``target[i]``; ``weight[i]`` is at least 0."""

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]


class Alignment(NamedTuple):
    """Two spaces made one. ``forward`` maps source vectors to the target space, ``backward`` the other way.

    With ``forward`` f alone, a pair scores cos(f(x), y). With ``backward`` g too, it scores the mean of the two
    cosines, (cos(f(x), y) + cos(x, g(y))) / 2: the inner product of the unit vectors [f(x), x] / sqrt 2 and
    [y, g(y)] / sqrt 2 (each part unit), so that one nearest-neighbour search serves both directions.
    """

    forward: Mapping
    backward: Mapping | None = None

    def place_source(self, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v j"]:
        """Source vectors as unit rows in the common space."""
        image = unit_rows(images(self.forward, x))
        return image if self.backward is None else _joined(image, unit_rows(x))

    def place_target(self, y: Float[np.ndarray, "w e"]) -> Float[np.ndarray, "w j"]:
        """Target vectors as unit rows in the common space."""
        return unit_rows(y) if self.backward is None else _joined(unit_rows(y), unit_rows(images(self.backward, y)))


def _joined(left: Float[np.ndarray, "v d"], right: Float[np.ndarray, "v e"]) -> Float[np.ndarray, "v j"]:
    points = np.empty((len(left), left.shape[1] + right.shape[1]), np.float32)
    points[:, : left.shape[1]] = left
    points[:, left.shape[1] :] = right
    points *= np.float32(np.sqrt(0.5))
    return points


@eqx.filter_jit
def _apply(mapping: Mapping, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
    return mapping(x)


def images(mapping: Mapping, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v e"]:
    """``mapping`` of every row, a block at a time, so that hidden layers never need v rows."""
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
