"""What the layers of ELMo know, in English and in Chinese: parts of speech, named entities and sentiment.

Claim: vectors of words in their sentences predict parts of speech and entities better than static vectors trained on
the same text, but they do not predict sentiment better. The weights of the mixture show which layer matters for which
task. Three encoders and three skip-gram models are trained without labels: on People's Daily (words), on MSRA news and
shop reviews (characters), and on the Brown Corpus and tweets. A softmax classifier of single vectors, or of the mean of
a text's vectors, is trained on some sentences and tested on others; intervals are bootstrapped over sentences.
Source: Peters et al. 2018, sections 5.3 and 5.4.
Command: ``python -m experiments.elmo [--words N] [--out FOLDER]``, N words of each text (0: all of them).
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.encoder import Encoder
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.progress import count_bar
from align.text.corpus import Corpus
from align.train.elmo import ELMo
from align.train.models import train
from align.train.window_models import SGNS
from experiments.elmo.probe import STATIC, ProbeResult, probe
from experiments.elmo.texts import Sentence, Task, brown, entities, peoples_daily, sentiment, tagging
from experiments.options import parse_run, refuse

WORDS = 300_000
TEXTS = 8_000
ENCODER = ELMo(dim=64, cells=128, char_dim=16, epochs=3, rate=0.004, streams=32)
SKIP_GRAM = SGNS(dim=128, epochs=5)
TRAIN_WORDS, TEST_WORDS = 60_000, 20_000
ENTITY_WORDS = 200_000
"""Characters of the sentences for training on entities: more than for other tasks, because entities are few."""
QUERIES = {"People's Daily": (("打", 1), ("打", 2)), "Brown and tweets": (("kind", 1), ("kind", 4))}


class Group(NamedTuple):
    """Tasks whose texts train one encoder."""

    name: str
    language: str
    tasks: list[Task]


def groups(words: int, *, seed: int) -> list[Group]:
    """Returns the tasks, by the text that trains their encoder."""
    texts = TEXTS if not words else min(TEXTS, max(8, words // 20))
    return [
        Group("People's Daily", "zh", [tagging("parts of speech", "words", peoples_daily(), words)]),
        Group(
            "MSRA and reviews",
            "zh",
            [
                tagging("named entities", "entities", entities(), words),
                sentiment("sentiment of a review", "zh", texts, seed=seed),
            ],
        ),
        Group(
            "Brown and tweets",
            "en",
            [
                tagging("parts of speech", "words", brown(), words),
                sentiment("sentiment of a tweet", "en", texts, seed=seed),
            ],
        ),
    ]


def corpus_of(group: Group) -> Corpus:
    """Returns the text of all tasks of a group, without its labels."""
    sentences = [one.words for task in group.tasks for one in task.sentences]
    return Corpus.from_sentences(sentences, min_count=2, name=group.name, language=group.language)


def shortened(task: Task) -> Task:
    """Returns the part of a task that the classifier reads: fewer sentences, except for tasks of whole texts."""
    if task.measure == "texts":
        return task
    if task.measure == "entities":
        return task._replace(train=first(task.train, ENTITY_WORDS))
    return task._replace(train=first(task.train, TRAIN_WORDS), test=first(task.test, TEST_WORDS))


def first(sentences: Sequence[Sentence], words: int) -> list[Sentence]:
    """Returns the first sentences, about ``words`` words in total."""
    ends = np.cumsum([len(one.words) for one in sentences])
    return list(sentences[: int(np.searchsorted(ends, words)) + 1])


def neighbours(sentences: list[Sentence], encoder: Encoder, word: str, place: int, k: int = 3) -> tuple[str, list[str]]:
    """Returns one sentence with ``word``, and the k other sentences in which the word has the nearest vectors.

    Args:
        sentences: the sentences to search.
        encoder: gives the vectors; those of its last layer are compared, centred.
        word: the word.
        place: the number of the one sentence among those with the word, from 0.
        k: number of other sentences.
    """
    holding = [one.words for one in sentences if word in one.words]
    if len(holding) <= place:
        return f"fewer than {place + 1} sentences have {word}", []
    points = np.stack(
        [layers[-1, words.index(word)] for words, layers in zip(holding, encoder.encode(holding), strict=True)]
    )
    points -= points.mean(0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    order = np.argsort(-(points @ points[place]), kind="stable")
    nearest = [i for i in order.tolist() if i != place][:k]
    between = " " if encoder.language == "en" else ""
    return around(holding[place], word, between), [around(holding[i], word, between) for i in nearest]


def around(words: list[str], word: str, between: str = "") -> str:
    """Returns a word with the words near it."""
    at = words.index(word)
    return between.join([*words[max(0, at - 6) : at], f"[{word}]", *words[at + 1 : at + 7]])


def draw(found: Mapping[str, ProbeResult], path: Path) -> Path:
    """Draws the scores of each task with their intervals, and below them the weights of the layers."""
    with sheet(path, 2.3 * len(found) + 0.6, 4.6) as figure:
        rows = figure.subplots(2, len(found), squeeze=False, height_ratios=[3, 2])
        for (name, probed), above, below in zip(found.items(), *rows, strict=True):
            names = [one.vectors.partition(" (")[0].replace(" of the layers", "") for one in probed.outcomes]
            scores = np.array([one.score for one in probed.outcomes])
            ends = np.array([one.interval for one in probed.outcomes])
            for place, (one, error) in enumerate(zip(probed.outcomes, np.abs(ends - scores[:, None]), strict=True)):
                colour = SOFT if one.vectors == STATIC else ENGLISH
                above.errorbar(place, 100 * one.score, 100 * error[:, None], fmt="o", color=colour, markersize=4)
            above.set_xticks(range(len(names)), names)
            above.set_title(name.replace(": ", "\n"), fontsize=9)
            above.tick_params(axis="x", rotation=60)
            below.bar([f"layer {j}" for j in range(len(probed.weights))], probed.weights, color=CHINESE)
            below.set_ylim(0, 1)
            for axes in (above, below):
                axes.spines[["top", "right"]].set_visible(False)
        rows[0][0].set_ylabel("% right, or F1 of entities")
        rows[1][0].set_ylabel("weight in the mixture")
    return path


def table(name: str, task: Task, probed: ProbeResult) -> Table:
    """Returns a table with a row for each kind of vectors."""
    measure = {"words": "% of words right", "entities": "F1 of entities", "texts": "% of texts right"}[task.measure]
    made = Table("vectors", measure, "95 % interval", title=f"{name}: {len(task.train):,} and {len(task.test):,} texts")
    for vectors, score, interval in probed.outcomes:
        made.add_row(vectors, f"{100 * score:.1f}", f"{100 * interval.low:.1f} to {100 * interval.high:.1f}")
    made.caption = "weights of the layers: " + ", ".join(f"{weight:.2f}" for weight in probed.weights)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Trains the models, prints the tables and draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.elmo", out="results/elmo", words=WORDS)
    console = Console(width=120, highlight=False, markup=False)
    found: dict[str, ProbeResult] = {}
    try:
        for group in groups(options.words, seed=options.seed):
            corpus = corpus_of(group)
            console.print(f"{group.name}: {corpus.tokens:,} words, {len(corpus.vocab):,} different")
            encoder = train(ENCODER, corpus, seed=options.seed)
            space = train(SKIP_GRAM, corpus, seed=options.seed)
            with count_bar("tasks", len(group.tasks)) as advance:
                for task in map(shortened, group.tasks):
                    name = f"{group.language}: {task.name}"
                    found[name] = probe(task, encoder, space, seed=options.seed)
                    advance(1)
                    console.print(table(name, task, found[name]))
            for word, place in QUERIES.get(group.name, ()):
                query, nearest = neighbours(group.tasks[0].sentences, encoder, word, place)
                console.print(f"{query}\n    " + "\n    ".join(nearest))
        path = draw(found, options.out / "layers.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
