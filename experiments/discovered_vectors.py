"""Vectors of discovered words, of jieba's words and of characters: skip-gram on one text in three segmentations.

Claim: words found without a dictionary give vectors at least as good as those of jieba's words. The text is the default
Chinese text. The three spaces are compared on the words that jieba and discovery both have.
In the third space, the vector of a word is the mean of the vectors of its characters. So all spaces have the same
words, test questions and candidates. Translation: Procrustes with CSLS from googlenews-small, P@1 over test words of
CC-CEDICT.
Command: ``python -m experiments.discovered_vectors [--words N] [--out FOLDER]``, the first N of jieba's words of the
text (0: all words).
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.catalogue import resolve
from align.evaluate.analogy import rank_answers, read_questions
from align.evaluate.lexicon import compare
from align.evaluate.resampling import Interval, mean_interval
from align.evaluate.similarity import similarity
from align.evaluate.suite import PAIRS, QUESTIONS, pair_set
from align.message import one_line
from align.plotting import CHINESE, SOFT, sheet
from align.plotting import ENGLISH as BLUE
from align.progress import counted, stage_bars
from align.retrieval import unit_rows
from align.space import Space
from align.text.build import build_corpus
from align.text.corpus import Corpus, open_corpus
from align.text.defaults import default_corpus, default_texts
from align.text.discovery.learning import discover
from align.text.tokenise import DiscoveredWords
from align.text.vocab import Vocab
from align.train.models import train
from align.train.window_models import SGNS
from experiments.excerpt import excerpt_of
from experiments.options import DICTIONARY, ENGLISH, parse_run, refuse
from experiments.shared_split import SpacePair, shared_split
from experiments.spaces import read_space

WORDS = 0
MODEL = SGNS(dim=100, epochs=5)
SEGMENTATIONS = ("jieba", "discovered", "characters")


class ScoreInterval(NamedTuple):
    """A score and its interval over resampled questions."""

    value: float
    interval: Interval


class Outcome(NamedTuple):
    """The scores of a space by test set, and its numbers of tokens and words before it was reduced to shared words."""

    name: str
    tokens: int
    words: int
    scores: Mapping[str, ScoreInterval]


def corpora(out: Path) -> dict[str, Corpus]:
    """Returns the default Chinese text in jieba's words, in discovered words, and in characters.

    Raises:
        OSError: a text cannot be fetched, or a file cannot be written.
    """
    with stage_bars("Chinese text: ") as report:
        found = {"jieba": default_corpus("zh", report=report)}
        words, path = out / "default-zh.words", out / "discovered.corpus"
        if not (words.is_file() and path.is_file()):
            out.mkdir(parents=True, exist_ok=True)
            discover(default_texts("zh"), report=report).lexicon.save(words)
            build_corpus(default_texts("zh"), path, language="zh", tokenise=DiscoveredWords(str(words)), report=report)
        found["discovered"] = open_corpus(path)
        found["characters"] = default_corpus("zh", tokenise="characters", report=report)
    return found


def parts(whole: Mapping[str, Corpus], words: int) -> dict[str, Corpus]:
    """Returns the same beginning of each corpus, with ``words`` of jieba's words; the whole corpora if that is 0."""
    if not words:
        return dict(whole)
    share = min(1.0, words / whole[SEGMENTATIONS[0]].tokens)
    return {name: excerpt_of(own, round(share * own.tokens), language="zh") for name, own in whole.items()}


def shared(spaces: Mapping[str, Space]) -> dict[str, Space]:
    """Returns the spaces reduced to the words that jieba and discovery share.

    In the space of characters, the vector of a word is the mean of the unit vectors of its characters.
    """
    first, second, characters = (spaces[name] for name in SEGMENTATIONS)
    words = [
        word for word in first.vocab.words if word in second.vocab and all(letter in characters for letter in word)
    ]
    if not words:
        raise ValueError("jieba and discovery have no word in common; read more words")
    vocab = Vocab(words)
    means = np.stack([unit_rows(characters.of(list(word))).mean(0) for word in words])
    found = {name: Space(vocab, spaces[name].of(words), name=name) for name in SEGMENTATIONS[:2]}
    last = SEGMENTATIONS[2]
    return {**found, last: Space(vocab, means.astype(np.float32), name=last)}


