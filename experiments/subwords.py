"""The value of sub-words: vectors of words that do not occur in training, built from their n-grams.

Claim: a vector built from the character n-grams of an unseen word agrees with people nearly as well as a trained one.
The best lengths are 3 to 6 letters in English and 1 to 3 characters in Chinese. Far fewer than 2,000,000 buckets
suffice.
Source: Bojanowski et al. 2017, sections 5.3 and 5.5. Half of the words of the rated pairs are removed from the default
texts. A pair is unseen if one of its words was removed. Command: ``python -m experiments.subwords [--words N]
[--out FOLDER]``, N words of each text (0: all of them).
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.evaluate.similarity import RatedPairs, similarity
from align.evaluate.suite import PAIRS, Language, pair_set
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.progress import counted, stage_bars
from align.space import Space
from align.text.corpus import Corpus
from align.text.defaults import default_corpus
from align.train.fasttext import FastText
from align.train.models import train
from experiments.excerpt import excerpt_of, without_words
from experiments.options import parse_run, refuse

WORDS = 4_000_000
LENGTHS: dict[Language, tuple[tuple[int, int], ...]] = {
    "en": ((3, 6), (1, 3), (2, 4), (3, 4), (5, 6)),
    "zh": ((1, 3), (1, 1), (1, 2), (2, 3), (3, 6)),
}
"""Lengths of n-grams to compare, the default first."""
BUCKETS = (2_000_000, 100_000, 10_000, 1_000)
EPOCHS: dict[Language, int] = {"en": 5, "zh": 10}
COLOURS = {"en": ENGLISH, "zh": CHINESE}
NAMES = {"en": "English", "zh": "Chinese"}


class Setting(NamedTuple):
    """A model to train: the language, n-grams and buckets, and whether the text still has the hidden words."""

    language: Language
    minn: int
    maxn: int
    buckets: int = BUCKETS[0]
    whole: bool = False


class Outcome(NamedTuple):
    """Spearman's rho of a setting on unseen and on other pairs, as means over the sets; and the numbers of pairs."""

    setting: Setting
    unseen: float
    seen: float
    pairs: tuple[int, int]


class Material(NamedTuple):
    """A text with and without the hidden words, and the rated pairs with and without a hidden word."""

    whole: Corpus
    rest: Corpus
    unseen: tuple[RatedPairs, ...]
    seen: tuple[RatedPairs, ...]


