"""Learn in one language, test in the other: a map lets labels of English reviews classify Chinese ones, and back."""

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
"""The weight of a label of the tested language, and the share of texts at each end that self-training learns from."""
ROWS_SPREAD, WORDS_SPREAD = 0.003, 1.0
"""``spread`` of ``fit_logistic`` on vectors of texts, and on single words; chosen on training texts."""


class Sides(NamedTuple):
    """The two languages: ``source`` has labels, ``target`` has none.

    ``given`` and ``wanted`` are the reviews of source and target, ``points`` and ``other`` the points of their words in
    the common space.
    """

    source: Language
    target: Language
    given: Reviews
    wanted: Reviews
    points: Space
    other: Space


class Vectors(NamedTuple):
    """The vectors of the training texts and of the test texts of one language."""

    train: Float[np.ndarray, "n d"]
    test: Float[np.ndarray, "m d"]


class Transfer(NamedTuple):
    """Accuracy in percent of a kind of text vectors on the test texts of both languages."""

    sentence: str
    source: float
    target: float


class Labelled(NamedTuple):
    """Accuracy in percent of three classifiers that have some labels of the tested language.

    ``words`` sees single words, ``rows`` vectors of texts; ``both`` sees vectors of texts, with the labels of the other
    language as well.
    """

    words: float
    rows: float
    both: float


def sides_of(source: Language, translator: Translator, english: Reviews, chinese: Reviews) -> Sides:
    """Returns the sides if ``source`` is the language with labels."""
    if source == "en":
        return Sides("en", "zh", english, chinese, translator.source, translator.target)
    return Sides("zh", "en", chinese, english, translator.target, translator.source)


def vectors_of(sentence: Sentence, given: Reviews, space: Space) -> Vectors:
    """Returns the vectors of all reviews of a language. Centring uses the training texts, but not their labels."""
    rows = rows_for(sentence, given.train, space)
    return Vectors(*(text_vectors(rows, part, space.vocab) for part in given))


def transfer(sides: Sides, sentence: Sentence) -> tuple[Transfer, Logistic]:
    """Learns from the labels of one language; returns the accuracy in both languages, and the classifier."""
    own, other = (vectors_of(sentence, *side) for side in ((sides.given, sides.points), (sides.wanted, sides.other)))
    found = fit_logistic(own.train, are_good(sides.given.train), spread=ROWS_SPREAD)
    scores = accuracy(found(own.test), sides.given.test), accuracy(found(other.test), sides.wanted.test)
    return Transfer(sentence, *scores), found


def word_by_word(sides: Sides, translator: Translator, texts: list[LabelledText]) -> list[LabelledText]:
    """Returns texts of the language without labels, each word replaced by its best translation by CSLS."""
    words = list(dict.fromkeys(word for text in texts for word in text.text.split(" ")))
    rows = sides.other.vocab.ids(words)
    found = translator.nearest(rows, 1, "csls", reverse=sides.target == "zh").ids[:, 0]
    names = list(sides.points.vocab.words)
    to = {word: names[int(row)] for word, row in zip(words, found, strict=True) if row >= 0}
    return [text._replace(text=" ".join(to[w] for w in text.text.split(" ") if w in to) or names[0]) for text in texts]


def translated(sides: Sides, translator: Translator) -> float:
    """Returns the accuracy of a classifier of single words on texts that are translated word by word."""
    vocab = sides.points.vocab
    found = fit_logistic(word_bags(sides.given.train, vocab), are_good(sides.given.train), spread=WORDS_SPREAD)
    texts = word_by_word(sides, translator, sides.wanted.test)
    return accuracy(found(word_bags(texts, vocab)), sides.wanted.test)


def self_trained(found: Logistic, sides: Sides) -> float:
    """Returns the accuracy after self-training: a second classifier learns from the surest answers of the first.

    The first classifier scores the training texts of the language without labels. The scores are multiplied by the
    square root of the text's length, because scores of short texts vary more. The three tenths with the highest scores
    count as good, the three tenths with the lowest as bad. The second classifier learns single words from them. Test
    texts are classified by the sum of both scores, each divided by its standard deviation.
    """
    vectors, vocab = vectors_of(BEST, sides.wanted, sides.other), sides.other.vocab
    lengths = [np.sqrt([1 + text.text.count(" ") for text in part]) for part in sides.wanted]
    first = [found(x) * length for x, length in zip(vectors, lengths, strict=True)]
    order, size = np.argsort(first[0], kind="stable"), int(_SURE * len(first[0]))
    chosen = np.concatenate([order[:size], order[-size:]])
    bags = [word_bags(part, vocab) for part in sides.wanted]
    again = fit_logistic(bags[0][chosen], np.arange(2 * size) >= size, spread=WORDS_SPREAD)
    second = [again(bag) for bag in bags]
    return accuracy(first[1] / first[0].std() + second[1] / second[0].std(), sides.wanted.test)


def with_labels(sides: Sides, sizes: Sequence[int], *, seeds: int, seed: int) -> dict[int, Labelled]:
    """Returns the accuracies by the number of labels of the tested language.

    Beside labels of the other language, such a label has weight 10. Each accuracy is the mean over ``seeds`` samples of
    labelled texts; there is one sample if all texts are labelled.
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
        found.append(Labelled(*(accuracy(score, sides.wanted.test) for score in scores)))
    return Labelled(*(mean(column) for column in zip(*found, strict=True)))


def draw(lines: dict[str, float], labelled: dict[int, Labelled], source: str, path: Path) -> Path:
    """Draws accuracy by the number of labels of the tested language; methods without such labels are lines across."""
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
        figure.legend(fontsize=8, loc="outside lower center", ncols=2, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return path


def section(sides: Sides, translator: Translator, out: Path, *, seeds: int, seed: int) -> Section:
    """Runs this part of the report and returns its section."""
    source, target = NAMES[sides.source], NAMES[sides.target]
    kinds = {sentence: transfer(sides, sentence) for sentence in SENTENCES}
    best, found = kinds[BEST]
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
            "ones. The words of both languages are points of the translator's common space, and a text is the mean of "
            f"its words. So logistic regression on {source} texts can score {target} texts, although it saw no label "
            "of theirs."
        ),
        Table(
            f"No {target} label: accuracy by kind of text vector, %.",
            ("text vector", f"{source} test", f"{target} test"),
            tuple((kind.sentence, f"{kind.source:.1f}", f"{kind.target:.1f}") for kind, _ in kinds.values()),
            (SENTENCES.index(BEST),),
        ),
        Table(
            f"Accuracy on {target} reviews, %; with few labels, the mean over {seeds} samples of labelled texts.",
            ("method", "accuracy"),
            (*((name, f"{value:.1f}") for name, value in lines.items()), *by_labels),
        ),
        Figure(
            draw(lines, labelled, source, out / f"{sides.source}-{sides.target}.png"),
            f"{target} reviews: what {target} labels are worth, alone and together with {source} labels.",
            "Rising curves by the number of labels, and horizontal lines for the methods without such labels.",
        ),
    )
    by_word, by_map, by_answers = lines.values()
    summary = (
        f"{target} reviews without a {target} label: {by_map:.1f} % by the map, {by_answers:.1f} % after learning from "
        f"its own answers, {by_word:.1f} % translated word by word"
    )
    return Section(f"Learn in {source}, test in {target}", blocks, (summary,))
