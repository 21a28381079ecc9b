"""A real training run: negative sampling on millions of words, from random vectors to meaningful neighbours.

Claim: the loss falls below that of guessing, and words with the same contexts get similar vectors. Source:
Mikolov et al. 2013, Distributed Representations, equation 4. Part of ``python -m experiments.word2vec_by_hand``; about
a minute with the default 2,000,000 words (``--words 0`` leaves it out).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from align.evaluate.score import Score
from align.evaluate.suite import evaluate_suite
from align.plotting import ENGLISH, INK, SOFT, sheet
from align.progress import count_bar, counted
from align.space import Space, nearest
from align.text.corpus import Corpus
from align.train.loop import run
from align.train.model import Request
from align.train.step import State, init
from align.train.window_models import SGNS
from experiments.excerpt import MIN_COUNT, english_excerpt
from experiments.options import RunOptions
from experiments.report import Block, Cell, Figure, Heading, Paragraph, Section, Table

WORDS = ("king", "two", "river", "music", "won")
MODEL = SGNS(dim=100, epochs=5)
_SEGMENT = 1 << 16
_NEAR = 5


class TrainingRun(NamedTuple):
    """A training run: its corpus, the mean loss of a pair in each segment, and the spaces before, during and after."""

    corpus: Corpus
    losses: Float[np.ndarray, " n"]
    spaces: Mapping[str, Space]


def train(corpus: Corpus, *, seed: int, model: SGNS = MODEL, segment: int = _SEGMENT) -> TrainingRun:
    """Trains ``model`` and records the loss of every segment."""
    plan = model.plan(corpus, Request(seed))
    source = replace(plan.source, segment_tokens=segment)
    key = jax.random.key(seed)
    start = init(plan.objective, plan.config, key=jax.random.split(key)[0])
    spaces = {"before": model.space(start, corpus)}
    per_epoch = source.segments // model.epochs
    with count_bar("training", source.segments) as advance:

        def watch(done: int, state: State, loss: float) -> None:
            del loss
            advance(1)
            if done == per_epoch and model.epochs > 1:
                spaces["after one pass"] = model.space(state, corpus)

        config = replace(plan.config, loss_every_step=True)
        state, losses = run(plan.objective, source, config, key=key, callback=watch)
    spaces["after all passes"] = model.space(state, corpus)
    return TrainingRun(corpus, losses, spaces)


def draw(losses: Float[np.ndarray, " n"], model: SGNS, path: Path) -> Path:
    """Draws the loss against epochs; returns the path."""
    epochs = model.epochs
    passes = (np.arange(len(losses)) + 0.5) * epochs / len(losses)
    with sheet(path, 7.0, 3.4) as figure:
        axes = figure.subplots()
        axes.plot(passes, losses, color=ENGLISH, linewidth=1.4)
        for epoch in range(1, epochs):
            axes.axvline(epoch, color=SOFT, linewidth=0.5, alpha=0.6)
        axes.axhline(guessing(model), color=SOFT, linewidth=0.9, linestyle="--")
        axes.annotate(f"{losses[-1]:.2f}", (passes[-1], losses[-1]), (4, 0), textcoords="offset points", color=INK)
        axes.set_xlabel("epochs")
        axes.set_ylabel("loss of a pair")
        axes.set_xlim(0, epochs * 1.06)
        axes.set_ylim(top=max(guessing(model), float(losses.max())) * 1.03)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return path


def neighbour_table(spaces: Mapping[str, Space], words: Sequence[str] = WORDS) -> Table:
    """Returns the nearest neighbours of some words before, during and after training."""
    known = [word for word in words if word in next(iter(spaces.values()))]
    rows: list[tuple[Cell, ...]] = [
        (word, *(", ".join(near.word for near in nearest(space, word, _NEAR)) for space in spaces.values()))
        for word in known
    ]
    return Table(f"The {_NEAR} nearest neighbours by cosine.", ("word", *spaces), tuple(rows))


def suite_table(found: Mapping[str, Mapping[str, Score]]) -> Table:
    """Returns a row for each test set: the score of every space, and the number of covered items."""
    names = list(next(iter(found.values())))
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        cells = [scores[name] for scores in found.values()]
        covered = f"{cells[0].covered:,} of {cells[0].total:,}"
        rows.append((name, *(cell.value for cell in cells), covered))
    caption = "Spearman's ρ with human ratings of word pairs; in the last row the share of right analogies (3CosAdd)."
    return Table(caption, ("test set", *found, "covered"), tuple(rows))


def guessing(model: SGNS) -> float:
    """Returns the loss of a pair and its k noise words if every score is 0: (1 + k) log 2.

    >>> round(guessing(SGNS(negatives=5)), 2)
    4.16
    """
    return (1 + model.negatives) * math.log(2)


def section(training: TrainingRun, model: SGNS, out: Path) -> Section:
    """Returns the section on a training run."""
    corpus, losses = training.corpus, training.losses
    path = draw(losses, model, out / "loss.png")
    found = {name: evaluate_suite(space) for name, space in counted(training.spaces.items(), "spaces scored")}
    finding = f"the loss falls from {losses[0]:.2f} to {losses[-1]:.2f}"
    blocks: tuple[Block, ...] = (
        Paragraph(
            f"**The text:** {corpus.name}. Without words that occur fewer than {MIN_COUNT} times it has "
            f"{corpus.tokens:,} words, {len(corpus.vocab):,} of them different. Training takes {model.epochs} epochs "
            f"with a window of {model.window}, {model.negatives} noise words for each pair, and {model.dim} "
            f"dimensions: two tables of {len(corpus.vocab):,} × {model.dim}, compared with 10 × 3 for the sentence."
        ),
        Figure(
            path,
            "The loss of a word with a neighbour and its noise words, with a point for each segment of the text. If "
            f"all scores are 0, as before the first step, it is (1 + {model.negatives}) log 2 = {guessing(model):.2f} "
            "(dashed).",
            f"Line chart: {finding}.",
        ),
        Heading("Neighbours before and after"),
        neighbour_table(training.spaces),
        Paragraph(
            "Before training the vectors are random, and so are the neighbours. Training uses nothing but the contexts "
            "of words."
        ),
        Heading("Scores"),
        suite_table(found),
    )
    last = list(training.spaces)[-1]
    scores = ", ".join(f"{name} {score.value:.3f}" for name, score in found[last].items())
    return Section("A real training run", blocks, (f"{corpus.tokens:,} words: {finding}; {scores}",))


def run_part(options: RunOptions) -> tuple[Section, ...]:
    """Trains on the first ``options.words`` words of the default English text; returns no section if that is 0.

    Raises:
        OSError: the text or a test set cannot be fetched.
        ValueError: there are too few words.
    """
    if options.words == 0:
        return ()
    corpus = english_excerpt(options.words)
    return (section(train(corpus, seed=options.seed), MODEL, options.out),)
