"""Pearson's and Spearman's correlation on the four textbook cases, and why Spearman's closed form fails with ties.

Claim: Pearson's r measures how straight a relation is, Spearman's rho how monotone; neither sees a relation that turns
round, and one outlier can make r, not rho. 1 - 6 sum d^2 / (n (n^2 - 1)) is rho only where no value stands twice: it
takes the ranks' sum of squares for n (n^2 - 1) / 12, and t equal values make that sum (t^3 - t) / 12 smaller.
Source: the course's lecture on evaluation; Kendall & Gibbons 1990, chapter 3.
Command: ``python -m experiments.correlations [--out FOLDER] [--seed N]``; a few seconds.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.table import Table
from scipy import stats

from align.evaluate.correlation import pearson, ranks, spearman
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.options import parse_run, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 41
_JUDGED = 200
LEVELS = (20, 5, 3, 2)


class Case(NamedTuple):
    """Points of one textbook case; the last ``outliers`` of them are such."""

    name: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    lesson: str
    outliers: int = 0

    @property
    def plain(self) -> slice:
        """The points that are no outliers."""
        return slice(0, len(self.x) - self.outliers)


class Tied(NamedTuple):
    """Spearman's rho of one pair of lists, four ways; ``repeated`` counts the values that another equals."""

    name: str
    n: int
    repeated: int
    closed: float
    corrected: float
    ours: float
    scipy: float


