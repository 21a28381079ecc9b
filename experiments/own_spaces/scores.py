"""Scores of our spaces and of pretrained spaces on the evaluation suite of their language."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from align.evaluate.score import Score
from align.evaluate.suite import evaluate_suite
from align.progress import counted
from align.space import Space
from align.text.scripts import Language
from experiments.options import CHINESE, CHINESE_WITH_NAMES, ENGLISH, ENGLISH_WITH_NAMES
from experiments.own_spaces.training import TITLES, TrainedSpace, TrainingOptions, sources
from experiments.report import Block, Cell, Paragraph, Section, Table
from experiments.spaces import read_space

PRETRAINED: Mapping[Language, tuple[str, ...]] = {
    "en": (ENGLISH, ENGLISH_WITH_NAMES),
    "zh": (CHINESE, CHINESE_WITH_NAMES),
}
"""The pretrained spaces of each language."""
_LIMIT = 200_000


class SpaceScores(NamedTuple):
    """A space's size and its scores by the name of the test set."""

    name: str
    words: int
    dim: int
    scores: Mapping[str, Score]


def pretrained(language: Language) -> list[Space]:
    """Loads the pretrained spaces of a language; Chinese words are simplified.

    Raises:
        OSError: a space cannot be fetched.
    """
    found = [read_space(name, _LIMIT) for name in PRETRAINED[language]]
    return [space.simplified() for space in found] if language == "zh" else found


def score_spaces(spaces: Sequence[Space]) -> list[SpaceScores]:
    """Returns the scores of each space on the evaluation suite of its language."""
    return [SpaceScores(one.name, len(one), one.dim, evaluate_suite(one)) for one in counted(spaces, "spaces scored")]


def training_table(both: Mapping[Language, TrainedSpace], options: TrainingOptions) -> Table:
    """Returns the texts, the settings and the training time of both spaces."""
    given = {"en": options.english, "zh": options.chinese}
    rows = tuple(
        (
            TITLES[language],
            sources(language, one, given[language]),
            f"{one.corpus.tokens:,}",
            f"{len(one.space):,}",
            one.space.dim,
            one.model.epochs,
            f"{one.seconds:.0f}" if one.seconds else "–",
            one.path.name,
        )
        for language, one in both.items()
    )
    caption = (
        "The two spaces. A dash instead of seconds: an earlier run trained the space on this text, with equal settings."
    )
    columns = ("language", "texts", "words of text", "vocabulary", "dimensions", "epochs", "seconds", "file")
    return Table(caption, columns, rows)


def suite_table(language: Language, scored: Sequence[SpaceScores]) -> Table:
    """Returns a row for each test set and a column for each space: the score, with the coverage in brackets."""
    rows: list[tuple[Cell, ...]] = [
        (name, *(f"{_value(one.scores[name])} ({_share(one.scores[name]):.0%})" for one in scored))
        for name in scored[0].scores
    ]
    sizes = ", ".join(f"{one.name} {one.words:,} × {one.dim}" for one in scored)
    caption = (
        f"{TITLES[language]}: Spearman's ρ with human ratings of word pairs, and in the last row the share of "
        "analogies that 3CosAdd answers correctly among the 30,000 most frequent words. The share of the set that the "
        "space covers is in brackets; spaces of different coverage answer different questions. Words and dimensions: "
        f"{sizes}."
    )
    return Table(caption, ("test set", *(one.name for one in scored)), tuple(rows))


def _value(score: Score) -> str:
    return f"{score.value:.3f}".replace("-", "−") if score.covered else "–"


def _share(score: Score) -> float:
    return score.covered / score.total if score.total else 0.0


def run(
    both: Mapping[Language, TrainedSpace], pretrained: Mapping[Language, Sequence[Space]], options: TrainingOptions
) -> Section:
    """Returns the section on the training of the spaces, their scores, and the scores of pretrained spaces."""
    scored: dict[Language, list[SpaceScores]] = {
        language: score_spaces([one.space, *pretrained[language]]) for language, one in both.items()
    }
    blocks: tuple[Block, ...] = (
        Paragraph(
            "**From text to vectors.** Each corpus is tokenised (Chinese: segmented by jieba, in simplified "
            "characters), words that occur fewer than five times are dropped, and skip-gram with negative sampling is "
            "trained on the remaining words. A small corpus is trained on for more epochs than a large one."
        ),
        training_table(both, options),
        Paragraph(
            "**Scores.** The pretrained English spaces were trained on far more text: GoogleNews on 100 billion words, "
            "GloVe on 6 billion."
        ),
        *(suite_table(language, found) for language, found in scored.items()),
    )
    return Section(
        "Two spaces from scratch", blocks, tuple(line for found in scored.values() for line in _lines(found))
    )


def _lines(scored: Sequence[SpaceScores]) -> list[str]:
    """Returns a line for each space: every score with its coverage."""
    return [
        f"{one.name} ({one.words:,} words): "
        + ", ".join(f"{name} {_value(score)} ({_share(score):.0%} covered)" for name, score in one.scores.items())
        for one in scored
    ]
