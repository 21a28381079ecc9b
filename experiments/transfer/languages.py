"""Learn in one language, test in the other: labels of English reviews classify Chinese ones by a map, and back."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from align.bilingual.translator import Translator
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.space import Space
from align.text.labelled import LabelledText
from experiments.report import Figure, Paragraph, Section, Table
from experiments.transfer.logistic import Logistic, fit_logistic
from experiments.transfer.reviews import (
    SENTENCES,
    Reviews,
    Sentence,
    accuracy,
    are_good,
    rows_for,
    text_vectors,
    word_bags,
)

Language = Literal["en", "zh"]
LABELS = (10, 100, 1000)
NAMES = {"en": "English", "zh": "Chinese"}
BEST: Sentence = "mean, centred"
_WEIGHT, _SURE = 10.0, 0.3
ROWS_SPREAD, WORDS_SPREAD = 0.003, 1.0
"""The spread of ``fit_logistic`` on vectors of sentences, and on single words; chosen on training texts."""


class Sides(NamedTuple):
    """The language with labels and the one without: reviews of both, and their words' points in the common space."""

    source: Language
    target: Language
    given: Reviews
    wanted: Reviews
    points: Space
    other: Space


class Vectors(NamedTuple):
    """Vectors of sentences of one language: of its training and its test texts."""

    train: Float[np.ndarray, "n d"]
    test: Float[np.ndarray, "m d"]


class Transfer(NamedTuple):
    """Accuracy in percent: of a way to make sentences, on test texts of both languages."""

    sentence: str
    source: float
    target: float


class Labelled(NamedTuple):
    """Accuracy in percent with some labels of the tested language: by words, by rows, by rows of both languages."""

    words: float
    rows: float
    both: float


def sides_of(source: Language, translator: Translator, english: Reviews, chinese: Reviews) -> Sides:
    """Returns the sides for labels of one language."""
    if source == "en":
        return Sides("en", "zh", english, chinese, translator.source, translator.target)
    return Sides("zh", "en", chinese, english, translator.target, translator.source)


def vectors_of(sentence: Sentence, given: Reviews, space: Space) -> Vectors:
    """Returns the vectors of all reviews of a language; the mean of its training texts needs no label."""
    rows = rows_for(sentence, given.train, space)
    return Vectors(*(text_vectors(rows, part, space.vocab) for part in given))


def transfer(sides: Sides, sentence: Sentence) -> tuple[Transfer, Logistic]:
    """Returns the accuracy in both languages of what one language's labels teach, and what was learned."""
    own, other = (vectors_of(sentence, *side) for side in ((sides.given, sides.points), (sides.wanted, sides.other)))
    found = fit_logistic(own.train, are_good(sides.given.train), spread=ROWS_SPREAD)
    scores = accuracy(found(own.test), sides.given.test), accuracy(found(other.test), sides.wanted.test)
    return Transfer(sentence, *scores), found


def word_by_word(sides: Sides, translator: Translator, texts: list[LabelledText]) -> list[LabelledText]:
    """Returns texts of the language without labels, each word replaced by its best translation by CSLS."""
    words = list(dict.fromkeys(word for one in texts for word in one.text.split(" ")))
    rows = sides.other.vocab.ids(words)
    found = translator.nearest(rows, 1, "csls", reverse=sides.target == "zh").ids[:, 0]
    names = list(sides.points.vocab.words)
    to = {word: names[int(row)] for word, row in zip(words, found, strict=True) if row >= 0}
    return [one._replace(text=" ".join(to[w] for w in one.text.split(" ") if w in to) or names[0]) for one in texts]


def translated(sides: Sides, translator: Translator) -> float:
    """Returns the accuracy of a classifier of single words on texts that are translated word by word."""
    vocab = sides.points.vocab
    found = fit_logistic(word_bags(sides.given.train, vocab), are_good(sides.given.train), spread=WORDS_SPREAD)
    texts = word_by_word(sides, translator, sides.wanted.test)
    return accuracy(found(word_bags(texts, vocab)), sides.wanted.test)


def self_trained(found: Logistic, sides: Sides) -> float:
    """Returns the accuracy after learning single words from the surest answers on texts without labels.

    The surest three tenths at either end count as good and bad, by score times the root of the length, since scores of
    short texts vary more. The two scores, each divided by its standard deviation, are added.
    """
    vectors, vocab = vectors_of(BEST, sides.wanted, sides.other), sides.other.vocab
    lengths = [np.sqrt([1 + one.text.count(" ") for one in part]) for part in sides.wanted]
    first = [found(x) * length for x, length in zip(vectors, lengths, strict=True)]
    order, size = np.argsort(first[0], kind="stable"), int(_SURE * len(first[0]))
    chosen = np.concatenate([order[:size], order[-size:]])
    bags = [word_bags(part, vocab) for part in sides.wanted]
    again = fit_logistic(bags[0][chosen], np.arange(2 * size) >= size, spread=WORDS_SPREAD)
    second = [again(bag) for bag in bags]
    return accuracy(first[1] / first[0].std() + second[1] / second[0].std(), sides.wanted.test)


