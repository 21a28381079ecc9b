"""The cost of a training step by vocabulary size: full softmax, hierarchical softmax and negative sampling.

Claim: the cost of full softmax is proportional to the vocabulary size, the cost of hierarchical softmax grows at most
with its logarithm, and the cost of negative sampling is constant. Sources: Morin and Bengio 2005; Mikolov et al. 2013,
section 2. The text is random: the word of rank r has a probability proportional to 1 / r (Zipf's law). Command:
``python -m experiments.softmax_cost [--words N] [--out FOLDER]``, where N is the largest vocabulary; about three
minutes.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.progress import counted
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.model import Request
from align.train.step import RunContext, State, StepInput, init, step
from align.train.window_model import WindowModel
from align.train.window_models import SGNS, SkipGramHS, Softmax
from experiments.options import parse_run, refuse

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
TOKENS = 512
"""Words of text in a step."""
MODELS: dict[str, WindowModel[Space]] = {
    "full softmax": Softmax(batch=TOKENS),
    "hierarchical softmax": SkipGramHS(batch=TOKENS),
    "negative sampling": SGNS(batch=TOKENS),
}
COLOURS = {"full softmax": CHINESE, "hierarchical softmax": INK, "negative sampling": ENGLISH}
_SENTENCE = 20
_SECONDS, _MIN_RUNS, _MAX_RUNS = 2.0, 3, 60


class Cost(NamedTuple):
    """Seconds per step of ``model`` with a vocabulary of ``size`` words: median and minimum of ``runs`` runs."""

    model: str
    size: int
    median: float
    least: float
    runs: int


def zipf(size: int, tokens: int, *, seed: int) -> Corpus:
    """Returns a random text: each of ``size`` words once, and ``tokens`` words by Zipf's law; 20 words in a sentence.

    >>> zipf(10, 40, seed=0)
    Corpus(50 words, 10 of them different, in 3 sentences)
    """
    rng = np.random.default_rng(seed)
    share = np.cumsum(1 / np.arange(1, size + 1))
    drawn = np.searchsorted(share, rng.random(tokens) * share[-1], side="right")
    ids = rng.permutation(np.concatenate([np.arange(size), np.minimum(drawn, size - 1)]))
    counts = np.bincount(ids, minlength=size)
    order = np.argsort(-counts, kind="stable")
    row = np.argsort(order)[ids]
    ends = np.minimum(np.arange(_SENTENCE, len(ids) + _SENTENCE, _SENTENCE), len(ids))
    vocab = Vocab([f"w{i}" for i in range(size)], counts[order])
    return Corpus(vocab, np.insert(row, ends, -1).astype(np.int32), name=f"{size:,} words by Zipf's law")


def cost(
    name: str, model: WindowModel[Space], size: int, *, seed: int, now: Callable[[], float] = time.perf_counter
) -> Cost:
    """Times single steps of ``model`` on a text with a vocabulary of ``size`` words, without compilation."""
    corpus = zipf(size, 20 * TOKENS, seed=seed)
    plan = model.plan(corpus, Request(seed))
    first, second = jax.random.split(jax.random.key(seed))
    state = init(plan.objective, plan.config, key=first)
    prepared, _ = plan.source.batcher.prepare(jax.numpy.asarray(plan.source.load(0)), key=second)
    context = RunContext(plan.objective, plan.source.batcher, plan.config, second)
    given = StepInput(prepared, jax.numpy.int32(0), jax.numpy.float32(1e-4))

    @eqx.filter_jit(donate="all-except-first")
    def one(fixed: tuple[RunContext, StepInput], state: State) -> State:
        return step(fixed[0], state, fixed[1])[0]

    state = jax.block_until_ready(one((context, given), state))
    seconds: list[float] = []
    begun = now()
    while len(seconds) < _MIN_RUNS or (len(seconds) < _MAX_RUNS and now() - begun < _SECONDS):
        start = now()
        state = jax.block_until_ready(one((context, given), state))
        seconds.append(now() - start)
    return Cost(name, size, float(np.median(seconds)), min(seconds), len(seconds))


def growth(costs: Sequence[Cost]) -> float:
    """Returns the exponent b of least ~ size^b, by least squares on the logarithms; 1 means proportional."""
    sizes, least = (np.log([getattr(cost, part) for cost in costs]) for part in ("size", "least"))
    return float(np.polyfit(sizes, least, 1)[0])


def draw(costs: Sequence[Cost], path: Path) -> Path:
    """Draws microseconds per word of text against vocabulary size, on log scales: a bar from minimum to median."""
    with sheet(path, 6.6, 4.4) as figure:
        axes = figure.subplots()
        for name in dict.fromkeys(cost.model for cost in costs):
            own = [cost for cost in costs if cost.model == name]
            sizes = [cost.size for cost in own]
            middle, least = (
                np.array([getattr(cost, part) for cost in own]) * 1e6 / TOKENS for part in ("median", "least")
            )
            colour = COLOURS.get(name, SOFT)
            axes.plot(sizes, least, "o-", color=colour, markersize=4.5, linewidth=1.4)
            axes.vlines(sizes, least, middle, color=colour, linewidth=3, alpha=0.3)
            axes.annotate(name, (sizes[-1], least[-1]), (8, 0), textcoords="offset points", color=colour, va="center")
        axes.set(xscale="log", yscale="log", xlabel="words of vocabulary", ylabel="microseconds per word of text")
        axes.set_xlim(min(cost.size for cost in costs) * 0.8, max(cost.size for cost in costs) * 6)
        axes.set_xticks(sorted({cost.size for cost in costs}), [f"{x:,}" for x in sorted({c.size for c in costs})])
        axes.minorticks_off()
        axes.tick_params(length=0, labelsize=8, color=SOFT)
        axes.grid(visible=True, color=SOFT, alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    return path


def table(costs: Sequence[Cost]) -> Table:
    """Returns milliseconds of a step: a row for each vocabulary, the median and the minimum of each model."""
    names = list(dict.fromkeys(cost.model for cost in costs))
    columns = [part for name in names for part in (f"{name}, median ms", "minimum")]
    made = Table(
        "vocabulary", *columns, title=f"A step of {TOKENS} words of text, {MODELS['full softmax'].dim} dimensions"
    )
    for size in sorted({cost.size for cost in costs}):
        found = {cost.model: cost for cost in costs if cost.size == size}
        cells = [f"{1000 * value:.1f}" for name in names for value in (found[name].median, found[name].least)]
        made.add_row(f"{size:,}", *cells)
    for column in made.columns:
        column.justify = "right"
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Times every model with every vocabulary, prints the table, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    module, out = "experiments.softmax_cost", "results/softmax_cost"
    options = parse_run(argv, description, module=module, out=out, words=SIZES[-1], about_words="largest vocabulary")
    sizes = [size for size in SIZES if size <= options.words]
    if len(sizes) < 2:
        refuse(f"--words {options.words}: must be at least {SIZES[1]:,}, the second smallest vocabulary")
    runs = [(name, model, size) for size in sizes for name, model in MODELS.items()]
    try:
        costs = [cost(*one, seed=options.seed) for one in counted(runs, "timed")]
        path = draw(costs, options.out / "softmax_cost.png")
    except (ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    console.print(table(costs))
    for name in MODELS:
        own = [one for one in costs if one.model == name]
        times = f"{own[-1].least / own[0].least:.1f} times the cost for {sizes[-1] / sizes[0]:.0f} times the vocabulary"
        console.print(f"{name}: {times}; it grows as size^{growth(own):.2f}")
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
