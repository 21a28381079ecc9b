"""The geometry of culture in two languages: axes of meaning, and the positions of sports, music, jobs and names.

Claim: projections onto axes agree with human ratings. The axes of gender, affluence, education, status and so on are
more correlated than random axes. English and Chinese place most words similarly, but not all. Figures: the cosines of
the axes; gender x affluence in each language; both languages in one picture, after a Procrustes map; names, in two
spaces that have them. Tables: agreement with human ratings, association tests before and after gender is removed,
names, words whose positions differ.
Source: Kozlowski, Taddy, Evans 2019, figures 3 and 5; Caliskan, Bryson, Narayanan 2017; Bolukbasi et al. 2016.
But: projections of two spaces are compared in standard deviations over the 10,000 most frequent words of each.
Command: ``python -m experiments.culture [--out FOLDER] [--seed N]``; about two minutes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.catalogue import resolve
from align.evaluate.correlation import pearson
from align.meaning.axes import Axis, axis_names, axis_pairs, fit_axis, project, resampled_projections
from align.meaning.bias import neutralise, weat, weat_tests
from align.meaning.survey import Survey, agreement, norms, occupations
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, SOFT, Labels, label, sheet
from align.retrieval import unit_rows
from align.space import Space
from align.text.scripts import Language
from experiments import options as defaults
from experiments.gender_removal import removal
from experiments.options import parse_run, refuse
from experiments.spaces import read_space
from experiments.word_lists import list_path, read_list

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUPS = {"sport": "o", "music": "^", "occupation": "s"}
NAMES = {"woman's name": "v", "man's name": "P"}
FREQUENT, RESAMPLES, NULL_AXES = 10_000, 500, 1000


class Side(NamedTuple):
    """One language, with its space, its axes by name, and the words to place on them."""

    language: Language
    space: Space
    axes: dict[str, Axis]
    words: tuple[str, ...]


def side_of(language: Language, space: Space, words: Sequence[str]) -> Side:
    """Returns a language's side with all built-in axes."""
    axes = {name: fit_axis(space, axis_pairs(name, language), name=name) for name in axis_names()}
    return Side(language, space, axes, tuple(words))


def sides_of(english: Space, chinese: Space, rows: Sequence[tuple[str, ...]]) -> tuple[Side, Side]:
    """Returns both sides with the words of the lines (group, English word, Chinese word) of the word list."""
    words = [word for _, word, _ in rows], [word for _, _, word in rows]
    return side_of("en", english, words[0]), side_of("zh", chinese, words[1])


def mapped(sides: tuple[Side, Side], *, seed: int) -> tuple[Side, Side]:
    """Returns both sides in one space, after a Procrustes map."""
    made = fit(sides[0].space, sides[1].space, read_dictionary("cedict"), Procrustes(), seed=seed)
    return side_of("en", made.source, sides[0].words), side_of("zh", made.target, sides[1].words)


def axis_cosines(side: Side) -> Float[np.ndarray, "a a"]:
    """Returns the cosines of a language's axes."""
    directions = np.stack([axis.direction for axis in side.axes.values()]).astype(np.float64)
    return directions @ directions.T


