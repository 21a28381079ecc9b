"""The whole homework: cosine similarity, offsets and analogies, shapes of concepts, a translator; one report.

On the default vectors this takes about two minutes on two cores.
"""

import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from align.message import one_line
from experiments.homework import clusters, cosine, offsets, translation
from experiments.homework.report import Paragraph, Section, show, write
from experiments.homework.spaces import Context, Options, open_context, parse, refuse

TITLE = "Word vectors in English and Chinese: a lab report"


class Part(NamedTuple):
    """One part of the homework: its module's name, what it does, and how."""

    name: str
    what: str
    run: Callable[[Context], Section]


PARTS = (
    Part("cosine", "cosine similarity, and awesome − eagle + person", cosine.run),
    Part("offsets", "man − woman = king − queen, and six more relations", offsets.run),
    Part("clusters", "numbers, animals and other concepts on planes", clusters.run),
    Part("translation", "a neural network that translates", translation.run),
)


class Done(NamedTuple):
    """The sections of the parts, and the names of the parts that could not be done."""

    sections: list[Section]
    failed: list[str]


def run_parts(context: Context, parts: Sequence[Part] = PARTS) -> Done:
    """Every part in order; one that these spaces do not allow is told in a line, and in its place in the report.

    Raises:
        OSError: a file cannot be read or written.
    """
    sections: list[Section] = []
    failed: list[str] = []
    for number, part in enumerate(parts, 1):
        _say(f"[{number}/{len(parts)}] {part.what}")
        start = time.perf_counter()
        try:
            sections.append(part.run(context))
        except (KeyError, ValueError) as error:
            _say(f"align: {part.name}: {one_line(error)}")
            sections.append(Section(part.what.capitalize(), (Paragraph(f"Not possible: {one_line(error)}."),)))
            failed.append(part.name)
            continue
        _say(f"      {time.perf_counter() - start:.0f} s")
    return Done(sections, failed)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def lead(context: Context, options: Options) -> tuple[str, ...]:
    """What the report says first: what was done, on which vectors, and how to do it again."""
    spaces = " and ".join(
        f"**{space.name}** ({len(space):,} {language} words, {space.dim} dimensions)"
        for space, language in ((context.english, "English"), (context.chinese, "Chinese"))
    )
    default = Options()
    given = [
        f"--{name} {shlex.quote(str(getattr(options, name)))}"
        for name in ("english", "chinese", "seed", "limit")
        if getattr(options, name) != getattr(default, name)
    ]
    command = " ".join(("python -m experiments.homework", *given))
    data = (
        f"The exercises of a course on word2vec, on two sets of word vectors that were trained apart: {spaces}. Where "
        "these lack the words of a question, another set is asked beside them, and the text says so."
    )
    again = (
        f"Everything that is random comes from the seed {context.seed}: the same command gives the same numbers. The "
        f"command is `{command}`."
    )
    return data, again


def onward(path: Path) -> tuple[str, ...]:
    """The commands that go on from a translator, as they can be pasted into this terminal."""
    align, file = _align(), shlex.quote(str(path))
    return (f"{align} repl {file}", f"{align} translate horse 马 --with {file}")


def _align() -> str:
    """How ``align`` is called here: by its name where the shell finds this one, else by its path or through Python."""
    python = Path(sys.executable)
    script = python.with_name("align")
    found = shutil.which("align")
    if found is not None and Path(found).parent == script.parent:
        return "align"
    if shutil.which(str(script)):
        return shlex.quote(_from_here(script))
    return f"{shlex.quote(_from_here(python))} -m align"


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run every part, write ``report.html``, show the summary; 2 where a part could not be done with these spaces."""
    options = parse(argv, (__doc__ or "").strip())
    try:
        context = open_context(options)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    page = context.out / "report.html"
    try:
        done = run_parts(context)
        write(done.sections, page, title=TITLE, lead=lead(context, options))
    except (KeyError, OSError) as error:
        refuse(one_line(error))
    show(done.sections, page)
    made = translation.translator_path(context)
    if "translation" not in done.failed and made.exists():
        sys.stdout.write("Go on with the trained translator:\n")
        sys.stdout.writelines(f"  {line}\n" for line in onward(made))
    return 2 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
