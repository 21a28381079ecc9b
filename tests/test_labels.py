import numpy as np
import pytest

from align.labels import crosses, place

FRAME = np.array([0.0, 0.0, 300.0, 300.0])
NO_LINES = np.zeros((0, 2, 2))


def boxes_of(centres, sizes):
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def overlaps(boxes):
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    return int((np.triu((high > low).all(axis=2), 1)).sum())


def test_crosses_is_what_sampling_finds():
    rng = np.random.default_rng(0)
    lines, corners = rng.uniform(0, 10, (40, 2, 2)), rng.uniform(0, 10, (30, 2, 2))
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    steps = np.linspace(0, 1, 2_001)[:, None, None]
    on = lines[:, 0] + steps * (lines[:, 1] - lines[:, 0])
    sampled = ((on[:, :, None] > boxes[:, :2]) & (on[:, :, None] < boxes[:, 2:])).all(axis=3).any(axis=0)
    assert (crosses(lines, boxes) >= sampled).all()
    assert (crosses(lines, boxes) != sampled).mean() < 0.01
    upright = np.array([[[1.0, 0.0], [1.0, 5.0]]])
    assert crosses(upright, np.array([[0.0, 1.0, 2.0, 2.0], [1.5, 1.0, 2.0, 2.0]])).tolist() == [[True, False]]


def test_a_lone_name_is_right_of_its_point():
    centres, distances = place(np.array([[150.0, 150.0]]), np.array([[30.0, 10.0]]), lines=NO_LINES, frame=FRAME)
    assert centres[0, 0] > 165
    assert abs(centres[0, 1] - 150) < 10
    assert distances[0] < 7


def test_names_in_a_crowd_do_not_overlap():
    rng = np.random.default_rng(1)
    points = 150 + rng.normal(size=(24, 2)) * 22
    sizes = np.column_stack([rng.uniform(18, 50, 24), np.full(24, 11.0)])
    centres, distances = place(points, sizes, lines=NO_LINES, frame=FRAME)
    boxes = boxes_of(centres, sizes)
    plain = boxes_of(points + np.array([0, 8]), sizes)
    assert overlaps(plain) > 20
    assert overlaps(boxes) == 0
    inside = ((points[:, None] > boxes[:, :2]) & (points[:, None] < boxes[:, 2:])).all(axis=2)
    assert not inside.any()
    again = place(points, sizes, lines=NO_LINES, frame=FRAME)
    np.testing.assert_array_equal(centres, again[0])
    assert (distances <= 60).all()


def test_names_stay_in_the_frame_and_off_the_lines():
    points = np.array([[298.0, 150.0], [150.0, 298.0], [150.0, 150.0]])
    sizes = np.full((3, 2), [40.0, 10.0])
    lines = np.array([[[150.0, 150.0], [300.0, 150.0]], [[150.0, 150.0], [150.0, 298.0]]])
    boxes = boxes_of(place(points, sizes, lines=lines, frame=FRAME)[0], sizes)
    assert (boxes[:, 2:] <= 300).all()
    assert (boxes[:, :2] >= 0).all()
    assert not crosses(lines, boxes).any()


def test_nothing_to_place():
    centres, distances = place(np.zeros((0, 2)), np.zeros((0, 2)), lines=NO_LINES, frame=FRAME)
    assert centres.shape == (0, 2)
    assert distances.shape == (0,)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_same_point_many_times(count):
    sizes = np.full((count, 2), [20.0, 10.0])
    centres, _ = place(np.full((count, 2), 150.0), sizes, lines=NO_LINES, frame=FRAME)
    assert overlaps(boxes_of(centres, sizes)) == 0
