"""Sorting with places, with packed keys and without, compared with numpy's argsort and unique."""

import numpy as np
import pytest

from align.text.discovery import sorting


@pytest.mark.parametrize("bits", [63, 10])
def test_keys_and_their_places(bits: int, monkeypatch) -> None:
    monkeypatch.setattr(sorting, "_BITS", bits)
    for size in (0, 1, 500):
        keys = np.random.default_rng(size).integers(0, 90, size)
        found, places = sorting.sorted_places(keys)
        assert (found == np.sort(keys)).all()
        assert (keys[places] == found).all()
        assert sorted(places.tolist()) == list(range(size))
        expected = np.unique(keys, return_counts=True)
        assert all((a == b).all() for a, b in zip(sorting.runs(found), expected, strict=True))


def test_the_largest_keys() -> None:
    keys = np.array([(1 << 62) + 1, 5, 1 << 62])
    found, places = sorting.sorted_places(keys)
    assert found.tolist() == [5, 1 << 62, (1 << 62) + 1]
    assert places.tolist() == [1, 2, 0]


def test_runs_with_weights() -> None:
    found, times = sorting.runs(np.array([2, 2, 7]), np.array([5, 6, 1]))
    assert (found.tolist(), times.tolist()) == ([2, 7], [11, 1])
