"""What Chinese contexts are worth: words, bigrams and characters as contexts, for skip-gram and for PPMI-SVD.

Claim: characters as contexts raise the morphological analogies, and bigrams the semantic ones.
Source: Li et al. 2018, table 5, on Baidu Encyclopedia: skip-gram .222 morphological and .327 semantic with words, .250
and .368 with bigrams too, .455 and .368 with characters too; PPMI .230 and .586 with bigrams. Morphological questions
come from ``data/morphology.tsv``, semantic ones from cntext. The characters of ngram2vec, the program of the paper, are
those of the word itself (``own``), not of its window. Command: ``python -m experiments.contexts [--words N]
[--out FOLDER]``, N words of the default Chinese text (0: all of it).
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
"""Contexts to compare with words alone, and the questions that they raise in the paper."""
MOST = 1000
"""Questions of a kind of word formation."""


class Setting(NamedTuple):
    """A model and its contexts."""

    model: str
    features: Features
    place: Place = "window"

    @property
    def contexts(self) -> str:
        """The contexts in words."""
        return self.features if self.place == "window" else f"{self.features}, {self.place}"


class Outcome(NamedTuple):
    """The scores of a setting, by group and kind, and the seconds of training."""

    setting: Setting
    scores: dict[str, tuple[Score, ...]]
    rated: dict[str, float]
    seconds: float


def formations(words: frozenset[str], *, seed: int) -> dict[str, tuple[Category, ...]]:
    """Morphological questions of ``data/morphology.tsv``, by group, whose words are all among ``words``.

    Two pairs a, b and c, d of a kind make the question a : b = c : d; at most ``MOST`` of them are drawn.
    """
    groups: dict[str, list[Category]] = {}
    rng = np.random.default_rng(seed)
    lines = [line for line in read_list(list_path("morphology.tsv"), 3) if words.issuperset(line[1:])]
    for kind, listed in groupby(lines, key=lambda line: line[0]):
        asked = [Question(*one, *other) for (_, *one), (_, *other) in combinations(listed, 2)]
        chosen = sorted(rng.permutation(len(asked))[:MOST].tolist())
        if chosen:
            group = "reduplication" if kind.startswith("reduplication") else "affix"
            groups.setdefault(group, []).append(Category(kind, tuple(asked[i] for i in chosen)))
    return {group: tuple(kinds) for group, kinds in groups.items()}


def settings() -> list[Setting]:
    """Every model with every set of contexts, and with the characters of the word itself."""
    plain = [Setting(model, features) for model in ("sgns", "ppmi-svd") for features in FEATURES]
    return plain + [Setting(model, "word+character", "own") for model in ("sgns", "ppmi-svd")]


def trained(setting: Setting, corpus: Corpus, *, seed: int, epochs: int = EPOCHS, dim: int = 100) -> Space:
    """Trains a setting."""
    if setting.model == "sgns":
        skipgram = SGNS(features=setting.features, characters=setting.place, dim=dim, epochs=epochs)
        return train(skipgram, corpus, seed=seed)
    counted_model = PPMISVD(features=setting.features, characters=setting.place, dim=dim)
    return train(counted_model, corpus, seed=seed)


def scored(setting: Setting, space: Space, questions: dict[str, tuple[Category, ...]], seconds: float) -> Outcome:
    """Answers the questions and correlates the rated pairs."""
    found = {group: accuracy(space, kinds, name=group) for group, kinds in questions.items()}
    rated = {name: similarity(space, pair_set(name)[0]).spearman.value for name in PAIRS["zh"]}
    return Outcome(setting, {group: (one.total, *one.categories) for group, one in found.items()}, rated, seconds)


def table(outcomes: Sequence[Outcome], *, kinds: bool) -> Table:
    """A line a setting: the groups and the rated pairs, or every kind."""
    names = {one.name for found in outcomes[0].scores.values() for one in (found[1:] if kinds else found[:1])}
    listed = [one for found in outcomes[0].scores.values() for one in found if one.name in names]
    rated = [] if kinds else [*outcomes[0].rated, "seconds"]
    heads = [f"{one.name} ({one.covered})" for one in listed]
    made = Table("model", "contexts", *heads, *rated, title="3CosAdd at rank 1 of covered questions; Spearman's rho")
    for one in outcomes:
        found = {score.name: score.value for scores in one.scores.values() for score in scores}
        last = [] if kinds else [*(f"{rho:.3f}" for rho in one.rated.values()), f"{one.seconds:.0f}"]
        made.add_row(one.setting.model, one.setting.contexts, *(f"{found[s.name]:.3f}" for s in listed), *last)
    return made


def pattern(outcomes: Sequence[Outcome]) -> list[str]:
    """Says, for each model, what characters do to morphological questions and bigrams to semantic ones."""
    by_setting = {one.setting: one for one in outcomes}
    lines: list[str] = []
    for model in dict.fromkeys(one.setting.model for one in outcomes):
        for (features, place), expected in EXPECTED.items():
            plain, more = by_setting[Setting(model, "word")], by_setting[Setting(model, features, place)]
            for group in plain.scores:
                before, after = plain.scores[group][0].value, more.scores[group][0].value
                verdict = ", as published" if after > before + 0.01 else ", not as published"
                said = verdict if group in expected else ""
                lines.append(f"{model}, {more.setting.contexts}: {group} {before:.3f} -> {after:.3f}{said}")
    return lines


def draw(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Accuracy by group, with a bar for each set of contexts and a panel for each model."""
    models = list(dict.fromkeys(one.setting.model for one in outcomes))
    groups = list(outcomes[0].scores)
    with sheet(path, 9.0, 3.4) as figure:
        for axes, model in zip(np.atleast_1d(figure.subplots(1, len(models), sharey=True)), models, strict=True):
            chosen = [one for one in outcomes if one.setting.model == model]
            for i, one in enumerate(chosen):
                places = np.arange(len(groups)) + (i - (len(chosen) - 1) / 2) * 0.8 / len(chosen)
                heights = [one.scores[group][0].value for group in groups]
                colour = CHINESE if "character" in one.setting.features else ENGLISH
                shade = 0.4 + 0.6 * i / max(len(chosen) - 1, 1)
                axes.bar(places, heights, 0.8 / len(chosen), color=colour, alpha=shade, label=one.setting.contexts)
            axes.set_xticks(range(len(groups)), groups)
            axes.set_title(model)
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].set_ylabel("3CosAdd at rank 1")
        figure.axes[0].legend(fontsize=7, frameon=False)
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Trains every setting, prints the tables, draws the figure; the exit status."""
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
