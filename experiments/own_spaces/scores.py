"""What the spaces are worth by the panel of their language, beside pretrained ones."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from align.evaluate.score import Score
from align.evaluate.suite import evaluate_suite
from align.progress import counted
from align.space import Space
from align.text.tokenise import Language
from experiments.options import CHINESE, CHINESE_WITH_NAMES, ENGLISH, ENGLISH_WITH_NAMES
from experiments.own_spaces.training import TITLES, Trained, TrainingOptions, sources
from experiments.report import Block, Cell, Paragraph, Section, Table
from experiments.spaces import read_space

BESIDE: Mapping[Language, tuple[str, ...]] = {"en": (ENGLISH, ENGLISH_WITH_NAMES), "zh": (CHINESE, CHINESE_WITH_NAMES)}
"""The pretrained spaces of each language."""
_LIMIT = 200_000


class Judged(NamedTuple):
    """A space's size and its scores by the name of the test set."""

    name: str
    words: int
    dim: int
    scores: Mapping[str, Score]


def pretrained(language: Language) -> list[Space]:
    """The pretrained spaces of a language, the Chinese ones simplified.

    Raises:
        OSError: one cannot be fetched.
    """
    found = [read_space(name, _LIMIT) for name in BESIDE[language]]
    return [space.simplified() for space in found] if language == "zh" else found


def judge(spaces: Sequence[Space]) -> list[Judged]:
    """Each space by the panel of its language."""
    return [Judged(one.name, len(one), one.dim, evaluate_suite(one)) for one in counted(spaces, "spaces judged")]


def training_table(both: Mapping[Language, Trained], options: TrainingOptions) -> Table:
    """What was trained, on what, how, and how long it took."""
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
    caption = "The two spaces; no seconds where the space was there from a run before, with the same text and settings."
    columns = ("language", "texts", "words of text", "different words", "dimensions", "epochs", "seconds", "file")
    return Table(caption, columns, rows)


def panel_table(language: Language, judged: Sequence[Judged]) -> Table:
    """A line a test set, a column a space: the score, and how much of the set the space covers, in brackets."""
    rows: list[tuple[Cell, ...]] = [
        (name, *(f"{_value(one.scores[name])} ({_share(one.scores[name]):.0%})" for one in judged))
        for name in judged[0].scores
    ]
    sizes = ", ".join(f"{one.name} {one.words:,} × {one.dim}" for one in judged)
    caption = (
        f"{TITLES[language]}: Spearman's ρ with people's judgements of word pairs, and in the last line the share of "
        "analogies that 3CosAdd answers right among the 30,000 most frequent words; in brackets the share of the set "
        f"that the space covers: other coverage is other questions. Words and dimensions: {sizes}."
    )
    return Table(caption, ("test set", *(one.name for one in judged)), tuple(rows))


def _value(score: Score) -> str:
    return f"{score.value:.3f}".replace("-", "−") if score.covered else "–"


def _share(score: Score) -> float:
    return score.covered / score.total if score.total else 0.0


def run(
    both: Mapping[Language, Trained], beside: Mapping[Language, Sequence[Space]], options: TrainingOptions
) -> Section:
    """The section: how the spaces came to be, and their scores beside those of pretrained ones."""
    judged: dict[Language, list[Judged]] = {
        language: judge([one.space, *beside[language]]) for language, one in both.items()
    }
    blocks: tuple[Block, ...] = (
        Paragraph(
            "**From text to vectors.** Each corpus is tokenised (Chinese: segmented by jieba, in simplified "
            "characters), words that occur fewer than five times are dropped, and skip-gram with negative sampling is "
            "trained on what is left. A small corpus is read more often than a large one."
        ),
        training_table(both, options),
        Paragraph(
            "**Are they any good?** The English spaces beside ours were trained on far more text, GoogleNews on "
            "100,000 million words and GloVe on 6,000 million."
        ),
        *(panel_table(language, found) for language, found in judged.items()),
    )
    return Section("Two spaces from scratch", blocks, tuple(line for found in judged.values() for line in _told(found)))


def _told(judged: Sequence[Judged]) -> list[str]:
    """A line a space: every score with its coverage."""
    return [
        f"{one.name} ({one.words:,} words): "
        + ", ".join(f"{name} {_value(score)} ({_share(score):.0%} covered)" for name, score in one.scores.items())
        for one in judged
    ]
