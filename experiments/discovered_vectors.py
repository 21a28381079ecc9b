"""Vectors of discovered words, of jieba's words and of characters: skip-gram on the same text, cut in three ways.

Claim: words found without a dictionary train vectors as good as jieba's words do; characters are worse.
The text is the default Chinese text. The three spaces are compared on the words that jieba and discovery both have; the
vector of a word in the third is the mean of the vectors of its characters. So all have the same words, test questions
and candidates. Translation: Procrustes with CSLS from googlenews-small, P@1 over test words of CC-CEDICT.
Command: ``python -m experiments.discovered_vectors [--words N] [--out FOLDER]``, N of jieba's words of the text (0:
all).
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.evaluate.lexicon import compare
from align.evaluate.suite import evaluate_suite
from align.message import one_line
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

WORDS = 1_000_000
MODEL = SGNS(dim=100, epochs=5)
WAYS = ("jieba", "discovered", "characters")


class Outcome(NamedTuple):
    """A space's size before words were shared, and its scores by test set."""

    name: str
    tokens: int
    words: int
    scores: Mapping[str, float]


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
    """Returns the same beginning of each corpus, ``words`` tokens of the first; all of them if 0."""
    if not words:
        return dict(whole)
    share = min(1.0, words / whole[WAYS[0]].tokens)
    return {name: excerpt_of(one, round(share * one.tokens), language="zh") for name, one in whole.items()}


def shared(spaces: Mapping[str, Space]) -> dict[str, Space]:
    """Returns the spaces on the words of both word spaces; those of characters are means of unit vectors."""
    first, second, characters = (spaces[name] for name in WAYS)
    words = [
        word for word in first.vocab.words if word in second.vocab and all(letter in characters for letter in word)
    ]
    if not words:
        raise ValueError("jieba and discovery have no word in common; read more words")
    vocab = Vocab(words)
    means = np.stack([unit_rows(characters.of(list(word))).mean(0) for word in words])
    found = {name: Space(vocab, spaces[name].of(words), name=name) for name in WAYS[:2]}
    return {**found, WAYS[2]: Space(vocab, means.astype(np.float32), name=WAYS[2])}


def translation(english: Space, spaces: Mapping[str, Space], *, seed: int) -> dict[str, tuple[float, float]]:
    """Returns P@1 of Procrustes with CSLS, English to Chinese and back, for each space."""
    pairs = [SpacePair(name, english, space) for name, space in spaces.items()]
    cut = shared_split(read_dictionary(DICTIONARY), pairs, train=3000, test=1000)
    found: dict[str, tuple[float, float]] = {}
    for one in counted(pairs, "maps"):
        made = {one.name: fit(one.english, one.chinese, cut.train, Procrustes(), seed=seed)}
        lines = [line for line in compare(made, cut.test, cut.reverse_test) if line.retrieval == "csls"]
        ways = {line.direction: line.lexicon.precision(1).value for line in lines}
        found[one.name] = ways["en-zh"], ways["zh-en"]
    return found


def outcomes(chosen: Mapping[str, Corpus], english: Space, *, seed: int, model: SGNS = MODEL) -> list[Outcome]:
    """Trains a space on each corpus, and scores them on the words that they share."""
    spaces = {name: train(model, chosen[name], seed=seed) for name in counted(WAYS, "spaces")}
    common = shared(spaces)
    translated = translation(english, common, seed=seed)
    made: list[Outcome] = []
    for name, space in common.items():
        scores = {test: score.value for test, score in evaluate_suite(space).items()}
        both = dict(zip(("English to Chinese", "Chinese to English"), translated[name], strict=True))
        made.append(Outcome(name, chosen[name].tokens, len(spaces[name]), {**scores, **both}))
    return made


def table(found: Sequence[Outcome], common: int) -> Table:
    """A line for each way to cut the text."""
    columns = ("words", "tokens", "vocabulary", *found[0].scores)
    made = Table(*columns, title=f"Spearman's rho, analogies and P@1 on {common:,} common words")
    for one in found:
        made.add_row(one.name, f"{one.tokens:,}", f"{one.words:,}", *(f"{value:.3f}" for value in one.scores.values()))
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Cuts the text in three ways, trains, scores and prints the table; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(
        argv, description, module="experiments.discovered_vectors", out="results/discovered_vectors", words=WORDS
    )
    try:
        english = read_space(ENGLISH)
        chosen = parts(corpora(options.out), options.words)
        common = len(set(chosen["jieba"].vocab.words) & set(chosen["discovered"].vocab.words))
        found = outcomes(chosen, english, seed=options.seed)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    Console(width=140, highlight=False).print(table(found, common))
    return 0


if __name__ == "__main__":
    sys.exit(main())
