"""Rows of a table as product-quantised codes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8


class QuantisedTable(NamedTuple):
    """Rows as codes: row i is ``lengths[length[i]]`` times a vector whose part p is ``centroids[p][codes[i, p]]``.

    There are u rows, p parts of w dimensions, and c centroids per part. The last part may be narrower than the others;
    its centroids are padded with zeros.
    """

    codes: UInt8[np.ndarray, "u p"]
    centroids: Float32[np.ndarray, "p c w"]
    length: UInt8[np.ndarray, " u"]
    lengths: Float32[np.ndarray, " c"]

    def table(self, dim: int) -> Float32[np.ndarray, "u d"]:
        """Returns the rows that the codes represent."""
        parts = [points[column] for points, column in zip(self.centroids, self.codes.T, strict=True)]
        return np.concatenate(parts, axis=1)[:, :dim] * self.lengths[self.length][:, None]
