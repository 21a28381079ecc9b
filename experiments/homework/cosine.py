"""Cosine similarity from its definition, and awesome - eagle + person = ?

Claim: cosine similarity separates related from unrelated words, and sums of word vectors have a meaning.
Source: two exercises of a course on word2vec. Command: ``python -m experiments.homework.cosine``; a few seconds.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from align.evaluate.analogy import answers, three_cos_mul
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.space import Space, nearest
from experiments.homework.similarity import RANDOM, SimilarityScores, cosine, kind_means, score_pairs
from experiments.parts import run_alone
from experiments.report import Block, Cell, Figure, Heading, Paragraph, Section, Table, signed
from experiments.spaces import Context

if TYPE_CHECKING:
    from matplotlib.patches import Rectangle

SUMS = (("awesome", "eagle", "person"), ("了不起", "鹰", "人"))
"""The sums to compute: word 1 - word 2 + word 3."""
_SHOWN = 10


def run(context: Context) -> Section:
    """Computes the cosines of word pairs and the sums; draws one figure; returns the section.

    Raises:
        OSError: a word list cannot be read, or the figure not written.
    """
    english = score_pairs(context.english, "en", context.seed)
    chinese = score_pairs(context.chinese, "zh", context.seed)
    path = _draw((english, chinese), context.out / "cosine.png")
    blocks: list[Block] = [
        *(Paragraph(text) for text in _METHOD),
        Figure(path, _CAPTION, f"Dot plots of cosines by kind of pair. {_means(english)} {_means(chinese)}"),
        *(_pair_table(scores) for scores in (english, chinese)),
        Paragraph(_finding(english, chinese)),
    ]
    lines: list[str] = [_means(english), _means(chinese)]
    for words, space in zip(SUMS, (context.english, context.chinese), strict=True):
        found, line = _sum_blocks(space, *words)
        blocks += found
        lines.append(line)
    return Section("Cosine similarity, and awesome − eagle + person = ?", tuple(blocks), tuple(lines))


_METHOD = (
    (
        "**Definition.** The cosine similarity of two vectors is the cosine of the angle between them, "
        "`cos(x, y) = Σ xᵢyᵢ / (√Σxᵢ² √Σyᵢ²)`: 1 for one direction, 0 for a right angle, −1 for opposite directions. "
        "The code here follows this formula. Its tests check on random vectors that it stays in −1..1, is symmetric, "
        "does not change when a vector is scaled, is 1 for a vector with itself, refuses the zero vector, and equals "
        "the result of scipy."
    ),
    (
        "**Does it separate related from unrelated words?** Five kinds of word pairs are compared with "
        f"{RANDOM:,} random pairs of words of the same space."
    ),
)
_CAPTION = (
    "Cosines of word pairs by kind: a dot for each pair, a line at the mean of the kind. The grey band holds the "
    "middle 90% of random pairs of words."
)


def _draw(both: Sequence[SimilarityScores], path: Path) -> Path:
    """Draws a panel for each language with a row for each kind: the pairs' cosines over the range of random pairs."""
    with sheet(path, 9.0, 3.3) as figure:
        panels = figure.subplots(1, 2, sharex=True)
        bands: list[Rectangle] = []
        looks = (("English", ENGLISH), ("Chinese", CHINESE))
        for axes, scores, (language, colour) in zip(panels, both, looks, strict=True):
            kinds = list(dict.fromkeys(pair.kind for pair in scores.pairs))
            band = axes.axvspan(*np.quantile(scores.random, (0.05, 0.95)), color="#d7dbe0", alpha=0.6, linewidth=0)
            bands.append(band)
            for row, kind in enumerate(kinds):
                values = [pair.cosine for pair in scores.pairs if pair.kind == kind]
                axes.plot(values, [row] * len(values), "o", color=colour, markersize=6, alpha=0.7, markeredgewidth=0)
                axes.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color=colour, linewidth=1.6)
            axes.set_yticks(range(len(kinds)), kinds)
            axes.set_ylim(max(len(kinds), 1) - 0.5, -0.5)
            axes.set_xlim(min([-0.1, *(pair.cosine for pair in scores.pairs)]), 1.0)
            axes.set_title(f"{language} ({scores.space.name})", loc="left")
            axes.set_xlabel("cosine")
            axes.tick_params(length=0, labelsize=9, color=SOFT)
            axes.spines[["top", "right", "left"]].set_visible(False)
        figure.legend(bands[:1], ["grey band: 90% of random pairs of words lie here"], loc="outside lower center")
    return path


def _pair_table(scores: SimilarityScores) -> Table:
    """Returns the table of the pairs, with the share of random pairs that have a lower cosine."""
    below = np.searchsorted(scores.random, [pair.cosine for pair in scores.pairs]) / len(scores.random)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (pair.kind, f"{pair.first}, {pair.second}", pair.cosine, f"{share:.1%}")
        for pair, share in zip(scores.pairs, below, strict=True)
    )
    missing = f" Missing words: {', '.join(scores.missing)}." if scores.missing else ""
    caption = f"Word pairs in {scores.space.name}, and the share of random pairs with a lower cosine.{missing}"
    return Table(caption, ("kind", "pair", "cosine", "random pairs below"), rows)


