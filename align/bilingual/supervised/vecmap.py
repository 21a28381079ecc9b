"""VecMap, with its five steps as options, and CCA."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, Pairs, one_view
from align.bilingual.method import ClosedForm
from align.bilingual.supervised.linear import Canonical, canonical, weighted
from align.checks import at_least_one, check_choices, not_negative

Side = Literal["source", "target", "none"]


def unwhitened(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Canonical:
    """Returns the orthogonal maps without whitening: U S V' = svd(x' y / n)."""
    left, values, right = np.linalg.svd(x.astype(np.float64).T @ y.astype(np.float64) / len(x), full_matrices=False)
    return Canonical(np.eye(x.shape[1]), np.eye(y.shape[1]), left, values, right.T)


@dataclass(frozen=True)
class VecMap(ClosedForm):
    """The multi-step framework of VecMap. It gives the maps x A and y B.

    1. Whitening: P = (x'x / n)^-1/2, Q = (y'y / n)^-1/2; or the identity.
    2. Orthogonal maps: U S V' = svd((x P)' (y Q) / n); P U and Q V.
    3. Re-weighting: times S^source_power and S^target_power.
    4. De-whitening: times U' P^-1 U (statistics of the source) or V' Q^-1 V (of the target).
    5. Fewer dimensions: only the directions of highest correlation.

    With fewer pairs than dimensions, whitening makes every correlation 1, and re-weighting has no effect.

    Args:
        whiten: whether to do step 1.
        source_power: exponent of step 3 for the source. The paper uses 1 on one side; the published program uses 1/2
          on both.
        target_power: exponent of step 3 for the target.
        dewhiten_source: the language whose statistics de-whiten the source, or ``none``.
        dewhiten_target: the language whose statistics de-whiten the target, or ``none``.
        dims: number of dimensions that step 5 keeps; None keeps all.

    Raises:
        ValueError: a negative power, ``dims`` below 1, or de-whitening without whitening.

    Source: Artetxe, Labaka & Agirre 2018 (AAAI), sections 3.1 to 3.5.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> VecMap(dims=1).solve(x, y, pairs).views[0].source.weights.shape
        (2, 1)
    """

    whiten: bool = True
    source_power: float = 0.5
    target_power: float = 0.5
    dewhiten_source: Side = "source"
    dewhiten_target: Side = "target"
    dims: int | None = None

    def __post_init__(self) -> None:
        check_choices(self)
        not_negative(self, "source_power", "target_power")
        if self.dims is not None:
            at_least_one(self, "dims")
        if not self.whiten and {self.dewhiten_source, self.dewhiten_target} != {"none"}:
            raise ValueError("de-whitening without whitening: with whiten=False both sides must be 'none'")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        return one_view(*self.maps(*weighted(x, y, pairs)))

    def maps(
        self, x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]
    ) -> tuple[Float[np.ndarray, "d j"], Float[np.ndarray, "e j"]]:
        """Returns the maps A and B, given n pairs of rows that translate each other."""
        found = canonical(x, y) if self.whiten else unwhitened(x, y)
        back = {
            "source": found.left.T @ np.linalg.pinv(found.source, hermitian=True) @ found.left,
            "target": found.right.T @ np.linalg.pinv(found.target, hermitian=True) @ found.right,
            "none": np.eye(len(found.correlations)),
        }
        a = found.source @ found.left * found.correlations**self.source_power @ back[self.dewhiten_source]
        b = found.target @ found.right * found.correlations**self.target_power @ back[self.dewhiten_target]
        return a[:, : self.dims].astype(np.float32), b[:, : self.dims].astype(np.float32)


@dataclass(frozen=True)
class CCA(ClosedForm):
    """Canonical correlation analysis: projects both languages on the directions of highest correlation.

    The maps are P U and Q V (``linear.canonical``), cut to a share of the min(d, e) directions. With fewer pairs than
    dimensions all directions correlate fully, and the cut is arbitrary.

    Args:
        share: the share of the directions to keep, above 0 and at most 1.

    Source: Faruqui & Dyer 2014, section 2.
    But: every pair of the dictionary is used, weighted; the paper takes one translation per word.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
        >>> y, pairs = x[:, ::-1].copy(), Pairs.equal(np.arange(4), np.arange(4))
        >>> CCA(share=0.5).solve(x, y, pairs).views[0].source.weights.shape
        (2, 1)
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share {self.share}: must be above 0 and at most 1")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """Returns the alignment fitted on ``pairs``."""
        dims = max(1, round(self.share * min(x.shape[1], y.shape[1])))
        steps = VecMap(source_power=0.0, target_power=0.0, dewhiten_source="none", dewhiten_target="none", dims=dims)
        return steps.solve(x, y, pairs)
