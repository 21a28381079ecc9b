import jax
import numpy as np
import pytest

from align.text.cooccurrence import Cells
from align.train.batchers.tiles import TileBatcher
from align.train.sources.tiles import TileSource, tile_matrix


def cells_of(words, cells, *, seed):
    """Counts that are dense among the first words and thin out behind them."""
    rng = np.random.default_rng(seed)
    row, column = (np.minimum(rng.geometric(6 / words, cells) - 1, words - 1) for _ in range(2))
    key = np.unique(row * words + column)
    value = rng.exponential(5, len(key)).astype(np.float32) + 0.1
    return Cells((key // words).astype(np.int32), (key % words).astype(np.int32), value)


def table(cells, words):
    full = np.zeros((words, words))
    full[cells.row, cells.column] = cells.value
    return full


def read(batches, segment, words):
    """The counts in a segment's batches, and how often each cell occurs in them."""
    found, times = np.zeros((words, words)), np.zeros((words, words), int)
    corner, tile, row, column, single = batches.load(segment)
    for place in range(len(tile)):
        for r, c in np.argwhere(np.isfinite(tile[place])):
            at = corner[place, 0] + r, corner[place, 1] + c
            found[at] += np.exp(float(tile[place, r, c]))
            times[at] += 1
        for n in np.flatnonzero(np.isfinite(single[place])):
            found[row[place, n], column[place, n]] += np.exp(single[place, n])
            times[row[place, n], column[place, n]] += 1
    return found, times


@pytest.mark.parametrize(("size", "fill"), [(8, 0.3), (8, 0.0), (8, 2.0), (7, 0.3), (64, 0.1)])
def test_every_cell_occurs_once_in_an_epoch(size, fill):
    cells = cells_of(50, 900, seed=0)
    batches = TileSource(TileBatcher(), tile_matrix(cells, 50, size=size, fill=fill), epochs=3, seed=4, segment_steps=5)
    per_epoch = batches.segments // 3
    for epoch in range(3):
        parts = [read(batches, epoch * per_epoch + n, 50) for n in range(per_epoch)]
        np.testing.assert_array_equal(sum(times for _, times in parts), table(cells, 50) > 0)
        np.testing.assert_allclose(sum(found for found, _ in parts), table(cells, 50), rtol=4e-3)


def test_dense_tiles_stay_whole_and_other_cells_are_single():
    cells = cells_of(60, 1200, seed=1)
    held = tile_matrix(cells, 60, size=10, fill=0.4)
    fills = (table(cells, 60).reshape(6, 10, 6, 10) > 0).mean(axis=(1, 3))
    assert {tuple(corner // 10) for corner in held.corner} == {tuple(at) for at in np.argwhere(fills >= 0.4)}
    assert 0 < len(held.corner) < 36
    assert held.cells == len(cells.row)
    for number, (first, other) in enumerate(held.corner):
        part = slice(held.starts[number], held.starts[number + 1])
        assert (held.inside.row[part] // 10 == first // 10).all()
        assert (held.inside.column[part] // 10 == other // 10).all()


def test_through_files_the_tiles_are_the_same():
    cells = cells_of(60, 1200, seed=2)
    whole, mapped = tile_matrix(cells, 60, size=10, fill=0.4), tile_matrix(cells, 60, size=10, fill=0.4, memory=4000)
    assert not mapped.inside.value.flags.owndata
    assert not mapped.single.value.flags.owndata
    for kind in ("inside", "single"):
        for one, other in zip(getattr(whole, kind), getattr(mapped, kind), strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_order_depends_on_seed_and_epoch_alone():
    held = tile_matrix(cells_of(50, 900, seed=3), 50, size=8, fill=0.3)
    one, again, other = (TileSource(TileBatcher(), held, epochs=2, seed=seed, segment_steps=5) for seed in (1, 1, 2))
    per_epoch = one.segments // 2
    for a, b in zip(one.load(3), again.load(3), strict=True):
        np.testing.assert_array_equal(a, b)
    for different in (other.load(0), one.load(per_epoch)):
        assert not np.array_equal(one.load(0)[1], different[1])
        assert not np.array_equal(one.load(0)[4], different[4])


def test_segments_divide_among_devices():
    held = tile_matrix(cells_of(50, 900, seed=4), 50, size=8, fill=0.3)
    batches = TileSource(TileBatcher(), held, epochs=1, seed=0, devices=4, segment_steps=5)
    lengths = {len(part) for n in range(batches.segments) for part in batches.load(n)}
    assert lengths == {batches.steps // batches.segments}
    assert lengths.pop() % 4 == 0


def test_a_batch_is_a_step_of_the_segment():
    batches = TileSource(TileBatcher(), tile_matrix(cells_of(50, 900, seed=5), 50, size=8), epochs=1, seed=0)
    data = batches.load(0)
    key = jax.random.key(0)
    prepared, count = batches.batcher.prepare(jax.tree.map(jax.numpy.asarray, data), key=key)
    assert int(count) == len(data[0])
    for one, part in zip(batches.batcher.batch(prepared, jax.numpy.int32(2), key=key), data, strict=True):
        np.testing.assert_array_equal(one, part[2])


def test_a_step_never_has_many_single_cells():
    cells = cells_of(400, 20_000, seed=6)
    batches = TileSource(TileBatcher(), tile_matrix(cells, 400, size=8, fill=2.0), epochs=1, seed=0)
    assert batches.load(0)[2].shape[1] <= 64


def test_without_a_cell_there_is_nothing_to_cut():
    empty = Cells(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
    with pytest.raises(ValueError, match="0 cells"):
        tile_matrix(empty, 5)
    with pytest.raises(ValueError, match="tiles of 0 rows"):
        tile_matrix(cells_of(20, 50, seed=0), 20, size=0)
