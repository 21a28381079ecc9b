"""Which distance between documents is best? Human similarities, classes of neighbours, pages in two languages.

Claim: the Word Mover's Distance agrees with human ratings better than the cosine of mean word vectors does, and idf
weights matter more than the choice of distance. Bag-of-words and tf-idf are strong baselines, as Sato et al. find.
Three tables: Pearson correlation with human ratings of the 50 documents of Lee et al.; the error of k nearest
neighbours on R8, R52 and 20NG, with k chosen on held-out training documents; and how often the nearest page is the
translation (P@1, MRR), after a Procrustes map and without English terms.
Source: Kusner et al. 2015, section 5; Sato et al. 2021, section 4.
Command: ``python -m experiments.documents [--out FOLDER] [--seed N] [--train N] [--test N] [--pages N]
[--sets [NAME ...]] [--measures NAME ...] [--reference]``.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.checks import at_least
from align.evaluate.correlation import bootstrap, pearson
from align.meaning.documents.bags import Bags, documents_of
from align.meaning.documents.measures import (
    DocumentMeasure,
    WordStatistics,
    background_statistics,
    distances,
    nearest_documents,
    statistics_of,
    weighted,
)
from align.meaning.documents.nearest import SLACK
from align.meaning.documents.relaxed import centroid_distances, relaxations
from align.meaning.documents.transport import Mover, mover_blocks
from align.message import one_line
from align.progress import counted
from align.space import Space
from experiments.document_sets import LABELLED, ComparedTexts, LabelledTexts, Pages, read_lee, read_pages, read_set
from experiments.options import CHINESE, ENGLISH, ENGLISH_WITH_NAMES, add_out, add_seed, known_only, new_parser, refuse
from experiments.sentence_encoder import NAME as REFERENCE
from experiments.sentence_encoder import check_encoder, encoder_distances
from experiments.spaces import read_space

MEASURES = (
    DocumentMeasure("bag-of-words"),
    DocumentMeasure("tf-idf"),
    DocumentMeasure("cosine"),
    DocumentMeasure("cosine", "tf-idf"),
    DocumentMeasure("cosine", "keywords"),
    DocumentMeasure("sif"),
    DocumentMeasure("wcd"),
    DocumentMeasure("rwmd"),
    DocumentMeasure("rwmd", "tf-idf"),
    DocumentMeasure("wmd"),
    DocumentMeasure("wmd", "tf-idf"),
    DocumentMeasure("wmd", "sif"),
    DocumentMeasure("sinkhorn"),
    DocumentMeasure("sinkhorn", "tf-idf"),
)
"""The measures to compare. lc-rwmd is not among them, because it gives the same values as rwmd."""
NAMES = tuple(dict.fromkeys(measure.name for measure in MEASURES))
SLOW = ("sinkhorn",)
"""Measures that are left out unless they are named."""
ACROSS = tuple(measure for measure in MEASURES if measure.name not in ("bag-of-words", "tf-idf"))
"""The measures that can compare two languages."""
NEIGHBOURS = (1, 3, 5, 7, 9, 11, 15, 19)
SIZES = {"R8": (2000, 500), "R52": (2000, 500), "20NG": (500, 300)}
"""Training and test documents of each set. The documents of 20NG are long, and a distance takes much longer."""


class Row(NamedTuple):
    """A measure and its figures, as text."""

    name: str
    figures: tuple[str, ...]


def title_of(measure: DocumentMeasure) -> str:
    """Returns the name of a measure, with its weights if they are not counts."""
    weights = "" if measure.weighting == "counts" else f", {measure.weighting} weights"
    return f"{measure.name}{weights}"


def people(space: Space, compared: ComparedTexts, measures: Sequence[DocumentMeasure], *, seed: int) -> Iterator[Row]:
    """Yields Pearson's r of each measure with the human similarities, over all pairs of documents."""
    upper = np.triu_indices(len(compared.texts), 1)
    human = compared.similarities[upper]
    documents = documents_of(space, compared.texts)
    statistics = background_statistics(documents_of(space, [*compared.texts, *compared.background]))
    for measure in measures:
        bags = weighted(documents, measure, statistics)
        found = -distances(bags, bags, measure)[upper]
        low, high = bootstrap(human, found, seed=seed, resamples=500).pearson
        yield Row(title_of(measure), (f"{pearson(human, found):.3f}", f"{low:.3f} to {high:.3f}"))


