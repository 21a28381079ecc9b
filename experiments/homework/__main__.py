"""The whole homework in one report: cosine similarity, offsets and analogies, shapes of concepts, a translator.

With the default vectors it takes about three minutes on two cores.
"""

import shlex
import sys
from collections.abc import Sequence

from align.message import one_line
from experiments.homework import clusters, cosine, offsets, translation
from experiments.options import SpaceOptions, parse_spaces, refuse
from experiments.parts import Part, next_commands, run_parts
from experiments.report import write
from experiments.spaces import Context, open_context
from experiments.terminal import print_summary

TITLE = "Word vectors in English and Chinese: a lab report"


PARTS = (
    Part("cosine", "cosine similarity, and awesome − eagle + person", cosine.run),
    Part("offsets", "man − woman = king − queen, and six more relations", offsets.run),
    Part("clusters", "numbers, animals and other concepts on planes", clusters.run),
    Part("translation", "a neural network that translates", translation.run),
)


def lead(context: Context, options: SpaceOptions) -> tuple[str, ...]:
    """Returns the introduction: the exercises, the vectors, and the command that repeats the report."""
    spaces = " and ".join(
        f"**{space.name}** ({len(space):,} {language} words, {space.dim} dimensions)"
        for space, language in ((context.english, "English"), (context.chinese, "Chinese"))
    )
    default = SpaceOptions()
    given = [
        f"--{name} {shlex.quote(str(getattr(options, name)))}"
        for name in ("english", "chinese", "seed", "limit", "steps")
        if getattr(options, name) != getattr(default, name)
    ]
    command = " ".join(("python -m experiments.homework", *given))
    data = (
        f"The exercises of a course on word2vec, on two sets of word vectors that were trained separately: {spaces}. "
        "Where they lack the words of a question, another set of vectors is used as well, and the text says so."
    )
    repeat = (
        f"All random numbers come from the seed {context.seed}, so the same command gives the same results. The "
        f"command is `{command}`."
    )
    return data, repeat


def main(argv: Sequence[str] | None = None) -> int:
    """Runs every part, writes ``report.html``, prints the summary; returns 2 if a part fails with these spaces."""
    options = parse_spaces(argv, (__doc__ or "").strip(), module="experiments.homework", network=True)
    try:
        context = open_context(options)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    page = context.out / "report.html"
    try:
        done = run_parts(context, PARTS)
        write(done.sections, page, title=TITLE, lead=lead(context, options))
    except (KeyError, OSError) as error:
        refuse(one_line(error))
    print_summary(done.sections, page)
    made = translation.translator_path(context)
    if "translation" not in done.failed and made.exists():
        sys.stdout.write("To use the trained translator:\n")
        sys.stdout.writelines(f"  {line}\n" for line in next_commands(made))
    return 2 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
