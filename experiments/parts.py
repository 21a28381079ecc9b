"""Parts of a report: one part run alone, or all of them in order, with timing and failures on standard error."""

import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from align.message import one_line
from experiments.options import parse_spaces, refuse
from experiments.report import Paragraph, Section, write
from experiments.spaces import Context, open_context
from experiments.terminal import print_summary


class Part(NamedTuple):
    """One part of a report: its module's name, its subject in a few words, and the function that makes its section."""

    name: str
    subject: str
    run: Callable[[Context], Section]


class PartResults(NamedTuple):
    """The sections of all parts, and the names of the parts that failed."""

    sections: list[Section]
    failed: list[str]


def run_parts(context: Context, parts: Sequence[Part]) -> PartResults:
    """Runs every part in order. A part that fails prints one line, and its section states the reason.

    Raises:
        OSError: a file cannot be read or written.
    """
    sections: list[Section] = []
    failed: list[str] = []
    for number, part in enumerate(parts, 1):
        _say(f"[{number}/{len(parts)}] {part.subject}")
        start = time.perf_counter()
        try:
            sections.append(part.run(context))
        except (KeyError, ValueError) as error:
            _say(f"align: {part.name}: {one_line(error)}")
            sections.append(Section(part.subject.capitalize(), (Paragraph(f"Not possible: {one_line(error)}."),)))
            failed.append(part.name)
            continue
        _say(f"      {time.perf_counter() - start:.0f} s")
    return PartResults(sections, failed)


def run_alone(
    run: Callable[[Context], Section],
    argv: Sequence[str] | None,
    description: str,
    *,
    module: str,
    network: bool = False,
) -> int:
    """Runs one part: writes ``<part>.html`` beside its figures and prints its summary. Returns the exit status.

    Bad input (an unknown name, a missing or damaged file) gives one line on standard error and exit status 2.
    ``network`` is that of ``parse_spaces``.
    """
    options = parse_spaces(argv, description, module=module, network=network)
    try:
        context = open_context(options)
        section = run(context)
        page = context.out / f"{module.rpartition('.')[2]}.html"
        write((section,), page, title=section.title)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    print_summary((section,), page)
    return 0


def next_commands(path: Path) -> tuple[str, ...]:
    """Returns commands that use the translator in the file ``path``, ready to paste into this terminal."""
    align, file = _align(), shlex.quote(str(path))
    return (f"{align} repl {file}", f"{align} translate horse 马 --with {file}")


def _align() -> str:
    """Returns the command for this installation of ``align``: its name if the shell finds it, else a longer form."""
    python = Path(sys.executable)
    script = python.with_name("align")
    found = shutil.which("align")
    if found is not None and Path(found).parent == script.parent:
        return "align"
    if shutil.which(str(script)):
        return shlex.quote(_from_here(script))
    return f"{shlex.quote(_from_here(python))} -m align"


def _from_here(path: Path) -> str:
    """Returns ``path`` relative to the working directory if it lies inside, else as it is."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _say(line: str) -> None:
    """Prints a line on standard error at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
