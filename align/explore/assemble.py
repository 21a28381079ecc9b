"""Assembles the page: one HTML file with its style, its program and its data inside, and no network request."""

import base64
import hashlib
import html
import os
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from align.atomic import replacing
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.translator import Translator
from align.explore.page_answers import answer_data
from align.explore.page_data import PageData, map_data, page_words
from align.explore.payload import as_text, pack
from align.explore.projections import Projection
from align.explore.reduced import MAX_DIMS
from align.explore.tours import Tour
from align.progress import Report
from align.space import Space

SCRIPTS = (
    "payload.js", "algebra.js", "words.js", "axes.js", "map.js", "labels.js", "svg.js", "answers.js", "panel.js",
    "state.js", "pointer.js", "controls.js", "main.js", "start.js",
)  # fmt: skip
"""The parts of the page's program, in the order in which they are joined."""
WORDS = 20_000


class WrittenPage(NamedTuple):
    """The size of a written page: the numbers of English words, Chinese words, and bytes."""

    english: int
    chinese: int
    size: int


def write_page(
    translator: Translator,
    path: str | os.PathLike[str],
    *,
    cedict: Cedict | None,
    limit: int = WORDS,
    projections: tuple[Projection, ...] = ("pca",),
    title: str = "align",
    seed: int = 0,
    originals: tuple[Space, Space] | None = None,
    views: Sequence[Tour] | None = None,
    dims: int = MAX_DIMS,
    report: Report = lambda *_: None,
) -> WrittenPage:
    """Writes the page of a translator, whole or not at all. The same arguments give the same bytes.

    Args:
      translator: the translator to show.
      path: the HTML file to write.
      cedict: CC-CEDICT; None leaves its entries out.
      limit: number of the most frequent words to show for each language; 0 means all.
      projections: names of the projections; the page shows the last one first.
      title: the title of the page.
      seed: seed of the projections.
      originals: the English and the Chinese space before they were mapped, to find neighbours in; None means the common
        space.
      views: the tours; None means those of ``tours``.
      dims: the largest number of dimensions that the page computes with; more make its cosines more exact and the page
        larger.
      report: receives the stage, the words done and their number.

    Raises:
      ValueError: a language has no word with a vector, or there are fewer than three words.
      ModuleNotFoundError: a projection needs a package that is not installed.
      OSError: ``path`` cannot be written.
    """
    words = page_words(translator, limit, originals)
    shown = map_data(words, title=title, projections=projections, seed=seed, views=views, dims=dims)
    answers = answer_data(words, cedict, report=report)
    whole = PageData({**shown.document, **answers.document}, {**shown.arrays, **answers.arrays})
    text = assemble(title, as_text(pack(whole.document, whole.arrays))).encode()
    with replacing(path) as temporary:
        temporary.write_bytes(text)
    return WrittenPage(len(words.source), len(words.target), len(text))


def program() -> str:
    """Returns the JavaScript of the page, all parts joined."""
    folder = files("align.explore") / "page"
    return '"use strict";\n' + "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)


def embedding() -> str:
    """Returns the JavaScript of a report that has pages inside it: it opens a page at the view of a figure."""
    return '"use strict";\n' + (files("align.explore") / "page" / "embed.js").read_text(encoding="utf-8")


def assemble(title: str, data: str) -> str:
    """Returns the page as HTML.

    The content security policy of the page allows only the program inside it, by its hash, and no requests. If a local
    server gives the data, requests to that server are allowed.

    Args:
      title: the title, any text.
      data: the payload in base64; "" for a page that requests its data from a local server.
    """
    folder = files("align.explore") / "page"
    code = program()
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    connect = "'none'" if data else "'self'"
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "title": html.escape(title),
        "policy": html.escape(policy),
        "style": (folder / "style.css").read_text(encoding="utf-8"),
        "data": data,
        "program": code,
    }
    page = (folder / "page.html").read_text(encoding="utf-8")
    return re.sub(r"@@(\w+)@@", lambda mark: parts[mark[1]], page)
