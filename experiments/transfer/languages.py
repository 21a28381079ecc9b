"""Transfer of labels between languages: a map lets labels of English reviews classify Chinese reviews, and back."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from align.bilingual.translator import Translator
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.space import Space
from align.text.labelled import LabelledText
from align.text.scripts import Language
from experiments.report import Figure, Paragraph, Section, Table
from experiments.transfer.logistic import Logistic, fit_logistic
from experiments.transfer.reviews import (
    VECTOR_KINDS,
    Reviews,
    VectorKind,
    accuracy,
    are_good,
    rows_for,
    text_vectors,
    word_bags,
    word_counts,
)

LABELS = (10, 100, 1000)
NAMES = {"en": "English", "zh": "Chinese"}
BEST: VectorKind = "mean, centred"
_WEIGHT, _SURE = 10.0, 0.2
"""The weight of a label of the tested language, and the share of texts that self-training takes for each label."""
ROWS_VARIANCE, WORDS_VARIANCE = 0.003, 1.0
"""``variance`` of ``fit_logistic`` on vectors of texts, and on single words; chosen on training texts."""


class Sides(NamedTuple):
    """The two languages, with their reviews and the points of their words in the common space.

    ``source`` is the language with labels, ``target`` the language without.
    """

    source: Language
    target: Language
    source_reviews: Reviews
    target_reviews: Reviews
    source_space: Space
    target_space: Space


class Vectors(NamedTuple):
    """The vectors of the training texts and of the test texts of one language."""

    train: Float[np.ndarray, "n d"]
    test: Float[np.ndarray, "m d"]


class TransferAccuracy(NamedTuple):
    """Accuracy in percent of a kind of text vectors on the test texts of both languages."""

    kind: str
    source: float
    target: float


class LabelledAccuracy(NamedTuple):
    """Accuracy in percent of three classifiers that have some labels of the tested language.

    Attributes:
        words: of a classifier of single words.
        rows: of a classifier of text vectors.
        both: of a classifier of text vectors that also has the labels of the other language.
    """

    words: float
    rows: float
    both: float


def sides_of(source: Language, translator: Translator, english: Reviews, chinese: Reviews) -> Sides:
    """Returns the sides if ``source`` is the language with labels."""
    if source == "en":
        return Sides("en", "zh", english, chinese, translator.source, translator.target)
    return Sides("zh", "en", chinese, english, translator.target, translator.source)


def vectors_of(kind: VectorKind, given: Reviews, space: Space) -> Vectors:
    """Returns the vectors of all reviews of a language. Centring uses the training texts, but not their labels."""
    rows = rows_for(kind, given.train, space)
    return Vectors(*(text_vectors(rows, part, space.vocab) for part in given))


def transfer(sides: Sides, kind: VectorKind) -> tuple[TransferAccuracy, Logistic]:
    """Learns from the labels of one language; returns the accuracy in both languages, and the classifier."""
    own, other = (
        vectors_of(kind, *side)
        for side in ((sides.source_reviews, sides.source_space), (sides.target_reviews, sides.target_space))
    )
    found = fit_logistic(own.train, are_good(sides.source_reviews.train), variance=ROWS_VARIANCE)
    scores = (
        accuracy(found(own.test), sides.source_reviews.test),
        accuracy(found(other.test), sides.target_reviews.test),
    )
    return TransferAccuracy(kind, *scores), found


def word_by_word(sides: Sides, translator: Translator, texts: list[LabelledText]) -> list[LabelledText]:
    """Returns texts of the language without labels, each word replaced by its best translation by CSLS."""
    words = list(dict.fromkeys(word for text in texts for word in text.text.split(" ")))
    rows = sides.target_space.vocab.ids(words)
    found = translator.nearest(rows, 1, "csls", reverse=sides.target == "zh").ids[:, 0]
    names = list(sides.source_space.vocab.words)
    to = {word: names[int(row)] for word, row in zip(words, found, strict=True) if row >= 0}
    return [text._replace(text=" ".join(to[w] for w in text.text.split(" ") if w in to) or names[0]) for text in texts]


def translated(sides: Sides, translator: Translator) -> float:
    """Returns the accuracy of a classifier of single words on texts that are translated word by word."""
    vocab = sides.source_space.vocab
    found = fit_logistic(
        word_bags(sides.source_reviews.train, vocab), are_good(sides.source_reviews.train), variance=WORDS_VARIANCE
    )
    texts = word_by_word(sides, translator, sides.target_reviews.test)
    return accuracy(found(word_bags(texts, vocab)), sides.target_reviews.test)


def idf_scores(found: Logistic, sides: Sides) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " m"]]:
    """Returns the scores of the training and the test texts of the language without labels, with idf weights.

    A word w has the score sqrt(log((1 + n) / (1 + n_w))) <weight, row of w>, if n_w of the n training texts contain it.
    A text has the mean score of its words, minus the median of the training texts: half of them are taken to be good.
    """
    space = sides.target_space
    rows = rows_for(BEST, sides.target_reviews.train, space)
    train, test = (word_counts(part, space.vocab) for part in sides.target_reviews)
    train.sum_duplicates()
    containing = np.bincount(train.indices, minlength=len(space.vocab.words))
    size = len(sides.target_reviews.train)
    weighted = np.sqrt(np.log((1 + size) / (1 + containing))) * (rows @ found.weight)
    scores = [counts @ weighted / np.asarray(counts.sum(axis=1)).ravel() for counts in (train, test)]
    middle = np.median(scores[0])
    return scores[0] - middle, scores[1] - middle


def self_trained(scores: tuple[Float[np.ndarray, " n"], Float[np.ndarray, " m"]], sides: Sides) -> float:
    """Returns the accuracy after self-training, in which a second classifier learns from the predictions of the first.

    ``scores`` are those of the first classifier for the training and the test texts of the language without labels.
    They are multiplied by the square root of the text's length, because scores of short texts vary more. The fifth of
    the training texts with the highest scores counts as good, the fifth with the lowest as bad. The second classifier
    learns single words from them. Test texts are classified by the sum of both scores, each divided by its standard
    deviation.
    """
    vocab = sides.target_space.vocab
    lengths = [np.sqrt([1 + text.text.count(" ") for text in part]) for part in sides.target_reviews]
    first = [score * length for score, length in zip(scores, lengths, strict=True)]
    order, size = np.argsort(first[0], kind="stable"), int(_SURE * len(first[0]))
    chosen = np.concatenate([order[:size], order[-size:]])
    bags = [word_bags(part, vocab) for part in sides.target_reviews]
    again = fit_logistic(bags[0][chosen], np.arange(2 * size) >= size, variance=WORDS_VARIANCE)
    second = [again(bag) for bag in bags]
    return accuracy(first[1] / first[0].std() + second[1] / second[0].std(), sides.target_reviews.test)


def with_labels(sides: Sides, sizes: Sequence[int], *, seeds: int, seed: int) -> dict[int, LabelledAccuracy]:
    """Returns the accuracies by the number of labels of the tested language.

    Together with labels of the other language, such a label has weight 10. Each accuracy is the mean over ``seeds``
    samples of labelled texts; there is one sample if all texts are labelled.
    """
    own = vectors_of(BEST, sides.source_reviews, sides.source_space)
    other = vectors_of(BEST, sides.target_reviews, sides.target_space)
    bags = [word_bags(part, sides.target_space.vocab) for part in sides.target_reviews]
    whole = len(sides.target_reviews.train)
    return {
        size: _with_labels(sides, (own, other), bags, size, seeds=seeds if size < whole else 1, seed=seed)
        for size in sizes
    }


def _with_labels(
    sides: Sides, vectors: tuple[Vectors, Vectors], bags: list[csr_array], size: int, *, seeds: int, seed: int
) -> LabelledAccuracy:
    own, other = vectors
    labels, wanted = (are_good(part) for part in (sides.source_reviews.train, sides.target_reviews.train))
    found: list[LabelledAccuracy] = []
    for number in range(seeds):
        order = np.random.default_rng(seed + number).permutation(len(wanted))
        half = size // 2
        chosen = np.concatenate([order[wanted[order]][:half], order[~wanted[order]][:half]])
        by_words = fit_logistic(bags[0][chosen], wanted[chosen], variance=WORDS_VARIANCE)
        by_rows = fit_logistic(other.train[chosen], wanted[chosen], variance=ROWS_VARIANCE)
        both = fit_logistic(
            np.concatenate([own.train, other.train[chosen]]),
            np.concatenate([labels, wanted[chosen]]),
            variance=ROWS_VARIANCE,
            weight=np.repeat([1.0, _WEIGHT], [len(labels), len(chosen)]),
        )
        scores = by_words(bags[1]), by_rows(other.test), both(other.test)
        found.append(LabelledAccuracy(*(accuracy(score, sides.target_reviews.test) for score in scores)))
    return LabelledAccuracy(*(mean(column) for column in zip(*found, strict=True)))


def draw(lines: dict[str, float], labelled: dict[int, LabelledAccuracy], source: str, path: Path) -> Path:
    """Draws accuracy by the number of labels of the tested language; without such labels, as horizontal lines."""
    with sheet(path, 6.6, 4.4) as figure:
        axes = figure.add_subplot()
        for (name, value), colour, style in zip(
            lines.items(), (SOFT, ENGLISH, ENGLISH, ENGLISH), ("--", "-", "-.", ":"), strict=True
        ):
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
    by_kind = {kind: transfer(sides, kind) for kind in VECTOR_KINDS}
    best, found = by_kind[BEST]
    with_idf = idf_scores(found, sides)
    lines = {
        f"{source} labels, translated word by word": translated(sides, translator),
        f"{source} labels, map": best.target,
        f"{source} labels, map, idf weights": accuracy(with_idf[1], sides.target_reviews.test),
        f"{source} labels, map, self-training": self_trained(with_idf, sides),
    }
    labelled = with_labels(sides, (*LABELS, len(sides.target_reviews.train)), seeds=seeds, seed=seed)
    names = ("words alone", "frozen rows", f"frozen rows, {source} labels too")
    by_labels = tuple(
        (f"{name}, {size:,} {target} labels", f"{row[place]:.1f}")
        for place, name in enumerate(names)
        for size, row in labelled.items()
    )
    blocks = (
        Paragraph(
            f"Trained on {len(sides.source_reviews.train):,} {source} reviews, tested on "
            f"{len(sides.target_reviews.test):,} {target} reviews. The words of both languages are points of the "
            "translator's common space, and a text is the mean of its words. So logistic regression on "
            f"{source} texts can score {target} texts without any label of theirs."
        ),
        Table(
            f"No {target} label: accuracy by kind of text vector, %.",
            ("text vector", f"{source} test", f"{target} test"),
            tuple((one.kind, f"{one.source:.1f}", f"{one.target:.1f}") for one, _ in by_kind.values()),
            (VECTOR_KINDS.index(BEST),),
        ),
        Table(
            f"Accuracy on {target} reviews, %; with few labels, the mean over {seeds} samples of labelled texts.",
            ("method", "accuracy"),
            (*((name, f"{value:.1f}") for name, value in lines.items()), *by_labels),
        ),
        Figure(
            draw(lines, labelled, source, out / f"{sides.source}-{sides.target}.png"),
            f"{target} reviews: accuracy by the number of {target} labels, alone and together with {source} labels.",
            "Rising curves by the number of labels, and horizontal lines for the methods without such labels.",
        ),
    )
    by_word, by_map, by_idf, by_training = lines.values()
    summary = (
        f"{target} reviews without labels of their own: {by_map:.1f} % by the map, {by_idf:.1f} % with idf "
        f"weights, {by_training:.1f} % after self-training, {by_word:.1f} % translated word by word"
    )
    return Section(f"Learn in {source}, test in {target}", blocks, (summary,))
