"""Settings of the MLP, compared on held-out training words (the test words are not used).

Question: do the squared-distance term (``square``), the hard negatives and the fixed linear view each improve P@1? One
standard error is about 2 points. LOG.md has the findings.
Source: the split of `align dictionary --split`. Its 500 rarest training words and 500 Chinese words are held out with
all their pairs. The candidates are the 40,000 most frequent words of each language.
Command: ``python -m experiments.held_out``; about five minutes for a pair of spaces on two cores.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console
from rich.table import Table

from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
from align.bilingual.dictionary.split import hold_out, split
from align.bilingual.fitting import fit
from align.bilingual.method import Method
from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted
from align.bilingual.supervised.mlp import MLP
from align.evaluate.lexicon import compare
from align.message import one_line
from align.progress import counted
from align.space import Space
from experiments.options import add_seed, add_spaces, known_only, new_parser, refuse
from experiments.spaces import read_space

HELD = 500
CANDIDATES = 40_000
SETTINGS: dict[str, Method] = {
    "Procrustes": Procrustes(),
    "least squares, both ways": LeastSquares(),
    "re-weighted": Reweighted(),
    "MLP": MLP(),
    "MLP, no squared distance": MLP(square=0.0),
    "MLP, no hard negatives": MLP(hard=0),
    "MLP, no linear view": MLP(linear=0.0),
    "MLP, linear view with weight 1": MLP(linear=1.0),
    "MLP, rate 2e-3": MLP(rate=2e-3),
}


def parts(english: Space, chinese: Space, seed: int) -> tuple[Dictionary, Dictionary, Dictionary]:
    """Returns the pairs to fit on, and the held-out words of each language with all their translations."""
    cut = split(read_dictionary("cedict"), english.vocab, chinese.vocab)
    rest, held = hold_out(cut.train, english.vocab, HELD)
    words = np.array(sorted({target for _, target in rest.pairs}, key=lambda word: chinese.vocab.index[word]))
    drawn = set(np.random.default_rng(seed).choice(words[len(words) // 3 :], min(HELD, len(words) // 3), replace=False))
    back = tuple((target, source) for source, target in cut.train.pairs if target in drawn)
    fitted = tuple(pair for pair in rest.pairs if pair[1] not in drawn)
    return replace(rest, pairs=fitted), held, replace(rest, pairs=back)


def main(argv: Sequence[str] | None = None) -> int:
    """Fits every setting and prints P@1 with CSLS of both directions; returns the exit status."""
    parser = new_parser("experiments.held_out", "Compares settings of the MLP on held-out training words.")
    add_spaces(parser)
    add_seed(parser)
    try:
        options = known_only(parser, argv)
        english = read_space(options.english, CANDIDATES)
        chinese = read_space(options.chinese).simplified().restrict(CANDIDATES)
        train, held, back = parts(english, chinese, options.seed)
    except (argparse.ArgumentError, KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    table = Table(
        "settings", "en-zh", "zh-en", title=f"P@1 with CSLS, {english.name} and {chinese.name}, held-out words"
    )
    for name, method in counted(SETTINGS.items(), "settings", len(SETTINGS)):
        made = fit(english, chinese, train, method, seed=options.seed)
        lines = compare({name: made}, held, back, ("csls",))
        table.add_row(name, *(f"{100 * line.lexicon.precision(1).value:.1f}" for line in lines))
    Console(width=100).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