def neighbour_error(
    space: Space, train: LabelledTexts, test: LabelledTexts, measure: DocumentMeasure, *, validation: int
) -> tuple[float, int]:
    """Returns the error of k nearest neighbours on the test documents, and k.

    k has the smallest error on ``validation`` training documents, with the other training documents as neighbours.
    """
    sides = [documents_of(space, part.texts) for part in (train, test)]
    statistics = statistics_of(sides[0])
    x, y = (weighted(side, measure, statistics) for side in sides)
    labels, numbers = np.unique([*train.labels, *test.labels], return_inverse=True)
    train_labels, test_labels = numbers[: len(train.labels)], numbers[len(train.labels) :]
    held = np.arange(validation)
    rest = np.arange(validation, len(x))
    found = nearest_documents(x.take(held), x.take(rest), max(NEIGHBOURS), measure).ids
    errors = {k: error_of(found, train_labels[rest], train_labels[held], k, len(labels)) for k in NEIGHBOURS}
    k = min(NEIGHBOURS, key=lambda size: errors[size])
    return error_of(nearest_documents(y, x, k, measure).ids, train_labels, test_labels, k, len(labels)), k


def error_of(
    ids: Int[np.ndarray, "q n"],
    labels: Int[np.ndarray, " t"],
    gold: Int[np.ndarray, " q"],
    k: int,
    classes: int,
) -> float:
    """Returns the share of queries whose k nearest documents vote for another class; nearer documents break ties."""
    wrong = 0
    for near, right in zip(ids[:, :k], gold, strict=True):
        votes = np.zeros(classes)
        for place, at in enumerate(near[near >= 0]):
            votes[labels[at]] += 1.0 + 1e-3 / (place + 1)
        wrong += int(votes.argmax() != right or not votes.any())
    return wrong / len(gold)


def page_ranks(distances_: Float[np.ndarray, "n n"]) -> Int[np.ndarray, " n"]:
    """Returns the rank, from 1, of each page's own translation among all pages."""
    own = np.diag(distances_)[:, None]
    return 1 + np.sum(distances_ < own, axis=1) + np.sum(np.tril(distances_ == own, -1), axis=1)


def page_distances(x: Bags, y: Bags, measure: DocumentMeasure) -> Float[np.ndarray, "n n"]:
    """Returns the distances of all pages; a distance is infinite if it is undefined or cannot change a rank.

    If a lower bound of the Word Mover's Distance of two pages is above the distances of both pages to their
    translations, so is the exact distance, which is then not computed.
    """
    if measure.name != "wmd":
        found = distances(x, y, measure)
        return np.where(np.isnan(found), np.inf, found)
    bounds = np.fmax(relaxations(x, y).tightest.astype(np.float64), centroid_distances(x, y))
    movers: dict[int, Mover] = {}
    for block in mover_blocks(x, y):
        movers |= block
    own = np.array([movers[i].distance(i) if i in movers and y.sizes[i] else np.inf for i in range(len(x))])
    found = np.full(bounds.shape, np.inf)
    for i, mover in counted(list(movers.items()), title_of(measure)):
        for j in np.flatnonzero(bounds[i] <= np.maximum(own[i], own) + SLACK):
            found[i, j] = mover.distance(int(j))
    return found


def across(
    english: Space, chinese: Space, pages: Pages, measures: Sequence[DocumentMeasure], *, seed: int
) -> Iterator[Row]:
    """Yields P@1 and MRR of finding the translation of each page, in both directions."""
    translator = fit(english, chinese, read_dictionary("cedict"), Procrustes(), seed=seed)
    sides = [
        documents_of(space, texts)
        for space, texts in ((translator.source, pages.english), (translator.target, pages.chinese))
    ]
    statistics: list[WordStatistics] = [statistics_of(side) for side in sides]
    for measure in measures:
        x, y = (weighted(side, measure, own) for side, own in zip(sides, statistics, strict=True))
        yield _page_row(title_of(measure), page_distances(x, y, measure))


def _page_row(name: str, found: Float[np.ndarray, "n n"]) -> Row:
    """Returns P@1 and MRR of both directions."""
    ranks = [page_ranks(found), page_ranks(found.T)]
    figures = [f"{100 * np.mean(own == 1):.1f}" for own in ranks] + [f"{np.mean(1 / own):.3f}" for own in ranks]
    return Row(name, tuple(figures))


