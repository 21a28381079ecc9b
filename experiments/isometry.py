"""How similar are the shapes of two spaces, and does this predict the accuracy of a map between them?

Claim: a rotation maps isometric spaces onto each other. The less similar two spaces are, by the spectra of their
neighbour graphs or by the cosines within them, the fewer words a rotation translates. All pairs of spaces are
measured. In a pair of one language, each word translates to itself. The measures use the 1,000 most frequent training
pairs. P@1 is measured with Procrustes and CSLS on test words, among the 40,000 most frequent words of each space.
Source: Søgaard et al. 2018, section 3 (eigenvalue similarity); Vulić et al. 2020, section 2 (relational similarity).
Command: ``python -m experiments.isometry [--out FOLDER] [--seed N] [--spaces en=FILE zh=FILE ...]``; about five
minutes.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.catalogue import resolve
from align.evaluate.correlation import pearson, spearman
from align.evaluate.lexicon import compare
from align.files import load
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, sheet
from align.progress import counted
from align.retrieval import top_k, unit_rows
from align.space import Space
from experiments.options import add_out, add_seed, known_only, new_parser, refuse

COLOURS = {"en-en": ENGLISH, "zh-zh": CHINESE}
SPACES = ("en=googlenews-small", "en=glove-6b-50", "zh=chinese-synonym", "zh=zhwiki-synonyms")
CANDIDATES, MEASURED, NEIGHBOURS, SHARE = 40_000, 1000, 10, 0.9


class Result(NamedTuple):
    """The measures of one pair of spaces; ``hits`` is the mean P@1 of both directions."""

    name: str
    languages: str
    relational: float
    eigenvalues: float
    hits: float


def spectrum(points: Float[np.ndarray, "n d"], neighbours: int = NEIGHBOURS) -> Float[np.ndarray, " n"]:
    """Returns the eigenvalues, largest first, of the Laplacian D - A of the nearest-neighbour graph.

    A_ij = 1 if i is among the ``neighbours`` nearest neighbours of j by cosine, or j among the neighbours of i. D is
    the diagonal matrix of the row sums of A.
    """
    unit, rows = unit_rows(points), np.arange(len(points))
    near = top_k(unit, unit, neighbours, exclude=rows[:, None]).ids
    joined = np.zeros((len(points), len(points)))
    joined[rows[:, None], near] = 1
    joined = np.maximum(joined, joined.T)
    return np.linalg.eigvalsh(np.diag(joined.sum(axis=1)) - joined)[::-1]


def eigenvalue_difference(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """Returns Delta = sum over i <= k of (lambda_i - mu_i)^2 of two Laplacian spectra: 0 for equal spectra.

    For each spectrum, count the largest eigenvalues that together exceed 90 % of its sum; k is the smaller count.
    """
    spectra = [spectrum(side) for side in (x, y)]
    k = min(int(np.argmax(np.cumsum(one) > SHARE * one.sum())) + 1 for one in spectra)
    return float(np.sum((spectra[0][:k] - spectra[1][:k]) ** 2))


def relational_correlation(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]) -> float:
    """Returns Pearson's r of the cosines of all pairs of words and the cosines of their translations."""
    upper = np.triu_indices(len(x), 1)
    one, other = ((unit_rows(side) @ unit_rows(side).T)[upper] for side in (x, y))
    return pearson(one, other)


def measure(one: Space, other: Space, dictionary: Dictionary, languages: str, *, seed: int) -> Result:
    """Returns both similarities of a pair of spaces, and its P@1."""
    cut = split(dictionary, one.vocab, other.vocab)
    first = {source: targets[0] for source, targets in cut.train.targets.items()}
    rows = one.vocab.ids(list(first)[:MEASURED]), other.vocab.ids(list(first.values())[:MEASURED])
    x, y = (side.vectors[part] - side.vectors.mean(axis=0) for side, part in zip((one, other), rows, strict=True))
    made = fit(one, other, cut.train, Procrustes(), seed=seed)
    lines = compare({"procrustes": made}, cut.test, cut.reverse_test, ("csls",))
    hits = float(np.mean([line.lexicon.precision(1).value for line in lines if len(line.lexicon.ranks)]))
    names = f"{one.name} - {other.name}"
    return Result(names, languages, relational_correlation(x, y), eigenvalue_difference(x, y), hits)


