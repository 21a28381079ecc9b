"""By hand: the sliding window, one-hot times matrix, the softmax loss and negative sampling, each with its numbers.

Claim: a one-hot vector times a matrix is a look-up; the softmax loss pulls v_c to u_o and from the mean of all u_j;
negative sampling asks another question and moves a few rows only. Source: the second course's lectures; Mikolov et al.
2013. Part of ``python -m experiments.word2vec_by_hand``; seconds.
"""

import numpy as np

from experiments.options import RunOptions
from experiments.report import Paragraph, Section, Table
from experiments.word2vec_by_hand.gradients import negative_section, softmax_section
from experiments.word2vec_by_hand.sentence import SENTENCE, WINDOW, counts_of, one_hot, pairs
from experiments.word2vec_by_hand.world import CENTRE, DIM, World, dims, numbers, world


def run(options: RunOptions) -> tuple[Section, ...]:
    """The four sections."""
    one = world(seed=options.seed)
    return window_section(one), lookup_section(one), softmax_section(one), negative_section(one)


def window_section(one: World) -> Section:
    """Which words the window sees at each place, and the pairs it gives."""
    seen = pairs(one.slid)
    rows = tuple(
        (
            w.position + 1,
            " ".join(w.left),
            w.centre,
            " ".join(w.right),
            ", ".join(f"({w.centre}, {c})" for c in w.contexts),
        )
        for w in one.slid
    )
    counts = counts_of(one.vocab)
    words = tuple((i, word, int(count)) for i, (word, count) in enumerate(zip(one.vocab, counts, strict=True)))
    blocks = (
        Paragraph(
            f"**The text:** {SENTENCE}. It has {len(one.slid)} words, {len(one.vocab)} different ones. "
            f"The window reaches {WINDOW} words to either side; at the ends of the sentence it is cut off."
        ),
        Table(
            f"The window at each place. Skip-gram is trained on the {len(seen)} pairs of the last column: from the "
            "centre, guess the context (CBOW guesses the centre from the sum of its contexts).",
            ("place", "left", "centre", "right", "pairs (centre, context)"),
            rows,
        ),
        Table("The vocabulary: every word has a number.", ("number", "word", "count"), words),
    )
    return Section("The sliding window", blocks, (f"{len(one.slid)} windows, {len(seen)} pairs (centre, context)",))


def lookup_section(one: World) -> Section:
    """A one-hot vector times a matrix, number by number, beside the row of the matrix."""
    size, row = len(one.vocab), one.vocab.index[CENTRE]
    hot = one_hot(row, size)
    product = hot @ one.inner
    table = tuple((int(hot[i]), word, *numbers(one.inner[i])) for i, word in enumerate(one.vocab))
    every = max(float(np.abs(one_hot(i, size) @ one.inner - one.inner[i]).max()) for i in range(size))
    blocks = (
        Paragraph(
            f"The network's first layer multiplies the one-hot vector of the centre word, {size} numbers of which one "
            f"is 1, with the matrix V of {size} x {DIM}. Only the row of the 1 is left: `x V = Σᵢ xᵢ Vᵢ = V[{row}]`."
        ),
        Table(f"x for “{CENTRE}”, and V with a row a word.", ("x", "word", *dims("V")), table, marked=(row,)),
        Table(
            f"Both ways for “{CENTRE}”.",
            ("way", *dims("v"), "multiplications"),
            (("x V", *numbers(product), size * DIM), (f"V[{row}]", *numbers(one.inner[row]), 0)),
        ),
        Paragraph(
            f"Over all {size} words the largest difference is {every:g}. So no program multiplies: it reads the row. "
            "With 100,000 words and 300 dimensions that saves 30,000,000 multiplications a pair, and the gradient "
            "touches this row alone, too."
        ),
    )
    return Section("One-hot times matrix is a look-up", blocks, (f"largest |x V − V[row]| over all words: {every:g}",))
