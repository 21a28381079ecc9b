"""Adding one vector to every GloVe vector does not change the loss, so the cosines of GloVe depend on the random start.

Claim: J = 1/2 sum f(X_ij) (<w_i, c_j> + b_i + b'_j - log X_ij)^2 does not change if w_i becomes w_i + a and c_j becomes
c_j + e, with biases b_i - <w_i, e> - <a, e> and b'_j - <a, c_j>. The reason is
<w_i + a, c_j + e> = <w_i, c_j> + <a, c_j> + <w_i, e> + <a, e>: the biases cancel all terms but the first. The mean of
the vectors is therefore arbitrary, and so is every cosine. Only the centred vectors are determined. The experiment also
compares the norms of stop words and content words in three models.
Source: Pennington, Socher & Manning 2014, equations 7 and 8. Command:
``python -m experiments.glove_shift [--words N] [--out FOLDER] [--seed N]``; about two minutes.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from align.evaluate.suite import evaluate_suite
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.progress import counted, stage_bars
from align.retrieval import unit_rows
from align.space import Space
from align.text.cooccurrence import Cells, count_cells
from align.text.corpus import Corpus
from align.train.glove import GloVe, SimplerGloVe
from align.train.loop import run
from align.train.model import Request
from align.train.models import train
from align.train.window_models import SGNS
from experiments.excerpt import english_excerpt
from experiments.options import parse_run, refuse
from experiments.report import Block, Cell, Figure, Paragraph, Section, Table, write
from experiments.terminal import print_page

MODEL = GloVe(dim=50, epochs=15)
WORDS = 2_000_000
SHIFTS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Lengths of the added vector, as multiples of the mean length of the word vectors."""
FREQUENT = 3000
"""Number of most frequent words whose norms are shown."""
_BLOCK = 1 << 18
_PAIRS = 20_000


class GloVeParameters(NamedTuple):
    """The parameters of GloVe: word vectors w, context vectors c, and their biases b and b'."""

    word: Float[np.ndarray, "v d"]
    context: Float[np.ndarray, "v d"]
    word_bias: Float[np.ndarray, " v"]
    context_bias: Float[np.ndarray, " v"]

    def cast(self, kind: type[np.floating]) -> "GloVeParameters":
        """Returns the parameters in another floating-point type."""
        return GloVeParameters(*(part.astype(kind) for part in self))


class Norms(NamedTuple):
    """The norms of a model's vectors.

    Attributes:
        name: the model.
        norms: norms by frequency rank.
        stop: whether each word is a stop word.
        words: the words.
        ratio: geometric mean, over stop words, of the norm divided by the median norm of the ten content words nearest
            in rank.
    """

    name: str
    norms: Float[np.ndarray, " q"]
    stop: np.ndarray
    words: Sequence[str]
    ratio: float


def loss_of(fitted: GloVeParameters, cells: Cells, model: GloVe = MODEL) -> float:
    """Returns J = 1/2 sum over cells of f(X_ij) (<w_i, c_j> + b_i + b'_j - log X_ij)^2, summed in double precision."""
    total = 0.0
    for start in range(0, len(cells.row), _BLOCK):
        i, j, x = (part[start : start + _BLOCK] for part in cells)
        x = x.astype(fitted.word.dtype)
        score = np.einsum("nd,nd->n", fitted.word[i], fitted.context[j]) + fitted.word_bias[i] + fitted.context_bias[j]
        weight = np.minimum(1, (x / model.x_max) ** model.power)
        total += float(np.sum(weight * (score - np.log(x)) ** 2, dtype=np.float64))
    return total / 2


def shift(
    fitted: GloVeParameters, a: Float[np.ndarray, " d"], e: Float[np.ndarray, " d"], *, biases: bool = True
) -> GloVeParameters:
    """Returns w_i + a and c_j + e, with corrected biases b_i - <w_i, e> - <a, e> and b'_j - <a, c_j> if ``biases``."""
    word, context, b, bb = fitted
    a, e = a.astype(word.dtype), e.astype(word.dtype)
    if biases:
        b, bb = b - word @ e - a @ e, bb - context @ a
    return GloVeParameters(word + a, context + e, b, bb)


def fit(corpus: Corpus, *, seed: int, model: GloVe = MODEL) -> tuple[GloVeParameters, Cells]:
    """Trains GloVe on ``corpus``; returns its parameters in double precision, and the co-occurrence counts."""
    with stage_bars("GloVe: ") as report:
        plan = model.plan(corpus, Request(seed), report=report)
        segments = plan.source.segments

        def watch(done: int, *_: object) -> None:
            report("training", done, segments)

        state, _ = run(plan.objective, plan.source, plan.config, key=jax.random.key(seed), callback=watch)
        tables = {name: np.asarray(table, np.float64) for name, table in state.parameters.tables.items()}
        cells = count_cells(corpus, model.window, report=report)
    biases = (tables[name][:, 0] for name in ("word_bias", "context_bias"))
    return GloVeParameters(tables["word"], tables["context"], *biases), cells