def random_band(space: Space, pairs: int, *, seed: int) -> float:
    """Returns the 97.5 % quantile of |cosine| of two axes made of ``pairs`` random pairs of frequent words each."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, min(FREQUENT, len(space)), (2 * NULL_AXES, pairs, 2))
    units = unit_rows(np.asarray(space.vectors[: min(FREQUENT, len(space))], np.float32))
    directions = np.stack([unit_rows(units[drawn[:, 0]] - units[drawn[:, 1]]).mean(axis=0) for drawn in rows])
    directions = unit_rows(directions)
    return float(np.quantile(np.abs(np.einsum("nd,nd->n", directions[::2], directions[1::2])), 0.975))


def standard(side: Side, axis: str) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "b q"]]:
    """Returns the words' projections on an axis, shape (q,), and on its resamples, shape (b, q).

    They are centred and scaled by the mean and standard deviation over the most frequent words.
    """
    made = side.axes[axis]
    common = project(made, np.asarray(side.space.vectors[:FREQUENT], np.float32))
    vectors = side.space.of(side.words)
    middle, spread = float(common.mean()), float(common.std())
    drawn = resampled_projections(made, vectors, seed=0, resamples=RESAMPLES)
    return (project(made, vectors) - middle) / spread, (drawn - middle) / spread


def differing(sides: tuple[Side, Side], axis: str) -> list[tuple[str, str, float, float, float]]:
    """Returns the words (English, Chinese) whose positions on an axis differ significantly, largest difference first.

    Each row has the difference, English minus Chinese, in standard deviations, and its 95 % interval.
    """
    (left, left_drawn), (right, right_drawn) = (standard(side, axis) for side in sides)
    low, high = np.quantile(left_drawn - right_drawn, [0.025, 0.975], axis=0)
    rows = [
        (english, chinese, float(left[i] - right[i]), float(low[i]), float(high[i]))
        for i, (english, chinese) in enumerate(zip(sides[0].words, sides[1].words, strict=True))
        if low[i] > 0 or high[i] < 0
    ]
    return sorted(rows, key=lambda row: -abs(row[2]))


def validity(space: Space) -> Table:
    """Returns the agreement of axes with the ratings of occupations and of words."""
    surveys: dict[str, Survey] = {"gender": occupations(resolve("occupations-women"))}
    surveys |= {name: norms(resolve("warriner"), name) for name in ("valence", "arousal", "dominance")}
    made = Table("axis", "survey", "covered", "total", "Pearson", "95 %", "Spearman", title=f"Validity, {space.name}")
    for name, survey in surveys.items():
        found = agreement(space, fit_axis(space, axis_pairs(name, "en"), name=name), survey).as_json(seed=0)
        low, high = found["intervals"]["pearson"]
        figures = (f"{found['pearson']:.3f}", f"{low:.3f} to {high:.3f}", f"{found['spearman']:.3f}")
        made.add_row(name, survey.name, f"{found['covered']:,}", f"{found['total']:,}", *figures)
    return made


def associations(sides: Sequence[Side]) -> Table:
    """Returns the association tests of both languages, before and after the gender axis is removed."""
    columns = ("test", "language", "covered", "effect d", "p", "d without gender", "p without gender")
    made = Table(*columns, title="Association tests")
    for side in sides:
        axis = side.axes["gender"]
        removed = neutralise(side.space, axis, keep=[word for pair in axis.pairs for word in pair])
        for name, words in weat_tests(side.language).items():
            before, after = (weat(space, words) for space in (side.space, removed))
            covered = f"{sum(before.covered)} of {sum(before.total)}"
            figures = (f"{before.effect:.2f}", f"{before.p:.4f}", f"{after.effect:.2f}", f"{after.p:.4f}")
            made.add_row(name, side.language, covered, *figures)
    return made


def draw_angles(sides: Sequence[Side], bands: Sequence[float], path: Path) -> None:
    """Draws the cosines of the axes of each language; only cosines outside the band of random axes have a number."""
    with sheet(path, 11.5, 5.2) as figure:
        for axes, side, band in zip(figure.subplots(1, 2), sides, bands, strict=True):
            cosines = axis_cosines(side)
            names = list(side.axes)
            image = axes.imshow(cosines, cmap="RdBu_r", vmin=-0.7, vmax=0.7)
            for i in range(len(names)):
                for j in range(i):
                    if abs(cosines[i, j]) > band:
                        text = f"{cosines[i, j]:.2f}".replace("0.", ".").replace("-", "−")
                        colour = "white" if abs(cosines[i, j]) > 0.4 else "black"
                        axes.text(j, i, text, ha="center", va="center", size=6, color=colour)
            axes.set_xticks(range(len(names)), names, rotation=60, ha="right", size=8)
            axes.set_yticks(range(len(names)), names, size=8)
            axes.set_title(f"{side.space.name}: random axes stay within ±{band:.2f}", loc="left")
            figure.colorbar(image, ax=axes, shrink=0.7)


def place_words(axes: "Axes", side: Side, groups: Sequence[str], colour: str) -> Labels:
    """Draws the words of one language on gender x affluence; returns their labels."""
    points = np.stack([standard(side, name)[0] for name in ("gender", "affluence")], axis=1)
    for group, marker in (GROUPS | NAMES).items():
        if group in groups:
            mine = np.array([own == group for own in groups])
            axes.plot(*points[mine].T, marker, color=colour, markersize=4)
    return Labels(list(side.words), points, [colour] * len(points))


def draw_places(pictures: Sequence[tuple[str, Sequence[tuple[Side, str]]]], groups: Sequence[str], path: Path) -> None:
    """Draws a panel for each title: the words of its sides on gender x affluence."""
    shown = [(group, marker) for group, marker in (GROUPS | NAMES).items() if group in groups]
    with sheet(path, 6.6 * len(pictures), 6.7) as figure:
        made: list[tuple[Axes, Labels]] = []
        for axes, (title, sides) in zip(np.atleast_1d(figure.subplots(1, len(pictures))), pictures, strict=True):
            labels = [place_words(axes, side, groups, colour) for side, colour in sides]
            axes.axhline(0, color=SOFT, linewidth=0.6, zorder=0)
            axes.axvline(0, color=SOFT, linewidth=0.6, zorder=0)
            axes.set_title(title, loc="left")
            axes.set_xlabel("gender: − women, + men (standard deviations)")
            axes.set_ylabel("affluence: − poor, + rich (standard deviations)")
            axes.margins(0.16)
            joined = Labels(
                [text for part in labels for text in part.texts],
                np.concatenate([part.points for part in labels]),
                [colour for part in labels for colour in part.colours],
            )
            made.append((axes, joined))
        keys = [made[0][0].plot([], [], marker, color="black", markersize=4, label=group)[0] for group, marker in shown]
        figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), frameon=False)
        for axes, joined in made:
            label(axes, joined, size=8.0)


def name_order(side: Side, groups: Sequence[str]) -> float:
    """Returns the share of (woman's name, man's name) pairs with the woman's name lower on the gender axis."""
    projections = standard(side, "gender")[0]
    women, men = (projections[[own == group for own in groups]] for group in NAMES)
    return float(np.mean(women[:, None] < men))


