"""Our own spaces compared with pretrained ones: P@1 of each mapping method on both.

Question: how much accuracy is lost if the spaces are trained on millions of words instead of billions, and do some
methods lose less than others? Both pairs of spaces have the same training and test words. All four spaces contain these
words; they are the most frequent ones of our own English text. The candidates are the most frequent words of each
space. Each method uses its own retrieval (CSLS, or its second stage). P@1 is in percent.
Source: the spaces of ``python -m experiments.own_spaces``; the split of ``align dictionary``.
Command: ``python -m experiments.own_vs_pretrained [--own-english FILE] [--own-chinese FILE] [--english NAME]
[--chinese NAME] [--methods NAME ...] [--candidates N] [--seed N] [--out FOLDER]``; half a minute for each
closed-form method on two shared cores.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.atomic import replacing
from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit
from align.bilingual.method import Method
from align.evaluate.lexicon import Lexicon
from align.evaluate.resampling import mean_interval
from align.message import one_line
from align.progress import counted
from experiments.options import add_shared, known_only, new_parser, refuse
from experiments.shared_split import SpacePair, shared_split
from experiments.spaces import read_pair
from experiments.translation_scores import DIRECTIONS, evaluate_both_ways, methods_named

METHODS = ("procrustes", "least-squares", "reweighted", "mlp", "ensemble")
OWN = Path("results/own_spaces")
"""Folder in which ``experiments.own_spaces`` saves its spaces."""


class Result(NamedTuple):
    """The scores of a method on a pair of spaces, by direction."""

    spaces: str
    method: str
    lexicons: dict[str, Lexicon]


def newest(language: str, folder: Path = OWN) -> str:
    """Returns the newest file in ``folder`` with a space of ``language``.

    Raises:
        ValueError: there is no such file.
    """
    files = sorted(folder.glob(f"{language}-*.safetensors"), key=lambda file: file.stat().st_mtime)
    if not files:
        raise ValueError(
            f"{folder}: no file {language}-*.safetensors; run python -m experiments.own_spaces, or give a file by "
            f"--own-{language}"
        )
    return str(files[-1])


def compare(pairs: Sequence[SpacePair], cut: Split, methods: Mapping[str, Method], *, seed: int) -> list[Result]:
    """Fits every method to the training words of ``cut`` for every pair of spaces; scores it on the test words."""
    runs = [(sides, name, method) for name, method in methods.items() for sides in pairs]
    return [
        Result(
            sides.name, name, evaluate_both_ways(fit(sides.english, sides.chinese, cut.train, method, seed=seed), cut)
        )
        for sides, name, method in counted(runs, "maps")
    ]


def cells(results: Sequence[Result], *, seed: int) -> list[tuple[str, ...]]:
    """Returns a row for each method: P@1 and its 95 % bootstrap interval, by direction and pair of spaces."""
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(result.method for result in results):
        row = [name]
        for direction in DIRECTIONS:
            for result in results:
                if result.method == name:
                    right = result.lexicons[direction].ranks == 1
                    low, high = mean_interval(right.astype(np.float64), seed=seed)
                    row.append(f"{100 * right.mean():.1f} ({100 * low:.1f} to {100 * high:.1f})")
        rows.append(tuple(row))
    return rows


def heads(results: Sequence[Result]) -> tuple[str, ...]:
    """Returns the column names of ``cells``."""
    names = list(dict.fromkeys(result.spaces for result in results))
    return ("method", *(f"{direction}, {name}" for direction in DIRECTIONS for name in names))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses ``argv``; ``--help`` exits with status 0.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown.
    """
    parser = new_parser("experiments.own_vs_pretrained", __doc__)
    for language in ("english", "chinese"):
        text = f"our {language.capitalize()} space (default: the newest in {OWN})"
        parser.add_argument(f"--own-{language}", metavar="FILE", help=text)
    add_shared(parser, out="results/own_vs_pretrained", kind="pretrained")
    about = f"mapping methods of `align map` (default: {' '.join(METHODS)})"
    parser.add_argument("--methods", metavar="NAME", nargs="+", default=METHODS, help=about)
    return known_only(parser, argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Fits every method on both pairs of spaces, prints the table and writes it as TSV; returns the exit status."""
    try:
        options = parse(argv)
        methods = methods_named(options.methods)
        own = read_pair(
            options.own_english or newest("english"), options.own_chinese or newest("chinese"), options.candidates
        )
        ready = read_pair(options.english, options.chinese, options.candidates)
        pairs = SpacePair("own", *own), SpacePair("pretrained", *ready)
        cut = shared_split(read_dictionary("cedict"), pairs)
        results = compare(pairs, cut, methods, seed=options.seed)
        head, rows = heads(results), cells(results, seed=options.seed)
        path = options.out / "own_vs_pretrained.tsv"
        with replacing(path) as temporary:
            temporary.write_text("".join("\t".join(row) + "\n" for row in (head, *rows)), encoding="utf-8")
    except (argparse.ArgumentError, ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    made = Table(*head, title="P@1 in percent, with its 95 % interval")
    for row in rows:
        made.add_row(*row)
    console = Console(width=120, highlight=False)
    console.print(made)
    console.print(
        f"{len(cut.train.targets):,} English training words; {len(cut.test.targets):,} English and "
        f"{len(cut.reverse_test.targets):,} Chinese test words; {options.candidates:,} words in each space"
        + (f"; {cut.note}" if cut.note else "")
    )
    console.print(f"Table: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
