"""The lab report: sections of paragraphs, tables and figures, as one HTML file and as a summary in the terminal."""

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from string import Template

from align.atomic import replacing
from align.explore.assemble import embedding
from align.fonts import hanzi_font

Cell = str | int | float
_MARKS = ((re.compile(r"`([^`]+)`"), r"<code>\1</code>"), (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"))
_HANZI_RUN = re.compile(r"[\u3001-\u301f\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff1f]+")


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text with the markup ``**strong**`` and `` `code` ``; all other text is shown unchanged."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table. Numbers are aligned right and words left; a float is shown with three decimals, a str unchanged.

    ``marked`` lists the numbers of the highlighted rows (a total, the best value).

    Raises:
        ValueError: a row has more or fewer cells than there are columns.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {i} of {self.caption!r} has {len(row)} cells; {len(self.columns)} were expected")


@dataclass(frozen=True)
class Figure:
    """A picture on disk; ``alt`` describes it in words for readers who cannot see it."""

    path: Path
    caption: str
    alt: str
    page: Path | None = None
    """An HTML page that the reader may explore below the picture; a printed report leaves it out."""
    view: str = ""
    """The view that the page opens with, in the form of the page's address: `tour=numbers`."""


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True)
class Section:
    """One part of the report; the terminal shows the lines of ``summary``."""

    title: str
    blocks: tuple[Block, ...] = field(default=())
    summary: tuple[str, ...] = ()


def write(sections: Sequence[Section], path: Path, *, title: str, lead: Sequence[str] = ()) -> Path:
    """Writes the report as one self-contained HTML file with inline pictures, atomically; returns the path.

    ``lead`` has the paragraphs before the table of contents. The file does not depend on the time or the machine: runs
    with the same numbers write the same file.

    Raises:
        FileNotFoundError: a figure does not exist.
    """
    with replacing(path) as temporary:
        temporary.write_text(render(sections, title=title, lead=lead), encoding="utf-8")
    return path


def render(sections: Sequence[Section], *, title: str, lead: Sequence[str] = ()) -> str:
    """Returns the report as HTML."""
    page = Template(resources.files("experiments").joinpath("report.html").read_text("utf-8"))
    count = {"Table": 0, "Figure": 0}
    pages = _page_ids(sections)
    body = "\n".join(
        _section(section, i, count, pages, headed=section.title != title) for i, section in enumerate(sections, 1)
    )
    contents = "".join(f'<li><a href="#s{i}">{_text(s.title)}</a></li>' for i, s in enumerate(sections, 1))
    parts = {
        "title": html.escape(title),
        "heading": _text(title),
        "lead": "\n".join(f"<p>{_text(text)}</p>" for text in lead),
        "contents": f'<nav aria-label="Contents"><h2>Contents</h2><ol>{contents}</ol></nav>' if sections[1:] else "",
        "body": body + _pages(pages),
    }
    return page.substitute(parts, font=_font("".join(parts.values())))


def _font(text: str) -> str:
    """Returns the font of the figures, reduced to the hanzi of ``text``, as base64 WOFF."""
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=[], hinting=False)
    written = io.BytesIO()
    with subset.load_font(str(hanzi_font()), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(set("".join(_HANZI_RUN.findall(text))))))
        cutter.subset(font)
        subset.save_font(font, written, options)
    return base64.b64encode(written.getvalue()).decode("ascii")


def _page_ids(sections: Sequence[Section]) -> dict[Path, str]:
    """Returns the id of each page in the report, in the order of the figures; two files of one name have two ids."""
    pages = dict.fromkeys(b.page for s in sections for b in s.blocks if isinstance(b, Figure) and b.page)
    return {page: f"page-{number}-{page.stem}" for number, page in enumerate(pages, 1)}


def _section(section: Section, number: int, count: dict[str, int], pages: Mapping[Path, str], *, headed: bool) -> str:
    blocks = "\n".join(_block(block, count, pages) for block in section.blocks)
    title = f'<h2><span class="number">{number}</span> {_text(section.title)}</h2>\n' if headed else ""
    return f'<section id="s{number}">\n{title}{blocks}\n</section>'


def _block(block: Block, count: dict[str, int], pages: Mapping[Path, str]) -> str:
    match block:
        case Heading():
            return f"<h3>{_text(block.text)}</h3>"
        case Paragraph():
            return f"<p>{_text(block.text)}</p>"
        case Table():
            count["Table"] += 1
            return _table(block, count["Table"])
        case Figure():
            count["Figure"] += 1
            image = base64.b64encode(block.path.read_bytes()).decode("ascii")
            caption = f"<figcaption><b>Figure {count['Figure']}.</b> {_text(block.caption)}</figcaption>"
            alt = html.escape(block.alt, quote=True)
            view = html.escape(block.view, quote=True)
            page = (
                ""
                if block.page is None
                else (
                    f'<details data-page="{html.escape(pages[block.page], quote=True)}" data-view="{view}">'
                    "<summary>Explore these words</summary></details>"
                )
            )
            return f'<figure><img alt="{alt}" src="data:image/png;base64,{image}">{caption}{page}</figure>'


def _pages(pages: Mapping[Path, str]) -> str:
    """Returns each page once, below its id, and the program that shows it inside the report.

    A page cannot reach the report: it may only run its own program and save files.
    """
    if not pages:
        return ""
    texts = [html.escape(page.read_text(encoding="utf-8"), quote=True) for page in pages]
    stored = "".join(
        f'<div hidden id="{html.escape(name, quote=True)}" data-content="{text}"></div>\n'
        for name, text in zip(pages.values(), texts, strict=True)
    )
    return f"\n{stored}<script>{embedding()}</script>"


def _table(table: Table, number: int) -> str:
    right = [all(_is_number(row[c]) for row in table.rows) for c in range(len(table.columns))]
    kind = [' class="n"' if r else "" for r in right]
    head = "".join(f'<th scope="col"{k}>{_text(name)}</th>' for name, k in zip(table.columns, kind, strict=True))
    rows = "\n".join(
        ('<tr class="marked">' if i in table.marked else "<tr>")
        + "".join(f"<td{k}>{_text(shown(cell))}</td>" for cell, k in zip(row, kind, strict=True))
        + "</tr>"
        for i, row in enumerate(table.rows)
    )
    caption = f"<caption><b>Table {number}.</b> {_text(table.caption)}</caption>"
    return (
        f'<div class="scroll"><table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>'
    )


def _is_number(cell: Cell) -> bool:
    """Returns whether to align a cell right: a number, text that begins with one, or a dash for a missing value."""
    return not isinstance(cell, str) or cell == "–" or bool(re.match(r"[<≤−+-]?\s?\.?\d", cell))


def shown(cell: Cell) -> str:
    """Formats a cell; floats have three decimals and a true minus sign.

    >>> shown(-0.25), shown(12), shown("马")
    ('−0.250', '12', '马')
    """
    text = f"{cell:.3f}" if isinstance(cell, float) else str(cell)
    return text.replace("-", "−", 1) if not isinstance(cell, str) else text


def signed(value: float) -> str:
    """Returns two decimals with a true minus sign, and no minus before zero.

    >>> signed(-0.254), signed(-0.001)
    ('−0.25', '0.00')
    """
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _text(text: str) -> str:
    """Returns escaped text with its markup; hanzi are tagged as Chinese, so that a browser uses simplified glyphs."""
    escaped = html.escape(text, quote=False)
    for pattern, replacement in _MARKS:
        escaped = pattern.sub(replacement, escaped)
    return _HANZI_RUN.sub(lambda run: f'<span lang="zh-Hans">{run.group()}</span>', escaped)
