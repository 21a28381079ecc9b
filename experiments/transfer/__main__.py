"""Transfer: pretrained rows frozen or not, labels of one language for texts of another, and attention over words.

A row is the vector of a word in the table of a classifier. The texts are English film reviews and Chinese shop reviews
(books, hotels, electronics), each labelled good or bad, and pages of a cloud manual in both languages by topic. The map
between the languages is that of the quick default translator, or of a file of ``align map``. Command: ``python -m
experiments.transfer [--translator FILE] [--out FOLDER] [--seed N]``; several minutes on two cores.
"""

import argparse
import sys
from collections.abc import Sequence

from align.bilingual.default import default_path, make_default
from align.bilingual.supervised.linear import Reweighted
from align.bilingual.translator import Translator
from align.message import one_line
from experiments.options import ENGLISH, add_out, add_seed, known_only, new_parser, refuse
from experiments.report import write
from experiments.spaces import read_space
from experiments.terminal import print_page
from experiments.transfer import attention, languages, rows, topics
from experiments.transfer.reviews import reviews

TITLE = "Transfer: pretrained rows, and labels of another language"
_TRAIN, _CHINESE_TRAIN, _TEST, _SAMPLES, _ROW_SAMPLES = 6000, 14_000, 2000, 3, 2


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the options."""
    example = "example:\n  python -m experiments.transfer --translator en-zh.align --out results/mine"
    made = new_parser("experiments.transfer", __doc__, examples=example)
    about = "a translator made by `align map` (default: the quick default translator)"
    made.add_argument("--translator", metavar="FILE", default="", help=about)
    add_out(made, "results/transfer")
    add_seed(made)
    return made


def quick_translator() -> Translator:
    """Returns the quick default translator, even if the full one is available, so that results can be reproduced."""
    path = default_path(Reweighted())
    return Translator.load(path) if path.exists() else make_default(path, method=Reweighted())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the parts, prints their tables, writes ``transfer.html``; returns the exit status."""
    try:
        options = known_only(parser(), argv)
        translator = Translator.load(options.translator) if options.translator else quick_translator()
        options.out.mkdir(parents=True, exist_ok=True)
        english = reviews("en", translator.source, _TRAIN, _TEST, seed=options.seed)
        chinese = reviews("zh", translator.target, _CHINESE_TRAIN, _TEST, seed=options.seed)
        both = [languages.sides_of(source, translator, english, chinese) for source in ("en", "zh")]
        space = read_space(ENGLISH)
        sections = [rows.section(english, space, options.out, sizes=rows.SIZES, seeds=_ROW_SAMPLES, seed=options.seed)]
        sections += [
            languages.section(sides, translator, options.out, seeds=_SAMPLES, seed=options.seed) for sides in both
        ]
        sections.append(topics.section(translator, seed=options.seed))
        sections.append(attention.section(both, options.out, seed=options.seed))
        page = write(sections, options.out / "transfer.html", title=TITLE)
    except (argparse.ArgumentError, KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_page(sections, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
