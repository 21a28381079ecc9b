"""The speed of skip-gram by size of the vocabulary, number of dimensions and size of the corpus.

Run: ``python -m tests.benchmarks.scaling [--words N] [--out FOLDER] [--vocabularies N ...] [--dims N ...]
[--sizes N ...]``. The text is random: the word of rank r has probability ~ 1 / r (Zipf), and a sentence has 20 words.
Each measurement trains for one epoch and takes the fastest segment; the first segment, which contains the compilation,
is excluded. The fixed values are 10 million words of text, a vocabulary of 100,000 (a tenth of a text below a million)
and 100 dimensions. The settings are the defaults, so long texts have two workers if the memory allows, but a segment is
an eighth of the text. Raw words per second are words before sub-sampling. About three minutes on two cores.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from jax.random import key

from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.loop import run
from align.train.model import Request
from align.train.objectives.lookup import width_of
from align.train.window_models import SGNS

VOCABULARY, DIM, WORDS = 100_000, 100, 10_000_000
VOCABULARIES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
DIMS = (50, 100, 200, 300)
SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000)
SENTENCE = 20


def zipf(words, size, *, seed):
    """Returns a text of ``words`` words with a vocabulary of ``size``; each word occurs at least once.

    Raises:
        ValueError: ``words`` is below ``size``.
    """
    if size > words:
        raise ValueError(f"{words:,} words of text cannot hold {size:,} different ones")
    rng = np.random.default_rng(seed)
    share = np.cumsum(1 / np.arange(1, size + 1))
    drawn = np.searchsorted(share, rng.random(words - size) * share[-1]).astype(np.int32)
    ids = rng.permutation(np.concatenate([drawn, np.arange(size, dtype=np.int32)]))
    counts = np.bincount(ids, minlength=size)
    order = np.argsort(-counts, kind="stable")
    row = np.empty(size, np.int32)
    row[order] = np.arange(size)
    ends = np.arange(SENTENCE, len(ids) + SENTENCE, SENTENCE).clip(max=len(ids))
    return Corpus(Vocab([f"w{i}" for i in range(size)], counts[order]), np.insert(row[ids], ends, -1).astype(np.int32))


def speed(corpus, model):
    """Returns raw words per second of the fastest segment after the first, tokens per step, and workers."""
    segments = 8
    plan = model.plan(corpus, Request(0, workers=model.default_workers(corpus)))
    source = replace(plan.source, segment_tokens=-(-len(corpus.ids) // segments))
    ends = []

    def watch(*_):
        ends.append(time.perf_counter())

    run(plan.objective, source, plan.config, key=key(0), callback=watch)
    return corpus.tokens / source.segments / np.diff(ends).min(), source.batcher.size, plan.config.workers


def measured(title, values, one):
    """Measures each value and prints its line; returns the values and their speeds."""
    print(
        f"\n{title:>14}{'words/s':>12}{'ns per word':>12}{'tokens/step':>15}{'workers':>9}{'tables, MB':>12}",
        flush=True,
    )
    found = []
    for value in values:
        corpus, model = one(value)
        rate, size, workers = speed(corpus, model)
        tables = 2 * len(corpus.vocab) * width_of(model.dim) * 4 / 1e6
        print(f"{value:14,}{rate:12,.0f}{1e9 / rate:12,.0f}{size:15,}{workers:9}{tables:12,.0f}", flush=True)
        found.append((value, rate))
    return np.array(found)


def draw(found, path):
    """Draws a panel for each variable: nanoseconds per word on log scales."""
    with sheet(path, 10.5, 3.6) as figure:
        panels = figure.subplots(1, len(found), sharey=True)
        for axes, (title, points) in zip(panels, found.items(), strict=True):
            cost = 1e9 / points[:, 1]
            axes.plot(points[:, 0], cost, "o-", color=ENGLISH, markersize=5, linewidth=1.4)
            reach = points[:, 0] / points[0, 0]
            axes.plot(points[:, 0], cost[0] * reach, "--", color=SOFT, linewidth=0.9)
            axes.text(0.97, 0.05, "dashed: proportional", transform=axes.transAxes, ha="right", size=8, color=SOFT)
            for x, y in zip(points[:, 0], cost, strict=True):
                axes.annotate(f"{y:,.0f}", (x, y), (0, -13), textcoords="offset points", ha="center", size=8,
                              color=CHINESE)  # fmt: skip
            axes.set(xscale="log", yscale="log", xlabel=title)
            axes.set_xticks(points[:, 0], [short(x) for x in points[:, 0]])
            axes.minorticks_off()
            axes.margins(0.12)
            axes.tick_params(length=0, labelsize=8)
            axes.spines[["top", "right"]].set_visible(False)
        low, high = (f(1e9 / points[:, 1].max() if f is min else 1e9 / points[:, 1].min() for points in found.values())
                     for f in (min, max))  # fmt: skip
        panels[0].set_ylim(low / 1.8, high * 2.2)
        ticks = [x for x in (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000) if low / 1.8 <= x <= high * 2.2]
        panels[0].set_yticks(ticks, [f"{x:,}" for x in ticks])
        panels[0].set_ylabel("nanoseconds per word of text")


def short(x):
    """Formats a number as 10 k or 1 M."""
    return f"{x / 1e6:g} M" if x >= 1e6 else f"{x / 1e3:g} k" if x >= 1000 else f"{x:g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--words", type=int, default=WORDS, help="words of text, while other variables change")
    parser.add_argument("--out", type=Path, default=Path("results/scaling"))
    parser.add_argument("--vocabularies", type=int, nargs="+", default=VOCABULARIES)
    parser.add_argument("--dims", type=int, nargs="+", default=DIMS)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    fixed = zipf(options.words, VOCABULARY, seed=1)
    found = {
        "words of vocabulary": measured(
            "vocabulary",
            options.vocabularies,
            lambda v: (zipf(options.words, v, seed=1), SGNS(dim=DIM, epochs=1)),
        ),
        "dimensions": measured("dimensions", options.dims, lambda d: (fixed, SGNS(dim=d, epochs=1))),
        "words of text": measured(
            "words of text",
            options.sizes,
            lambda t: (zipf(t, min(VOCABULARY, t // 10), seed=1), SGNS(dim=DIM, epochs=1)),
        ),
    }
    draw(found, options.out / "scaling.png")
    print(f"\nFigure: {options.out / 'scaling.png'}")


if __name__ == "__main__":
    main()
