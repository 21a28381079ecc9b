"""From text to plot: spaces trained on the default texts, their scores, a map between them, and their figures.

Claim: a few million words of each language are enough for offsets and concepts that agree more often than by chance,
and for a map that finds translations far more often than guessing. They are not enough for the accuracy of pretrained
spaces. Sources: Mikolov et al. 2013 (skip-gram); Mikolov, Le and Sutskever 2013 (the map). Command: ``python -m
experiments.own_spaces [--english CORPUS] [--chinese CORPUS] [--dim N] [--epochs N] [--seed N] [--out FOLDER]
[--fresh] [--parallel]``; about six minutes on two idle cores, ten with ``--parallel``, mostly training and fitting.
"""

import shlex
import sys
import time
from collections.abc import Sequence
from functools import cache

from align.message import one_line
from align.space import Space
from align.text.scripts import Language
from experiments.homework import clusters, offsets
from experiments.options import refuse
from experiments.own_spaces import lexicon, parallel, scores
from experiments.own_spaces.training import MODULE, TITLES, TrainedSpace, TrainingOptions, parse, trained
from experiments.parts import Part, next_commands, run_parts
from experiments.report import Section, write
from experiments.shared_split import SpacePair
from experiments.spaces import Context
from experiments.terminal import print_summary

TITLE = "From text to plot: our own spaces"


def context_of(one: Space, other: Space, options: TrainingOptions) -> Context:
    """Returns the context of the homework's parts on our spaces.

    Words that our spaces lack are not looked up in any other space.
    """
    return Context(one, other, options.out, options.seed, names=one, chinese_names=other)


def parts_of(
    both: dict[Language, TrainedSpace], pretrained: dict[Language, list[Space]], options: TrainingOptions
) -> list[Part]:
    """Returns the parts of the report, in order."""
    own = SpacePair("own", both["en"].space, both["zh"].space)
    ready = SpacePair("pretrained", pretrained["en"][0], pretrained["zh"][0])
    corpora = both["en"].corpus, both["zh"].corpus
    learned = cache(lambda: parallel.learn((own, ready), corpora, seed=options.seed))
    pairs = Part("parallel", "what sentence pairs add", lambda _: parallel.run(learned(), options.out))

    def shapes(context: Context) -> Section:
        return clusters.run(context_of(*learned().spaces, options) if options.parallel else context)

    return [
        Part("scores", "scores on the evaluation suite", lambda _: scores.run(both, pretrained, options)),
        Part("map", "a map between the spaces", lambda _: lexicon.run((own, ready), options.out, seed=options.seed)),
        *([pairs] if options.parallel else []),
        Part("offsets", "man − woman = king − queen, on our spaces", offsets.run),
        Part("clusters", "numbers, animals and other concepts, on our spaces", shapes),
    ]


def lead(both: dict[Language, TrainedSpace], options: TrainingOptions) -> tuple[str, ...]:
    """Returns the introduction of the report."""
    words = " and ".join(f"{one.corpus.tokens / 1e6:.1f} million {TITLES[language]}" for language, one in both.items())
    default = TrainingOptions()
    given = [
        f"--{name} {shlex.quote(str(getattr(options, name)))}"
        for name in ("english", "chinese", "dim", "epochs", "seed")
        if getattr(options, name) != getattr(default, name)
    ]
    command = " ".join((f"python -m {MODULE}", *given))
    return (
        f"Word vectors trained from scratch on {words} words, and the exercises of the homework on these vectors.",
        f"The command is `{command}`; all random numbers come from the seed {options.seed}.",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Trains or reads both spaces, runs every part and writes ``report.html``; returns 2 if a part failed, else 0."""
    options = parse(argv, (__doc__ or "").split("\n")[0])
    languages: tuple[Language, ...] = ("en", "zh")
    page = options.out / "report.html"
    start = time.perf_counter()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        both: dict[Language, TrainedSpace] = {language: trained(language, options) for language in languages}
        pretrained: dict[Language, list[Space]] = {language: scores.pretrained(language) for language in languages}
        context = context_of(both["en"].space, both["zh"].space, options)
        done = run_parts(context, parts_of(both, pretrained, options))
        write(done.sections, page, title=TITLE, lead=lead(both, options))
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_summary(done.sections, page)
    sys.stderr.write(f"{time.perf_counter() - start:.0f} s in total\n")
    if (options.out / "en-zh.align").exists() and "map" not in done.failed:
        sys.stdout.write("To use the translator:\n")
        sys.stdout.writelines(f"  {line}\n" for line in next_commands(options.out / "en-zh.align"))
    return 2 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
