"""Words, bigrams and characters as contexts of Chinese words, for skip-gram and for PPMI-SVD.

Claim: characters as contexts improve morphological analogies, and bigrams improve semantic analogies.
Source: Li et al. 2018, table 5, on Baidu Encyclopedia: skip-gram .222 morphological and .327 semantic with words, .250
and .368 with bigrams as well, .455 and .368 with characters as well; PPMI .230 and .586 with bigrams. Morphological
questions come from ``data/morphology.tsv``, semantic questions from cntext. The characters of ngram2vec, the program of
the paper, are those of the word itself (``own``), not of its window. Command: ``python -m experiments.contexts
[--words N] [--out FOLDER]``, N words of the default Chinese text (0: all words).
"""

import sys
import time
from collections.abc import Sequence
from itertools import combinations, groupby
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from rich.console import Console
from rich.table import Table

from align.catalogue import resolve
from align.evaluate.analogy import Category, Question, accuracy, read_questions
from align.evaluate.score import Score
from align.evaluate.similarity import similarity
from align.evaluate.suite import PAIRS, QUESTIONS, pair_set
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, sheet
from align.progress import counted, stage_bars
from align.space import Space
from align.text.contexts import Features, Place
from align.text.corpus import Corpus
from align.text.defaults import default_corpus
from align.train.models import train
from align.train.ppmi_svd import PPMISVD
from align.train.window_models import SGNS
from experiments.excerpt import excerpt_of
from experiments.options import parse_run, refuse
from experiments.word_lists import list_path, read_list

FEATURES: tuple[Features, ...] = get_args(Features)
EPOCHS = 5
EXPECTED: dict[tuple[Features, Place], tuple[str, ...]] = {
    ("word+character", "own"): ("reduplication", "affix"),
    ("word+character", "window"): (),
    ("word+ngram", "window"): ("semantic",),
}
"""Contexts to compare with words alone, and the groups of questions that they improve in the paper."""
MAX_QUESTIONS = 1000
"""Largest number of questions for each kind of word formation."""


class Setting(NamedTuple):
    """A model and its contexts."""

    model: str
    features: Features
    place: Place = "window"

    @property
    def contexts(self) -> str:
        """The name of the contexts."""
        return self.features if self.place == "window" else f"{self.features}, {self.place}"


class Outcome(NamedTuple):
    """The scores of a setting on analogies by group and kind and on rated pairs, and the seconds of training."""

    setting: Setting
    scores: dict[str, tuple[Score, ...]]
    rated: dict[str, float]
    seconds: float


def formations(words: frozenset[str], *, seed: int) -> dict[str, tuple[Category, ...]]:
    """Returns the morphological questions of ``data/morphology.tsv`` whose words are all in ``words``, by group.

    Two pairs a, b and c, d of a kind make the question a : b = c : d; at most ``MAX_QUESTIONS`` are drawn.
    """
    groups: dict[str, list[Category]] = {}
    rng = np.random.default_rng(seed)
    lines = [line for line in read_list(list_path("morphology.tsv"), 3) if words.issuperset(line[1:])]
    for kind, listed in groupby(lines, key=lambda line: line[0]):
        questions = [Question(*first, *second) for (_, *first), (_, *second) in combinations(listed, 2)]
        chosen = sorted(rng.permutation(len(questions))[:MAX_QUESTIONS].tolist())
        if chosen:
            group = "reduplication" if kind.startswith("reduplication") else "affix"
            groups.setdefault(group, []).append(Category(kind, tuple(questions[i] for i in chosen)))
    return {group: tuple(kinds) for group, kinds in groups.items()}


def settings() -> list[Setting]:
    """Returns every model with every set of contexts, and with the characters of the word itself."""
    plain = [Setting(model, features) for model in ("sgns", "ppmi-svd") for features in FEATURES]
    return plain + [Setting(model, "word+character", "own") for model in ("sgns", "ppmi-svd")]


def trained(setting: Setting, corpus: Corpus, *, seed: int, epochs: int = EPOCHS, dim: int = 100) -> Space:
    """Returns the space that a setting trains."""
    if setting.model == "sgns":
        skipgram = SGNS(features=setting.features, characters=setting.place, dim=dim, epochs=epochs)
        return train(skipgram, corpus, seed=seed)
    counted_model = PPMISVD(features=setting.features, characters=setting.place, dim=dim)
    return train(counted_model, corpus, seed=seed)


