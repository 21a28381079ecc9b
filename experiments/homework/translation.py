"""A neural network that translates English words to Chinese, compared with three linear maps; its mistakes by kind.

Claim: a map between two spaces, learned from a few thousand word pairs, translates words that it has not seen.
Sources: Mikolov, Le and Sutskever (2013), least squares; Xing et al. (2015), Procrustes; Conneau et al. (2018), CSLS
and the sizes of the split. Command: ``python -m experiments.homework.translation``; about three minutes.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from align.bilingual.dictionary.cedict import Cedict, load_cedict
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import fit
from align.bilingual.supervised.mlp import MLP
from align.bilingual.translator import Translator
from align.evaluate.lexicon import Lexicon, Line, compare, evaluate
from align.progress import counted, stage_bars
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import translation_tables as tables
from experiments.homework import translation_text as text
from experiments.homework.evaluation_split import EvaluationSplit, make_evaluation_split
from experiments.homework.learning import (
    LINEAR,
    MLP_KEY,
    Accuracy,
    LearningCurves,
    SizeScores,
    before_training,
    by_training_words,
    make_probe_set,
    recorder,
)
from experiments.homework.translation_figures import draw_bands, draw_learning, draw_mistakes
from experiments.mistakes import SortedAnswers, answers_of, draw, sort_mistakes
from experiments.options import DICTIONARY
from experiments.parts import run_alone
from experiments.report import Block, Figure, Heading, Paragraph, Section
from experiments.spaces import Context
from experiments.translation_scores import DIRECTIONS, TITLES

TITLE = "A neural network that translates English to Chinese"
SHOWN = 10
"""Number of translations shown in the terminal."""


class FittedMethods(NamedTuple):
    """The translators by method, the seconds that each fit took, and the network's learning curves."""

    translators: Mapping[str, Translator]
    seconds: Mapping[str, float]
    learning: LearningCurves


def translator_path(context: Context) -> Path:
    """Returns the path at which the trained network is saved; ``align repl`` opens it."""
    return context.out / "en-zh.align"


def run(context: Context, *, mlp: MLP | None = None, dictionary: str = DICTIONARY) -> Section:
    """Trains, tests and analyses a translator; writes three figures and ``en-zh.align``; returns the section.

    Raises:
        ValueError: the dictionary has too few words that both spaces cover, or training diverges.
        OSError: a file cannot be read or written.
    """
    data = make_evaluation_split(context.english.vocab, context.chinese.vocab, seed=context.seed, dictionary=dictionary)
    if mlp is None:
        mlp = MLP(steps=context.steps) if context.steps else MLP()
    fitted = fit_all(context.english, context.chinese, data, mlp, seed=context.seed)
    fitted.translators["mlp"].save(translator_path(context))
    return _section(context, data, fitted)


def fit_all(english: Space, chinese: Space, data: EvaluationSplit, mlp: MLP, *, seed: int) -> FittedMethods:
    """Fits every method on the training words and records the network's learning curves."""
    train = data.split.train
    probes = make_probe_set(english, chinese, train, data.split.test, seed=seed)
    losses: list[tuple[int, float]] = []
    accuracies: list[Accuracy] = [probes.accuracy(before_training(english, chinese, train, mlp))]
    made: dict[str, Translator] = {}
    seconds: dict[str, float] = {}
    for name, method in {**LINEAR, MLP_KEY: mlp}.items():
        start = time.perf_counter()
        with stage_bars(f"{TITLES[name]}: ") as report:
            made[name] = fit(
                english, chinese, train, method, seed=seed, report=report, watch=recorder(probes, losses, accuracies)
            )
        seconds[name] = time.perf_counter() - start
    *smaller, last = by_training_words(english, chinese, train, probes, mlp, seed=seed)
    whole = SizeScores(last.words, {**last.shares, MLP_KEY: accuracies[-1].unseen})
    count = int(min(probes.unseen.sum(), (~probes.unseen).sum()))
    curves = LearningCurves(tuple(losses), tuple(accuracies), (*smaller, whole), count, len(probes.y))
    return FittedMethods(made, seconds, curves)


def _section(context: Context, data: EvaluationSplit, fitted: FittedMethods) -> Section:
    """Tests the methods and returns the section."""
    network = fitted.translators["mlp"]
    lines = [
        line
        for name, translator in counted(fitted.translators.items(), "test of methods")
        for line in compare({name: translator}, data.test, data.reverse_test)
    ]
    both = _sorted(context, data, network, lines, load_cedict())
    rng = np.random.default_rng([context.seed, 6])
    differences = {
        (direction, name): tables.difference(_csls(lines, "mlp", direction), _csls(lines, name, direction), rng)
        for direction in DIRECTIONS
        for name in LINEAR
    }
    settings = network.details["settings"]
    candidates = {"en-zh": len(context.chinese), "zh-en": len(context.english)}
    blocks: list[Block] = [
        Paragraph(text.data(data)),
        Paragraph(text.network(settings)),
        Paragraph(text.settings(settings, context.seed)),
        Paragraph(text.BASELINES),
        Paragraph(text.RETRIEVAL),
        Heading("How many words are right"),
        Paragraph(text.result(lines, candidates)),
        tables.method_table(lines),
        Paragraph(text.verdict(differences)),
        tables.difference_table(differences),
        Paragraph(text.reach(data, lines)),
        *_learning_blocks(fitted.learning, context),
        *_band_blocks(data, fitted.translators, context),
        *_mistake_blocks(context, data, network, both),
    ]
    shown = draw(both[0].answers, SHOWN, np.random.default_rng([context.seed, 7]))
    return Section(TITLE, tuple(blocks), text.summary(lines, both, fitted.seconds, shown))


