"""Mappings between two spaces, translation pairs, and the joint embedding in which both languages are compared."""

from abc import abstractmethod
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from align.message import number_of
from align.retrieval import nonzero_rows, unit_rows

_ROWS = 1 << 13
_MIN_ROWS = 1 << 8


class Mapping(eqx.Module):
    """A map from vectors of one space to vectors of the other, row by row."""

    @abstractmethod
    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """Returns the image of each row of ``x``. Only the directions of the images matter."""


class Identity(Mapping):
    """x -> x."""

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b d"]:
        """Returns ``x``."""
        return x


class Linear(Mapping):
    """x -> x W."""

    weights: Float[Array, "d e"]

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """Returns the image of each row of ``x``."""
        return x @ self.weights


class Residual(Mapping):
    """x -> x W + gelu(x A + a) B: a linear map plus one layer of hidden units."""

    weights: Float[Array, "d e"]
    inner: Float[Array, "d h"]
    bias: Float[Array, " h"]
    outer: Float[Array, "h e"]

    def __call__(self, x: Float[Array, "b d"], mask: Float[Array, "#b h"] | None = None) -> Float[Array, "b e"]:
        """Returns the image of each row of ``x``. ``mask`` multiplies the hidden units, for dropout in training."""
        hidden = jax.nn.gelu(x @ self.inner + self.bias)
        return x @ self.weights + (hidden if mask is None else hidden * mask) @ self.outer


class Kernel(Mapping):
    """x -> sum over i of k(x, a_i) w_i with k(x, a) = exp((cos(x, a) - 1) / width); the anchors a_i are unit rows."""

    anchors: Float[Array, "n d"]
    weights: Float[Array, "n e"]
    width: Float[Array, ""]

    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
        """Returns the image of each row of ``x``."""
        return jnp.exp((unit(x) @ self.anchors.T - 1) / self.width) @ self.weights


def unit(x: Float[Array, "b d"]) -> Float[Array, "b d"]:
    """Returns x / sqrt(|x|^2 + 1e-12) for each row of ``x``: differentiable, and zero rows stay zero."""
    return x * jax.lax.rsqrt(jnp.sum(x * x, axis=-1, keepdims=True) + 1e-12)


KINDS: dict[str, type[Mapping]] = {"identity": Identity, "linear": Linear, "residual": Residual, "kernel": Kernel}


class Pairs(NamedTuple):
    """Translation pairs as row numbers.

    Attributes:
      source: row number of each pair's source word, shape (n,).
      target: row number of each pair's target word, shape (n,).
      weight: weight of each pair, at least 0, shape (n,).

    Example:
        >>> Pairs.equal(np.array([0, 1]), np.array([1, 0]))
        Pairs(2 pairs)
    """

    source: Int[np.ndarray, " n"]
    target: Int[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]

    def __repr__(self) -> str:
        return f"Pairs({number_of(len(self.source), 'pair')})"

    @staticmethod
    def none() -> "Pairs":
        """Returns an empty set of pairs."""
        return Pairs.equal(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @staticmethod
    def equal(source: Int[np.ndarray, " n"], target: Int[np.ndarray, " n"]) -> "Pairs":
        """Returns pairs of weight 1."""
        return Pairs(source, target, np.ones(len(source), np.float32))

    def numbers(self) -> Int[np.ndarray, "n 2"]:
        """Returns the two row numbers of each pair, side by side."""
        return np.stack([self.source, self.target], axis=1)

    def take(self, chosen: Bool[np.ndarray, " n"]) -> "Pairs":
        """Returns the pairs where ``chosen`` is True."""
        return Pairs(self.source[chosen], self.target[chosen], self.weight[chosen])

    def source_words(self) -> int:
        """Returns the number of distinct source words."""
        return len(np.unique(self.source))


class View(NamedTuple):
    """One comparison of a source word x with a target word y: cos(source(x), target(y)), weighted by ``weight``."""

    source: Mapping
    target: Mapping
    weight: float = 1.0


class Alignment(NamedTuple):
    """A joint embedding of two spaces: the score of a pair is the weighted mean of its cosines over ``views``.

    The point of a word is the concatenation of its unit images in the views, each times the square root of the view's
    share of the total weight. The inner product of two points is then the score, so that one nearest-neighbour search
    serves both directions. An orthogonal map W is one view, (W, identity). Two regressions A and B, one per direction,
    are two views, (A, identity) and (identity, B).

    Example:
        >>> alignment = one_view(np.array([[0, 1], [1, 0]], np.float32))
        >>> alignment.place_target(np.array([[3, 4]], np.float32))
        array([[0.6, 0.8]], dtype=float32)
    """

    views: tuple[View, ...]

    def __repr__(self) -> str:
        kinds = (f"{type(view.source).__name__} & {type(view.target).__name__}" for view in self.views)
        return f"Alignment({', '.join(kinds)})"

    def place_source(self, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v j"]:
        """Returns the points of source vectors: unit rows, or a zero row for a zero vector."""
        return self._points(x, [view.source for view in self.views])

    def place_target(self, y: Float[np.ndarray, "w e"]) -> Float[np.ndarray, "w j"]:
        """Returns the points of target vectors: unit rows, or a zero row for a zero vector."""
        return self._points(y, [view.target for view in self.views])

    def _points(self, x: Float[np.ndarray, "v d"], mappings: list[Mapping]) -> Float[np.ndarray, "v j"]:
        """Returns the points of vectors, given the mapping of each view."""
        weights = np.array([view.weight for view in self.views])
        scales = np.sqrt(weights / weights.sum()).astype(np.float32)
        parts = [unit_rows(images(mapping, x)) * scale for mapping, scale in zip(mappings, scales, strict=True)]
        points = np.concatenate(parts, axis=1)
        points[~nonzero_rows(x)] = 0
        return points


def one_view(source: Float[np.ndarray, "d j"], target: Float[np.ndarray, "e j"] | None = None) -> Alignment:
    """Returns the alignment of two linear maps into common coordinates; without ``target``, the identity."""
    other = Identity() if target is None else Linear(jnp.asarray(target))
    return Alignment((View(Linear(jnp.asarray(source)), other),))


@eqx.filter_jit
def _apply(mapping: Mapping, x: Float[Array, "b d"]) -> Float[Array, "b e"]:
    return mapping(x)


def images(mapping: Mapping, x: Float[np.ndarray, "v d"]) -> Float[np.ndarray, "v e"]:
    """Returns the image of every row, computed in blocks so that hidden layers never hold v rows."""
    if isinstance(mapping, Identity):
        return x
    return np.concatenate([_block(mapping, x[i : i + _ROWS]) for i in range(0, max(len(x), 1), _ROWS)])


def _block(mapping: Mapping, x: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "b e"]:
    """Returns the image of every row; zero rows are added up to a power of two, so that few shapes are compiled."""
    rows = max(_MIN_ROWS, 1 << max(len(x) - 1, 0).bit_length())
    return np.asarray(_apply(mapping, jnp.asarray(np.pad(x, ((0, rows - len(x)), (0, 0))))))[: len(x)]
