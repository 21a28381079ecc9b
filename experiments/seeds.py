"""How many seed pairs does a map need?

Question: how does P@1 fall as the training dictionary shrinks from 5,000 words to 25, and for which methods does it
fall least? Each method is fitted on the N most frequent training words, with all their translations. The test words are
always the same, in both directions. Each method uses its own retrieval: CSLS, or its second stage if it has one.
Source: Artetxe, Labaka and Agirre 2017 (few pairs); 2018, section 3 (self-learning); the split of ``align dictionary``.
Command: ``python -m experiments.seeds [--methods NAME ...] [--sizes N ...] [--candidates N] [--english NAME]
[--chinese NAME] [--seed N] [--out FOLDER]``. On two shared cores a method in closed form takes a minute; refinement and
self-learning take half a minute to a minute for each size. ``best`` is the slowest; ``--methods`` can leave it out.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.dictionary.split import Split, split
from align.bilingual.fitting import first_words, fit, pairs_of
from align.bilingual.method import Method
from align.checks import at_least
from align.evaluate.lexicon import Lexicon
from align.message import one_line
from align.plotting import SOFT, sheet
from align.progress import counted
from align.space import Space
from experiments.options import add_shared, known_only, new_parser, refuse
from experiments.spaces import read_pair
from experiments.translation_scores import DIRECTIONS, evaluate_both_ways, methods_named

SIZES = (25, 50, 100, 200, 500, 1000, 2000, 5000)
CURVES = {
    "procrustes": ("#1f5f8b", "o"),
    "reweighted": ("#b5382a", "s"),
    "ensemble": ("#2e7d4f", "^"),
    "best": ("#1d2126", "D"),
    "refined": ("#c07c1c", "v"),
    "self-learning": ("#7a4b94", "P"),
}
"""The default methods, each with its colour and marker; other methods are drawn in grey."""


class Result(NamedTuple):
    """The scores of a method with a number of seed words.

    Attributes:
        method: name of the method.
        words: number of seed words.
        pairs: number of their pairs.
        seconds: time of the fit.
        lexicons: scores by direction.
    """

    method: str
    words: int
    pairs: int
    seconds: float
    lexicons: dict[str, Lexicon]

    def hits(self, direction: str) -> float:
        """Returns P@1 over the covered test words of a direction, in percent."""
        return 100 * self.lexicons[direction].precision(1).value


def sizes_within(sizes: Sequence[int], words: int) -> list[int]:
    """Returns the distinct ``sizes`` in ascending order, each at most the number of training words.

    Raises:
        ValueError: a size is below 1.

    >>> sizes_within((100, 25, 5000), 3000)
    [25, 100, 3000]
    """
    for size in sizes:
        at_least(size, 1, "--sizes")
    return sorted({min(size, words) for size in sizes})


def measure(
    english: Space, chinese: Space, cut: Split, methods: dict[str, Method], sizes: Sequence[int], *, seed: int
) -> list[Result]:
    """Fits every method on every number of seed words and scores it on the test words of ``cut``.

    With few pairs ``best`` chooses another method. If that is also in ``methods``, it is fitted once for both.
    """
    runs = [(name, method, size) for size in sizes for name, method in methods.items()]
    order = sorted(runs, key=lambda one: (one[2], isinstance(one[1], Best)))
    results: dict[tuple[Method, int], Result] = {}
    for name, method, size in counted(order, "maps"):
        given = first_words(cut.train, size, english.vocab, chinese.vocab)
        pairs = pairs_of(given, english.vocab, chinese.vocab)
        kind = method.suited(pairs, only_identical=False) if isinstance(method, Best) else method
        if (kind, size) not in results:
            begun = time.perf_counter()
            made = fit(english, chinese, given, kind, seed=seed)
            spent = time.perf_counter() - begun
            results[kind, size] = Result(name, size, len(given), spent, evaluate_both_ways(made, cut))
        results[method, size] = results[kind, size]._replace(method=name)
    return [results[method, size] for _, method, size in runs]


def draw(results: Sequence[Result], path: Path) -> Path:
    """Draws P@1 against the number of seed words, with a panel for each direction and a curve for each method."""
    sizes = sorted({one.words for one in results})
    with sheet(path, 8.6, 4.2) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (direction, title) in zip(panels, DIRECTIONS.items(), strict=True):
            for name in dict.fromkeys(one.method for one in results):
                own = [one for one in results if one.method == name]
                colour, mark = CURVES.get(name, (SOFT, "x"))
                heights = [one.hits(direction) for one in own]
                axes.plot(
                    [one.words for one in own], heights, f"{mark}-", color=colour, label=name, markersize=4, lw=1.3
                )
            axes.set_xscale("log")
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45)
            axes.minorticks_off()
            axes.set_title(title, loc="left")
            axes.set_xlabel("seed words (most frequent first)")
            axes.set_ylim(bottom=0)
            axes.grid(visible=True, color=SOFT, alpha=0.25, linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("P@1, %")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(6, len(labels)))
    return path


def table(results: Sequence[Result], direction: str) -> Table:
    """Returns P@1 of a direction in percent: a row for each method, a column for each number of seed words."""
    sizes = sorted({(one.words, one.pairs) for one in results})
    columns = [f"{words:,}\n({pairs:,})" for words, pairs in sizes]
    made = Table("method", *columns, title=f"P@1, {DIRECTIONS[direction]}, by seed words (their pairs)")
    for name in dict.fromkeys(one.method for one in results):
        made.add_row(name, *(f"{one.hits(direction):.1f}" for one in results if one.method == name))
    for column in made.columns[1:]:
        column.justify = "right"
    return made


def error_of(lexicon: Lexicon) -> float:
    """Returns the largest possible standard error of P@1 over the covered words of ``lexicon``, in points.

    It is 100 sqrt(p (1 - p) / n) at p = 1/2.
    """
    return 50 / float(np.sqrt(max(1, len(lexicon.ranks))))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses ``argv``; ``--help`` exits with status 0.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown.
    """
    parser = new_parser("experiments.seeds", __doc__)
    add_shared(parser, out="results/seeds")
    about = f"mapping methods of `align map` (default: {' '.join(CURVES)})"
    parser.add_argument("--methods", metavar="NAME", nargs="+", default=list(CURVES), help=about)
    about = f"numbers of seed words to compare (default: {' '.join(map(str, SIZES))})"
    parser.add_argument("--sizes", metavar="N", nargs="+", type=int, default=SIZES, help=about)
    return known_only(parser, argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Fits every method on every number of seed words, prints tables, draws the figure; returns the exit status."""
    try:
        options = parse(argv)
        methods = methods_named(options.methods)
        english, chinese = read_pair(options.english, options.chinese, options.candidates)
        cut = split(read_dictionary("cedict"), english.vocab, chinese.vocab)
        sizes = sizes_within(options.sizes, len(cut.train.targets))
        results = measure(english, chinese, cut, methods, sizes, seed=options.seed)
        path = draw(results, options.out / "seeds.png")
    except (argparse.ArgumentError, ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    for direction in DIRECTIONS:
        console.print(table(results, direction))
    tested = {way: len(lexicon.ranks) for way, lexicon in results[0].lexicons.items()}
    console.print(
        f"{english.name} ({len(english):,} words) and {chinese.name} ({len(chinese):,}); test words: "
        + ", ".join(f"{count:,} {DIRECTIONS[way]}" for way, count in tested.items())
        + f"; a standard error is at most {max(map(error_of, results[0].lexicons.values())):.1f} points"
    )
    for name in methods:
        seconds = [one.seconds for one in results if one.method == name]
        console.print(f"{name}: {min(seconds):.1f} to {max(seconds):.1f} s to fit")
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
