"""The mistakes of a translator: a sample of its wrong first answers, sorted into kinds by rules.

Question: how many of the answers that count as wrong are right but missing from the dictionary, and what are the
others? The first rule of ``KINDS`` that applies decides the kind, so the shares sum to one; later rules are weaker.
Source: CC-CEDICT, ``data/opposites.tsv``; N_10 of Radovanovic et al. 2010, section 3.
But: a more general word (animal for horse) is not a kind of its own, because the dictionary cannot identify it.
Command: ``python -m experiments.translator_report [--method NAME] [--sample N] [--candidates N] [--english NAME]
[--chinese NAME] [--seed N] [--out FOLDER]``; a minute with the default method.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.cedict import Cedict, load_cedict
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit
from align.bilingual.translator import Translator
from align.checks import at_least
from align.evaluate.hubness import occurrences
from align.evaluate.lexicon import evaluate
from align.message import one_line
from align.plotting import CHINESE as RED
from align.plotting import ENGLISH as BLUE
from align.plotting import SOFT, sheet
from align.progress import counted
from align.space import Space
from experiments.mistakes import Answer, Kind, Rules, answers_of, chance_quantiles, draw, gold_cosines, word_forms
from experiments.options import add_shared, known_only, new_parser, refuse
from experiments.spaces import read_pair
from experiments.translation_scores import DIRECTIONS, methods_named

TOPIC, HUB, NEIGHBOURS, SOUND = 0.99, 0.99, 10, 0.7
_DRAWS, _EXAMPLES = 2000, 3
KINDS = (
    Kind("antonym", "an opposite by data/opposites.tsv, by a negation, or by an “opposite” remark in CC-CEDICT"),
    Kind(
        "synonym missing",
        "CC-CEDICT gives it a gloss of a right answer, or the query itself in any of its forms",
    ),
    Kind(
        "name", "query or answer is a name in CC-CEDICT (capitalised pinyin), or its pinyin resembles the English word"
    ),
    Kind("segmentation", "(into Chinese) contains a right answer, or is a part of one"),
    Kind("same characters", "shares a character with a right answer (into English: its first five letters)"),
    Kind("hub", "N_10 in the top 1 % of the candidates"),
    Kind("same topic", "nearer to a right answer than 99 % of random pairs"),
    Kind("other", "none of these"),
)
"""The kinds in the order in which their rules are tried."""


class MistakeSample(NamedTuple):
    """One direction: the number of queries, the number of wrong first answers, and a sample of these by kind."""

    queries: int
    wrong: int
    kinds: dict[str, list[Answer]]

    @property
    def size(self) -> int:
        """Number of wrong answers in the sample."""
        return sum(map(len, self.kinds.values()))


@dataclass(frozen=True, eq=False)
class Sorter:
    """The rules of ``KINDS``.

    Args:
        cedict: the dictionary.
        language: the language of the answers, "en" or "zh".
        hubs: words that are hubs.
        topic: smallest cosine of the same topic.
    """

    cedict: Cedict
    language: str
    hubs: frozenset[str]
    topic: float

    @cached_property
    def rules(self) -> Rules:
        """The rules of the homework, of which those for opposites, definitions and shared stems are used."""
        return Rules(self.cedict, self.language, self.topic, self.topic, {})

    def kind(self, answer: Answer, cosine: float) -> str:
        """Returns the name of the first kind whose rule applies; ``cosine`` is that with the nearest right answer."""
        tests: tuple[Callable[[], bool], ...] = (
            lambda: self.antonym(answer),
            lambda: self.synonym(answer),
            lambda: self.name(answer),
            lambda: (
                self.language == "zh" and any(gold in answer.first or answer.first in gold for gold in answer.golds)
            ),
            lambda: any(self.rules.shares_stem(answer.first, gold) for gold in answer.golds),
            lambda: answer.first in self.hubs,
            lambda: cosine >= self.topic,
        )
        return next((kind.name for kind, holds in zip(KINDS, tests, strict=False) if holds()), KINDS[-1].name)

    def pair(self, answer: Answer) -> tuple[str, str]:
        """Returns the English and the Chinese word of a query and its answer."""
        return (answer.first, answer.word) if self.language == "en" else (answer.word, answer.first)

    def antonym(self, answer: Answer) -> bool:
        """Returns whether the answer translates an opposite of the query, or negates or opposes a right answer."""
        if self.rules.opposite(*self.pair(answer)):
            return True
        return any(self.rules.negated(answer.first, gold) or self.opposed(answer.first, gold) for gold in answer.golds)

    def opposed(self, one: str, other: str) -> bool:
        """Returns whether a gloss of one Chinese word names the other as its opposite (False for English words)."""
        orders = ((one, other), (other, one)) if self.language == "zh" else ()
        return any(
            re.search(rf"opposite[^;/]*(?<![㐀-鿿]){re.escape(named)}(?![㐀-鿿])", gloss) is not None
            for word, named in orders
            for entry in self.cedict.of_chinese(word)
            for gloss in entry.glosses
        )

    def synonym(self, answer: Answer) -> bool:
        """Returns whether the answer shares a gloss with a right answer, or CC-CEDICT has the pair in another form."""
        if self.rules.attested(*self.pair(answer)) or self.rules.mentioned(*self.pair(answer)):
            return True
        mine = self.meanings(answer.first)
        return any(mine & self.meanings(gold) for gold in answer.golds)

    def meanings(self, word: str) -> frozenset[str]:
        """Returns the one-word glosses of a Chinese word in all forms, or the Chinese words with an English gloss."""
        if self.language == "en":
            return frozenset(chinese for form in word_forms(word) for chinese in self.cedict.of_english(form))
        return frozenset(form for sense in self.cedict.senses_of(word) for form in word_forms(sense.english))

    def name(self, answer: Answer) -> bool:
        """Returns whether the Chinese word is only a name, or its pinyin resembles the English word.

        Pinyin without tones resembles a word if difflib's ratio 2 M / (n + m) is at least ``SOUND``.
        """
        english, chinese = self.pair(answer)
        entries = self.cedict.of_chinese(chinese)
        if entries and all(entry.pinyin[:1].isupper() for entry in entries):
            return True
        sounds = {re.sub(r"[^a-z]", "", entry.pinyin.lower()) for entry in entries}
        return any(SequenceMatcher(None, sound, english.casefold()).ratio() >= SOUND for sound in sounds)


def wrong_answers(translator: Translator, test: Dictionary, *, reverse: bool) -> tuple[list[Answer], int]:
    """Returns the wrong first answers to covered words of ``test`` (default retrieval), and the number tested."""
    lexicon = evaluate(translator, test, reverse=reverse)
    answers = answers_of(translator, test, lexicon, retrieval="best", reverse=reverse)
    return [answer for answer in answers if answer.place > 1], len(answers)


def hubs_of(translator: Translator, *, reverse: bool) -> frozenset[str]:
    """Returns the candidates with N_10 (CSLS, over all words of the other language) above the 99 % quantile."""
    source, target = translator.spaces(reverse=reverse)
    found = translator.nearest(np.arange(len(source)), NEIGHBOURS, "csls", reverse=reverse)
    counts = occurrences(found.ids, len(target))
    return frozenset(target.vocab.words[int(row)] for row in np.flatnonzero(counts > np.quantile(counts, HUB)))


def sample(
    made: Translator, test: Dictionary, space: Space, cedict: Cedict, *, size: int, reverse: bool, seed: int
) -> MistakeSample:
    """Draws up to ``size`` wrong answers and sorts them by kind; ``space`` is the space of the answers' language."""
    answers, queries = wrong_answers(made, test, reverse=reverse)
    rng = np.random.default_rng([seed, int(reverse)])
    cosines = gold_cosines(answers, space)
    (topic,) = chance_quantiles(cosines, rng.integers(max(1, len(answers)), size=_DRAWS), (TOPIC,), rng)
    sorter = Sorter(cedict, "en" if reverse else "zh", hubs_of(made, reverse=reverse), topic)
    own = dict(zip(answers, cosines.diagonal().tolist(), strict=True))
    kinds: dict[str, list[Answer]] = {kind.name: [] for kind in KINDS}
    for answer in draw(answers, size, rng):
        kinds[sorter.kind(answer, own[answer])].append(answer)
    return MistakeSample(queries, len(answers), kinds)


