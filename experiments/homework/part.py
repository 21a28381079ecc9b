"""One part of the homework run alone: options, spaces, its own page, its summary."""

from collections.abc import Callable, Sequence

from align.message import one_line
from experiments.homework.report import Section, show, write
from experiments.homework.spaces import Context, open_context, parse, refuse


def alone(run: Callable[[Context], Section], argv: Sequence[str] | None, description: str, *, module: str) -> int:
    """The ``main`` of one part: run it, write ``<part>.html`` beside its figures, print its summary; the exit status.

    Bad input (an unknown name, a missing or damaged file) is one line on standard error and status 2.
    """
    options = parse(argv, description, module=module)
    try:
        context = open_context(options)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    try:
        section = run(context)
        page = context.out / f"{module.rpartition('.')[2]}.html"
        write((section,), page, title=section.title)
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    show((section,), page)
    return 0
