"""RESULTS.md, written from recorded figures: each table with the command that prints its figures.

``experiments/results.toml`` has the figures. Command: ``python -m experiments.results`` writes RESULTS.md.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from align.atomic import replacing
from align.message import one_line
from experiments.options import known_only, new_parser, refuse

HERE = Path(__file__).parent
LEAD = """# Results

`python -m experiments.results` writes this page from [results.toml](results.toml). Every figure is listed with the
command that prints it. P@1 is the percentage of test words whose first candidate is a right translation.
[LOG.md](LOG.md) lists what was tried, including what did not work.
"""


def sections(folder: Path = HERE) -> list[dict[str, Any]]:
    """Reads the sections of ``results.toml``, in order.

    Raises:
        ValueError: the file is not TOML, or a row has more or fewer cells than there are columns.
    """
    found: list[dict[str, Any]] = tomllib.loads((folder / "results.toml").read_text("utf-8"))["section"]
    for one in found:
        for row in one.get("rows", ()):
            if len(row) != len(one["columns"]):
                raise ValueError(f"results.toml, {one['title']!r}: {row} must have {len(one['columns'])} cells")
    return found


def page(found: Sequence[Mapping[str, Any]]) -> str:
    """Returns the text of RESULTS.md."""
    return "\n".join((LEAD, *map(_section, found)))


def _section(one: Mapping[str, Any]) -> str:
    """Returns a section as Markdown: heading, command, text, table."""
    parts = [f"{'#' * one.get('level', 2)} {one['title']}\n"]
    if "command" in one:
        parts.append(f"Command: `{one['command']}`\n")
    if "text" in one:
        parts.append(f"{one['text'].strip()}\n")
    if "rows" in one:
        parts.append(markdown(one["columns"], one["rows"]))
    return "\n".join(parts)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown.

    >>> print(markdown(("a", "b"), [("1", "2")]), end="")
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = ["| " + " | ".join(row) + " |" for row in (columns, *rows)]
    return "\n".join((lines[0], "|" + "---|" * len(columns), *lines[1:], ""))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes RESULTS.md; returns the exit status."""
    try:
        known_only(new_parser("experiments.results", __doc__), argv)
        with replacing(HERE / "RESULTS.md") as temporary:
            temporary.write_text(page(sections()), encoding="utf-8")
    except (argparse.ArgumentError, ValueError, OSError) as error:
        refuse(one_line(error))
    sys.stdout.write(f"{HERE / 'RESULTS.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