def share(right: Bool[np.ndarray, " n"], *, seed: int) -> ScoreInterval:
    """Returns the share of right answers with its interval."""
    return ScoreInterval(float(right.mean()) if len(right) else float("nan"), mean_interval(right, seed=seed))


def evaluated(space: Space, *, seed: int) -> dict[str, ScoreInterval]:
    """Returns Spearman's rho on each set of rated pairs, and the accuracy on covered analogy questions."""
    found: dict[str, ScoreInterval] = {}
    for name in PAIRS["zh"]:
        (pairs,) = pair_set(name)
        rated = similarity(space, pairs)
        found[name] = ScoreInterval(rated.spearman.value, rated.intervals(seed=seed).spearman)
    questions = [question for part in read_questions(resolve(QUESTIONS["zh"])) for question in part.questions]
    ranks = rank_answers(space, questions).ranks
    return {**found, "analogies": share(ranks[ranks > 0] == 1, seed=seed)}


def translation(english: Space, spaces: Mapping[str, Space], *, seed: int) -> dict[str, dict[str, ScoreInterval]]:
    """Returns P@1 of Procrustes with CSLS by direction, for each space."""
    pairs = [SpacePair(name, english, space) for name, space in spaces.items()]
    cut = shared_split(read_dictionary(DICTIONARY), pairs, train=3000, test=1000)
    found: dict[str, dict[str, ScoreInterval]] = {}
    for sides in counted(pairs, "maps"):
        made = {sides.name: fit(sides.english, sides.chinese, cut.train, Procrustes(), seed=seed)}
        lines = [line for line in compare(made, cut.test, cut.reverse_test) if line.retrieval == "csls"]
        found[sides.name] = {f"P@1 {line.direction}": share(line.lexicon.ranks == 1, seed=seed) for line in lines}
    return found


def outcomes(chosen: Mapping[str, Corpus], english: Space, *, seed: int, model: SGNS = MODEL) -> list[Outcome]:
    """Trains a space on each corpus, and scores the spaces on the words that they share."""
    spaces = {name: train(model, chosen[name], seed=seed) for name in counted(SEGMENTATIONS, "spaces")}
    common = shared(spaces)
    translated = translation(english, common, seed=seed)
    return [
        Outcome(name, chosen[name].tokens, len(spaces[name]), {**evaluated(space, seed=seed), **translated[name]})
        for name, space in common.items()
    ]


def draw(found: Sequence[Outcome], path: Path) -> Path:
    """Draws the scores of each segmentation, with their intervals, test set by test set."""
    with sheet(path, 7.5, 3.2) as figure:
        axes = figure.subplots()
        tests = list(found[0].scores)
        for row, (outcome, colour) in enumerate(zip(found, (BLUE, CHINESE, SOFT), strict=True)):
            values = np.array([outcome.scores[test].value for test in tests])
            ends = np.array([outcome.scores[test].interval for test in tests])
            places = np.arange(len(tests)) + 0.2 * (row - 1)
            axes.errorbar(
                places, values, np.abs(ends.T - values), fmt="o", color=colour, label=outcome.name, markersize=4
            )
        axes.set_xticks(range(len(tests)), tests)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("rho, or share of right answers")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    return path


def table(found: Sequence[Outcome], common: int) -> Table:
    """Returns a table with a row for each segmentation."""
    columns = ("words", "tokens", "vocabulary", *found[0].scores)
    made = Table(*columns, title=f"Spearman's rho, analogies and P@1 on {common:,} common words")
    for outcome in found:
        scores = (f"{value:.3f} ({low:.3f} to {high:.3f})" for value, (low, high) in outcome.scores.values())
        made.add_row(outcome.name, f"{outcome.tokens:,}", f"{outcome.words:,}", *scores)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Segments the text, trains and scores the spaces, prints the table, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(
        argv,
        description,
        module="experiments.discovered_vectors",
        out="results/discovered_vectors",
        words=WORDS,
        about_words="jieba's words of the text; 0: all",
    )
    try:
        english = read_space(ENGLISH)
        chosen = parts(corpora(options.out), options.words)
        common = len(set(chosen["jieba"].vocab.words) & set(chosen["discovered"].vocab.words))
        found = outcomes(chosen, english, seed=options.seed)
        path = draw(found, options.out / "scores.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=180, highlight=False)
    console.print(table(found, common))
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