def _csls(lines: Sequence[Line], method: str, direction: str) -> Lexicon:
    """Returns the scores of a method in one direction with CSLS."""
    wanted = (method, direction, "csls")
    return next(line.lexicon for line in lines if (line.method, line.direction, line.retrieval) == wanted)


def _sorted(
    context: Context, data: EvaluationSplit, translator: Translator, lines: Sequence[Line], cedict: Cedict
) -> tuple[SortedAnswers, SortedAnswers]:
    """Returns the network's answers with CSLS in both directions; wrong answers are sorted by kind."""
    found: list[SortedAnswers] = []
    for reverse, test in ((False, data.split.test), (True, data.split.reverse_test)):
        lexicon = _csls(lines, "mlp", "zh-en" if reverse else "en-zh")
        answers = answers_of(translator, test, lexicon, retrieval="csls", reverse=reverse)
        space = context.english if reverse else context.chinese
        found.append(sort_mistakes(answers, space, cedict, reverse=reverse, seed=context.seed))
    return found[0], found[1]


def _learning_blocks(learning: LearningCurves, context: Context) -> list[Block]:
    caption = text.LEARNING_CAPTION.format(words=learning.probe_words, candidates=learning.candidates)
    finding = text.learned(learning)
    path = draw_learning(learning, context.out / "learning.png")
    return [
        Heading("Learning curves"),
        Figure(path, caption, f"Three line charts. {finding}"),
        Paragraph(finding),
        Paragraph(text.network_gain(learning)),
    ]


def _band_blocks(data: EvaluationSplit, translators: Mapping[str, Translator], context: Context) -> list[Block]:
    scores = [
        tables.BandScores(band, *(evaluate(translators[name], band.words) for name in ("mlp", "procrustes")))
        for band in counted(data.bands, "bands of frequency")
    ]
    finding = text.by_frequency(scores)
    path = draw_bands(scores, context.out / "bands.png")
    figure = Figure(path, text.BANDS_CAPTION, f"Line chart of P@1, P@5 and P@10 by band, as in the table. {finding}")
    return [Heading("Frequent and rare words"), figure, tables.band_table(scores), Paragraph(finding)]


def _mistake_blocks(
    context: Context, data: EvaluationSplit, network: Translator, both: tuple[SortedAnswers, SortedAnswers]
) -> list[Block]:
    english, chinese = context.english.vocab, context.chinese.vocab
    whole = data.whole
    lost = [
        _partly_unreached(both[0], whole, english, chinese),
        _partly_unreached(both[1], whole.reversed(), chinese, english),
    ]
    listed = ", ".join(f"{kind} {len(both[0].of(kind))} and {len(both[1].of(kind))}" for kind in _kind_names(both))
    path = draw_mistakes(both, context.out / "mistakes.png")
    rng = np.random.default_rng([context.seed, 8])
    return [
        Heading("Thirty translations"),
        tables.side_by_side(both[0].answers, rng, "the MLP"),
        Heading("What kinds of mistakes"),
        Paragraph(text.mistakes(both, lost)),
        tables.rule_table(*both),
        Figure(path, text.MISTAKES_CAPTION, f"Bars of the kinds of mistakes, into Chinese and into English: {listed}."),
        *(tables.kind_table(found, rng) for found in both),
        Paragraph(
            text.hub_counts({name: _firsts(network, found) for name, found in zip(DIRECTIONS, both, strict=True)})
        ),
        Paragraph(text.BLIND),
    ]


def _firsts(translator: Translator, found: SortedAnswers) -> dict[str, list[str]]:
    """Returns the first answers to the test words of one direction, by nearest neighbour and by CSLS."""
    source, target = translator.spaces(reverse=found.reverse)
    rows = source.vocab.ids(answer.word for answer in found.answers)
    nearest = translator.nearest(rows, 1, "nn", reverse=found.reverse).ids[:, 0]
    return {"nn": [target.vocab.words[int(i)] for i in nearest], "csls": [answer.first for answer in found.answers]}


def _kind_names(both: tuple[SortedAnswers, SortedAnswers]) -> list[str]:
    return list(dict.fromkeys(mistake.kind for found in both for mistake in found.mistakes))


def _partly_unreached(found: SortedAnswers, whole: Dictionary, source: Vocab, target: Vocab) -> int:
    """Returns the number of mistakes on words that also have translations missing from the other space."""
    wanted = {mistake.answer.word for mistake in found.mistakes}
    pairs = [pair for pair in whole.pairs if pair[0] in wanted]
    there = set(replace(whole, pairs=tuple(pairs)).covered(source, target).pairs)
    return len({word for word, answer in pairs if (word, answer) not in there})


def main(argv: Sequence[str] | None = None) -> int:
    """Runs this part alone."""
    about = (__doc__ or "").split("\n")[0]
    return run_alone(run, argv, about, module="experiments.homework.translation", network=True)


if __name__ == "__main__":
    sys.exit(main())
