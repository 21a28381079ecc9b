"""The tables of the part on offsets."""

from collections.abc import Sequence

import numpy as np

from align.evaluate.analogy import Question
from align.meaning.geometry import holm
from align.meaning.permutation import Permuted
from experiments.homework.relations import CoveredRelation, Finding, right
from experiments.report import Cell, Table

LEVEL = 0.05


def coverage_table(covers: Sequence[CoveredRelation]) -> Table:
    """Returns the table of coverage: the pairs of each relation that a space has, and the words that it lacks."""
    rows: list[tuple[Cell, ...]] = []
    for cover in covers:
        words = [word for pair in cover.relation.pairs for word in pair]
        there = [word for word in words if word not in cover.missing]
        few = 2 * len(there) < len(words)
        lacking = f"all but {', '.join(there)}" if few and there else "all" if few else ", ".join(cover.missing)
        rows.append(
            (cover.name, cover.space.name, f"{len(cover.pairs)} of {len(cover.relation.pairs)}", lacking or "none")
        )
    return Table("Coverage of the word lists.", ("relation", "space", "pairs", "missing words"), tuple(rows))


def lead_table(finding: Finding) -> Table:
    """Returns the comparison of the first pair with each other pair: cosine of the offsets, p-value, and answer."""
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
        f"{a} − {b} compared with the other {len(rows)} pairs ({finding.cover.space.name}): the cosine of the two "
        "offsets, its p-value against random pairs, and the p-value after Holm's correction over this table. Then "
        f"3CosAdd's answer to “{a} is to {b} as c is to ?”, and the rank of the gold answer d."
    )
    columns = ("c − d", "cosine", "p", "p (Holm)", "3CosAdd answers", "rank of d, 3CosAdd", "rank of d, 3CosMul")
    return Table(caption, columns, tuple(rows))


def _p(value: float) -> str:
    """Returns a p-value as text."""
    return f"{value:.4f}"


def parallel_table(findings: Sequence[Finding]) -> Table:
    """Returns every relation's mean cosine with both nulls."""
    rows = tuple(
        (
            finding.cover.name,
            finding.cover.space.name,
            len(finding.cover.pairs),
            finding.parallel.random.value,
            _span(finding.parallel.random),
            _p(finding.random_p),
            _span(finding.parallel.shuffled),
            _p(finding.shuffled_p),
            f"{significant(finding):.0%}",
        )
        for finding in findings
    )
    caption = (
        "Mean cosine over all pairs of pairs; the middle 95% of the means of each null; p after Holm's correction over "
        f"all {2 * len(rows)} tests of this table; and the share of single pairs of pairs with p ≤ {LEVEL} against "
        "random pairs (5% by chance)."
    )
    nulls = ("random pairs", "p (Holm)", "shuffled pairs", "p (Holm)")
    return Table(caption, ("relation", "space", "pairs", "mean cosine", *nulls, "single pairs"), rows)


def significant(finding: Finding) -> float:
    """Returns the share of pairs of pairs with p at most ``LEVEL`` against random pairs."""
    return float(np.mean(finding.parallel.p_values[np.triu_indices(len(finding.cover.pairs), 1)] <= LEVEL))


def _span(null: Permuted) -> str:
    """Returns the middle 95 % of a null distribution as text."""
    return f"{null.low:.3f} to {null.high:.3f}".replace("-", "−")


def answer_table(findings: Sequence[Finding]) -> Table:
    """Returns P@1, P@5 and the median rank of both methods, and P@1 of the baseline without an offset."""
    rows: list[tuple[Cell, ...]] = []
    for finding in findings:
        answers = finding.answers
        cells: list[Cell] = [
            finding.cover.name,
            finding.cover.space.name,
            len(answers.questions),
            right(answers.nearest),
        ]
        for ranks in (answers.add, answers.mul):
            cells += [right(ranks), right(ranks, 5), f"{np.median(ranks):.0f}"]
        rows.append(tuple(cells))
    caption = (
        "Answers with the question words excluded: the share of questions whose gold answer is first (P@1) or among "
        "the first five (P@5), and its median rank. “c alone” is P@1 of the word nearest to c."
    )
    methods = ("3CosAdd P@1", "P@5", "median rank", "3CosMul P@1", "P@5", "median rank")
    return Table(caption, ("relation", "space", "questions", "c alone", *methods), tuple(rows))


def kept_table(findings: Sequence[Finding]) -> Table:
    """Returns 3CosAdd's first answers when no word is excluded: how often each is d, c, b or another word."""
    rows: list[tuple[Cell, ...]] = []
    for finding in findings:
        answers = finding.answers
        shares = (right(answers.kept), answers.kept_c, answers.kept_b)
        rows.append(
            (finding.cover.name, finding.cover.space.name, right(answers.add), *shares, max(0.0, 1 - sum(shares)))
        )
    caption = (
        "3CosAdd's first answer when no word is excluded: how often it is the gold answer d, c, b, or another word."
    )
    columns = ("relation", "space", "d, a b c excluded", "d", "c itself", "b itself", "another word")
    return Table(caption, columns, tuple(rows))
