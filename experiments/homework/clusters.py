"""Do the words of a concept have the same shape in English and in Chinese? Numbers, animals and twelve more concepts.

Claim: nearly every concept has the same shape in both languages, well above chance, and no map is needed to see it.
Source: Mikolov, Le and Sutskever (2013), "Exploiting similarities among languages for machine translation", figure 1.
Command: ``python -m experiments.homework.clusters``; about a minute.
"""

import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from align import plotting
from align.meaning.geometry import holm
from align.meaning.permutation import Permuted
from align.progress import counted
from experiments.homework.concept_figures import draw_concept
from experiments.homework.concept_page import write_concept_pages
from experiments.homework.concepts import MIN_PAIRS, ConceptInSpaces, concept_lists, show_in
from experiments.homework.shapes import SHUFFLES, Comparison, Maps, compare, held_out_words, order_test
from experiments.parts import run_alone
from experiments.report import Block, Cell, Figure, Heading, Paragraph, Section, Table, signed
from experiments.spaces import Context

TITLE = "The same shapes in two languages"
LEVEL = 0.05
ORDERED = {"numbers": 0, "months": 12}
"""Concepts whose words have an order: 0 if they lie on a line, else the number of words in a full circle."""

_LEADS = {
    "numbers": "Numbers: one, two, three and 一, 二, 三",
    "animals": "Animals: horse, cow, donkey and 马, 牛, 驴",
}

_LIMITS = (
    "**Limits.** The lists are short and made by hand, and a word with several translations is listed with only one. "
    "The null tests whether the right pairing is better than a wrong one; it does not show why. For example, words "
    "that are frequent in both languages, or that have a second meaning in both, lie apart from the rest in both "
    "spaces, and this counts as agreement. In a lower-case space “may” is also a verb. 一月 and the other months occur "
    "in dates, where all of them have the same contexts."
)


def run(context: Context) -> Section:
    """Tests every concept of `data/concepts.tsv`; draws the figures; returns the section.

    Raises:
        ValueError: no concept is covered, or there are too few dictionary pairs to learn a map.
        OSError: a word list or space cannot be read, or a figure cannot be written.
    """
    concepts = concept_lists()
    maps = Maps(held_out_words(concepts))
    done: list[Comparison] = []
    left_out: list[str] = []
    for name, pairs in counted(tuple(concepts.items()), "concepts"):
        shown, trouble = show_in(context, name, pairs)
        if len(shown.pairs) < MIN_PAIRS:
            reason = f"; {trouble}" if trouble else ""
            left_out.append(f"{name} ({len(shown.pairs)} of {len(pairs)} pairs covered{reason})")
            continue
        done.append(compare(shown, maps, seed=context.seed))
        draw_concept(done[-1], context.out / f"{name}.png", joined=name in ORDERED)
    if not done:
        raise ValueError(f"no concept has {MIN_PAIRS} pairs in both spaces: {'; '.join(left_out)}")
    pages = write_concept_pages(done, maps, context.out, seed=context.seed)
    return _section(done, left_out, context, pages)


def _overview(done: Sequence[Comparison], context: Context, page: Path) -> Figure:
    """Draws a row for each concept: a dot at the correlation of distances, and a bar for the middle 95% of its null."""
    path = context.out / "concepts.png"
    with plotting.sheet(path, 7.5, 0.32 * len(done) + 1.5) as figure:
        axes = figure.subplots()
        for row, case in enumerate(done):
            band, dot = ("95% of the shuffles of the translations", "the true translations") if not row else ("", "")
            axes.plot([case.pearson.low, case.pearson.high], [row, row], color=plotting.SOFT, linewidth=6, alpha=0.45,
                      solid_capstyle="butt", label=band)  # fmt: skip
            axes.plot(
                case.pearson.value,
                row,
                "o",
                color=plotting.ENGLISH,
                markersize=6,
                label=dot,
            )
        figure.legend(loc="outside lower center", ncols=2)
        axes.set_yticks(range(len(done)), [f"{case.shown.name} ({len(case.shown.pairs)})" for case in done])
        axes.invert_yaxis()
        axes.axvline(0.0, color=plotting.SOFT, linewidth=0.8)
        axes.set_xlabel("correlation of English and Chinese distances (Pearson)")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
    listed = ", ".join(f"{case.shown.name} {case.pearson.value:.2f}" for case in done)
    return Figure(
        path,
        "Correlation between the distances of a concept's English words and the distances of their translations "
        "(dot). The grey bar is the middle 95% of the null, in which the translations are shuffled. The number of "
        "pairs is in brackets.",
        f"Dot plot of the correlation of distances for each concept: {listed}.",
        page,
    )