def scored(setting: Setting, space: Space, questions: dict[str, tuple[Category, ...]], seconds: float) -> Outcome:
    """Returns the accuracy on the questions and the correlations with the rated pairs."""
    found = {group: accuracy(space, kinds, name=group) for group, kinds in questions.items()}
    rated = {name: similarity(space, pair_set(name)[0]).spearman.value for name in PAIRS["zh"]}
    return Outcome(
        setting, {group: (result.total, *result.categories) for group, result in found.items()}, rated, seconds
    )


def table(outcomes: Sequence[Outcome], *, kinds: bool) -> Table:
    """Returns a table with a row per setting: scores by group and on rated pairs, or, if ``kinds``, by kind."""
    names = {score.name for found in outcomes[0].scores.values() for score in (found[1:] if kinds else found[:1])}
    listed = [score for found in outcomes[0].scores.values() for score in found if score.name in names]
    rated = [] if kinds else [*outcomes[0].rated, "seconds"]
    heads = [f"{score.name} ({score.covered})" for score in listed]
    made = Table(
        "model", "contexts", *heads, *rated, title="Accuracy of 3CosAdd on covered questions, and Spearman's rho"
    )
    for outcome in outcomes:
        found = {score.name: score.value for scores in outcome.scores.values() for score in scores}
        last = [] if kinds else [*(f"{rho:.3f}" for rho in outcome.rated.values()), f"{outcome.seconds:.0f}"]
        made.add_row(outcome.setting.model, outcome.setting.contexts, *(f"{found[s.name]:.3f}" for s in listed), *last)
    return made


def pattern(outcomes: Sequence[Outcome]) -> list[str]:
    """Returns lines that say for each model how the contexts of ``EXPECTED`` change each group of questions."""
    by_setting = {outcome.setting: outcome for outcome in outcomes}
    lines: list[str] = []
    for model in dict.fromkeys(outcome.setting.model for outcome in outcomes):
        for (features, place), expected in EXPECTED.items():
            plain, more = by_setting[Setting(model, "word")], by_setting[Setting(model, features, place)]
            for group in plain.scores:
                before, after = plain.scores[group][0].value, more.scores[group][0].value
                verdict = ", as published" if after > before + 0.01 else ", not as published"
                shown = verdict if group in expected else ""
                lines.append(f"{model}, {more.setting.contexts}: {group} {before:.3f} -> {after:.3f}{shown}")
    return lines


def draw(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Draws accuracy by group, with a bar for each set of contexts and a panel for each model."""
    models = list(dict.fromkeys(outcome.setting.model for outcome in outcomes))
    groups = list(outcomes[0].scores)
    with sheet(path, 9.0, 3.4) as figure:
        for axes, model in zip(np.atleast_1d(figure.subplots(1, len(models), sharey=True)), models, strict=True):
            chosen = [outcome for outcome in outcomes if outcome.setting.model == model]
            for i, outcome in enumerate(chosen):
                places = np.arange(len(groups)) + (i - (len(chosen) - 1) / 2) * 0.8 / len(chosen)
                heights = [outcome.scores[group][0].value for group in groups]
                colour = CHINESE if "character" in outcome.setting.features else ENGLISH
                shade = 0.4 + 0.6 * i / max(len(chosen) - 1, 1)
                axes.bar(places, heights, 0.8 / len(chosen), color=colour, alpha=shade, label=outcome.setting.contexts)
            axes.set_xticks(range(len(groups)), groups)
            axes.set_title(model)
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].set_ylabel("accuracy of 3CosAdd")
        figure.axes[0].legend(fontsize=7, frameon=False)
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Trains every setting, prints the tables, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.contexts", out="results/contexts", words=0)
    try:
        with stage_bars("Chinese text: ") as report:
            corpus = default_corpus("zh", report=report)
        if options.words:
            corpus = excerpt_of(corpus, options.words, language="zh")
        questions = formations(frozenset(corpus.vocab.words), seed=options.seed)
        questions["semantic"] = read_questions(resolve(QUESTIONS["zh"]))
        outcomes: list[Outcome] = []
        for setting in counted(settings(), "models"):
            begun = time.perf_counter()
            space = trained(setting, corpus, seed=options.seed)
            outcomes.append(scored(setting, space, questions, time.perf_counter() - begun))
        path = draw(outcomes, options.out / "contexts.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=160, highlight=False)
    console.print(table(outcomes, kinds=False))
    console.print(table(outcomes, kinds=True))
    for line in pattern(outcomes):
        console.print(line)
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
