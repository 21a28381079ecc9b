"""Places the names of points so that no name covers another name, a point or a line.

Each name has the same candidate places around its point: sixteen directions at growing distances. The cost of a place
is the sum of costs for everything that it covers and for its distance. Each name starts at the place that is cheapest
if there are no other names. Then each name in turn moves to its cheapest place, given the other names, until no name
moves. Nothing is random. All lengths are in points (1/72 inch); y points upwards.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

_DISTANCES = (3.0, 6.0, 10.0, 15.0, 21.0, 28.0, 36.0, 46.0, 58.0)
"""Distances of the candidate places from the edge of the point."""
_PAD = 1.0
"""The smallest gap between a name and another name or a point."""
LEADER = 7.0
"""A thin line joins a name to its point if it is farther away than this."""

_NAME, _POINT, _LINE, _OUTSIDE, _CROSSED = 24.0, 16.0, 3.0, 60.0, 6.0
"""Costs of covering a name, a point or a line, of leaving the frame, and of crossing a name's leader."""
_PER_POINT, _FAR, _ORDER = 0.11, 0.8, 0.01
"""Costs of each unit of distance, of needing a leader, and of each step down the order of preferred directions."""


def place(
    points: Float[np.ndarray, "q 2"],
    sizes: Float[np.ndarray, "q 2"],
    *,
    lines: Float[np.ndarray, "s 2 2"],
    frame: Float[np.ndarray, " 4"],
    radius: float = 2.5,
    sweeps: int = 30,
) -> tuple[Float[np.ndarray, "q 2"], Float[np.ndarray, " q"]]:
    """Places each name next to its point.

    Args:
      points: the points, shape (q, 2).
      sizes: width and height of each name, shape (q, 2).
      lines: end points of the drawn lines, shape (s, 2, 2).
      frame: left, bottom, right and top of the picture.
      radius: radius of a drawn point.
      sweeps: largest number of rounds in which names move.

    Returns:
      The centre of each name, shape (q, 2), and its distance from its point, shape (q,).
    """
    if len(points) == 0:
        return np.zeros((0, 2)), np.zeros(0)
    offsets, distances = _candidates(sizes, radius)
    centres = points[:, None, :] + offsets
    boxes = np.concatenate([centres - sizes[:, None] / 2, centres + sizes[:, None] / 2], axis=2)
    effort = _PER_POINT * distances + _FAR * (distances > LEADER) + _ORDER * (np.arange(len(distances)) % 16)
    alone = effort + np.stack([_covered(places, points, lines, frame, radius) for places in boxes])
    chosen = alone.argmin(axis=1)
    crowded_first = np.argsort(-alone.min(axis=1), kind="stable")
    for _ in range(sweeps):
        before = chosen.copy()
        for i in crowded_first:
            others = np.delete(np.arange(len(points)), i)
            placed, leaders = boxes[others, chosen[others]], _leaders(points, centres, distances, chosen, others)
            paths = np.stack([np.broadcast_to(points[i], centres[i].shape), centres[i]], axis=1)
            crossed = crosses(paths, placed).sum(axis=1) * (distances > LEADER)
            chosen[i] = (alone[i] + _CROSSED * crossed + _together(boxes[i], placed, leaders)).argmin()
        if np.array_equal(before, chosen):
            break
    rows = np.arange(len(points))
    return centres[rows, chosen], distances[chosen]


def _candidates(
    sizes: Float[np.ndarray, "q 2"], radius: float
) -> tuple[Float[np.ndarray, "q c 2"], Float[np.ndarray, " c"]]:
    """Returns offsets of a name's centre from its point, right and above first, and their distances from the point."""
    angles = np.array([1, 0, 15, 2, 14, 4, 12, 7, 8, 9, 3, 13, 5, 11, 6, 10]) * (np.pi / 8)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    away = np.repeat(_DISTANCES, len(directions))
    directions = np.tile(directions, (len(_DISTANCES), 1))
    lean = np.clip(directions * np.sqrt(2.0), -1.0, 1.0)
    lean[np.abs(lean) < 1e-9] = 0.0
    return (away + radius)[:, None] * directions + lean * sizes[:, None] / 2, away


def _covered(
    boxes: Float[np.ndarray, "c 4"],
    points: Float[np.ndarray, "q 2"],
    lines: Float[np.ndarray, "s 2 2"],
    frame: Float[np.ndarray, " 4"],
    radius: float,
) -> Float[np.ndarray, " c"]:
    """Returns the cost of each place for the points and lines that it covers and for leaving the frame."""
    wide = boxes + np.array([-1.0, -1.0, 1.0, 1.0]) * (radius + _PAD)
    inside = (points[:, None] > wide[:, :2]).all(axis=2) & (points[:, None] < wide[:, 2:]).all(axis=2)
    outside = (boxes[:, :2] < frame[:2]).any(axis=1) | (boxes[:, 2:] > frame[2:]).any(axis=1)
    return _POINT * inside.sum(axis=0) + _OUTSIDE * outside + _LINE * crosses(lines, boxes).sum(axis=0)


def _leaders(
    points: Float[np.ndarray, "q 2"],
    centres: Float[np.ndarray, "q c 2"],
    distances: Float[np.ndarray, " c"],
    chosen: Int[np.ndarray, " q"],
    which: Int[np.ndarray, " n"],
) -> Float[np.ndarray, "m 2 2"]:
    """Returns the lines that join far names to their points."""
    far = which[distances[chosen[which]] > LEADER]
    return np.stack([points[far], centres[far, chosen[far]]], axis=1)


def _together(
    boxes: Float[np.ndarray, "c 4"], placed: Float[np.ndarray, "n 4"], leaders: Float[np.ndarray, "m 2 2"]
) -> Float[np.ndarray, " c"]:
    """Returns the cost of each place of one name for the other names, and their leaders, that it covers."""
    low = np.maximum(boxes[:, None, :2], placed[:, :2] - _PAD)
    high = np.minimum(boxes[:, None, 2:], placed[:, 2:] + _PAD)
    return _NAME * (high > low).all(axis=2).sum(axis=1) + _CROSSED * crosses(leaders, boxes).sum(axis=0)


def crosses(lines: Float[np.ndarray, "s 2 2"], boxes: Float[np.ndarray, "n 4"]) -> Bool[np.ndarray, "s n"]:
    """Returns whether each line segment has a part inside each box (the slab test)."""
    start, step = lines[:, None, 0], lines[:, None, 1] - lines[:, None, 0]
    step = np.where(np.abs(step) < 1e-12, 1e-12, step)
    first, second = (boxes[:, :2] - start) / step, (boxes[:, 2:] - start) / step
    enter = np.minimum(first, second).max(axis=2).clip(0.0, None)
    leave = np.maximum(first, second).min(axis=2).clip(None, 1.0)
    return enter < leave