def cases(*, seed: int) -> tuple[Case, ...]:
    """The four cases: linear with noise, y = e^x, y = x^2, and an unrelated cloud with one point far off."""
    rng = np.random.default_rng(seed)
    x = 3 * np.arange(-(_POINTS // 2), _POINTS // 2 + 1) / (_POINTS // 2)
    noise = rng.normal(size=_POINTS)
    cloud = rng.normal(size=(2, _POINTS))
    far_x, far_y = (np.append(side, 9.0) for side in cloud)
    return (
        Case("linear", x, x + 0.7 * noise, "both see it"),
        Case("monotone, but curved", x, np.exp(x), "ρ is 1, r is not"),
        Case("not monotone", x, x**2, "neither sees it"),
        Case("no relation, one outlier", far_x, far_y, "r is the outlier's", 1),
    )


def closed_form(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """1 - 6 sum d^2 / (n (n^2 - 1)), d the difference of ranks: rho without ties only.

    >>> closed_form(np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0]))
    0.375
    """
    n = len(x)
    return float(1 - 6 * np.sum((ranks(x) - ranks(y)) ** 2) / (n * (n**2 - 1)))


def corrected_form(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """(S_x + S_y - sum d^2) / (2 sqrt(S_x S_y)), S = (n^3 - n - sum (t^3 - t)) / 12 over groups of t equal values.

    S is the sum of squares of the ranks about their mean. It is rho with ties too (Kendall & Gibbons 1990, chapter 3).

    >>> corrected_form(np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0]))
    -0.25
    """
    of_x, of_y = _squares(x), _squares(y)
    d = ranks(x) - ranks(y)
    return float((of_x + of_y - np.sum(d**2)) / (2 * np.sqrt(of_x * of_y)))


def _squares(x: Float[np.ndarray, " n"]) -> float:
    """S, from the number of values and of equal ones."""
    t = np.unique(x, return_counts=True)[1].astype(float)
    n = len(x)
    return float(n**3 - n - np.sum(t**3 - t)) / 12


def ties(*, seed: int) -> tuple[Tied, ...]:
    """Lists with more and more ties: the same judgements on coarser and coarser scales, and five values."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=_JUDGED)
    y = 0.6 * x + 0.8 * rng.normal(size=_JUDGED)
    lists = [("no ties", x, y)]
    lists += [(f"the same, {levels} grades", _graded(x, levels), _graded(y, levels)) for levels in LEVELS]
    lists.append(("0 0 0 0 1 beside 0 0 0 1 0", np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0])))
    return tuple(_tied(*one) for one in lists)


def _graded(x: Float[np.ndarray, " n"], levels: int) -> Float[np.ndarray, " n"]:
    """``x`` on a scale of so many grades; the outer ones are rare, as people give them."""
    edges = np.linspace(-2, 2, levels + 1)[1:-1]
    return np.searchsorted(edges, x).astype(float)


def _tied(name: str, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> Tied:
    groups = [np.unique(side, return_counts=True)[1] for side in (x, y)]
    repeated = sum(int(sizes[sizes > 1].sum()) for sizes in groups)
    theirs = float(np.asarray(stats.spearmanr(x, y))[0])
    return Tied(name, len(x), repeated, closed_form(x, y), corrected_form(x, y), spearman(x, y), theirs)


def draw(shown: Sequence[Case], path: Path) -> Path:
    """One panel a case, with both coefficients above it; outliers are red; the path."""
    with sheet(path, 7.2, 6.6) as figure:
        for axes, case in zip(figure.subplots(2, 2).ravel(), shown, strict=True):
            _panel(axes, case)
    return path


def _panel(axes: "Axes", case: Case) -> None:
    axes.plot(case.x[case.plain], case.y[case.plain], "o", color=ENGLISH, markersize=4.5, alpha=0.8, markeredgewidth=0)
    if case.outliers:
        axes.plot(case.x[-case.outliers :], case.y[-case.outliers :], "o", color=CHINESE, markersize=6)
        x, y = case.x[case.plain], case.y[case.plain]
        told = f"without the red point\nr = {signed(pearson(x, y))}, ρ = {signed(spearman(x, y))}"
        axes.text(0.04, 0.96, told, transform=axes.transAxes, va="top", size=9, color=INK)
    axes.set_title(
        f"{case.name}\nr = {signed(pearson(case.x, case.y))}   ρ = {signed(spearman(case.x, case.y))}", loc="left"
    )
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.margins(0.06)
    axes.tick_params(length=0, labelsize=8, color=SOFT)
    axes.spines[["top", "right"]].set_visible(False)


def signed(value: float) -> str:
    """Two decimals with a true minus sign, and no minus before zero.

    >>> signed(-0.254), signed(-0.001)
    ('−0.25', '0.00')
    """
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def tables(shown: Sequence[Case], lists: Sequence[Tied]) -> tuple[Table, Table]:
    """The two tables: coefficients of the four cases, and rho with ties, four ways."""
    first = Table("case", "Pearson r", "Spearman ρ", "lesson", title="The four textbook cases")
    for case in shown:
        first.add_row(case.name, signed(pearson(case.x, case.y)), signed(spearman(case.x, case.y)), case.lesson)
        if case.outliers:
            x, y = case.x[case.plain], case.y[case.plain]
            first.add_row("  without the outlier", signed(pearson(x, y)), signed(spearman(x, y)), "nothing is there")
    second = Table(
        *(
            "lists",
            "values that repeat",
            "1 − 6Σd²/(n(n²−1))",
            "corrected",
            "r of ranks",
            "scipy",
            "closed form off by",
        ),
        title=f"Spearman's ρ with ties: {_JUDGED} pairs on coarser and coarser scales",
    )
    for one in lists:
        figures = [f"{value:.4f}".replace("-", "−") for value in (one.closed, one.corrected, one.ours, one.scipy)]
        off = f"{one.closed - one.scipy + 0.0:+.4f}".replace("-", "−")
        second.add_row(one.name, f"{one.repeated} of {2 * one.n}", *figures, off)
    for table in (first, second):
        for column in table.columns[1:]:
            column.justify = "left" if column.header == "lesson" else "right"
    return first, second


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the four cases, print both tables; the exit status."""
    options = parse_run(
        argv, (__doc__ or "").split("\n")[0], module="experiments.correlations", out="results/correlations"
    )
    shown = cases(seed=options.seed)
    try:
        path = draw(shown, options.out / "correlations.png")
    except OSError as error:
        refuse(one_line(error))
    console = Console(width=130, highlight=False)
    for table in tables(shown, ties(seed=options.seed)):
        console.print(table)
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
