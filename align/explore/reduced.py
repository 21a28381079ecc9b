"""Reduced points: vectors of fewer dimensions with 4 bits per number, small enough to be stored in a page."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

STEP = 0.3352
"""Width of a quantisation interval in standard deviations: the best uniform 16-level quantiser of a normal variable
(Max 1960, table 2)."""
MAX_DIMS = 128


class ReducedPoints(NamedTuple):
    """Points as 4-bit numbers, two per byte; the low half of a byte has the even dimension.

    Coordinate j of a point is ``(code - 7.5) * scale[j]``. Inner products approximate those of the original points.
    """

    codes: UInt8[np.ndarray, "v h"]
    scale: Float[np.ndarray, " d"]


def reduce_points(points: Float[np.ndarray, "v d"], dims: int = MAX_DIMS) -> ReducedPoints:
    """Returns points on their principal directions, each coordinate rounded to one of 16 levels.

    The directions are the leading eigenvectors of X'X. X is not centred, so that cosines keep their meaning. The mean
    squared error of a coordinate is about 1% of its variance.

    Args:
      points: unit vectors, shape (v, d).
      dims: the largest number of dimensions to keep; an odd number above 1 is reduced by 1.

    Returns:
      The codes, shape (v, h) with two dimensions per byte, and the scale of each dimension.

    Example:
      >>> reduce_points(np.eye(4, dtype=np.float32), dims=4).codes.shape
      (4, 2)
    """
    kept = min(dims, points.shape[1])
    kept -= kept % 2 if kept > 1 else 0
    _, directions = np.linalg.eigh((points.T @ points).astype(np.float64))
    directions = directions[:, ::-1][:, :kept]
    directions *= np.where(directions[np.abs(directions).argmax(axis=0), np.arange(kept)] < 0, -1.0, 1.0)
    coordinates = points @ directions.astype(points.dtype)
    if kept % 2:
        coordinates = np.pad(coordinates, ((0, 0), (0, 1)))
    scale = (STEP * np.sqrt(np.mean(coordinates**2, axis=0, dtype=np.float64))).astype(np.float32)
    safe = np.where(scale > 0, scale, 1.0)
    codes = np.clip(np.floor(coordinates / safe) + 8, 0, 15).astype(np.uint8)
    return ReducedPoints(codes[:, 0::2] | (codes[:, 1::2] << 4), scale)


def restore_points(reduced: ReducedPoints, rows: Int[np.ndarray, " q"]) -> Float[np.ndarray, "q d"]:
    """Returns the points of some words as the page computes with them; they do not have unit length.

    Args:
      reduced: the points of all words.
      rows: the words, shape (q,).

    Returns:
      Points, shape (q, d).

    Example:
      >>> reduced = reduce_points(np.eye(2, dtype=np.float32), dims=2)
      >>> restore_points(reduced, np.array([0])).shape
      (1, 2)
    """
    codes = reduced.codes[rows]
    levels = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(rows), -1)
    return ((levels.astype(np.float32) - 7.5) * reduced.scale).astype(np.float32)