def hidden_words(corpus: Corpus, sets: Iterable[RatedPairs], *, seed: int) -> frozenset[str]:
    """Returns half of the words of the rated pairs that the corpus has."""
    words = sorted({word for pairs in sets for pair in pairs.words for word in pair if word in corpus.vocab})
    chosen = np.random.default_rng(seed).permutation(len(words))[: len(words) // 2]
    return frozenset(words[i] for i in chosen)


def divided(pairs: RatedPairs, hidden: frozenset[str]) -> tuple[RatedPairs, RatedPairs]:
    """Returns the pairs with a hidden word, and the other pairs."""
    inside = np.array([bool(hidden.intersection(pair)) for pair in pairs.words])
    unseen, seen = (
        RatedPairs(pairs.name, tuple(pairs.words[i] for i in rows), pairs.human[rows])
        for rows in (np.flatnonzero(inside), np.flatnonzero(~inside))
    )
    return unseen, seen


def material(language: Language, words: int, *, seed: int) -> Material:
    """Returns the default text of a language, and its rated pairs.

    Raises:
        OSError: a text or set cannot be fetched.
        ValueError: the text is too short.
    """
    with stage_bars(f"{NAMES[language]} text: ") as report:
        corpus = default_corpus(language, report=report)
    corpus = excerpt_of(corpus, words or corpus.tokens, language=language)
    sets = [pairs for name in PAIRS[language] for pairs in pair_set(name)]
    hidden = hidden_words(corpus, sets, seed=seed)
    unseen, seen = zip(*(divided(pairs, hidden) for pairs in sets), strict=True)
    return Material(corpus, without_words(corpus, hidden), unseen, seen)


def mean_score(space: Space, sets: Iterable[RatedPairs]) -> tuple[float, int]:
    """Returns the mean of Spearman's rho over the sets, and the number of covered pairs."""
    found = [similarity(space, pairs).spearman for pairs in sets]
    return float(np.mean([one.value for one in found])), sum(one.covered for one in found)


def outcome(given: Material, setting: Setting, model: FastText, *, seed: int) -> Outcome:
    """Trains ``model`` with a setting's n-grams, and scores it."""
    chosen = replace(model, minn=setting.minn, maxn=setting.maxn, buckets=setting.buckets)
    space = train(chosen, given.whole if setting.whole else given.rest, seed=seed)
    unseen, seen = mean_score(space, given.unseen), mean_score(space, given.seen)
    return Outcome(setting, unseen[0], seen[0], (unseen[1], seen[1]))


def settings(language: Language) -> list[Setting]:
    """Returns the settings of a language.

    The first is the default on the whole text. The others are all ranges of lengths on the text without hidden words,
    and in English also fewer buckets.
    """
    minn, maxn = LENGTHS[language][0]
    lengths = [Setting(language, *one) for one in LENGTHS[language]]
    fewer = [Setting(language, minn, maxn, buckets) for buckets in BUCKETS[1:]] if language == "en" else []
    return [Setting(language, minn, maxn, whole=True), *lengths, *fewer]


def table(outcomes: Sequence[Outcome]) -> Table:
    """Returns a table with a row for each setting."""
    columns = ("language", "n-grams", "buckets", "removed words", "unseen pairs", "rho", "other pairs", "rho")
    made = Table(*columns, title="Spearman's rho, mean over the rated sets of the language")
    for one in outcomes:
        about = one.setting
        cells = (f"{about.minn} to {about.maxn}", f"{about.buckets:,}", "left in" if about.whole else "removed")
        scores = (str(one.pairs[0]), f"{one.unseen:.3f}", str(one.pairs[1]), f"{one.seen:.3f}")
        made.add_row(NAMES[about.language], *cells, *scores)
    return made


def draw(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Draws rho of unseen (filled) and other pairs (hollow) by n-gram lengths in each language, and by buckets."""
    panels = [
        (f"{NAMES[language]}: lengths", COLOURS[language], [one for one in outcomes if _is_length(one, language)])
        for language in LENGTHS
    ]
    fewer = [one for one in outcomes if one.setting.language == "en" and one.setting[1:3] == LENGTHS["en"][0]]
    panels.append(("English: buckets", ENGLISH, [one for one in fewer if not one.setting.whole]))
    with sheet(path, 9.0, 3.4) as figure:
        for axes, (title, colour, chosen) in zip(figure.subplots(1, 3), panels, strict=True):
            places = range(len(chosen))
            names = [_name(one, by_buckets=title.endswith("buckets")) for one in chosen]
            axes.plot(places, [one.unseen for one in chosen], "o", color=colour, label="unseen pairs")
            axes.plot(places, [one.seen for one in chosen], "o", color=colour, fillstyle="none", label="other pairs")
            trained = [one.unseen for one in outcomes if one.setting.whole and one.setting.language == _first(chosen)]
            axes.axhline(*trained, color=SOFT, linewidth=1, linestyle="--", label="unseen pairs, trained")
            axes.set_xticks(places, names)
            axes.set_title(title)
            axes.set_ylim(bottom=min(0.0, *(one.unseen for one in chosen)))
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].set_ylabel("Spearman's rho")
        figure.axes[0].legend(fontsize=7, frameon=False, loc="lower left")
    return path


def _is_length(one: Outcome, language: Language) -> bool:
    about = one.setting
    return about.language == language and not about.whole and about.buckets == BUCKETS[0]


def _first(chosen: Sequence[Outcome]) -> Language:
    return chosen[0].setting.language


def _name(one: Outcome, *, by_buckets: bool) -> str:
    return f"{one.setting.buckets:,}" if by_buckets else f"{one.setting.minn}-{one.setting.maxn}"


def main(argv: Sequence[str] | None = None) -> int:
    """Trains every setting in both languages, prints the table, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.subwords", out="results/subwords", words=WORDS)
    outcomes: list[Outcome] = []
    try:
        for language in LENGTHS:
            given = material(language, options.words, seed=options.seed)
            model = FastText(epochs=EPOCHS[language])
            models = counted(settings(language), f"{NAMES[language]} models")
            outcomes += [outcome(given, one, model, seed=options.seed) for one in models]
        path = draw(outcomes, options.out / "subwords.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    console.print(table(outcomes))
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
