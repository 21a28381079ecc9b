"""A report in the terminal: whole sections, or their summaries alone."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from experiments.report import Figure, Heading, Paragraph, Section, Table, shown

WIDTH = 110


def print_summary(sections: Sequence[Section], page: Path) -> None:
    """Prints each section's summary lines, and the path of the report."""
    console = Console(highlight=False)
    for section in sections:
        console.print(f"[bold]{escape(section.title)}[/bold]")
        for line in section.summary:
            console.print(f"  {escape(line)}")
    console.print(f"Report: {escape(str(page))}", soft_wrap=True)


def print_sections(sections: Sequence[Section]) -> None:
    """Prints every block of ``sections``; a figure is named by its path."""
    console = Console(width=WIDTH, highlight=False)
    for number, section in enumerate(sections, 1):
        console.rule(f"[bold]{number}  {escape(section.title)}[/bold]", align="left")
        for block in section.blocks:
            match block:
                case Heading():
                    console.print(f"\n[bold]{escape(block.text)}[/bold]")
                case Paragraph():
                    console.print(f"\n{plain(block.text)}", markup=False)
                case Table():
                    console.print(f"\n{plain(block.caption)}", markup=False)
                    console.print(grid(block))
                case Figure():
                    console.print(f"\n{plain(block.caption)} ({block.path})", markup=False)
        console.print()


def print_page(sections: Sequence[Section], page: Path) -> None:
    """Prints every block of ``sections``, then their summary lines and the path of the page."""
    print_sections(sections)
    for section in sections:
        sys.stdout.writelines(f"{section.title}: {line}\n" for line in section.summary)
    sys.stdout.write(f"Page: {page}\n")


def plain(text: str) -> str:
    """Returns text without the markup for bold and code.

    >>> plain("**Seen** as `x V`")
    'Seen as x V'
    """
    return re.sub(r"\*\*|`", "", text)


def grid(table: Table) -> Grid:
    """Returns a report's table for the terminal, without its caption: numbers aligned right, marked rows bold."""
    made = Grid()
    for i, name in enumerate(table.columns):
        cells = [shown(row[i]) for row in table.rows]
        number = all(re.fullmatch(r"[−+-]?[\d.,]+(e[−+-]?\d+)?", cell) for cell in cells)
        made.add_column(escape(name), justify="right" if number else "left")
    for i, row in enumerate(table.rows):
        made.add_row(*(escape(shown(cell)) for cell in row), style="bold" if i in table.marked else "")
    return made
