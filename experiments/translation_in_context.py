"""Does the sentence choose the translation? P@1 without context, with the other words, and with the senses of AdaGram.

Sentences: two parallel texts of the catalogue, the documentation of a cloud service and the texts of a game. A word of
a sentence is a test case if CC-CEDICT lists two or more translations of it, and the translated sentence contains
exactly one of these, the gold translation. Glosses: English words with several senses in CC-CEDICT. The context of a
sense is the other words of its glosses; the translator was fitted without the gold headwords. Half of the
words are the development part, on which the weights of ``align.bilingual.context`` were chosen; figures are for the
other half. Intervals come from resampling words.
Command: ``python -m experiments.translation_in_context [--senses FILE ...] [--with TRANSLATOR | --quick]
[--develop]``.
"""

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from rich.console import Console
from rich.table import Table

from align.bilingual.context import POOL, WEIGHTS, ContextWeights, PoolFit, fit_pool, reordered
from align.bilingual.default import open_default
from align.bilingual.dictionary.cedict import Cedict, load_cedict
from align.bilingual.parallel.sources import parallel_text
from align.bilingual.placed_senses import PlacedSenses, place_senses, senses_of_side
from align.bilingual.query import parse_query, translate_queries
from align.bilingual.translator import Translator
from align.evaluate.resampling import Interval, draws, quantiles
from align.message import one_line
from align.progress import counted, stage_bars
from align.senses import SenseSpace
from experiments.aligned_words import WordInSentence, senses_by_gloss, tokenised, words_in_sentences
from experiments.options import known_only, new_parser, refuse

GRID, LISTED = (0.0, 10.0, 20.0, 30.0), (0.0, 3.0, 6.0)
RESAMPLES, SENTENCES = 1000, 12_000
TEXTS = {"cloud": "tencent-docs", "game": "cataclysm"}


class TestCases(NamedTuple):
    """A test set: its name, its words in sentences, and how well the candidates of each word fit its context."""

    name: str
    cases: list[WordInSentence]
    fits: list[PoolFit]


class Setting(NamedTuple):
    """A setting to compare: its name, and the weights of the context and of CC-CEDICT."""

    name: str
    weights: ContextWeights


