"""The tables of the part on translation."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from align.evaluate.lexicon import Lexicon, Line
from align.text.chinese import has_hanzi
from align.text.readings import pinyin
from experiments.homework.evaluation_split import Band
from experiments.mistakes import KINDS, Answer, SortedAnswers, draw
from experiments.report import Cell, Table, signed
from experiments.translation_scores import DIRECTIONS, RETRIEVALS, TITLES, percent

ROLES = {"training": "training (seen)", "test": "test", "rarer": "rarer, not seen"}
PLACES = ((2, 5), (6, 10), (11, 100), (101, None))
"""The columns of the table of mistakes: ranges (first, last) of the rank of the first right answer."""
SIDE = 15
_SHOWN, _GOLDS = 4, 3
_DRAWS = 10_000


class BandScores(NamedTuple):
    """The scores of the network and of Procrustes on a band of words, by CSLS."""

    band: Band
    mlp: Lexicon
    procrustes: Lexicon


def method_table(lines: Sequence[Line]) -> Table:
    """Returns the scores of every method, direction and retrieval; the best P@1 of a direction is marked."""
    lines = sorted(lines, key=lambda line: tuple(DIRECTIONS).index(line.direction))
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        scores = line.lexicon.scores()
        covered = tuple(percent(score.value) for score in scores)
        over_all = tuple(percent(score.over_all) for score in scores)
        rows.append((DIRECTIONS[line.direction], TITLES[line.method], RETRIEVALS[line.retrieval], *covered, *over_all))
    best = {
        direction: max(line.lexicon.precision(1).value for line in lines if line.direction == direction)
        for direction in DIRECTIONS
    }
    marked = tuple(i for i, line in enumerate(lines) if line.lexicon.precision(1).value == best[line.direction])
    counts = {line.direction: (len(line.lexicon.ranks), line.lexicon.total) for line in lines}
    listed = "; ".join(f"{DIRECTIONS[direction]} {n:,} of {of:,}" for direction, (n, of) in counts.items())
    caption = (
        "P@k is the percentage of test words with a right answer among the first k. MRR is the mean reciprocal rank of "
        f"the first right answer (times 100). Covered test words: {listed}. In the columns “all” a word without a "
        "reachable translation counts as wrong. The highest P@1 of each direction is marked."
    )
    names = ("P@1", "P@5", "P@10", "MRR")
    return Table(
        caption, ("direction", "method", "retrieval", *names, *(f"{n} all" for n in names)), tuple(rows), marked
    )


class Difference(NamedTuple):
    """P@1 of the network minus that of another method on the same words, and the 95% interval of a paired bootstrap."""

    value: float
    low: float
    high: float


def difference(one: Lexicon, other: Lexicon, rng: np.random.Generator) -> Difference:
    """Returns P@1 of ``one`` minus P@1 of ``other``, with its interval.

    A word counts as 1 if only ``one`` is right, -1 if only ``other`` is right, else 0. Resampling words with
    replacement draws the numbers of 1, 0 and -1 from a multinomial distribution.
    """
    signs = (one.ranks <= 1).astype(int) - (other.ranks <= 1).astype(int)
    if not len(signs):
        return Difference(0.0, 0.0, 0.0)
    shares = [float(np.mean(signs == sign)) for sign in (-1, 0, 1)]
    drawn = rng.multinomial(len(signs), shares, _DRAWS)
    low, high = np.quantile((drawn[:, 2] - drawn[:, 0]) / len(signs), (0.025, 0.975))
    return Difference(float(signs.mean()), float(low), float(high))


def difference_table(found: Mapping[tuple[str, str], Difference]) -> Table:
    """Returns the differences between the network and every other method; the keys are (direction, method)."""
    rows = tuple(
        (DIRECTIONS[way], TITLES[method], points(gap.value), f"{points(gap.low)} to {points(gap.high)}", _verdict(gap))
        for (way, method), gap in found.items()
    )
    caption = (
        "P@1 of the MLP minus that of each linear method, both with CSLS over the covered test words, in points, with "
        f"the 95% interval of {_DRAWS:,} paired bootstrap samples of the words."
    )
    return Table(caption, ("direction", "MLP minus", "points", "95% interval", ""), rows)


def _verdict(gap: Difference) -> str:
    """Returns whether the interval of a difference excludes 0, in words."""
    if gap.low <= 0 <= gap.high:
        return "may be chance"
    return "above" if gap.low > 0 else "below"


def points(share: float) -> str:
    """Formats a difference of shares in points, with its sign.

    >>> points(-0.0123)
    '−1.2'
    """
    return f"{100 * share:+.1f}".replace("-", "−")


def band_table(scores: Sequence[BandScores]) -> Table:
    """Returns P@k of the network by the frequency of the English word, and P@1 of Procrustes."""
    rows = tuple(
        (
            ROLES[scored.band.role],
            f"{scored.band.first:,}–{scored.band.last:,}",
            f"{scored.band.ranks[0]:,}–{scored.band.ranks[1]:,}",
            len(scored.mlp.ranks),
            *(percent(score.value) for score in scored.mlp.scores()),
            percent(scored.procrustes.precision(1).value),
        )
        for scored in scores
    )
    caption = (
        "The MLP with CSLS by the frequency of the English word, from frequent to rare: positions among the covered "
        "words, ranks in the English space, and the number of queries (a random sample in large bands). Training words "
        "are not a test, because the network has seen their translations. The last column is Procrustes with CSLS."
    )
    columns = ("words", "covered words", "rank", "queries", "P@1", "P@5", "P@10", "MRR", "Procrustes P@1")
    return Table(caption, columns, rows, tuple(i for i, scored in enumerate(scores) if scored.band.role == "test"))


def side_by_side(answers: Sequence[Answer], rng: np.random.Generator, name: str) -> Table:
    """Returns right and wrong answers in one table: ``SIDE`` of each, drawn at random."""
    right = draw([answer for answer in answers if answer.place == 1], SIDE, rng)
    wrong = draw([answer for answer in answers if answer.place > 1], SIDE, rng)
    rows = tuple(
        (
            *_answer_cells(right[i] if i < len(right) else None),
            *_answer_cells(wrong[i] if i < len(wrong) else None, True),
        )
        for i in range(max(len(right), len(wrong)))
    )
    caption = (
        f"{len(right) + len(wrong)} test words drawn at random, {len(right)} answered right and {len(wrong)} wrong: "
        f"the first answer of {name} with its pinyin and CSLS score, and the translations of CC-CEDICT that the "
        f"Chinese space has (up to {_GOLDS}). “Rank” is the rank of the first of these among all candidates."
    )
    columns = ("right", "first answer", "score", "CC-CEDICT", "wrong", "first answer", "score", "CC-CEDICT", "rank")
    return Table(caption, columns, rows)


def _answer_cells(answer: Answer | None, wrong: bool = False) -> tuple[Cell, ...]:
    """Returns the cells of an answer, empty for None; a wrong answer has its rank as well."""
    if answer is None:
        return ("", "", "", "", "") if wrong else ("", "", "", "")
    cells = (answer.word, read(answer.first), signed(answer.score), _listed(answer, readings=wrong))
    return (*cells, f"{answer.place:,}") if wrong else cells


def read(word: str) -> str:
    """Returns a Chinese word followed by its pinyin, and other words unchanged."""
    return f"{word} {pinyin(word)}" if has_hanzi(word) else word


def _listed(answer: Answer, *, readings: bool) -> str:
    """Returns the first right answers as text; the given answer comes first if it is right."""
    golds = sorted(answer.golds, key=lambda gold: gold != answer.first)
    more = f" +\u00a0{len(golds) - _GOLDS}" if len(golds) > _GOLDS else ""
    return ", ".join(read(gold) if readings else gold for gold in golds[:_GOLDS]) + more


def kind_table(found: SortedAnswers, rng: np.random.Generator) -> Table:
    """Returns the number of mistakes of each kind, the rank of the right answer, and random examples."""
    total = max(1, len(found.mistakes))
    rows: list[tuple[Cell, ...]] = []
    for kind in KINDS:
        mistakes = found.of(kind.name)
        places = (sum(in_place(mistake.answer.place, place) for mistake in mistakes) for place in PLACES)
        examples = "; ".join(
            f"{answer.word} → {answer.first} ({answer.golds[0]})"
            for answer in draw([m.answer for m in mistakes], _SHOWN, rng)
        )
        rows.append(
            (unbroken(kind.name), f"{len(mistakes):,}", f"{len(mistakes) / total:.0%}", *places, examples or "none")
        )
    ends = tuple(sum(in_place(mistake.answer.place, place) for mistake in found.mistakes) for place in PLACES)
    rows.append(("all", f"{len(found.mistakes):,}", "100%" if found.mistakes else "–", *ends, ""))
    way = DIRECTIONS["zh-en" if found.reverse else "en-zh"]
    caption = (
        f"{way}: the {len(found.mistakes):,} wrong first answers of {len(found.answers):,}, by kind and by the rank of "
        "the first right answer, with random examples: word → answer (a right answer)."
    )
    columns = ("kind", "count", "share", *(place_name(place) for place in PLACES), "examples")
    return Table(caption, columns, tuple(rows), (len(rows) - 1,))


def unbroken(name: str) -> str:
    """Returns a name with non-breaking spaces and hyphens."""
    return name.replace(" ", "\u00a0").replace("-", "\u2011")


def in_place(place: int, span: tuple[int, int | None]) -> bool:
    """Returns whether ``place`` is in the range ``span``."""
    return place >= span[0] and (span[1] is None or place <= span[1])


def place_name(span: tuple[int, int | None]) -> str:
    """Returns a range as ``2–5``, or as ``from 101`` if it has no end."""
    return f"from {span[0]}" if span[1] is None else f"{span[0]}–{span[1]}"


def rule_table(forward: SortedAnswers, backward: SortedAnswers) -> Table:
    """Returns the rules in the order in which they are tried."""
    values = {
        "near-synonym": f" (a cosine of {forward.near:.2f} in Chinese, {backward.near:.2f} in English)",
        "same topic": f" (a cosine of {forward.topic:.2f}, {backward.topic:.2f})",
    }
    rows = tuple((i, unbroken(kind.name), kind.rule + values.get(kind.name, "")) for i, kind in enumerate(KINDS, 1))
    return Table("The kinds of mistakes. The first rule that applies decides.", ("", "kind", "rule"), rows)
