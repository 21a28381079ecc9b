"""The cost of a step: the random text, the clock, and the growth of the cost with the vocabulary."""

import itertools

import numpy as np
import pytest

from align.train.window_models import Softmax
from experiments import softmax_cost as s


def test_the_text_is_by_rank_and_has_every_word():
    corpus = s.zipf(50, 100_000, seed=1)
    counts = corpus.vocab.occurrences
    assert corpus.tokens == 100_050
    assert counts.min() >= 1
    assert np.all(np.diff(counts) <= 0)
    expected = 100_000 / np.arange(1, 51) / (1 / np.arange(1, 51)).sum() + 1
    np.testing.assert_allclose(counts, expected, rtol=0.15)
    found = np.asarray(corpus.ids)
    np.testing.assert_array_equal(np.bincount(found[found >= 0]), counts)
    ends = np.flatnonzero(found < 0)
    assert set(np.diff(ends)[:-1]) == {21}
    assert ends[-1] == len(found) - 1
    np.testing.assert_array_equal(found, s.zipf(50, 100_000, seed=1).ids)


def test_the_cost_is_that_of_a_step_without_the_first():
    ticks = itertools.count()
    found = s.cost("x", Softmax(batch=128, dim=4), 60, seed=0, now=lambda: float(next(ticks)))
    assert (found.model, found.size) == ("x", 60)
    assert found.median == found.least == 1.0, "one tick between the beginning and the end of a step"
    assert found.runs == 3


def costs(exponent, name="m"):
    return [s.Cost(name, size, 2e-3 * size**exponent, 1e-3 * size**exponent, 5) for size in (1000, 10_000, 100_000)]


@pytest.mark.parametrize("exponent", [0, 0.5, 1])
def test_growth_is_the_exponent(exponent):
    assert s.growth(costs(exponent)) == pytest.approx(exponent, abs=1e-9)


def test_table_and_figure(tmp_path):
    both = [*costs(1, "full softmax"), *costs(0, "negative sampling")]
    table = s.table(both)
    assert table.row_count == 3
    assert [column.header for column in table.columns][1:3] == ["full softmax, median ms", "minimum"]
    assert next(iter(table.columns[1].cells)) == "2000.0"
    s.draw(both, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").stat().st_size > 1000


def test_too_small_a_vocabulary_prints_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        s.main(["--words", "1000"])
    assert stop.value.code == 2
    assert "--words 1000" in capsys.readouterr().err
