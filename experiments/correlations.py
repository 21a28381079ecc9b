"""Pearson's and Spearman's correlation on the four textbook cases, and why Spearman's closed form fails with ties.

Claim: Pearson's r measures how linear a relation is, Spearman's rho how monotone. Neither detects a relation that rises
and falls, and one outlier can determine r but not rho. 1 - 6 sum d^2 / (n (n^2 - 1)) equals rho only without ties: it
assumes that the ranks' sum of squares is n (n^2 - 1) / 12, and t equal values make that sum (t^3 - t) / 12 smaller.
Source: Kendall & Gibbons 1990, chapter 3.
Command: ``python -m experiments.correlations [--out FOLDER] [--seed N]``; a few seconds.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from align.evaluate.correlation import pearson, ranks, spearman
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from experiments.options import parse_run, refuse
from experiments.report import Block, Cell, Figure, Heading, Paragraph, Section, Table, signed, write
from experiments.terminal import print_sections, print_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 41
_RATED = 200
LEVELS = (20, 5, 3, 2)
TITLE = "Pearson's and Spearman's correlation, and ties"
_METHOD = (
    (
        "**Pearson's r** measures how linear a relation is: `r = Σ(xᵢ − x̄)(yᵢ − ȳ) / √(Σ(xᵢ − x̄)² Σ(yᵢ − ȳ)²)`. "
        "**Spearman's ρ** is r of the ranks and measures how monotone a relation is. Equal values share their mean "
        "rank."
    ),
    (
        "Neither detects a relation that rises and falls, and one outlier can determine r but not ρ. The closed form "
        "`1 − 6Σd²/(n(n²−1))`, where d is the difference of ranks, equals ρ only without ties (Kendall and Gibbons "
        "1990, chapter 3)."
    ),
)


class Case(NamedTuple):
    """The points of one textbook case; the last ``outliers`` points are outliers."""

    name: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    lesson: str
    outliers: int = 0

    @property
    def plain(self) -> slice:
        """The points that are not outliers."""
        return slice(0, len(self.x) - self.outliers)


class TiedScores(NamedTuple):
    """Spearman's rho of one pair of lists, computed four ways; ``repeated`` counts the tied values."""

    name: str
    n: int
    repeated: int
    closed: float
    corrected: float
    ours: float
    scipy: float


