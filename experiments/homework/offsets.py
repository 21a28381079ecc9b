"""Is man - woman = king - queen? Offsets of word pairs and analogies, in English and Chinese.

Claim: the pairs of a relation (gender, capital, tense, plural, ...) differ by the same vector.
Sources: Mikolov, Yih and Zweig (2013), the claim and 3CosAdd; Levy and Goldberg (2014), 3CosMul; Linzen (2016), the
baseline without an offset, and the effect of excluding the question words from the answers.
Command: ``python -m experiments.homework.offsets``; about a minute.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from align.atomic import replacing
from experiments.homework import offset_text as text
from experiments.homework.gender_figure import draw_relation
from experiments.homework.offset_figures import draw_answers, draw_nulls
from experiments.homework.offset_tables import answer_table, coverage_table, kept_table, lead_table, parallel_table
from experiments.homework.relation_page import opening_tour, write_relation_page
from experiments.homework.relations import MIN_PAIRS, CoveredRelation, Finding, cover, examine, read_relations
from experiments.parts import run_alone
from experiments.report import Block, Figure, Heading, Paragraph, Section
from experiments.spaces import Context

DRAWS = 2_999
ENOUGH_PAIRS = 10
"""If a language's first space covers fewer pairs of some relation, a space with more words is tested as well."""


def run(context: Context, *, draws: int = DRAWS) -> Section:
    """Tests every relation in both languages; writes the figures and `offsets.tsv`; returns the section.

    Raises:
        ValueError: no relation of either language has enough covered pairs.
        OSError: a word list cannot be read, or a figure cannot be written.
    """
    covers, troubles = look_up(context)
    findings = examine(covers, draws=draws, seed=context.seed)
    if not findings:
        raise ValueError(f"no relation has {MIN_PAIRS} pairs in {context.english.name} or {context.chinese.name}")
    chosen = best_covered(findings)
    leads = [finding for finding in chosen if finding.cover.relation.name == "gender"]
    blocks = (
        Paragraph(text.CLAIM),
        Paragraph(text.METHOD),
        Heading("Which pairs the spaces have"),
        Paragraph(text.covered(covers)),
        *(Paragraph(f"Not used, because it could not be loaded: {trouble}.") for trouble in troubles),
        coverage_table(covers),
        *_one_pair(leads, context),
        Heading("All relations"),
        Paragraph(text.nulls(draws)),
        parallel_table(findings),
        _nulls_figure(chosen, context.out),
        Paragraph(_every_pair(findings, leads, context.out)),
        Heading("Analogies: 3CosAdd and 3CosMul"),
        Paragraph(text.ANALOGIES),
        answer_table(findings),
        _answers_figure(findings, context.out),
        Paragraph(text.KEPT),
        kept_table(findings),
        Heading("Conclusion"),
        *(Paragraph(line) for line in text.conclusion(findings, leads)),
    )
    return Section("man − woman = king − queen? 男人 − 女人 = 国王 − 王后?", blocks, text.summary(findings, leads))


def look_up(context: Context) -> tuple[list[CoveredRelation], list[str]]:
    """Looks every relation up in the space of its language, and in a larger space if that has too few of the pairs.

    Returns:
        The covered relations, and a one-line error message for each space that could not be loaded.
    """
    covers: list[CoveredRelation] = []
    troubles: list[str] = []
    for language, space, named in (
        ("en", context.english, context.names),
        ("zh", context.chinese, context.chinese_names),
    ):
        wider_name = named if isinstance(named, str) else named.name
        own = [relation for relation in read_relations() if relation.language == language]
        found = [cover(relation, space) for relation in own]
        covers += found
        if wider_name == space.name or all(len(covered.pairs) >= ENOUGH_PAIRS for covered in found):
            continue
        try:
            wider = context.with_names if language == "en" else context.chinese_with_names
        except OSError as error:
            troubles.append(" ".join(f"{wider_name} ({error})".split()))
        else:
            covers += [cover(relation, wider) for relation in own]
    return covers, troubles


