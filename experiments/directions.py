"""Are the directions of different relations nearly orthogonal, and how many can be distinguished?

Claim: the directions of gender, plural, tense, capital and other relations are nearly orthogonal. The direction of a
relation is the mean of the unit-length differences of its pairs. The cosine of every two directions is compared with
the cosines of directions of random pairs. A direction can be distinguished if the directions of two random halves of
its pairs are nearer to each other than to any other direction. All relations of ``data/relations.tsv`` and all axes of
``data/axes.tsv`` are tested.
Command: ``python -m experiments.directions [--out FOLDER] [--seed N]``; under a minute.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.table import Table

from align.meaning.axes import Axis, axis_names, axis_pairs, fit_axis
from align.message import one_line
from align.plotting import sheet
from align.retrieval import unit_rows
from align.space import Space
from experiments import options as defaults
from experiments.options import parse_run, refuse
from experiments.spaces import read_space
from experiments.word_lists import list_path, read_list

MIN_PAIRS, SPLITS, NULL = 8, 100, 1000


class Direction(NamedTuple):
    """A direction and its measurements.

    Attributes:
      name: the relation or axis.
      pairs: number of its pairs.
      halves: mean cosine of the directions of two random halves of its pairs.
      other: the cosine with the largest magnitude to another direction.
      nearest: the name of that direction.
      apart: share of splits in which the halves are nearer to each other than to any other direction.
    """

    name: str
    pairs: int
    halves: float
    other: float
    nearest: str
    apart: float


def directions_of(space: Space, language: str) -> dict[str, Axis]:
    """Returns the relations and the axes of which the space covers at least 8 pairs."""
    relations: dict[str, list[tuple[str, str]]] = {}
    for relation, spoken, first, second in read_list(list_path("relations.tsv"), 4):
        if spoken == language:
            relations.setdefault(relation, []).append((second, first))
    built = {f"axis: {name}": axis_pairs(name, "zh" if language == "zh" else "en") for name in axis_names()}
    built.pop("axis: gender")
    found: dict[str, Axis] = {}
    for name, pairs in {**relations, **built}.items():
        known = [pair for pair in pairs if all(word in space for word in pair)]
        if len(known) >= MIN_PAIRS:
            found[name] = fit_axis(space, known, name=name)
    return found


def random_cosines(space: Space, pairs: int, *, seed: int) -> Float[np.ndarray, " n"]:
    """Returns the cosines of 1,000 pairs of directions, each of ``pairs`` random pairs of words."""
    rng = np.random.default_rng(seed)
    units = unit_rows(np.asarray(space.vectors[:10_000], np.float32))
    rows = rng.integers(0, len(units), (2 * NULL, pairs, 2))
    made = unit_rows(np.stack([unit_rows(units[one[:, 0]] - units[one[:, 1]]).mean(axis=0) for one in rows]))
    return np.einsum("nd,nd->n", made[::2], made[1::2]).astype(np.float64)


def distinguish(found: dict[str, Axis], *, seed: int) -> list[Direction]:
    """Measures each direction on random splits of its pairs."""
    rng = np.random.default_rng(seed)
    names = list(found)
    directions = np.stack([found[name].direction for name in names]).astype(np.float64)
    cosines = directions @ directions.T
    rows: list[Direction] = []
    for i, name in enumerate(names):
        differences = found[name].differences.astype(np.float64)
        others = np.delete(np.arange(len(names)), i)
        between: list[float] = []
        apart = 0
        for _ in range(SPLITS):
            order = rng.permutation(len(differences))
            halves = unit_rows(np.stack([differences[part].mean(axis=0) for part in (order[::2], order[1::2])])).astype(
                np.float64
            )
            between.append(float(halves[0] @ halves[1]))
            apart += int(between[-1] > np.abs(halves @ directions[others].T).max())
        at = int(others[np.abs(cosines[i, others]).argmax()])
        rows.append(
            Direction(name, len(differences), float(np.mean(between)), float(cosines[i, at]), names[at], apart / SPLITS)
        )
    return rows


def effective_number(found: dict[str, Axis]) -> float:
    """Returns the participation ratio of the directions: (sum of eigenvalues)^2 / sum of their squares."""
    directions = np.stack([one.direction for one in found.values()]).astype(np.float64)
    values = np.linalg.eigvalsh(directions @ directions.T)
    return float(values.sum() ** 2 / np.sum(values**2))


def draw(sides: Sequence[tuple[str, dict[str, Axis]]], bands: Sequence[float], path: Path) -> None:
    """Draws the cosines of the directions of each space; those outside the band of random directions have a number."""
    with sheet(path, 12.5, 5.7) as figure:
        for axes, (title, found), band in zip(figure.subplots(1, len(sides)), sides, bands, strict=True):
            directions = np.stack([one.direction for one in found.values()]).astype(np.float64)
            cosines = directions @ directions.T
            image = axes.imshow(cosines, cmap="RdBu_r", vmin=-1, vmax=1)
            for i, j in zip(*np.tril_indices(len(found), -1), strict=True):
                if abs(cosines[i, j]) > band:
                    text = f"{cosines[i, j]:.2f}".replace("0.", ".").replace("-", "−")
                    colour = "white" if abs(cosines[i, j]) > 0.55 else "black"
                    axes.text(j, i, text, ha="center", va="center", size=5, color=colour)
            axes.set_xticks(range(len(found)), list(found), rotation=70, ha="right", size=7)
            axes.set_yticks(range(len(found)), list(found), size=7)
            axes.set_title(f"{title}: random directions stay within ±{band:.2f}", loc="left")
            figure.colorbar(image, ax=axes, shrink=0.7)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a table for each language and draws the cosines; returns the exit status."""
    about = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, about, module="experiments.directions", out="results/directions")
    console = Console(width=120, highlight=False)
    try:
        spaces = (
            ("en", read_space(defaults.ENGLISH)),
            ("zh", read_space(defaults.CHINESE).simplified()),
        )
        sides = [(space.name, directions_of(space, language)) for language, space in spaces]
        nulls = [random_cosines(space, 20, seed=options.seed) for _, space in spaces]
        bands = [float(np.quantile(np.abs(null), 0.975)) for null in nulls]
        options.out.mkdir(parents=True, exist_ok=True)
        draw(sides, bands, options.out / "directions.png")
    except (ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    for (title, found), null, band in zip(sides, nulls, bands, strict=True):
        table = Table("direction", "pairs", "halves", "nearest other", "cosine", "distinct", title=title)
        rows = distinguish(found, seed=options.seed)
        for one in rows:
            figures = (f"{one.halves:.2f}", one.nearest, f"{one.other:.2f}", f"{one.apart:.0%}")
            table.add_row(one.name, str(one.pairs), *figures)
        console.print(table)
        directions = np.stack([one.direction for one in found.values()]).astype(np.float64)
        between = (directions @ directions.T)[np.triu_indices(len(found), 1)]
        console.print(
            f"{title}: median |cosine| of two directions {np.median(np.abs(between)):.2f}; of random pairs "
            f"{np.median(np.abs(null)):.2f} (97.5 % below {band:.2f}); {np.mean(np.abs(between) <= band):.0%} of the "
            f"cosines lie in that band. Distinct in at least 95 % of splits: "
            f"{sum(one.apart >= 0.95 for one in rows)} of {len(rows)}; effective number {effective_number(found):.1f}."
        )
    console.print(f"Figure: {options.out / 'directions.png'}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
