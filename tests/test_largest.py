"""The k largest entries, with and without bounds from a few directions, compared with a sort."""

import numpy as np
import pytest

from align import largest
from align.largest import largest_means
from align.retrieval import means_and_normalisers, normalisers, one_sided_means, unit_rows


def points(count: int, seed: int) -> np.ndarray:
    """Unit vectors of 16 dimensions, most of whose length is in three directions."""
    drawn = np.random.default_rng(seed).normal(size=(count, 16)) * ([4, 3, 2] + [0.25] * 13)
    return (drawn / np.linalg.norm(drawn, axis=1)[:, None]).astype(np.float32)


@pytest.mark.parametrize("many", [0.0, 0.05, 1.0])
def test_bounds_change_nothing(monkeypatch: pytest.MonkeyPatch, many: float) -> None:
    """Whether they serve for no tile, for some or for all."""
    monkeypatch.setattr(largest, "_TILE", (32, 48))
    monkeypatch.setattr(largest, "_LEAST_DIMS", 16)
    monkeypatch.setattr(largest, "_SHARE", 0.5)
    monkeypatch.setattr(largest, "_MANY", many)
    rows, columns = points(290, 0), points(300, 1)
    bounds = largest._bounds(rows, columns)  # pyright: ignore[reportPrivateUsage]
    assert bounds is not None
    assert bounds.rows.shape == (290, 9)
    assert (bounds.rows @ bounds.columns.T + bounds.slack >= rows @ columns.T).all()
    found = largest_means(rows, columns, 5)
    scores = rows @ columns.T
    for side, table in zip(found, (scores, scores.T), strict=True):
        np.testing.assert_allclose(side, np.sort(table, axis=1)[:, -5:].mean(axis=1), rtol=1e-5)
    one, none = largest_means(rows, columns, 5, both=False)
    np.testing.assert_allclose(one, found[0], rtol=1e-5)
    assert not none.any()


def test_vectors_in_all_directions_have_no_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largest, "_TILE", (32, 48))
    monkeypatch.setattr(largest, "_LEAST_DIMS", 16)
    spread = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
    assert largest._bounds(spread, spread) is None  # pyright: ignore[reportPrivateUsage]
    spread[3, 0] = np.nan
    assert largest._bounds(spread, spread) is None  # pyright: ignore[reportPrivateUsage]


def test_means_and_penalties_of_one_product_are_those_of_two() -> None:
    draw = np.random.default_rng(4)
    words, others = (unit_rows(draw.normal(size=(count, 6))) for count in (30, 40))
    words[3], others[5] = 0, 0
    means, penalties = means_and_normalisers(words, others, 20.0)
    np.testing.assert_allclose(means, one_sided_means(words, others), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(penalties, normalisers(others, words, 20.0), rtol=1e-4, atol=1e-5)
    assert not np.concatenate(means_and_normalisers(words, others[5:6], 20.0)).any()
    with pytest.raises(ValueError, match=r"a sharpness of 0\.0: must be above 0"):
        means_and_normalisers(words, others, 0.0)
