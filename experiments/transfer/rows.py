"""Pretrained rows, frozen or not: accuracy by the number of labelled texts, and which rows the gradient moves."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.classify.classifier import Classifier
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.progress import counted
from align.space import Space
from align.text.labelled import LabelledText
from experiments.report import Figure, Paragraph, Section, Table
from experiments.transfer.reviews import BAD, GOOD, Reviews, rows_for

SIZES = (10, 100, 1000, 5500)
KINDS = ("no pretraining", "frozen", "unfrozen", "frozen, then unfrozen")
COLOURS = (SOFT, ENGLISH, CHINESE, INK)
_READ, _MIN_EPOCHS, _RATE, _BATCH = 20_000, 8, 0.37, 256


class Run(NamedTuple):
    """The accuracies in percent of a kind of rows that is trained on ``texts`` labelled texts, one for each seed."""

    kind: str
    texts: int
    scores: tuple[float, ...]


class RowMovement(NamedTuple):
    """A word, its number of occurrences, how far its row moved, and its score of good minus bad before and after."""

    word: str
    occurrences: int
    length: float
    before: float
    after: float


def epochs_for(texts: int) -> int:
    """Returns the number of epochs: enough to read 20,000 texts in all, but at least 8 and at most 100."""
    return min(100, max(_MIN_EPOCHS, _READ // texts))


def trained(kind: str, texts: list[LabelledText], space: Space, *, seed: int) -> Classifier:
    """Returns a classifier with rows of a kind; "frozen, then unfrozen" changes after half of the epochs."""
    epochs = epochs_for(len(texts))
    frozen = {"frozen": epochs, "frozen, then unfrozen": epochs // 2}.get(kind, 0)
    made = Classifier(
        dim=space.dim,
        epochs=epochs,
        rate=_RATE,
        smoothing=0.0,
        word_ngrams=1,
        tokeniser="split",
        batch=_BATCH,
        frozen=frozen,
        seed=seed,
    )
    made.start = None if kind == "no pretraining" else space
    return made.fit_texts(texts)


def score(found: Classifier, texts: list[LabelledText]) -> float:
    """Returns the accuracy of a classifier on texts, in percent."""
    return 100 * found.score([text.text for text in texts], [text.labels[0] for text in texts])


def some_of_each(texts: list[LabelledText], size: int, *, seed: int) -> list[LabelledText]:
    """Returns ``size`` random texts, half of them of each label if there are enough of each."""
    order = np.random.default_rng(seed).permutation(len(texts)).tolist()
    by_label = {label: [texts[i] for i in order if texts[i].labels[0] == label] for label in (GOOD, BAD)}
    half = size // 2
    chosen = by_label[GOOD][:half] + by_label[BAD][: size - half]
    return chosen if len(chosen) == size else [texts[i] for i in order[:size]]


def curves(given: Reviews, space: Space, *, sizes: Sequence[int], seeds: int, seed: int) -> list[Run]:
    """Returns the accuracy of every kind and size over several seeds; all kinds are trained on the same texts."""
    found: list[Run] = []
    for size in counted([size for size in sizes if size <= len(given.train)], "sizes"):
        repeats = seeds if size <= 1000 else 1
        samples = [some_of_each(given.train, size, seed=seed + number) for number in range(repeats)]
        for kind in KINDS:
            scores = [
                score(trained(kind, sample, space, seed=seed + number), given.test)
                for number, sample in enumerate(samples)
            ]
            found.append(Run(kind, size, tuple(scores)))
    return found


def movements(found: Classifier, space: Space) -> tuple[list[RowMovement], float]:
    """Returns the words sorted by how far their rows moved, and the share of the movement along one line.

    The second value is the share of the squared movement along u_good - u_bad, the difference of the labels' vectors.
    """
    model = found.model_
    words = [word.decode() for word in model.features.words]
    rows = space.vocab.ids(words)
    known = np.flatnonzero(rows >= 0)
    before, after = np.asarray(space.vectors)[rows[known]], model.inputs[known]
    axis: Float[np.ndarray, " d"] = model.outputs[model.labels.index(GOOD)] - model.outputs[model.labels.index(BAD)]
    change = after - before
    length = np.linalg.norm(change, axis=1)
    whole = float((length**2).sum())
    along = float(((change @ axis) ** 2).sum() / (axis @ axis)) / whole if whole else 0.0
    made = [
        RowMovement(words[known[i]], 0, float(length[i]), float(before[i] @ axis), float(after[i] @ axis))
        for i in np.argsort(-length, kind="stable").tolist()
    ]
    return made, along


def with_counts(moved: list[RowMovement], texts: list[LabelledText]) -> list[RowMovement]:
    """Returns the words with the number of their occurrences."""
    counts: dict[str, int] = {}
    for word in (word for text in texts for word in text.text.split(" ")):
        counts[word] = counts.get(word, 0) + 1
    return [row._replace(occurrences=counts.get(row.word, 0)) for row in moved]


def draw_curves(runs: list[Run], path: Path) -> Path:
    """Draws accuracy by the number of labelled texts; returns the path of the picture."""
    with sheet(path, 6.4, 4.2) as figure:
        axes = figure.add_subplot()
        for kind, colour in zip(KINDS, COLOURS, strict=True):
            own = [run for run in runs if run.kind == kind]
            x, y = [run.texts for run in own], [mean(run.scores) for run in own]
            low, high = [min(run.scores) for run in own], [max(run.scores) for run in own]
            axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
            axes.plot(x, y, marker="o", markersize=4, linewidth=1.6, color=colour, label=kind)
        axes.set_xscale("log")
        axes.set(xlabel="labelled texts", ylabel="film reviews classified right, %")
        axes.legend(loc="lower right")
        axes.spines[["top", "right"]].set_visible(False)
    return path


def draw_movements(moved: list[RowMovement], path: Path, shown: int = 24) -> Path:
    """Draws the words that moved most: their score for ``good`` before and after training; returns the path."""
    best = sorted(moved[:shown], key=lambda row: row.after)
    with sheet(path, 6.4, 5.6) as figure:
        axes = figure.add_subplot()
        for place, row in enumerate(best):
            colour = ENGLISH if row.after > row.before else CHINESE
            arrow = {"arrowstyle": "->", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (row.after, place), (row.before, place), arrowprops=arrow)
            axes.plot(row.before, place, marker="o", markersize=3.5, color=INK)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        ends = [value for row in best for value in (row.before, row.after)]
        axes.set_xlim(min(ends) * 1.05 - 1, max(ends) * 1.05 + 1)
        axes.set_yticks(range(len(best)), [f"{row.word}  ({row.occurrences:,})" for row in best])
        axes.set_xlabel("score of the word for good against bad: pretrained (dot), after training (arrow)")
        axes.tick_params(length=0, labelsize=8)
        axes.spines[["top", "right", "left"]].set_visible(False)
    return path


def winner(runs: list[Run], size: int) -> str:
    """Returns the kind of rows with the highest mean accuracy for ``size`` texts."""
    return max((run for run in runs if run.texts == size), key=lambda run: mean(run.scores)).kind


def _cell(scores: Sequence[float]) -> str:
    """Returns the mean and, of several scores, the standard deviation as text."""
    return f"{mean(scores):.1f}" + (f" ± {stdev(scores):.1f}" if len(scores) > 1 else "")


def section(given: Reviews, space: Space, out: Path, *, sizes: Sequence[int], seeds: int, seed: int) -> Section:
    """Runs this part of the report and returns its section."""
    space = Space(space.vocab, rows_for("mean, centred", given.train, space), name=space.name)
    runs = curves(given, space, sizes=sizes, seeds=seeds, seed=seed)
    used = list(dict.fromkeys(run.texts for run in runs))
    rows = tuple((f"{size:,}", *(_cell(run.scores) for run in runs if run.texts == size)) for size in used)
    largest = some_of_each(given.train, used[-1], seed=seed)
    moved, along = movements(trained("unfrozen", largest, space, seed=seed), space)
    moved = with_counts(moved, largest)
    wins = {size: winner(runs, size) for size in used}
    frozen = [size for size, kind in wins.items() if kind.startswith("frozen")]
    sizes_won = ", ".join(f"{size:,}" for size in frozen)
    verdict = f"rows that begin frozen win with {sizes_won} texts" if frozen else "rows that begin frozen never win"
    blocks = (
        Paragraph(
            "A text is x = (1/n) Σ z, the mean of the rows of its words; the score of a label is ⟨u, x⟩. The rows are "
            f"those of {space.name} ({space.dim} dimensions), centred and scaled. Without pretraining they begin at 0 "
            "and the vectors u are fixed. A frozen row gets no gradient, so only the vectors u are learned. All kinds "
            "have the same texts, epochs and learning rate."
        ),
        Figure(
            draw_curves(runs, out / "rows.png"),
            "Accuracy on film reviews by the number of labelled texts; bands run from the worst to the best sample.",
            "Four rising curves; without pretraining the curve begins lowest.",
        ),
        Table(
            f"Accuracy on {len(given.test):,} test texts, %, mean and standard deviation over samples of texts.",
            ("labelled texts", *KINDS),
            rows,
        ),
        Paragraph(
            "The gradient of the loss with respect to the row of a word is ∂J/∂z = Σ (1/n) Σ_y (p_y − [y is the "
            "label]) u_y, summed over the texts with the word. With two labels it is a multiple of u_good − u_bad. So "
            "every row moves along one line, and training learns a single number for each word: "
            f"{100 * along:.1f} % of the squared movement is along the final u_good − u_bad. Words that are in no "
            "labelled text stay where they are while their neighbours move away. That is the price of unfreezing."
        ),
        Figure(
            draw_movements(moved, out / "moved.png"),
            "The words whose rows moved most, and how often they occur: score for good against bad before and after.",
            "Arrows to the right for words of praise, to the left for words of blame.",
        ),
    )
    summary = f"{used[0]:,} texts: {wins[used[0]]} is best; {used[-1]:,} texts: {wins[used[-1]]}; {verdict}"
    return Section("Pretrained rows: frozen or not", blocks, (summary,))