def _means(scores: SimilarityScores) -> str:
    """Returns a sentence with the mean cosine of each kind of pair."""
    listed = ", ".join(f"{kind} {signed(value)}" for kind, value in kind_means(scores).items())
    random = signed(float(scores.random.mean()))
    return f"Mean cosine in {scores.space.name}: {listed or 'no pair is covered'}; random pairs {random}."


def _finding(english: SimilarityScores, chinese: SimilarityScores) -> str:
    """Returns the paragraph that says what the cosines show."""
    parts = [_means(english), _means(chinese)]
    close = [sentence for sentence in (_opposites(english), _opposites(chinese)) if sentence]
    if close:
        parts += close
        parts.append(
            "Opposites occur in the same contexts, and the vectors are learned from contexts alone: the cosine "
            "measures similarity of use, not of meaning."
        )
    shift = abs(float(english.random.mean() - chinese.random.mean()))
    if shift > 0.05:
        parts.append(
            f"The mean cosines of random pairs differ by {shift:.2f} between the two spaces, because the vectors are "
            "not centred at the origin. Compare a cosine only with others of the same space."
        )
    return " ".join(parts)


def _opposites(scores: SimilarityScores) -> str:
    """Returns a sentence if opposites have cosines that exceed those of unrelated words by 0.2 or more, else ""."""
    means = kind_means(scores)
    if means.get("opposites", -1.0) < means.get("unrelated", 1.0) + 0.2:
        return ""
    more = ", higher even than synonyms" if means["opposites"] > means.get("synonyms", 1.0) else ""
    values = f"{signed(means['opposites'])} against {signed(means['unrelated'])}"
    return f"In {scores.space.name} opposites have much higher cosines than unrelated words ({values}){more}."


def _sum_blocks(space: Space, plus: str, minus: str, add: str) -> tuple[list[Block], str]:
    """Returns the blocks for `plus - minus + add` in a space (answers and an explanation), and a summary line."""
    title = f"{plus} − {minus} + {add} = ?"
    missing = [word for word in (plus, minus, add) if word not in space]
    if missing:
        text = f"{space.name} does not have {', '.join(missing)}."
        return [Heading(title), Paragraph(text)], f"{title} {text}"
    out = answers(space, minus, plus, add, _SHOWN)
    unit = {word: space.unit[space.vocab.index[word]] for word in (plus, minus, add)}
    without = space.nearest_to(unit[plus] + unit[add], k=_SHOWN, exclude=(plus, minus, add))
    columns = (
        out,
        answers(space, minus, plus, add, _SHOWN, keep=True),
        answers(space, minus, plus, add, _SHOWN, method=three_cos_mul),
        without,
    )
    rows = tuple(
        (place, *(f"{column[place - 1][0]} ({signed(column[place - 1][1])})" for column in columns))
        for place in range(1, min(len(column) for column in columns) + 1)
    )
    table = Table(
        f"The words nearest to {plus} − {minus} + {add} in {space.name}, with their scores.",
        ("rank", "3CosAdd", "query words included", "3CosMul", f"{plus} + {add} alone"),
        rows,
    )
    text = _explained(space, (plus, minus, add), [word for word, _ in out], [near.word for near in without])
    return [Heading(title), table, Paragraph(text)], f"{plus} − {minus} + {add} = {out[0][0]} ({space.name})"


def _explained(space: Space, words: tuple[str, str, str], found: Sequence[str], without: Sequence[str]) -> str:
    """Returns an explanation of the answer from the cosines in the sum."""
    plus, minus, add = words
    common = len({*found} & {*without})
    near = [near.word for near in nearest(space, minus, 5)]
    golf = " (the golf score, in the news)" if {"birdie", "birdies", "bogey"} & {*near} else ""
    best = space[found[0]]
    made = ", ".join(f"{signed(cosine(best, space[word]))} with {word}" for word in words)
    nearest_two = [word for word, _ in answers(space, minus, plus, add, 2, keep=True)]
    first = " and ".join(word for word in nearest_two if word in words)
    itself = f" With the query words included, the sum is nearest to {first}." if first else ""
    effect = "changes little" if 2 * common >= len(found) else "changes more than half of the answers"
    apart = signed(cosine(space[plus], space[minus]))
    return (
        f"**Answer: {found[0]}.** Its cosine is {made}. 3CosAdd looks for a word near {plus} and {add} and far from "
        f"{minus}.{itself} An analogy needs a relation, and these words have none: {minus} and {plus} are not related "
        f"as {add} and another word are (cos({plus}, {minus}) is {apart}; the nearest words to {minus} here are "
        f"{', '.join(near)}{golf}). Subtracting {minus} {effect}: {common} of the first {len(found)} are also among "
        f"the first {len(without)} of {plus} + {add} alone. The rest of the sum is a mixture of two words, and its "
        "neighbours are words that occur with both."
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs this part alone."""
    return run_alone(run, argv, (__doc__ or "").split("\n")[0], module="experiments.homework.cosine")


if __name__ == "__main__":
    sys.exit(main())
