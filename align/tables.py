"""Tables in HTML, which notebooks show in place of a repr."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns a table in HTML. Every text is escaped, so that a word cannot become markup.

    Args:
      caption: the text above the table.
      headings: the names of the columns.
      rows: the cells; numbers are aligned to the right.

    Example:
      >>> html_table("a", ["b"], [["<c>"]])
      '<table><caption>a</caption><thead><tr><th>b</th></tr></thead><tbody><tr><td>&lt;c&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    """Returns one cell."""
    if isinstance(value, int | float):
        text = f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
        return f'<td style="text-align:right">{text}</td>'
    return f"<td>{escape(str(value))}</td>"
