"""The command that makes the page: explore."""

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, Flag, Given, Maybe, MaybeOutput, Seed, shown_as
from align.cli.output import output_file, say, write_json
from align.cli.translation import open_translator
from align.message import number_of, size_text
from align.progress import stage_bars

if TYPE_CHECKING:
    from pathlib import Path

    from align.bilingual.translator import Translator
    from align.explore.page_data import PageWords
    from align.explore.projections import Projection
    from align.space import Space

OUTPUT = "explore.html"
LOOPBACK = "127.0.0.1"


class _View(TypedDict):
    """Settings of a page, written or served: the title, the projections and their seed."""

    title: str
    projections: "tuple[Projection, ...]"
    seed: int


@Parameter(name="*")
@dataclass(frozen=True)
class Serving:
    """Whether and where a server shows the page."""

    serve: Flag = False
    """Serve the page instead of writing it."""
    host: Given = LOOPBACK
    """The address to listen on with `--serve`. With another address, other machines can read the vectors."""
    port: int = 0
    """The port to listen on with `--serve`; 0 takes a free one."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"--port {self.port}: must be from 0 to 65535")
        if not self.serve and (self.port or self.host != LOOPBACK):
            raise ValueError("--host and --port apply to --serve only")


NOT_SERVED = Serving()


def explore(
    translator: Annotated[str, Parameter(show_default=shown_as("the default translator"))] = "",
    /,
    *,
    output: MaybeOutput = "",
    english: Maybe = "",
    chinese: Maybe = "",
    words: int | None = None,
    projection: Literal["pca", "tsne"] = "pca",
    title: Maybe = "",
    seed: Seed = 0,
    serving: Serving = NOT_SERVED,
    json: Flag = False,
) -> None:
    """Make a page that shows both languages on one map, with search, translations, neighbours, analogies and tours.

    The page is one HTML file. It works in any current browser, opened from the disk, without a network. With `--serve`,
    a server on this machine shows the whole vocabularies and answers the page, until Ctrl-C stops it.

    **Examples**

        align explore
        align explore en-zh.align -o page.html
        align explore en-zh.align -o page.html --projection tsne
        align explore en-zh.align --serve

    Args:
        translator: A file written by `align map`. The default translator opens with a quick map until the full one is
            fitted.
        output: The HTML file to write; `explore.html` in the current folder if not given. An existing file of that name
            is replaced.
        english: The English space before it was mapped, a file or a name from the catalogue. Neighbours are then
            found in this space, otherwise in the common space. The default translator needs no such option.
        chinese: The Chinese space before it was mapped.
        words: Number of the most frequent words of each language; 0 means all. The words of the tours and of the
            built-in axes are added. Default: 20,000 in a file, all with `--serve`.
        projection: The map to show first; `tsne` needs openTSNE, and the page has the PCA map as well.
        title: The title of the page; the name of the translator if not given.
        seed: Seed of the projection.
        serving: Whether and where a server shows the page.
        json: Print one JSON document about the page; with `--serve`, its address.
    """
    from pathlib import Path

    if words is not None:
        at_least(words, 0, "--words")
    if bool(english) != bool(chinese):
        raise ValueError("--english and --chinese go together: each language needs its original space")
    if serving.serve and output:
        raise ValueError("--serve and -o exclude each other")
    path = Path(OUTPUT) if serving.serve else output_file(output or OUTPUT, (".html",))
    view: _View = {
        "title": title or f"align {Path(translator).stem}".strip(),
        "projections": ("pca",) if projection == "pca" else ("pca", projection),
        "seed": seed,
    }
    opened = open_translator(translator, quick=True)
    originals = _originals(translator, english, chinese)
    if serving.serve:
        from align.explore.page_data import page_words

        _serve(page_words(opened, words or 0, originals), view, serving, json=json)
        return
    _write(opened, path, view, limit=words, originals=originals, json=json)


def _write(
    translator: "Translator",
    path: "Path",
    view: _View,
    *,
    limit: int | None,
    originals: "tuple[Space, Space] | None",
    json: bool,
) -> None:
    """Write the page to a file."""
    from align.bilingual.dictionary.cedict import load_cedict
    from align.explore.assemble import WORDS, write_page

    limit, replaced = WORDS if limit is None else limit, path.exists()
    with stage_bars() as report:
        made = write_page(
            translator, path, cedict=load_cedict(), limit=limit, originals=originals, report=report, **view
        )
    if json:
        write_json({"page": str(path), **made._asdict()})
        return
    words_shown = f"{made.english:,} English and {number_of(made.chinese, 'Chinese word')}"
    say(f"align: {path} {'is replaced, and ' if replaced else ''}shows {words_shown}; {size_text(made.size)}")


def _originals(translator: str, english: str, chinese: str) -> "tuple[Space, Space] | None":
    """Returns the spaces before they were mapped; None if they are not named and the translator is not the default."""
    from align.bilingual.default import CHINESE, ENGLISH

    if not english:
        if translator not in ("", "default"):
            return None
        english, chinese = ENGLISH, CHINESE
    return READ_ALL.space(english), READ_ALL.space(chinese).simplified()


def _serve(words: "PageWords", view: _View, serving: Serving, *, json: bool) -> None:
    """Serve the page until it is interrupted."""
    from align.bilingual.dictionary.cedict import load_cedict
    from align.explore.serve import PageServer, is_loopback

    with PageServer(words, load_cedict(), host=serving.host, port=serving.port, **view) as server:
        if not is_loopback(serving.host):
            say(f"align: other machines can reach {server.address} and read the vectors")
        if json:
            write_json({"address": server.address})
            sys.stdout.flush()
        else:
            say(f"align: {server.address} shows the words; Ctrl-C stops it")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


COMMANDS = {"explore": explore}
"""The commands of this module, by name."""