def with_labels(sides: Sides, sizes: Sequence[int], *, seeds: int, seed: int) -> dict[int, Labelled]:
    """Returns the accuracies by the number of labels of the tested language, which weigh 10 beside the other's labels.

    There are ``seeds`` samples of labelled texts, and one if all texts are labelled.
    """
    own = vectors_of(BEST, sides.given, sides.points)
    other = vectors_of(BEST, sides.wanted, sides.other)
    bags = [word_bags(part, sides.other.vocab) for part in sides.wanted]
    whole = len(sides.wanted.train)
    return {
        size: _with_labels(sides, (own, other), bags, size, seeds=seeds if size < whole else 1, seed=seed)
        for size in sizes
    }


def _with_labels(
    sides: Sides, vectors: tuple[Vectors, Vectors], bags: list[csr_array], size: int, *, seeds: int, seed: int
) -> Labelled:
    own, other = vectors
    labels, wanted = (are_good(part) for part in (sides.given.train, sides.wanted.train))
    found: list[Labelled] = []
    for number in range(seeds):
        order = np.random.default_rng(seed + number).permutation(len(wanted))
        half = size // 2
        chosen = np.concatenate([order[wanted[order]][:half], order[~wanted[order]][:half]])
        by_words = fit_logistic(bags[0][chosen], wanted[chosen], spread=WORDS_SPREAD)
        by_rows = fit_logistic(other.train[chosen], wanted[chosen], spread=ROWS_SPREAD)
        both = fit_logistic(
            np.concatenate([own.train, other.train[chosen]]),
            np.concatenate([labels, wanted[chosen]]),
            spread=ROWS_SPREAD,
            weight=np.repeat([1.0, _WEIGHT], [len(labels), len(chosen)]),
        )
        scores = by_words(bags[1]), by_rows(other.test), both(other.test)
        found.append(Labelled(*(accuracy(one, sides.wanted.test) for one in scores)))
    return Labelled(*(mean(column) for column in zip(*found, strict=True)))


def draw(lines: dict[str, float], labelled: dict[int, Labelled], source: str, path: Path) -> Path:
    """Draws accuracy by the number of labels of the tested language; ways without one as lines across."""
    with sheet(path, 6.6, 4.4) as figure:
        axes = figure.add_subplot()
        for (name, value), colour, style in zip(lines.items(), (SOFT, ENGLISH, ENGLISH), ("--", "-", ":"), strict=True):
            axes.axhline(value, color=colour, linestyle=style, linewidth=1.4, label=f"{name}: {value:.1f}")
        names = (
            "its own labels, words alone",
            "its own labels, frozen rows",
            f"its own and {source} labels, frozen rows",
        )
        for place, (name, colour) in enumerate(zip(names, (CHINESE, "#d9a080", INK), strict=True)):
            scores = [row[place] for row in labelled.values()]
            axes.plot(list(labelled), scores, marker="o", markersize=4, color=colour, label=name)
        axes.set_xscale("log")
        axes.set(xlabel="labelled texts of the tested language", ylabel="reviews classified right, %")
        axes.legend(fontsize=8, loc="lower right", frameon=True, facecolor="white", edgecolor="none", framealpha=1)
        axes.spines[["top", "right"]].set_visible(False)
    return path


def section(sides: Sides, translator: Translator, out: Path, *, seeds: int, seed: int) -> Section:
    """Runs the part and returns its section."""
    source, target = NAMES[sides.source], NAMES[sides.target]
    ways = {sentence: transfer(sides, sentence) for sentence in SENTENCES}
    best, found = ways[BEST]
    lines = {
        f"{source} labels, translated word by word": translated(sides, translator),
        f"{source} labels, map": best.target,
        f"{source} labels, map, then its own answers": self_trained(found, sides),
    }
    labelled = with_labels(sides, (*LABELS, len(sides.wanted.train)), seeds=seeds, seed=seed)
    names = ("words alone", "frozen rows", f"frozen rows, {source} labels too")
    by_labels = tuple(
        (f"{name}, {size:,} {target} labels", f"{row[place]:.1f}")
        for place, name in enumerate(names)
        for size, row in labelled.items()
    )
    blocks = (
        Paragraph(
            f"Trained on {len(sides.given.train):,} {source} reviews, tested on {len(sides.wanted.test):,} {target} "
            "ones. The words of both languages are points of the translator's common space, and a text is their mean. "
            f"Logistic regression on {source} texts can thus score {target} texts, of which it saw no label."
        ),
        Table(
            f"No {target} label: accuracy by how a sentence is made of its words, %.",
            ("sentence", f"{source} test", f"{target} test"),
            tuple((one.sentence, f"{one.source:.1f}", f"{one.target:.1f}") for one, _ in ways.values()),
            (SENTENCES.index(BEST),),
        ),
        Table(
            f"Accuracy on {target} reviews, %; with few labels the mean over {seeds} samples of them.",
            ("way", "accuracy"),
            (*((name, f"{value:.1f}") for name, value in lines.items()), *by_labels),
        ),
        Figure(
            draw(lines, labelled, source, out / f"{sides.source}-{sides.target}.png"),
            f"{target} reviews: what labels of {target} texts are worth beside {source} labels.",
            "Rising curves by the number of labels, and horizontal lines for the ways without any.",
        ),
    )
    by_word, by_map, by_answers = lines.values()
    summary = (
        f"{target} reviews without a {target} label: {by_map:.1f} % by the map, {by_answers:.1f} % after learning from "
        f"its own answers, {by_word:.1f} % translated word by word"
    )
    return Section(f"Learn in {source}, test in {target}", blocks, (summary,))