def loss_table(fitted: GloVeParameters, cells: Cells, model: GloVe = MODEL, *, seed: int) -> Table:
    """Returns the loss in both precisions: as trained, after shifts, and after a shift without corrected biases."""
    rng = np.random.default_rng(seed)
    length = float(np.linalg.norm(fitted.word, axis=1).mean())
    a, e = (length * unit_rows(rng.normal(size=(1, fitted.word.shape[1])))[0].astype(np.float64) for _ in range(2))
    none = np.zeros_like(a)
    before = loss_of(fitted, cells, model)
    cases = {
        "as trained": fitted,
        "words + a": shift(fitted, a, none),
        "contexts + e": shift(fitted, none, e),
        "words + a, contexts + e": shift(fitted, a, e),
        "words + 10 a, contexts + 10 e": shift(fitted, 10 * a, 10 * e),
        "words + a, contexts + e, biases unchanged": shift(fitted, a, e, biases=False),
    }
    rows: list[tuple[Cell, ...]] = []
    for name, case in counted(cases.items(), "losses"):
        whole, short = loss_of(case, cells, model), loss_of(case.cast(np.float32), cells, model)
        rows.append((name, f"{whole:,.6f}", f"{whole / before - 1:.1e}", f"{short / before - 1:.1e}"))
    caption = (
        f"The loss over {len(cells.row):,} cells. a and e have random directions and the mean norm of the word "
        f"vectors, {length:.2f}. The biases are corrected except in the last row. The last two columns are the "
        "relative difference from the first row, in double and in single precision."
    )
    return Table(
        caption, ("vectors", "loss", "difference, 64 bits", "difference, 32 bits"), tuple(rows), (len(rows) - 1,)
    )


def spaces_of(fitted: GloVeParameters, corpus: Corpus, *, seed: int) -> dict[str, Space]:
    """Returns the sums w_i + c_i, shifted by increasing amounts in one random direction, and centred."""
    sums = fitted.word + fitted.context
    length = float(np.linalg.norm(sums, axis=1).mean())
    direction = unit_rows(np.random.default_rng(seed).normal(size=(1, sums.shape[1])))[0]
    found = {f"+ {factor:g}": sums + factor * length * direction for factor in SHIFTS}
    found["centred"] = found["+ 2"] - found["+ 2"].mean(axis=0)
    found["centred, as trained"] = sums - sums.mean(axis=0)
    return {name: Space(corpus.vocab, rows.astype(np.float32), name=name) for name, rows in found.items()}


def pair_cosines(space: Space, *, seed: int) -> Float[np.ndarray, " n"]:
    """Returns the cosines of random pairs of words."""
    rows = np.random.default_rng(seed).integers(0, len(space), (2, _PAIRS))
    return np.einsum("nd,nd->n", space.unit[rows[0]], space.unit[rows[1]])


def cosine_table(spaces: Mapping[str, Space], *, seed: int) -> Table:
    """Returns the effect of each shift on the cosines of random pairs and on the scores of the evaluation suite."""
    rows: list[tuple[Cell, ...]] = []
    names: list[str] = []
    for name, space in counted(spaces.items(), "shifts"):
        cosines, scores = pair_cosines(space, seed=seed), evaluate_suite(space)
        names = list(scores)
        values = (score.value for score in scores.values())
        rows.append((name, float(cosines.mean()), float(cosines.std()), *values))
    caption = (
        "The vectors w + c after one vector is added to all of them; its norm is a multiple of their mean norm. The "
        "loss is the same in every row. The mean and the standard deviation of the cosines of random pairs, Spearman's "
        "ρ on rated pairs, and the share of right analogies change. Centring gives the same vectors whatever was added."
    )
    return Table(caption, ("added", "mean cosine", "standard deviation", *names), tuple(rows))


def norms_of(space: Space, name: str, stop_words: frozenset[str]) -> Norms:
    """Returns the norms of the most frequent words, and the ratio of stop words to content words of similar rank."""
    words = list(space.vocab.words[:FREQUENT])
    norms = np.linalg.norm(np.asarray(space.vectors[:FREQUENT], np.float64), axis=1)
    stop = np.array([word in stop_words for word in words])
    content = np.flatnonzero(~stop)
    if not stop.any() or not len(content):
        raise ValueError(f"{name}: {int(stop.sum())} stop words among {len(words)} words; some of both are needed")
    ratios = [
        norms[i] / np.median(norms[content[np.argsort(np.abs(content - i), kind="stable")[:10]]])
        for i in np.flatnonzero(stop)
    ]
    return Norms(name, norms, stop, words, float(np.exp(np.mean(np.log(ratios)))))


