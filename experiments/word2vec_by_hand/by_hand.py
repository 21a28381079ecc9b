"""By hand: the sliding window, one-hot times matrix, the softmax loss and negative sampling, with all numbers.

Claim: a one-hot vector times a matrix is a look-up. The softmax loss moves v_c towards u_o and away from the mean of
all u_j. Negative sampling has another objective, which changes only a few rows. Source: Mikolov et al. 2013. Part of
``python -m experiments.word2vec_by_hand``; takes seconds.
"""

import numpy as np

from experiments.options import RunOptions
from experiments.report import Paragraph, Section, Table
from experiments.word2vec_by_hand.gradients import negative_section, softmax_section
from experiments.word2vec_by_hand.sentence import SENTENCE, WINDOW, counts_of, one_hot, pairs
from experiments.word2vec_by_hand.world import CENTRE, DIM, World, dims, numbers, world


def run(options: RunOptions) -> tuple[Section, ...]:
    """Returns the four sections."""
    data = world(seed=options.seed)
    return window_section(data), lookup_section(data), softmax_section(data), negative_section(data)


def window_section(data: World) -> Section:
    """Returns the section on the window: its words and its training pairs at each position."""
    seen = pairs(data.slid)
    rows = tuple(
        (
            w.position + 1,
            " ".join(w.left),
            w.centre,
            " ".join(w.right),
            ", ".join(f"({w.centre}, {c})" for c in w.contexts),
        )
        for w in data.slid
    )
    counts = counts_of(data.vocab)
    words = tuple((i, word, int(count)) for i, (word, count) in enumerate(zip(data.vocab, counts, strict=True)))
    blocks = (
        Paragraph(
            f"**The text:** {SENTENCE}. It has {len(data.slid)} words, {len(data.vocab)} of them different. The window "
            f"contains the {WINDOW} words on each side; it is shorter at the ends of the sentence."
        ),
        Table(
            f"The window at each position. Skip-gram is trained on the {len(seen)} pairs of the last column: it "
            "predicts the context from the centre (CBOW predicts the centre from the sum of its contexts).",
            ("position", "left", "centre", "right", "pairs (centre, context)"),
            rows,
        ),
        Table("The vocabulary: every word has a number.", ("number", "word", "count"), words),
    )
    return Section("The sliding window", blocks, (f"{len(data.slid)} windows, {len(seen)} pairs (centre, context)",))


def lookup_section(data: World) -> Section:
    """Returns the section on look-up: a one-hot vector times a matrix, compared with the row of the matrix."""
    size, row = len(data.vocab), data.vocab.index[CENTRE]
    hot = one_hot(row, size)
    product = hot @ data.inner
    table = tuple((int(hot[i]), word, *numbers(data.inner[i])) for i, word in enumerate(data.vocab))
    every = max(float(np.abs(one_hot(i, size) @ data.inner - data.inner[i]).max()) for i in range(size))
    blocks = (
        Paragraph(
            f"The first layer of the network multiplies the one-hot vector of the centre word ({size} numbers, one of "
            f"them 1) by the matrix V of shape {size} x {DIM}. The product is one row: `x V = Σᵢ xᵢ Vᵢ = V[{row}]`."
        ),
        Table(f"x for “{CENTRE}”, and V with a row for each word.", ("x", "word", *dims("V")), table, marked=(row,)),
        Table(
            f"Both computations for “{CENTRE}”.",
            ("computation", *dims("v"), "multiplications"),
            (("x V", *numbers(product), size * DIM), (f"V[{row}]", *numbers(data.inner[row]), 0)),
        ),
        Paragraph(
            f"Over all {size} words the largest difference is {every:g}. So programs read the row without multiplying. "
            "With 100,000 words and 300 dimensions this saves 30,000,000 multiplications for each pair. The gradient "
            "is non-zero in this row only."
        ),
    )
    return Section("One-hot times matrix is a look-up", blocks, (f"largest |x V − V[row]| over all words: {every:g}",))
