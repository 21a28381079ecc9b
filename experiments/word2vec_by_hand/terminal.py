"""Sections of a report in the terminal: headings, running text and tables."""

import re
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from experiments.homework.report import Figure, Heading, Paragraph, Section, Table, shown

WIDTH = 110


def print_sections(sections: Sequence[Section]) -> None:
    """Print every block of ``sections`` on standard output; of a figure, where it lies."""
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
                    console.print(f"\n{block.caption} ({block.path})", markup=False)
        console.print()


def plain(text: str) -> str:
    """Text without the marks for bold and code.

    >>> plain("**Seen** as `x V`")
    'Seen as x V'
    """
    return re.sub(r"\*\*|`", "", text)


def grid(table: Table) -> Grid:
    """A report's table as one of the terminal, without its caption; numbers stand right, marked rows are bold."""
    made = Grid()
    for i, name in enumerate(table.columns):
        cells = [shown(row[i]) for row in table.rows]
        number = all(re.fullmatch(r"[−+-]?[\d.,]+(e[−+-]?\d+)?", cell) for cell in cells)
        made.add_column(escape(name), justify="right" if number else "left")
    for i, row in enumerate(table.rows):
        made.add_row(*(escape(shown(cell)) for cell in row), style="bold" if i in table.marked else "")
    return made