class Outcome(NamedTuple):
    """The outcome of each of n cases with a setting.

    Attributes:
        first: whether the first candidate is right.
        first_choice: whether the first candidate among the translations of CC-CEDICT is right.
        probability: the probability that the translator gives the first candidate.
    """

    first: Bool[np.ndarray, " n"]
    first_choice: Bool[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"]


def is_development(word: str) -> bool:
    """Returns whether a word belongs to the development part."""
    return zlib.crc32(word.encode()) % 2 == 0


def fitted(
    name: str, translator: Translator, cases: Sequence[WordInSentence], placed: Sequence[PlacedSenses], cedict: Cedict
) -> TestCases:
    """Returns a test set with the fit of every candidate; words without a vector are left out."""
    words = list(dict.fromkeys((one.word, one.reverse) for one in cases))
    queries = [parse_query(translator, word, reverse) for word, reverse in words]
    pools = dict(zip(words, zip(queries, translate_queries(translator, queries, POOL), strict=True), strict=True))
    known: list[WordInSentence] = []
    fits: list[PoolFit] = []
    for one in counted(cases, name):
        query, pool = pools[one.word, one.reverse]
        if pool:
            known.append(one)
            senses = senses_of_side(placed, reverse=one.reverse)
            fits.append(fit_pool(translator, query, pool, one.context, senses=senses, cedict=cedict))
    return TestCases(name, known, fits)


def outcome(translator: Translator, given: TestCases, setting: Setting) -> Outcome:
    """Returns the outcome of each case with the weights of a setting."""
    rows: list[tuple[bool, bool, float]] = []
    for one, fit in zip(given.cases, given.fits, strict=True):
        ordered = reordered(translator, fit, setting.weights)
        choice = next((found.word for found in ordered if found.word in one.choices), "")
        rows.append((ordered[0].word in one.gold, choice in one.gold, ordered[0].probability or 0.0))
    first, chosen, probability = zip(*rows, strict=True)
    return Outcome(np.array(first), np.array(chosen), np.array(probability))


def part(given: TestCases, *, development: bool) -> TestCases:
    """Returns the development part of a set, or the test part."""
    inside = [i for i, one in enumerate(given.cases) if is_development(one.word) is development]
    return TestCases(given.name, [given.cases[i] for i in inside], [given.fits[i] for i in inside])


def mean_by_words(cases: Sequence[WordInSentence], values: Float[np.ndarray, " n"]) -> tuple[float, Interval]:
    """Returns the mean of ``values`` over cases, and its interval from resampling words."""
    numbers = {word: i for i, word in enumerate(dict.fromkeys(one.word for one in cases))}
    owner = np.array([numbers[one.word] for one in cases])
    sums, sizes = np.bincount(owner, values), np.bincount(owner)
    means = [(drawn @ sums) / (drawn @ sizes) for drawn in draws(len(sizes), RESAMPLES, 0)]
    return float(np.mean(values)), quantiles(np.concatenate(means), 0.95)


def word_sets(translator: Translator, cedict: Cedict) -> dict[str, list[WordInSentence]]:
    """Returns the words in sentences of each test set."""
    found: dict[str, list[WordInSentence]] = {}
    for title, name in TEXTS.items():
        pairs = list(parallel_text(name))
        chosen = np.random.default_rng(0).permutation(len(pairs))[:SENTENCES]
        texts = tokenised(counted((pairs[i] for i in chosen), title, len(chosen)))
        for reverse, direction in ((False, "English-Chinese"), (True, "Chinese-English")):
            found[f"{title}, {direction}"] = words_in_sentences(texts, translator, cedict, reverse=reverse)
    return {**found, "glosses, English-Chinese": senses_by_gloss(translator, cedict)}


def settings(*, senses: bool) -> list[Setting]:
    """Returns the settings to compare; the first uses no context."""
    words, meanings, listed = WEIGHTS
    found = [
        Setting("none", ContextWeights(0, 0, 0)),
        Setting("words", ContextWeights(words, 0, 0)),
        Setting("dictionary", ContextWeights(0, 0, listed)),
        Setting("dictionary, words", ContextWeights(words, 0, listed)),
    ]
    if senses:
        found += [
            Setting("senses", ContextWeights(0, meanings, 0)),
            Setting("dictionary, senses", ContextWeights(0, meanings, listed)),
            Setting("dictionary, words, senses", WEIGHTS),
        ]
    return found


def table(translator: Translator, sets: Sequence[TestCases], *, senses: bool) -> Table:
    """Returns P@1 of each setting on the test part of each set, and the gain over no context."""
    columns = ("set", "words", "cases", "context", "P@1", "gain", "interval", "first of listed", "gain", "probability")
    method = translator.details.get("method", "")
    made = Table(
        *columns, title=f"Test part, in per cent; {method} of {translator.source.name}, {translator.target.name}"
    )
    for given in (part(one, development=False) for one in sets):
        base = outcome(translator, given, settings(senses=False)[0])
        for setting in settings(senses=senses):
            found = outcome(translator, given, setting)
            gain = mean_by_words(given.cases, found.first.astype(float) - base.first)
            listed = found.first_choice.mean() - base.first_choice.mean()
            made.add_row(
                given.name,
                f"{len({one.word for one in given.cases}):,}",
                f"{len(given.cases):,}",
                setting.name,
                f"{found.first.mean():.1%}".rstrip("%"),
                f"{gain[0]:+.1%}".rstrip("%"),
                f"{gain[1].low:+.1%} to {gain[1].high:+.1%}".replace("%", ""),
                f"{found.first_choice.mean():.1%}".rstrip("%"),
                f"{listed:+.1%}".rstrip("%"),
                f"{found.probability.mean():.1%}".rstrip("%"),
            )
    return made


def develop(translator: Translator, sets: Sequence[TestCases], *, senses: bool) -> Iterator[Table]:
    """Yields P@1 on the development part of each set, by the three weights."""
    for given in (part(one, development=True) for one in sets):
        meanings = GRID if senses else (0.0,)
        columns = [(b, c) for b in meanings for c in LISTED]
        titles = (f"{b:g} {c:g}" for b, c in columns)
        made = Table("words", *titles, title=f"{given.name}: P@1 by the weights of words (rows), senses and listing")
        for a in GRID:
            weights = [ContextWeights(a, b, c) for b, c in columns]
            row = [outcome(translator, given, Setting("", one)).first.mean() for one in weights]
            made.add_row(f"{a:g}", *(f"{one:.1%}".rstrip("%") for one in row))
        yield made


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Returns the options."""
    parser = new_parser("experiments.translation_in_context", __doc__)
    parser.add_argument(
        "--senses",
        metavar="FILE",
        action="append",
        default=[],
        help="senses made by `align train adagram`; may be repeated",
    )
    parser.add_argument(
        "--with",
        dest="translator",
        metavar="FILE",
        default="",
        help="a translator made by `align map` (default: the default translator)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="use the quick default translator if the full one is not fitted"
    )
    parser.add_argument("--develop", action="store_true", help="compare weights, on the development part")
    return known_only(parser, argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the tables; returns the exit status."""
    try:
        options = parsed(argv)
        with stage_bars() as report:
            translator = (
                Translator.load(options.translator)
                if options.translator
                else open_default(quick=options.quick, report=report).translator
            )
        placed = [place_senses(translator, SenseSpace.load(file)) for file in options.senses]
        cedict = load_cedict()
        cases = word_sets(translator, cedict)
        sets = [fitted(name, translator, found, placed, cedict) for name, found in cases.items()]
    except (argparse.ArgumentError, KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=140, highlight=False)
    senses = bool(placed)
    for one in (
        develop(translator, sets, senses=senses) if options.develop else [table(translator, sets, senses=senses)]
    ):
        console.print(one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