def cases(*, seed: int) -> tuple[Case, ...]:
    """Returns the four cases: linear with noise, y = e^x, y = x^2, and an unrelated cloud with one distant point."""
    rng = np.random.default_rng(seed)
    x = 3 * np.arange(-(_POINTS // 2), _POINTS // 2 + 1) / (_POINTS // 2)
    noise = rng.normal(size=_POINTS)
    cloud = rng.normal(size=(2, _POINTS))
    far_x, far_y = (np.append(side, 9.0) for side in cloud)
    return (
        Case("linear", x, x + 0.7 * noise, "both detect it"),
        Case("monotone, but curved", x, np.exp(x), "ρ is 1, r is not"),
        Case("not monotone", x, x**2, "neither detects it"),
        Case("no relation, one outlier", far_x, far_y, "the outlier determines r", 1),
    )


def closed_form(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Returns 1 - 6 sum d^2 / (n (n^2 - 1)), where d is the difference of ranks: rho if there are no ties.

    >>> closed_form(np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0]))
    0.375
    """
    n = len(x)
    return float(1 - 6 * np.sum((ranks(x) - ranks(y)) ** 2) / (n * (n**2 - 1)))


def corrected_form(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Returns (S_x + S_y - sum d^2) / (2 sqrt(S_x S_y)) with S = (n^3 - n - sum (t^3 - t)) / 12 over groups of t ties.

    S is the sum of squares of the ranks about their mean. The result equals rho also with ties.

    Source: Kendall & Gibbons 1990, chapter 3.

    >>> corrected_form(np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0]))
    -0.25
    """
    of_x, of_y = _squares(x), _squares(y)
    d = ranks(x) - ranks(y)
    return float((of_x + of_y - np.sum(d**2)) / (2 * np.sqrt(of_x * of_y)))


def _squares(x: Float[np.ndarray, " n"]) -> float:
    """Returns S, the sum of squares of the ranks of ``x`` about their mean."""
    t = np.unique(x, return_counts=True)[1].astype(float)
    n = len(x)
    return float(n**3 - n - np.sum(t**3 - t)) / 12


def ties(*, seed: int) -> tuple[TiedScores, ...]:
    """Returns rho of pairs of lists with more and more ties: ratings on coarser scales, and lists of five values."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=_RATED)
    y = 0.6 * x + 0.8 * rng.normal(size=_RATED)
    lists = [("no ties", x, y)]
    lists += [(f"the same, {levels} grades", _graded(x, levels), _graded(y, levels)) for levels in LEVELS]
    lists.append(("0 0 0 0 1 beside 0 0 0 1 0", np.array([0.0, 0, 0, 0, 1]), np.array([0.0, 0, 0, 1, 0])))
    return tuple(_tied(*pair) for pair in lists)


def _graded(x: Float[np.ndarray, " n"], levels: int) -> Float[np.ndarray, " n"]:
    """Returns ``x`` on a scale of ``levels`` grades; the outer grades are rare, as in human ratings."""
    edges = np.linspace(-2, 2, levels + 1)[1:-1]
    return np.searchsorted(edges, x).astype(float)


def _tied(name: str, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> TiedScores:
    groups = [np.unique(side, return_counts=True)[1] for side in (x, y)]
    repeated = sum(int(sizes[sizes > 1].sum()) for sizes in groups)
    theirs = float(np.asarray(stats.spearmanr(x, y))[0])
    return TiedScores(name, len(x), repeated, closed_form(x, y), corrected_form(x, y), spearman(x, y), theirs)


def draw(shown: Sequence[Case], path: Path) -> Path:
    """Draws a panel for each case with both coefficients above it, outliers in red; returns the path."""
    with sheet(path, 7.2, 6.6) as figure:
        for axes, case in zip(figure.subplots(2, 2).ravel(), shown, strict=True):
            _panel(axes, case)
    return path


def _panel(axes: "Axes", case: Case) -> None:
    axes.plot(case.x[case.plain], case.y[case.plain], "o", color=ENGLISH, markersize=4.5, alpha=0.8, markeredgewidth=0)
    if case.outliers:
        axes.plot(case.x[-case.outliers :], case.y[-case.outliers :], "o", color=CHINESE, markersize=6)
        x, y = case.x[case.plain], case.y[case.plain]
        note = f"without the red point\nr = {signed(pearson(x, y))}, ρ = {signed(spearman(x, y))}"
        axes.text(0.04, 0.96, note, transform=axes.transAxes, va="top", size=9, color=INK)
    axes.set_title(
        f"{case.name}\nr = {signed(pearson(case.x, case.y))}   ρ = {signed(spearman(case.x, case.y))}", loc="left"
    )
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.margins(0.06)
    axes.tick_params(length=0, labelsize=8, color=SOFT)
    axes.spines[["top", "right"]].set_visible(False)


def case_table(shown: Sequence[Case]) -> Table:
    """Returns both coefficients of the four cases."""
    rows: list[tuple[Cell, ...]] = []
    for case in shown:
        rows.append((case.name, signed(pearson(case.x, case.y)), signed(spearman(case.x, case.y)), case.lesson))
        if case.outliers:
            x, y = case.x[case.plain], case.y[case.plain]
            rows.append(("without the outlier", signed(pearson(x, y)), signed(spearman(x, y)), "there is no relation"))
    return Table("The four textbook cases.", ("case", "Pearson r", "Spearman ρ", "lesson"), tuple(rows))


def tie_table(lists: Sequence[TiedScores]) -> Table:
    """Returns Spearman's rho of lists with ties, computed four ways."""
    rows: list[tuple[Cell, ...]] = []
    for tied in lists:
        figures = [f"{value:.4f}".replace("-", "−") for value in (tied.closed, tied.corrected, tied.ours, tied.scipy)]
        error = f"{tied.closed - tied.scipy + 0.0:+.4f}".replace("-", "−")
        rows.append((tied.name, f"{tied.repeated} of {2 * tied.n}", *figures, error))
    return Table(
        f"Spearman's ρ with ties: {_RATED} pairs of ratings on coarser and coarser scales, and lists of five values.",
        (
            "lists",
            "tied values",
            "1 − 6Σd²/(n(n²−1))",
            "corrected for ties",
            "r of ranks",
            "scipy",
            "error of the first",
        ),
        tuple(rows),
    )


def section(*, seed: int, out: Path) -> Section:
    """Draws the four cases and returns the section about them and about ties."""
    shown, lists = cases(seed=seed), ties(seed=seed)
    path = draw(shown, out / "correlations.png")
    listed = "; ".join(
        f"{case.name}: r = {signed(pearson(case.x, case.y))}, ρ = {signed(spearman(case.x, case.y))}" for case in shown
    )
    worst = max(lists, key=lambda tied: abs(tied.closed - tied.scipy))
    finding = (
        f"With ties the closed form is wrong: for “{worst.name}” it gives {signed(worst.closed)} and ρ is "
        f"{signed(worst.scipy)}."
    )
    blocks: tuple[Block, ...] = (
        *(Paragraph(text) for text in _METHOD),
        Figure(path, "The four textbook cases. Red: an outlier.", f"Four scatter plots. {listed}."),
        case_table(shown),
        Heading("Ties"),
        Paragraph(finding),
        tie_table(lists),
    )
    return Section(TITLE, blocks, (f"{listed}.", finding))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes ``correlations.html`` with its figure and prints the section; returns the exit status."""
    options = parse_run(
        argv, (__doc__ or "").split("\n")[0], module="experiments.correlations", out="results/correlations"
    )
    try:
        made = section(seed=options.seed, out=options.out)
        page = write((made,), options.out / "correlations.html", title=made.title)
    except OSError as error:
        refuse(one_line(error))
    print_sections((made,))
    print_summary((made,), page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
