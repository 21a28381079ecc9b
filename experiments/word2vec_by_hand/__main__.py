"""Word2vec by hand: every part in order, with its tables in the terminal and on one page.

Command: ``python -m experiments.word2vec_by_hand [--out FOLDER] [--seed N] [--words N]``; about a minute on two idle
cores, mostly for the real training run on the first N words of the default English text. ``--words 0`` leaves this run
out; the command then takes seconds and fetches nothing.
"""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from align.message import one_line
from experiments.options import RunOptions, parse_run, refuse
from experiments.report import Section, write
from experiments.terminal import print_page
from experiments.word2vec_by_hand import by_hand, real
from experiments.word2vec_by_hand.sentence import SENTENCE
from experiments.word2vec_by_hand.world import DIM

TITLE = "Word2vec by hand"
MODULE = "experiments.word2vec_by_hand"


class Part(NamedTuple):
    """One part: its name, and the function that makes its sections."""

    name: str
    run: Callable[[RunOptions], tuple[Section, ...]]


PARTS = (Part("by hand", by_hand.run), Part("real", real.run_part))
REAL = 2_000_000
"""Default number of words of the real training run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the parts, prints their tables, writes ``word2vec_by_hand.html``; returns the exit status."""
    description, out = (__doc__ or "").split("\n")[0], "results/word2vec_by_hand"
    about = "words of the real training run; 0 leaves it out"
    options = parse_run(argv, description, module=MODULE, out=out, words=REAL, about_words=about)
    page = options.out / "word2vec_by_hand.html"
    lead = (
        f"Skip-gram on one sentence, “{SENTENCE}”, with vectors of {DIM} numbers drawn from the seed "
        f"{options.seed}. Every table is small enough to check by hand"
        f"{'; the last part does the same on millions of words' if options.words else ''}. "
        f"The command is `python -m {MODULE}`."
    )
    try:
        sections = [section for part in PARTS for section in part.run(options)]
        write(sections, page, title=TITLE, lead=(lead,))
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_page(sections, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
