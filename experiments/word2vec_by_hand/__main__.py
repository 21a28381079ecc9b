"""Word2vec by hand: every part in order, its tables in the terminal and one page.

Source: the second course. Command: ``python -m experiments.word2vec_by_hand [--out FOLDER] [--seed N] [--words N]``;
about a minute on two idle cores, nearly all of it the real training run on the first N words of the default English
text. With ``--words 0`` there is no such run: seconds, and nothing is fetched.
"""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from align.message import one_line
from experiments.options import RunOptions, parse_run, refuse
from experiments.report import Section, write
from experiments.terminal import print_sections
from experiments.word2vec_by_hand import by_hand, real
from experiments.word2vec_by_hand.sentence import SENTENCE
from experiments.word2vec_by_hand.world import DIM

TITLE = "Word2vec by hand"
MODULE = "experiments.word2vec_by_hand"


class Part(NamedTuple):
    """One part: its name, and what makes its sections."""

    name: str
    run: Callable[[RunOptions], tuple[Section, ...]]


PARTS = (Part("by hand", by_hand.run), Part("real", real.run_part))
REAL = 2_000_000
"""So many words are read in the real training run if nothing else is said."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts, print their tables, write ``word2vec_by_hand.html``; the exit status."""
    options = parse_run(argv, (__doc__ or "").split("\n")[0], module=MODULE, out="results/word2vec_by_hand", words=REAL)
    page = options.out / "word2vec_by_hand.html"
    lead = (
        f"Skip-gram on one sentence, “{SENTENCE}”, with vectors of {DIM} numbers drawn from the seed "
        f"{options.seed}: every table small enough to be checked with a pencil"
        f"{'; and at the end, the same on millions of words' if options.words else ''}. "
        f"The command is `python -m {MODULE}`."
    )
    try:
        sections = [section for part in PARTS for section in part.run(options)]
        write(sections, page, title=TITLE, lead=(lead,))
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_sections(sections)
    for section in sections:
        sys.stdout.writelines(f"{section.title}: {line}\n" for line in section.summary)
    sys.stdout.write(f"Page: {page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
