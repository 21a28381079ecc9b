"""RESULTS.md, written from recorded figures: each table with the command that prints its figures.

``experiments/results.toml`` has the figures. A section with ``record`` reads them from a JSON file in
``experiments/recorded/``, which its command printed. Command: ``python -m experiments.results`` writes RESULTS.md;
``python -m experiments.results --record NAME`` first runs the command of the section NAME and saves its JSON.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from align.atomic import replacing
from align.message import one_line
from experiments.options import refuse
from experiments.translation_scores import DIRECTIONS, RETRIEVALS, TITLES, percent

HERE = Path(__file__).parent
LEAD = """# Results

`python -m experiments.results` writes this page from [results.toml](results.toml) and the JSON files in `recorded/`.
Every figure is listed with the command that prints it. P@1 is the percentage of test words whose first candidate is a
right translation. [LOG.md](LOG.md) lists what was tried, including what did not work.
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


def page(found: Sequence[Mapping[str, Any]], folder: Path = HERE) -> str:
    """Returns the text of RESULTS.md."""
    return "\n".join((LEAD, *(_section(one, folder) for one in found)))


def _section(one: Mapping[str, Any], folder: Path) -> str:
    """Returns a section as Markdown: heading, command, text, table."""
    parts = [f"{'#' * one.get('level', 2)} {one['title']}\n"]
    if "command" in one:
        parts.append(f"Command: `{one['command']}`\n")
    if "text" in one:
        parts.append(f"{one['text'].strip()}\n")
    if "record" in one:
        recorded = json.loads((folder / "recorded" / f"{one['record']}.json").read_text("utf-8"))
        parts.append(markdown(METHOD_COLUMNS, method_rows(recorded)))
    elif "rows" in one:
        parts.append(markdown(one["columns"], one["rows"]))
    return "\n".join(parts)


METHOD_COLUMNS = ("direction", "method", "retrieval", "P@1", "P@5", "P@10", "words")


def method_rows(recorded: Mapping[str, list[dict[str, Any]]]) -> list[tuple[str, ...]]:
    """Returns the rows of ``align eval methods --json`` as cells of a table."""
    return [
        (
            DIRECTIONS[row["direction"]],
            str(TITLES.get(row["method"], row["method"])),
            RETRIEVALS[row["retrieval"]],
            *(percent(row[name]["covered"]) for name in ("p@1", "p@5", "p@10")),
            f"{row['covered']:,}",
        )
        for row in recorded["rows"]
    ]


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown.

    >>> print(markdown(("a", "b"), [("1", "2")]), end="")
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = ["| " + " | ".join(row) + " |" for row in (columns, *rows)]
    return "\n".join((lines[0], "|" + "---|" * len(columns), *lines[1:], ""))


def record(name: str, found: Sequence[Mapping[str, Any]], folder: Path = HERE) -> Path:
    """Runs the command of the section ``name`` and saves the JSON that it prints; returns the file.

    Raises:
        ValueError: no section has this name, or the command fails or prints no JSON.
    """
    one = next((one for one in found if one.get("record") == name), None)
    if one is None:
        names = ", ".join(one["record"] for one in found if "record" in one)
        raise ValueError(f"--record {name}: no such section; choose from {names}")
    program, *arguments = shlex.split(one["command"])
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise ValueError(f"{one['command']}: exit status {done.returncode}")
    path = folder / "recorded" / f"{name}.json"
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(json.loads(done.stdout), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Writes RESULTS.md; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.results",
        description=(__doc__ or "").split("\n")[0],
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("--record", metavar="NAME", help="first run the command of this section and save its figures")
    try:
        options, unknown = parser.parse_known_args(argv)
        if unknown:
            raise ValueError(f"unknown option {unknown[0]!r}; see python -m experiments.results --help")
        found = sections()
        if options.record:
            record(options.record, found)
        with replacing(HERE / "RESULTS.md") as temporary:
            temporary.write_text(page(found), encoding="utf-8")
    except (argparse.ArgumentError, ValueError, OSError) as error:
        refuse(one_line(error))
    sys.stdout.write(f"{HERE / 'RESULTS.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