def draw_norms(shown: Sequence[Norms], path: Path) -> Path:
    """Draws a panel for each model: norm against frequency rank, stop words in red; returns the path."""
    with sheet(path, 3.6 * len(shown), 3.8) as figure:
        for axes, model in zip(figure.subplots(1, len(shown)), shown, strict=True):
            rank = np.arange(1, len(model.norms) + 1)
            for chosen, colour, label, size in (
                (~model.stop, ENGLISH, "content words", 5),
                (model.stop, CHINESE, "stop words", 9),
            ):
                axes.scatter(rank[chosen], model.norms[chosen], s=size, c=colour, alpha=0.55, linewidths=0, label=label)
            axes.set_xscale("log")
            axes.set_ylim(0, None)
            axes.set_title(
                f"{model.name}\nstop words {model.ratio:.2f} × content words of similar rank", loc="left", size=9.5
            )
            axes.set_xlabel("frequency rank")
            axes.tick_params(length=0, labelsize=8, color=SOFT, labelcolor=INK)
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].set_ylabel("norm of the vector")
        figure.axes[0].legend(loc="lower left", markerscale=1.6)
    return path


def norm_models(corpus: Corpus, *, seed: int) -> dict[str, Space]:
    """Trains the simpler GloVe and skip-gram on the same text, with the same number of dimensions."""
    with stage_bars("simpler GloVe: ") as report:
        simpler = train(SimplerGloVe(dim=MODEL.dim, epochs=MODEL.epochs), corpus, seed=seed, report=report)
    with stage_bars("skip-gram: ") as report:
        skipgram = train(SGNS(dim=MODEL.dim, epochs=5), corpus, seed=seed, report=report)
    return {"simpler GloVe (PMI)": simpler, "skip-gram (SGNS)": skipgram}


def sections(corpus: Corpus, out: Path, *, seed: int) -> tuple[Section, ...]:
    """Returns the three sections: the loss, the cosines, the norms."""
    from gensim.parsing.preprocessing import STOPWORDS

    fitted, cells = fit(corpus, seed=seed)
    losses = loss_table(fitted, cells, seed=seed)
    spaces = spaces_of(fitted, corpus, seed=seed)
    cosines = cosine_table(spaces, seed=seed)
    models = {"GloVe (w + c)": spaces["+ 0"], **norm_models(corpus, seed=seed)}
    shown = [norms_of(space, name, frozenset(STOPWORDS)) for name, space in models.items()]
    listed = ", ".join(f"{model.name} {model.ratio:.2f}" for model in shown)
    first: tuple[Block, ...] = (
        Paragraph(
            f"GloVe with {MODEL.dim} dimensions on {corpus.tokens:,} words ({corpus.name}; {len(corpus.vocab):,} "
            "different ones)."
        ),
        Paragraph("`J = ½ Σ f(Xᵢⱼ) (⟨wᵢ, cⱼ⟩ + bᵢ + b′ⱼ − log Xᵢⱼ)²`"),
        Paragraph(
            "Add a to every word vector: `⟨wᵢ + a, cⱼ⟩ = ⟨wᵢ, cⱼ⟩ + ⟨a, cⱼ⟩`. The new term depends only on j, and the "
            "bias `b′ⱼ − ⟨a, cⱼ⟩` cancels it. In the same way `bᵢ − ⟨wᵢ, e⟩` cancels the effect of `cⱼ + e`. Both "
            "together give `⟨wᵢ + a, cⱼ + e⟩ = ⟨wᵢ, cⱼ⟩ + ⟨a, cⱼ⟩ + ⟨wᵢ, e⟩ + ⟨a, e⟩`. The last term is a constant, "
            "which either bias can absorb: `bᵢ − ⟨wᵢ, e⟩ − ⟨a, e⟩` and `b′ⱼ − ⟨a, cⱼ⟩`. No term of the loss changes."
        ),
        losses,
    )
    second: tuple[Block, ...] = (
        Paragraph(
            "The loss determines the vectors only up to a common shift, and the shift comes from the random start. "
            "Differences of vectors, `wᵢ − wⱼ`, do not change; cosines do, because they depend on the origin."
        ),
        cosines,
    )
    path = draw_norms(shown, out / "norms.png")
    alt = f"Scatter plots of vector lengths by frequency rank. Stop words compared with content words: {listed}."
    third: tuple[Block, ...] = (
        Figure(
            path,
            f"Norms of the vectors of the {FREQUENT:,} most frequent words. Each title gives the norm of a stop word "
            "divided by the median norm of the ten content words nearest to it in frequency rank (geometric mean).",
            alt,
        ),
    )
    moved = (
        f"{losses.rows[3][0]}: loss changes by {losses.rows[3][2]} (64 bits); with unchanged biases {losses.rows[5][2]}"
    )
    means = ", ".join(f"{row[0]} {row[1]:.2f}" for row in cosines.rows)
    return (
        Section("The loss does not change under a shift", first, (moved,)),
        Section("Cosines change", second, (f"mean cosine of random pairs: {means}",)),
        Section(
            "Stop words and content words", third, (f"norm of stop words / content words of similar rank: {listed}",)
        ),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, shifts, prints the tables, writes ``glove_shift.html``; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    module, out = "experiments.glove_shift", "results/glove_shift"
    options = parse_run(argv, description, module=module, out=out, words=WORDS, about_words="words of text")
    page = options.out / "glove_shift.html"
    try:
        made = sections(english_excerpt(options.words), options.out, seed=options.seed)
        write(made, page, title="GloVe and a shift of all vectors")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_page(made, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