def table(title: str, columns: Sequence[str], rows: Iterator[Row] | Sequence[Row]) -> Table:
    """Returns a table of rows, for rich."""
    made = Table("distance", *columns, title=title)
    for row in rows:
        made.add_row(row.name, *row.figures)
    return made


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses and checks ``argv``; ``--help`` exits with status 0.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown, a number is too small, or options contradict each other.
    """
    parser = new_parser("experiments.documents", __doc__)
    add_out(parser, "results/documents")
    add_seed(parser, "seed of the random documents")
    for part, (name, kind) in enumerate({"train": "training", "test": "test"}.items()):
        sizes = ", ".join(f"{own} {SIZES[own][part]:,}" for own in SIZES)
        about = f"number of {kind} documents of each set (default: {sizes})"
        parser.add_argument(f"--{name}", metavar="N", type=int, help=about)
    about = "number of pages in two languages; 0 leaves them out (default: %(default)s)"
    parser.add_argument("--pages", metavar="N", type=int, default=1000, help=about)
    parser.add_argument(
        "--sets",
        metavar="NAME",
        nargs="*",
        choices=tuple(LABELLED),
        default=list(LABELLED),
        help=f"sets of labelled documents: {', '.join(LABELLED)} (default: all; without a name: none)",
    )
    parser.add_argument(
        "--measures",
        metavar="NAME",
        nargs="+",
        choices=NAMES,
        default=[name for name in NAMES if name not in SLOW],
        help=f"distances: {', '.join(NAMES)} (default: all but {', '.join(SLOW)})",
    )
    parser.add_argument(
        "--reference", action="store_true", help=f"also compare the pages by {REFERENCE}, which must be installed"
    )
    options = known_only(parser, argv)
    if options.reference:
        check_encoder()
    for name in ("train", "test"):
        if getattr(options, name) is not None:
            at_least(getattr(options, name), 2, f"--{name}")
    at_least(options.pages, 0, "--pages")
    if options.reference and not options.pages:
        raise ValueError("--reference: compares pages, and --pages 0 leaves them out")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the tables and writes them as text; returns the exit status."""
    try:
        options = parse(argv)
        options.out.mkdir(parents=True, exist_ok=True)
        with (options.out / "documents.txt").open("w", encoding="utf-8") as file:
            for made in _tables(options):
                for console in (Console(width=110, highlight=False), Console(file=file, width=110)):
                    console.print(made)
                    console.file.flush()
    except (argparse.ArgumentError, ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    return 0


def _tables(options: argparse.Namespace) -> Iterator[Table]:
    """Yields the tables that the options select."""
    spaces = {name: read_space(name) for name in (ENGLISH, ENGLISH_WITH_NAMES)}
    measures = [measure for measure in MEASURES if measure.name in options.measures]
    lee = read_lee()
    for name, space in spaces.items():
        yield table(
            f"Lee: Pearson's r with human ratings, {name}",
            ("r", "95 %"),
            people(space, lee, measures, seed=options.seed),
        )
    for name in options.sets:
        sizes = (options.train or SIZES[name][0], options.test or SIZES[name][1])
        train, test = read_set(name, train=sizes[0], test=sizes[1], seed=options.seed)
        space = spaces[ENGLISH_WITH_NAMES]
        rows = [
            Row(title_of(measure), (f"{100 * error:.1f}", str(k)))
            for measure in counted(measures, name)
            for error, k in [neighbour_error(space, train, test, measure, validation=len(train.labels) // 5)]
        ]
        title = f"{name}: kNN error in %, {len(train.labels):,} training and {len(test.labels):,} test documents"
        yield table(title, ("error", "k"), rows)
    if options.pages:
        pages = read_pages(options.pages, seed=options.seed)
        chinese = read_space(CHINESE).simplified()
        columns = ("P@1 en-zh", "P@1 zh-en", "MRR en-zh", "MRR zh-en")
        title = f"{len(pages.english):,} pages of a manual, English and Chinese"
        rows = across(spaces[ENGLISH], chinese, pages, [m for m in measures if m in ACROSS], seed=options.seed)
        if options.reference:
            rows = chain(rows, [_page_row(REFERENCE, encoder_distances(pages))])
        yield table(title, columns, rows)


if __name__ == "__main__":
    sys.exit(main())
