"""The four textbook cases have the expected coefficients; the closed form is right without ties, wrong with them."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy import stats

from align.evaluate.correlation import pearson, spearman
from experiments import correlations as e


@pytest.mark.parametrize("seed", range(5))
def test_each_case_is_what_its_name_says(seed):
    linear, curved, turning, outlier = e.cases(seed=seed)
    assert min(pearson(linear.x, linear.y), spearman(linear.x, linear.y)) > 0.85
    assert spearman(curved.x, curved.y) == pytest.approx(1)
    assert pearson(curved.x, curved.y) < 0.85
    assert pearson(turning.x, turning.y) == pytest.approx(0, abs=1e-12)
    assert spearman(turning.x, turning.y) == pytest.approx(0, abs=1e-12)
    assert pearson(outlier.x, outlier.y) > 0.5
    assert abs(spearman(outlier.x, outlier.y)) < 0.35
    assert abs(pearson(outlier.x[outlier.plain], outlier.y[outlier.plain])) < 0.35


@given(st.permutations(list(range(12))))
def test_without_ties_the_closed_form_is_rho(order):
    x, y = np.arange(12.0), np.array(order, float)
    rho = stats.spearmanr(x, y).statistic
    assert e.closed_form(x, y) == pytest.approx(rho)
    assert e.corrected_form(x, y) == pytest.approx(rho)


@given(*[arrays(np.float64, 9, elements=st.integers(0, 3).map(float))] * 2)
def test_with_ties_only_the_corrected_form_is_rho(x, y):
    assume(np.ptp(x) and np.ptp(y))
    rho = stats.spearmanr(x, y).statistic
    assert e.corrected_form(x, y) == pytest.approx(rho)


@given(st.permutations([0.0, 0, 0, 1, 1, 2, 3, 3, 4]))
def test_with_the_same_ties_on_both_sides_the_closed_form_is_too_high(order):
    x, y = np.array([0.0, 0, 0, 1, 1, 2, 3, 3, 4]), np.array(order)
    rho = stats.spearmanr(x, y).statistic
    assert e.closed_form(x, y) > rho or rho == pytest.approx(1)


def test_the_table_of_ties():
    free, *tied = e.ties(seed=0)
    assert (free.repeated, free.closed) == (0, pytest.approx(free.scipy))
    for one in (free, *tied):
        assert one.corrected == pytest.approx(one.scipy)
        assert one.ours == pytest.approx(one.scipy)
    off = [one.closed - one.scipy for one in tied[: len(e.LEVELS)]]
    assert off == sorted(off)
    assert off[-1] > 0.1
    assert (tied[-1].closed, tied[-1].scipy, tied[-1].repeated) == (0.375, pytest.approx(-0.25), 8)


def test_the_run_draws_and_prints(tmp_path, capsys):
    assert e.main(["--out", str(tmp_path / "new")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "monotone, but curved" in said.out
    assert "0.3750" in said.out
    assert f"Report: {tmp_path / 'new' / 'correlations.html'}" in said.out.replace("\n", "")
    page = (tmp_path / "new" / "correlations.html").read_text("utf-8")
    assert "data:image/png;base64," in page
    assert page.count("<table>") == 2
    with Image.open(tmp_path / "new" / "correlations.png") as picture:
        assert picture.info["dpi"] == (pytest.approx(300, abs=0.1),) * 2
        assert picture.width > 2000


@pytest.mark.parametrize(
    ("options", "word"), [(["--seed", "-1"], "-1"), (["--seed", "x"], "x"), (["--bogus"], "--bogus"), (["a"], "'a'")]
)
def test_bad_options_are_one_line(options, word, capsys):
    with pytest.raises(SystemExit) as stopped:
        e.main(options)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert word in said.err


def test_a_folder_that_cannot_be_written_prints_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        e.main(["--out", str(tmp_path / "file")])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