def table(found: MistakeSample, direction: str, rng: np.random.Generator) -> Table:
    """Returns a row for each kind: its number, its share of the sample, and examples ``query → answer (gold)``."""
    title = f"{DIRECTIONS[direction]}: {found.wrong:,} of {found.queries:,} first answers wrong, {found.size:,} sorted"
    made = Table("kind", "count", "%", "examples: query → answer (gold)", title=title)
    for name, answers in found.kinds.items():
        shown = "\n".join(
            f"{answer.word} → {answer.first} ({answer.golds[0]})" for answer in draw(answers, _EXAMPLES, rng)
        )
        made.add_row(name, str(len(answers)), f"{100 * len(answers) / max(1, found.size):.0f}", shown)
    for column in made.columns[1:3]:
        column.justify = "right"
    return made


def draw_bars(found: dict[str, MistakeSample], path: Path) -> Path:
    """Draws the share of each kind as bars, with a colour for each direction."""
    names = [kind.name for kind in KINDS]
    with sheet(path, 7.0, 4.2) as figure:
        axes = figure.subplots()
        for i, (direction, colour) in enumerate(zip(found, (RED, BLUE), strict=True)):
            sampled = found[direction]
            shares = [100 * len(sampled.kinds[name]) / max(1, sampled.size) for name in names]
            places = np.arange(len(names)) + 0.4 * i - 0.2
            axes.barh(places, shares, 0.36, color=colour, label=f"{DIRECTIONS[direction]} ({sampled.size:,})")
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlabel("% of the sorted wrong answers")
        axes.grid(visible=True, axis="x", color=SOFT, alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return path


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses ``argv``; ``--help`` exits with status 0.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown, or ``--sample`` is below 1.
    """
    parser = new_parser("experiments.translator_report", __doc__)
    add_shared(parser, out="results/translator_report")
    parser.add_argument(
        "--method", metavar="NAME", default="ensemble", help="mapping method of `align map` (default: %(default)s)"
    )
    about = "number of wrong answers to sort in each direction (default: %(default)s)"
    parser.add_argument("--sample", metavar="N", type=int, default=400, help=about)
    found = known_only(parser, argv)
    at_least(found.sample, 1, "--sample")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Fits a translator, sorts a sample of its wrong answers, prints and draws; returns the exit status."""
    try:
        options = parse(argv)
        (method,) = methods_named([options.method]).values()
        english, chinese = read_pair(options.english, options.chinese, options.candidates)
        cedict = load_cedict()
        cut = split(Dictionary(cedict.pairs, "cedict"), english.vocab, chinese.vocab)
        made = fit(english, chinese, cut.train, method, seed=options.seed)
        sides = (("en-zh", cut.test, chinese), ("zh-en", cut.reverse_test, english))
        found = {
            name: sample(made, test, space, cedict, size=options.sample, reverse=name == "zh-en", seed=options.seed)
            for name, test, space in counted(sides, "directions")
        }
        path = draw_bars(found, options.out / "kinds.png")
    except (argparse.ArgumentError, ValueError, KeyError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=110, highlight=False)
    rng = np.random.default_rng([options.seed, 2])
    for direction, sampled in found.items():
        console.print(table(sampled, direction, rng))
    for kind in KINDS:
        console.print(f"{kind.name}: {kind.rule}", soft_wrap=True)
    console.print(f"{options.method}, {english.name} and {chinese.name}, {len(english):,} and {len(chinese):,} words")
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
