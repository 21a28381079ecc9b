"""A real training run: the same change of task on millions of words, from random vectors to neighbours that make sense.

Claim: the loss falls from that of guessing, and words that keep the same company come to lie together. Source: Mikolov
et al. 2013, Distributed Representations, equation 4. Part of ``python -m experiments.word2vec_by_hand``; with the
2,000,000 words it takes by default, about a minute (``--words 0`` leaves it out).
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
from align.neighbours import nearest
from align.plotting import ENGLISH, INK, SOFT, sheet
from align.progress import count_bar, counted
from align.space import Space
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


class Course(NamedTuple):
    """A training run: the mean loss of a pair in each stretch of text; the spaces before, on the way, after."""

    corpus: Corpus
    losses: Float[np.ndarray, " n"]
    spaces: Mapping[str, Space]


def train(corpus: Corpus, *, seed: int, model: SGNS = MODEL, segment: int = _SEGMENT) -> Course:
    """Train, and keep the loss of every stretch of text."""
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
    return Course(corpus, losses, spaces)


def draw(losses: Float[np.ndarray, " n"], model: SGNS, path: Path) -> Path:
    """The loss against passes over the text; the path."""
    epochs = model.epochs
    passes = (np.arange(len(losses)) + 0.5) * epochs / len(losses)
    with sheet(path, 7.0, 3.4) as figure:
        axes = figure.subplots()
        axes.plot(passes, losses, color=ENGLISH, linewidth=1.4)
        for turn in range(1, epochs):
            axes.axvline(turn, color=SOFT, linewidth=0.5, alpha=0.6)
        axes.axhline(guessing(model), color=SOFT, linewidth=0.9, linestyle="--")
        axes.annotate(f"{losses[-1]:.2f}", (passes[-1], losses[-1]), (4, 0), textcoords="offset points", color=INK)
        axes.set_xlabel("passes over the text")
        axes.set_ylabel("loss of a pair")
        axes.set_xlim(0, epochs * 1.06)
        axes.set_ylim(top=max(guessing(model), float(losses.max())) * 1.03)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return path


def neighbour_table(spaces: Mapping[str, Space], words: Sequence[str] = WORDS) -> Table:
    """The nearest words of some words, before, on the way and after."""
    known = [word for word in words if word in next(iter(spaces.values()))]
    rows: list[tuple[Cell, ...]] = [
        (word, *(", ".join(near.word for near in nearest(space, word, _NEAR)) for space in spaces.values()))
        for word in known
    ]
    return Table(f"The {_NEAR} nearest words by cosine.", ("word", *spaces), tuple(rows))


def panel_table(found: Mapping[str, Mapping[str, Score]]) -> Table:
    """The scores of each space by test set, and what share of the set is covered."""
    names = list(next(iter(found.values())))
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        cells = [scores[name] for scores in found.values()]
        covered = f"{cells[0].covered:,} of {cells[0].total:,}"
        rows.append((name, *(cell.value for cell in cells), covered))
    caption = "Spearman's ρ with people's judgements of pairs; in the last line the share of right analogies (3CosAdd)."
    return Table(caption, ("test set", *found, "covered"), tuple(rows))


def guessing(model: SGNS) -> float:
    """The loss of a pair and its k noise words where every score is 0: (1 + k) log 2.

    >>> round(guessing(SGNS(negatives=5)), 2)
    4.16
    """
    return (1 + model.negatives) * math.log(2)


def section(course: Course, model: SGNS, out: Path) -> Section:
    """The section about a run."""
    corpus, losses = course.corpus, course.losses
    path = draw(losses, model, out / "loss.png")
    found = {name: evaluate_suite(space) for name, space in counted(course.spaces.items(), "spaces judged")}
    told = f"the loss falls from {losses[0]:.2f} to {losses[-1]:.2f}"
    blocks: tuple[Block, ...] = (
        Paragraph(
            f"**The text:** {corpus.name}; {corpus.tokens:,} words are left where those that occur fewer than "
            f"{MIN_COUNT} times are dropped, {len(corpus.vocab):,} of them different. It is read {model.epochs} times "
            f"with a window of {model.window}, {model.negatives} noise words a pair, and vectors of {model.dim} "
            f"numbers: two tables of {len(corpus.vocab):,} × {model.dim}, where the sentence above had two of 10 × 3."
        ),
        Figure(
            path,
            "The loss of a word with a neighbour and its noise words, a point a stretch of text. Where all scores are "
            f"0, as before the first step, it is (1 + {model.negatives}) log 2 = {guessing(model):.2f} (dashed).",
            f"Line chart: {told}.",
        ),
        Heading("Neighbours before and after"),
        neighbour_table(course.spaces),
        Paragraph(
            "Before training the vectors are drawn at random, and so are the neighbours. Nothing but the company that "
            "words keep has moved them."
        ),
        Heading("What it is worth"),
        panel_table(found),
    )
    last = list(course.spaces)[-1]
    scores = ", ".join(f"{name} {score.value:.3f}" for name, score in found[last].items())
    return Section("A real training run", blocks, (f"{corpus.tokens:,} words: {told}; {scores}",))


def run_part(options: RunOptions) -> tuple[Section, ...]:
    """Train on the first ``options.words`` words of the default English text; no section where they are 0.

    Raises:
        OSError: the text or a test set cannot be fetched.
        ValueError: too few words.
    """
    if options.words == 0:
        return ()
    corpus = english_excerpt(options.words)
    return (section(train(corpus, seed=options.seed), MODEL, options.out),)