def best_covered(findings: Sequence[Finding]) -> list[Finding]:
    """Returns a finding per relation: from the first space with ``ENOUGH_PAIRS`` pairs, or else with the most."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.cover.relation.key, []).append(finding)
    order = [relation.key for relation in read_relations() if relation.key in groups]
    return [
        next(
            (f for f in groups[key] if len(f.cover.pairs) >= ENOUGH_PAIRS),
            max(groups[key], key=lambda f: len(f.cover.pairs)),
        )
        for key in order
    ]


def _one_pair(leads: Sequence[Finding], context: Context) -> list[Block]:
    """Returns the homework's examples: the gender pairs as arrows, and the first pair compared with all others."""
    if not leads:
        return []
    page, trouble = None, []
    try:
        page = write_relation_page(leads, context, context.out / "gender.html")
    except ValueError as error:
        trouble = [Paragraph(f"The figures have no interactive map: {error}.")]
    return [
        Heading("One pair compared with all others: man − woman, 男人 − 女人"),
        Paragraph(text.LEAD),
        *(_relation_figure(lead, context.out, page) for lead in leads),
        *trouble,
        *(lead_table(finding) for finding in leads),
    ]


def _relation_figure(lead: Finding, out: Path, page: Path | None) -> Figure:
    """Draws the two analogies and all pairs of a language's gender relation; the page opens at its first analogy."""
    listed = ", ".join(f"{a} to {b}" for a, b in lead.cover.pairs)
    path = draw_relation(lead, out / f"gender-{lead.cover.relation.language}.png")
    alt = f"{lead.cover.name} in {lead.cover.space.name}, arrows: {listed}."
    return Figure(path, text.RELATION_CAPTION, alt, page, f"tour={opening_tour(lead)}")


def _nulls_figure(chosen: Sequence[Finding], out: Path) -> Figure:
    """Draws the cosines of each relation's offsets with their null distributions."""
    means = ", ".join(f"{f.cover.name} {f.parallel.random.value:.2f}" for f in chosen)
    alt = f"Histograms of the cosines of offsets with both nulls, one panel for each relation. Mean cosines: {means}."
    return Figure(draw_nulls(chosen, out / "offsets.png"), text.NULLS_CAPTION, alt)


def _answers_figure(findings: Sequence[Finding], out: Path) -> Figure:
    """Draws P@1 of the analogies."""
    alt = "Dot plot of P@1 of each relation and space, by method, as in the table."
    return Figure(draw_answers(findings, out / "analogies.png"), text.ANSWERS_CAPTION, alt)


def _every_pair(findings: Sequence[Finding], leads: Sequence[Finding], out: Path) -> str:
    """Writes the cosines of all pairs of pairs; returns a paragraph about exceptional pairs and the file."""
    path = write_cosines(findings, out / "offsets.tsv")
    return f"{text.odd_pairs(leads)} Every pair of pairs, with its cosine and p, is in `{path.name}`.".strip()


def write_cosines(findings: Sequence[Finding], path: Path) -> Path:
    """Writes every pair of pairs with its cosine and one-sided p-value against random pairs, tab-separated."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("# space\tlanguage\trelation\ta\tb\tc\td\tcosine of b-a and d-c\tp\n")
        for finding in findings:
            cosines, p = finding.parallel.cosines, finding.parallel.p_values
            relation, pairs = finding.cover.relation, finding.cover.pairs
            head = f"{finding.cover.space.name}\t{relation.language}\t{relation.name}"
            for i, j in zip(*np.triu_indices(len(pairs), 1), strict=True):
                words = "\t".join((*pairs[i], *pairs[j]))
                file.write(f"{head}\t{words}\t{cosines[i, j]:.4f}\t{p[i, j]:.4f}\n")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Runs this part alone."""
    return run_alone(run, argv, (__doc__ or "").split("\n")[0], module="experiments.homework.offsets")


if __name__ == "__main__":
    sys.exit(main())
