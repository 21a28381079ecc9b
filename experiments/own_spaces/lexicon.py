"""Translation with our own and with pretrained spaces, on the same training and test words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit
from align.bilingual.method import Method
from align.bilingual.supervised.linear import Procrustes, Reweighted
from align.bilingual.supervised.mlp import MLP
from align.bilingual.translator import Translator
from align.evaluate.lexicon import Line, compare
from align.progress import counted, stage_bars
from experiments.options import DICTIONARY
from experiments.report import Block, Cell, Paragraph, Section, Table
from experiments.shared_split import SpacePair, shared_split
from experiments.translation_scores import DIRECTIONS, RETRIEVALS, TITLES, percent

METHODS: Mapping[str, Method] = {"procrustes": Procrustes(), "reweighted": Reweighted(), "mlp": MLP()}


class Result(NamedTuple):
    """A pair of spaces, the translator of each method, and their scores."""

    sides: SpacePair
    made: Mapping[str, Translator]
    lines: Sequence[Line]


def answer(sides: SpacePair, cut: Split, *, seed: int, methods: Mapping[str, Method] = METHODS) -> Result:
    """Fits every method on the training words of ``cut`` and scores it on the test words of both directions."""
    made: dict[str, Translator] = {}
    for name, method in methods.items():
        with stage_bars(f"{sides.name}, {TITLES[name]}: ") as report:
            made[name] = fit(sides.english, sides.chinese, cut.train, method, seed=seed, report=report)
    with stage_bars(f"{sides.name}: ") as report:
        return Result(sides, made, compare(made, cut.test, cut.reverse_test, report=report))


def run(pairs: Sequence[SpacePair], out: Path, *, seed: int, methods: Mapping[str, Method] = METHODS) -> Section:
    """Fits and scores every pair of spaces on the same words; returns the section.

    The translator of the first pair by the last method is saved as ``en-zh.align``.

    Raises:
        ValueError: too few words are in all spaces.
        OSError: a file cannot be read or written.
    """
    whole = read_dictionary(DICTIONARY)
    cut = shared_split(whole, pairs)
    results = [answer(sides, cut, seed=seed, methods=methods) for sides in counted(pairs, "pairs of spaces")]
    results[0].made[list(methods)[-1]].save(out / "en-zh.align")
    tested = len(cut.test.targets), len(cut.reverse_test.targets)
    note = f" ({cut.note})" if cut.note else ""
    coverage = "; ".join(f"{sides.name}: {whole.coverage(sides.english.vocab, sides.chinese.vocab)}" for sides in pairs)
    blocks: tuple[Block, ...] = (
        Paragraph(
            f"**The task.** A map from the English to the Chinese space is learned from "
            f"{len(cut.train.targets):,} English words of CC-CEDICT with all their translations "
            f"({len(cut.train):,} pairs) and tested on other words: {tested[0]:,} English and {tested[1]:,} Chinese "
            f"words{note}. All spaces contain all of these words, so that every pair of spaces has the same training "
            "and test words. They are the most frequent words of our own corpus. The candidates are the whole "
            "vocabulary of each space."
        ),
        Paragraph(f"**Coverage** of the whole dictionary. {coverage}."),
        table(results),
        Paragraph(verdict(results[0])),
    )
    return Section("One map between them", blocks, summary(results))


def table(results: Sequence[Result]) -> Table:
    """Returns the scores by direction, pair of spaces, method and retrieval; the best P@1 of each pair is marked."""
    rows: list[tuple[Cell, ...]] = []
    marked: list[int] = []
    for direction, title in DIRECTIONS.items():
        for result in results:
            lines = [line for line in result.lines if line.direction == direction]
            best = max(line.lexicon.precision(1).value for line in lines)
            candidates = len(result.sides.chinese if direction == "en-zh" else result.sides.english)
            for line in lines:
                if line.lexicon.precision(1).value == best:
                    marked.append(len(rows))
                scores = (percent(score.value) for score in line.lexicon.scores())
                covered = f"{len(line.lexicon.ranks):,} of {line.lexicon.total:,}"
                how = TITLES[line.method], RETRIEVALS[line.retrieval]
                rows.append((title, result.sides.name, *how, *scores, covered, f"{candidates:,}"))
    caption = (
        "P@k is the percentage of test words with a right translation among the first k answers. MRR is the mean "
        "reciprocal rank of the first right answer (times 100). The highest P@1 of each pair of spaces and direction "
        "is marked."
    )
    columns = ("direction", "spaces", "method", "retrieval", "P@1", "P@5", "P@10", "MRR", "covered", "candidates")
    return Table(caption, columns, tuple(rows), tuple(marked))


def verdict(own: Result) -> str:
    """Returns P@10 of our own spaces compared with guessing, a sentence for each direction."""
    parts: list[str] = []
    for direction, title in DIRECTIONS.items():
        lines = [line for line in own.lines if line.direction == direction]
        best = max(lines, key=lambda line: line.lexicon.precision(10).value)
        candidates = len(own.sides.chinese if direction == "en-zh" else own.sides.english)
        found, guessed = best.lexicon.precision(10).value, 10 / candidates
        times = f", {found / guessed:,.0f} times as often as by guessing" if found > guessed else ""
        how = f"{TITLES[best.method]}, {RETRIEVALS[best.retrieval]}"
        parts.append(f"{title}, a right word is among the first ten for {percent(found)}% ({how}){times}")
    return (
        f"**What our own spaces can do.** {'; '.join(parts)}. The map finds the neighbourhood of a translation more "
        "often than the word itself: each corpus is small, and the two are of different kinds, so that a word and its "
        "translation occur in different contexts."
    )


def summary(results: Sequence[Result]) -> tuple[str, ...]:
    """Returns a line for each direction: P@1 and P@10 with CSLS of every method on every pair."""
    return tuple(
        f"{title}, P@1 / P@10 with CSLS: "
        + "; ".join(
            f"{result.sides.name} "
            + ", ".join(
                f"{TITLES[line.method]} {percent(line.lexicon.precision(1).value)} / "
                f"{percent(line.lexicon.precision(10).value)}"
                for line in result.lines
                if (line.direction, line.retrieval) == (direction, "csls")
            )
            for result in results
        )
        for direction, title in DIRECTIONS.items()
    )