def _section(done: Sequence[Comparison], left_out: Sequence[str], context: Context, pages: dict[str, Path]) -> Section:
    """Returns the section: the method, the tables, then a figure for each concept."""
    adjusted = {
        name: holm(np.array([getattr(case, name).p for case in done]))
        for name in ("full", "flat", "pearson", "spearman")
    }
    above = sum(int(p <= LEVEL) for p in adjusted["pearson"])
    mean = float(np.mean([case.pearson.value for case in done]))
    weak = [case.shown.name for case, p in zip(done, adjusted["pearson"], strict=True) if p > LEVEL]
    found = (
        f"The distances between a concept's words agree across the languages, above chance, for {above} of {len(done)} "
        f"concepts (Holm-adjusted p ≤ {LEVEL}). The mean correlation is {mean:.2f}."
        + (f" The exceptions are {' and '.join(weak)}." if weak else "")
    )
    pairs = sum(len(case.shown.pairs) for case in done)
    hits, centred = sum(case.hits for case in done), sum(case.hits_centred for case in done)
    relational = sum(case.relational for case in done)
    mapped = (
        f"The nearest word within the concept is right for {hits} of {pairs} words ({hits / pairs:.0%}) after mapping, "
        f"for {centred} ({centred / pairs:.0%}) after the two centres are also aligned, and for {relational} "
        f"({relational / pairs:.0%}) from distances alone, without a map. Guessing gives {len(done) / pairs:.0%}."
    )
    blocks: list[Block] = [Paragraph(text) for text in _method(done)]
    blocks += [
        Heading("Results"),
        Paragraph(found),
        Paragraph(mapped),
        _overview(done, context, next(iter(pages.values()))),
    ]
    blocks += [_shape_table(done, adjusted), _map_table(done), *_order_blocks(done, context)]
    blocks += [Paragraph(_coverage(done, left_out, context)), Paragraph(_LIMITS)]
    for case in done:
        name = case.shown.name
        figure = replace(_figure(case, context), page=pages[name], view=f"tour={name}")
        blocks += [Heading(_LEADS.get(name, name.capitalize())), figure]
    return Section(TITLE, tuple(blocks), (found, mapped))


def _method(done: Sequence[Comparison]) -> tuple[str, ...]:
    why = (
        "Two spaces that are trained separately share no axes: a direction in one has no counterpart in the other. "
        "They can share a **shape**: if horse is near donkey and far from duck, is 马 near 驴 and far from 鸭? "
        "Each concept below is a short list of translation pairs. All vectors are scaled to unit length, centred at "
        "the mean of their space, and scaled to unit length again."
    )
    tests = (
        "Three comparisons need no map. **Disparity** is the squared distance that remains after the best translation, "
        "rotation, reflection and scaling of one language's words onto the other's: 0 for equal shapes, at most 1. It "
        "is computed in all dimensions, and in the two planes of the figures. A few words in many dimensions can "
        "always be rotated close to each other, so a disparity has a meaning only in comparison with its null. The "
        "**correlation of distances** (Mantel test) compares the cosine distance of every two English words with the "
        "distance of their translations. **From distances alone** compares an English word's distances to the other "
        "words with the distances of each Chinese word, and answers with the most similar word. Each null shuffles the "
        "translations "
        f"{SHUFFLES:,} times. The p-values of a column are adjusted for the number of concepts (Holm)."
    )
    mapping = (
        "The **map** is a rotation (orthogonal Procrustes) learned from "
        f"{_range([case.learned_from for case in done])} CC-CEDICT pairs, none of which shares a word with these "
        "lists. It puts both languages into one space. A map learned from the whole vocabulary may move a concept "
        "near its counterpart but not exactly onto it. The **shift** is the share of the squared distance between "
        "paired words that disappears when the two centres are aligned. The last panel of each figure shows the words "
        "with aligned centres."
    )
    return why, tests, mapping


def _shape_table(done: Sequence[Comparison], adjusted: dict[str, np.ndarray]) -> Table:
    """Returns the table of the comparisons that need no map."""

    def line(i: int, case: Comparison) -> tuple[Cell, ...]:
        tests = (("full", case.full), ("flat", case.flat), ("pearson", case.pearson), ("spearman", case.spearman))
        cells: list[Cell] = [case.shown.name, len(case.shown.pairs)]
        for name, test in tests:
            value = f"{test.value:.2f}" + (f" ({test.middle:.2f})" if name in {"full", "flat"} else "")
            cells += [value.replace("-", "−"), _p(adjusted[name][i])]
        return tuple(cells)

    return Table(
        "Disparity, with the median of its null in brackets (lower is better), and correlation of distances (higher "
        "is better), each with its Holm-adjusted p.",
        ("concept", "pairs", "disparity", "p", "in the planes", "p", "Pearson", "p", "Spearman", "p"),
        tuple(line(i, case) for i, case in enumerate(done)),
    )


