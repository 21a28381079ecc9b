"""VecMap's steps, each an option: whitening, orthogonal map, re-weighting, de-whitening, fewer dimensions; and CCA."""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Alignment, ClosedForm, Linear, Pairs, View
from align.bilingual.supervised.linear import Canonical, canonical, weighted

Side = Literal["source", "target", "none"]


def turned(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> Canonical:
    """The orthogonal maps alone: U S V' = svd(x' y / n), with whitening that does nothing."""
    left, values, right = np.linalg.svd(x.astype(np.float64).T @ y.astype(np.float64) / len(x), full_matrices=False)
    return Canonical(np.eye(x.shape[1]), np.eye(y.shape[1]), left, values, right.T)


@dataclass(frozen=True)
class VecMap(ClosedForm):
    """The multi-step framework of Artetxe, Labaka and Agirre (2018, AAAI, sections 3.1 to 3.5): x A and y B.

    1. ``whiten``: P = (x'x / n)^-1/2, Q = (y'y / n)^-1/2; without, both are the identity.
    2. Orthogonal: U S V' = svd((x P)' (y Q) / n); P U and Q V.
    3. Re-weighting: times S^``source_power`` and S^``target_power`` (the paper: 1 on one side; 1/2 on both is the
       published program's).
    4. De-whitening: times U' P^-1 U (by the ``source``'s statistics) or V' Q^-1 V (by the ``target``'s).
    5. ``dims``: only the first of the directions, which agree most.

    With few pairs (fewer than dimensions) whitening makes every correlation 1: re-weighting then has no effect.
    """

    whiten: bool = True
    source_power: float = 0.5
    target_power: float = 0.5
    dewhiten_source: Side = "source"
    dewhiten_target: Side = "target"
    dims: int | None = None

    def __post_init__(self) -> None:
        if min(self.source_power, self.target_power) < 0:
            raise ValueError(f"powers {self.source_power} and {self.target_power} are to be at least 0")
        if self.dims is not None and self.dims < 1:
            raise ValueError(f"dims {self.dims} is to be at least 1")
        if not self.whiten and {self.dewhiten_source, self.dewhiten_target} != {"none"}:
            raise ValueError("what was not whitened cannot be de-whitened: without whiten, both are to be 'none'")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        source, target = self.maps(*weighted(x, y, pairs))
        return Alignment((View(Linear(jnp.asarray(source)), Linear(jnp.asarray(target))),))

    def maps(
        self, x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]
    ) -> tuple[Float[np.ndarray, "d j"], Float[np.ndarray, "e j"]]:
        """The maps A and B of both languages, from rows that translate each other."""
        found = canonical(x, y) if self.whiten else turned(x, y)
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
    """Canonical correlation (Faruqui and Dyer 2014, section 2): both languages in the directions that correlate most.

    The maps are P U and Q V (``linear.canonical``), cut to the first ``share`` of the min(d, e) directions.
    It cannot tell directions apart where pairs are fewer than dimensions: all then correlate fully.
    But: every pair that the dictionary has is used, weighted, where the paper takes one translation a word.
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share {self.share} is to be above 0 and at most 1")

    def solve(self, x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pairs: Pairs) -> Alignment:
        """The alignment fitted on ``pairs``."""
        dims = max(1, round(self.share * min(x.shape[1], y.shape[1])))
        steps = VecMap(source_power=0.0, target_power=0.0, dewhiten_source="none", dewhiten_target="none", dims=dims)
        return steps.solve(x, y, pairs)