def pairs_of_spaces(spaces: Sequence[tuple[str, Space]]) -> Iterator[tuple[Space, Space, Dictionary, str]]:
    """Yields every two spaces with their dictionary: CC-CEDICT, or identical words for spaces of one language."""
    cedict = read_dictionary("cedict")
    for (left, one), (right, other) in combinations(spaces, 2):
        if left == right:
            shared = [word for word in one.vocab if word in other.vocab]
            yield (
                one,
                other,
                Dictionary(tuple(zip(shared, shared, strict=True)), "identical words"),
                f"{left}-{right}",
            )
        else:
            english, chinese = (one, other) if left == "en" else (other, one)
            yield english, chinese, cedict, "en-zh"


def draw(results: Sequence[Result], path: Path) -> Path:
    """Draws P@1 against both measures; each pair of spaces has a number, which the legend and the table explain."""
    titles = ("relational correlation", "eigenvalue difference Δ")
    with sheet(path, 8.5, 4.6) as figure:
        for i, (axes, title) in enumerate(zip(figure.subplots(1, 2, sharey=True), titles, strict=True)):
            values = [(one.relational, one.eigenvalues)[i] for one in results]
            for number, (value, one) in enumerate(zip(values, results, strict=True), 1):
                axes.plot(value, 100 * one.hits, "o", color=COLOURS.get(one.languages, INK), markersize=5)
                axes.annotate(str(number), (value, 100 * one.hits), xytext=(6, 5), textcoords="offset points", size=9)
            rho = spearman(np.array(values), np.array([one.hits for one in results]))
            axes.set_title(f"ρ = {rho:.2f}, {len(results)} pairs of spaces", loc="left")
            axes.set_xlabel(title)
            axes.spines[["top", "right"]].set_visible(False)
            axes.margins(0.12)
            if not i:
                axes.set_ylabel("P@1, Procrustes with CSLS, %")
        named = [f"{number} {one.name}" for number, one in enumerate(results, 1)]
        colours = [COLOURS.get(one.languages, INK) for one in results]
        marks = [figure.axes[0].plot([], [], "o", color=colour, markersize=5)[0] for colour in colours]
        figure.legend(marks, named, loc="outside lower center", ncols=2)
    return path


def read(named: Sequence[str]) -> list[tuple[str, Space]]:
    """Loads the 40,000 most frequent words of the spaces in arguments like ``en=NAME``.

    Raises:
        ValueError: an argument does not have this form.
    """
    found: list[tuple[str, Space]] = []
    for one in named:
        language, mark, source = one.partition("=")
        if not mark or language not in ("en", "zh"):
            raise ValueError(f"--spaces {one!r}: must be en=NAME or zh=NAME, where NAME is a file or a catalogue name")
        space = load(resolve(source), limit=2 * CANDIDATES, name=Path(source).stem)
        found.append((language, space.simplified().restrict(CANDIDATES)))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measures every pair of spaces, prints the table, draws the figure; returns the exit status."""
    parser = new_parser("experiments.isometry", __doc__)
    add_out(parser, "results/isometry")
    add_seed(parser)
    about = f"the spaces, each as en=NAME or zh=NAME (default: {' '.join(SPACES)})"
    parser.add_argument("--spaces", metavar="en=NAME", nargs="+", default=SPACES, help=about)
    try:
        options = known_only(parser, argv)
        spaces = read(options.spaces)
        pairs = list(pairs_of_spaces(spaces))
        results = [measure(*pair, seed=options.seed) for pair in counted(pairs, "pairs of spaces")]
        path = draw(results, options.out / "isometry.png")
    except (argparse.ArgumentError, ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    table = Table("", "spaces", "relational r", "eigenvalue Δ", "P@1", title="Similarity of two spaces, and P@1")
    for number, one in enumerate(results, 1):
        figures = (f"{one.relational:.3f}", f"{one.eigenvalues:,.0f}", f"{100 * one.hits:.1f}")
        table.add_row(str(number), one.name, *figures)
    console = Console(width=110, highlight=False)
    console.print(table)
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