def _map_table(done: Sequence[Comparison]) -> Table:
    """Returns the table of translations found with and without a map."""
    return Table(
        "English words whose translation is found among the concept's Chinese words: the nearest word after mapping, "
        "the nearest word after the centres are also aligned, the most similar distances, and guessing. Then the mean "
        "cosine of the pairs after mapping, and the share of their squared distance that is one common shift.",
        ("concept", "spaces", "mapped", "centres aligned", "distances alone", "guessing", "mean cosine", "shift"),
        tuple(
            (
                case.shown.name,
                f"{case.shown.english.name}, {case.shown.chinese.name}",
                f"{case.hits} of {len(case.x)}",
                f"{case.hits_centred} of {len(case.x)}",
                f"{case.relational} of {len(case.x)}",
                f"1 of {len(case.x)}",
                f"{float(np.mean(np.sum(case.x * case.y, axis=1))):.2f}",
                f"{case.shift:.0%}",
            )
            for case in done
        ),
    )


def _order_blocks(done: Sequence[Comparison], context: Context) -> list[Block]:
    """Tests whether numbers lie on a line, and months on a circle."""
    rows: list[tuple[Cell, ...]] = []
    for case in done:
        if case.shown.name not in ORDERED or len(case.shown.missing) > 0:
            continue
        rng = np.random.default_rng([context.seed, zlib.crc32(f"order of {case.shown.name}".encode())])
        tests: list[Permuted] = [
            order_test(distances, circle=ORDERED[case.shown.name], rng=rng) for distances in case.distances
        ]
        shape = "circle" if ORDERED[case.shown.name] else "line"
        sides = ((case.shown.english.name, tests[0]), (case.shown.chinese.name, tests[1]))
        rows += [(case.shown.name, shape, name, signed(t.value), _p(t.p)) for name, t in sides]
    if not rows:
        return []
    caption = (
        "The order of numbers and months in the vectors: rank correlation between the distance of two words and the "
        "number of steps between them, counted along a line or around the year. p comes from the same shuffles and is "
        "not adjusted."
    )
    return [Table(caption, ("concept", "steps along a", "space", "Spearman", "p"), tuple(rows))]


def _coverage(done: Sequence[Comparison], left_out: Sequence[str], context: Context) -> str:
    """Returns the paragraph on missing words, other spaces and concepts left out."""
    missing = [f"{case.shown.name}: {', '.join(case.shown.missing)}" for case in done if case.shown.missing]
    other = [case.shown for case in done if _elsewhere(case.shown, context)]
    text = (
        f"**Coverage.** Words without a vector: {'; '.join(missing)}."
        if missing
        else "**Coverage.** No word is missing."
    )
    if other:
        names = "; ".join(f"{s.name} in {s.english.name} and {s.chinese.name}" for s in other)
        text += f" Tested in other spaces, because the first two lack most of the words: {names}."
    if left_out:
        text += f" Left out: {'; '.join(left_out)}."
    return text


def _elsewhere(shown: ConceptInSpaces, context: Context) -> bool:
    """Returns whether a concept was tested in other spaces than the first two."""
    return shown.english is not context.english or shown.chinese is not context.chinese


def _figure(case: Comparison, context: Context) -> Figure:
    """Returns the figure of a concept with its caption."""
    shown = case.shown
    names = f"{shown.english.name} and {shown.chinese.name}"
    joined = " Grey lines join the words in their order." if shown.name in ORDERED else ""
    return Figure(
        context.out / f"{shown.name}.png",
        f"{shown.name.capitalize()} in {names}. Top: each language on its own first two principal components; the "
        f"Chinese plane is reflected, or its axes exchanged, to match the English one.{joined} Bottom: English is "
        f"mapped into the Chinese space. Left, the cosine of every English word with every Chinese word (dark is "
        f"high). Right, both languages with their centres aligned; a line joins each word to its translation. A hollow "
        f"triangle is a word outside the frame, drawn in its direction; the number says how many times farther from "
        f"the centre it lies. Correlation of distances {case.pearson.value:.2f}; disparity {case.full.value:.2f}, "
        f"median of its null {case.full.middle:.2f}; shift {case.shift:.0%}.",
        f"Three scatter plots and a heat map of {len(shown.pairs)} pairs: "
        + ", ".join(f"{e} {z}" for e, z in shown.pairs)
        + ".",
    )


def _p(p: float) -> str:
    """Formats a p-value with two significant digits, or with a single digit if it is below 0.001."""
    return f"{p:.2f}" if p >= 0.095 else f"{p:.2g}" if p >= 0.001 else f"{p:.1g}"


def _range(counts: Sequence[int]) -> str:
    """Returns the smallest and the largest count as text, or the only count."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs this part alone."""
    return run_alone(run, argv, (__doc__ or "").split("\n")[0], module="experiments.homework.clusters")


if __name__ == "__main__":
    sys.exit(main())
