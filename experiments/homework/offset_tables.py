"""The tables of the offset part."""

from collections.abc import Sequence

import numpy as np

from align.evaluate.analogy import Question
from align.meaning.geometry import holm
from align.meaning.permutation import Permuted
from experiments.homework.relations import Cover, Finding, right
from experiments.report import Cell, Table

LEVEL = 0.05


def coverage_table(covers: Sequence[Cover]) -> Table:
    """How many pairs of each relation a space has both words of, and which words it lacks."""
    rows: list[tuple[Cell, ...]] = []
    for one in covers:
        words = [word for pair in one.relation.pairs for word in pair]
        there = [word for word in words if word not in one.missing]
        few = 2 * len(there) < len(words)
        lacking = f"all but {', '.join(there)}" if few and there else "all" if few else ", ".join(one.missing)
        rows.append((one.name, one.space.name, f"{len(one.pairs)} of {len(one.relation.pairs)}", lacking or "none"))
    return Table("Coverage of the word lists.", ("relation", "space", "pairs", "words that are not there"), tuple(rows))


def lead_table(finding: Finding) -> Table:
    """The first pair of a relation against every other: cosine of the offsets, p-value, and the analogy's answer."""
    parallel, answers, pairs = finding.parallel, finding.answers, finding.cover.pairs
    a, b = pairs[0]
    cosines, p = parallel.cosines[0, 1:], parallel.p_values[0, 1:]
    corrected = holm(p)
    number = {question: i for i, question in enumerate(answers.questions)}
    rows: list[tuple[Cell, ...]] = []
    for j in (int(j) for j in np.argsort(-cosines, kind="stable")):
        c, d = pairs[j + 1]
        i = number[Question(a, b, c, d)]
        tests = (float(cosines[j]), _p(float(p[j])), _p(float(corrected[j])))
        rows.append((f"{c} − {d}", *tests, answers.first[i], int(answers.add[i]), int(answers.mul[i])))
    caption = (
        f"{a} − {b} against the other {len(rows)} pairs ({finding.cover.space.name}): the cosine of the two offsets, "
        "its p against random pairs, and that p after Holm's correction over this table; then 3CosAdd's answer to "
        f"“{a} is to {b} as c is to ?”, and the rank of the expected word d."
    )
    columns = ("c − d", "cosine", "p", "p (Holm)", "3CosAdd answers", "rank of d, 3CosAdd", "rank of d, 3CosMul")
    return Table(caption, columns, tuple(rows))


def _p(value: float) -> str:
    return f"{value:.4f}"


def parallel_table(findings: Sequence[Finding]) -> Table:
    """Every relation's mean cosine beside both nulls."""
    rows = tuple(
        (
            one.cover.name,
            one.cover.space.name,
            len(one.cover.pairs),
            one.parallel.random.value,
            _span(one.parallel.random),
            _p(one.random_p),
            _span(one.parallel.shuffled),
            _p(one.shuffled_p),
            f"{significant(one):.0%}",
        )
        for one in findings
    )
    caption = (
        "Mean cosine over all pairs of pairs; the range that holds 95% of each null's means; p after Holm's correction "
        f"over all {2 * len(rows)} tests of this table; and the share of single pairs of pairs with p ≤ {LEVEL} "
        "against random pairs, where chance would give 5%."
    )
    nulls = ("random pairs", "p (Holm)", "shuffled pairs", "p (Holm)")
    return Table(caption, ("relation", "space", "pairs", "mean cosine", *nulls, "single pairs"), rows)


def significant(finding: Finding) -> float:
    """The share of pairs of pairs with p at most ``LEVEL`` against random pairs."""
    return float(np.mean(finding.parallel.p_values[np.triu_indices(len(finding.cover.pairs), 1)] <= LEVEL))


def _span(null: Permuted) -> str:
    return f"{null.low:.3f} to {null.high:.3f}".replace("-", "−")


def answer_table(findings: Sequence[Finding]) -> Table:
    """P@1, P@5 and the median rank of both methods beside the baseline without an offset."""
    rows: list[tuple[Cell, ...]] = []
    for one in findings:
        answers = one.answers
        cells: list[Cell] = [one.cover.name, one.cover.space.name, len(answers.questions), right(answers.nearest)]
        for ranks in (answers.add, answers.mul):
            cells += [right(ranks), right(ranks, 5), f"{np.median(ranks):.0f}"]
        rows.append(tuple(cells))
    caption = (
        "Answers with the question words left out: the share of questions with the expected word first (P@1) or among "
        "the first five (P@5), and its median rank; “c alone” is P@1 of the word nearest to c."
    )
    methods = ("3CosAdd P@1", "P@5", "median rank", "3CosMul P@1", "P@5", "median rank")
    return Table(caption, ("relation", "space", "questions", "c alone", *methods), tuple(rows))


def kept_table(findings: Sequence[Finding]) -> Table:
    """What 3CosAdd's first answer is when no word is left out."""
    rows: list[tuple[Cell, ...]] = []
    for one in findings:
        answers = one.answers
        shares = (right(answers.kept), answers.kept_c, answers.kept_b)
        rows.append((one.cover.name, one.cover.space.name, right(answers.add), *shares, max(0.0, 1 - sum(shares))))
    caption = "3CosAdd's first answer with no word left out: how often it is the expected d, c, b, or another word."
    columns = ("relation", "space", "d, a b c left out", "d", "c itself", "b itself", "another word")
    return Table(caption, columns, tuple(rows))