def names(rows: Sequence[tuple[str, ...]], path: Path) -> Table:
    """Draws the names of the word list in spaces that have them, and returns how the gender axis orders them."""
    groups = [group for group, _, _ in rows]
    spaces = read_space(defaults.ENGLISH_WITH_NAMES), read_space(defaults.CHINESE_WITH_NAMES).simplified()
    sides = sides_of(*spaces, rows)
    draw_places(panels(sides), groups, path)
    columns = ("space", "pairs with the woman's name lower", "r of the two languages, gender", "affluence")
    made = Table(*columns, title="Names")
    by_axis = [[standard(side, axis)[0] for side in sides] for axis in ("gender", "affluence")]
    correlations = [f"{pearson(english, chinese):.2f}" for english, chinese in by_axis]
    for side in sides:
        made.add_row(side.space.name, f"{name_order(side, groups):.0%}", *correlations)
    return made


def panels(sides: Sequence[Side]) -> list[tuple[str, list[tuple[Side, str]]]]:
    """Returns a panel for each language, titled with its space."""
    return [(side.space.name, [(side, colour)]) for side, colour in zip(sides, (ENGLISH, CHINESE), strict=True)]


def gender_tables(sides: Sequence[Side], groups: Sequence[str]) -> list[Table]:
    """Returns for each language how the removal of gender changes occupations and scores."""
    jobs = [[word for word, group in zip(side.words, groups, strict=True) if group == "occupation"] for side in sides]
    return [removal(side.space, side.language, mine) for side, mine in zip(sides, jobs, strict=True)]


def word_table(sides: tuple[Side, Side], common: tuple[Side, Side]) -> Table:
    """Returns for each axis how well the positions agree between the languages, and the words that differ most.

    Args:
      sides: both languages in their own spaces.
      common: both languages in one space, to compare the directions of the axes.
    """
    made = Table("axis", "r of the two languages", "cosine of the two axes, mapped", "words that differ", title="Words")
    for name in axis_names():
        english, chinese = (standard(side, name)[0] for side in sides)
        rows = differing(sides, name)
        most = ", ".join(f"{word}/{their} {gap:+.1f}" for word, their, gap, _, _ in rows[:4])
        cosine = float(common[0].axes[name].direction @ common[1].axes[name].direction)
        made.add_row(name, f"{pearson(english, chinese):.2f}", f"{cosine:.2f}", f"{len(rows)}: {most}")
    return made


def angle_summary(sides: Sequence[Side], bands: Sequence[float]) -> str:
    """Returns how many cosines of axes lie outside the bands, and how well the languages' cosines agree."""
    upper = np.triu_indices(len(axis_names()), 1)
    angles = [axis_cosines(side)[upper] for side in sides]
    outside = [f"{np.mean(np.abs(one) > band):.0%}" for one, band in zip(angles, bands, strict=True)]
    return (
        f"Cosines of axes outside the band of random axes: {outside[0]} in English, {outside[1]} in Chinese; "
        f"correlation of the two languages' cosines: {pearson(angles[0], angles[1]):.2f}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the tables and draws the figures; returns the exit status."""
    about = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, about, module="experiments.culture", out="results/culture")
    try:
        listed = read_list(list_path("culture.tsv"), 3)
        rows = [row for row in listed if row[0] in GROUPS]
        groups = [group for group, _, _ in rows]
        sides = sides_of(read_space(defaults.ENGLISH), read_space(defaults.CHINESE).simplified(), rows)
        options.out.mkdir(parents=True, exist_ok=True)
        bands = [random_band(side.space, 16, seed=options.seed) for side in sides]
        draw_angles(sides, bands, options.out / "angles.png")
        draw_places(panels(sides), groups, options.out / "places.png")
        by_name = names([row for row in listed if row[0] in NAMES], options.out / "names.png")
        common = mapped(sides, seed=options.seed)
        joined = (common[0], common[1]._replace(axes=common[0].axes))
        both = [("Both languages on the English axes, mapped", list(zip(joined, (ENGLISH, CHINESE), strict=True)))]
        draw_places(both, groups, options.out / "both.png")
    except (ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    valid = (validity(sides[0].space), validity(read_space(defaults.ENGLISH_WITH_NAMES)))
    for one in (*valid, associations(sides), *gender_tables(sides, groups), by_name, word_table(sides, common)):
        console.print(one)
    console.print(angle_summary(sides, bands))
    console.print(f"Figures: {options.out}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
