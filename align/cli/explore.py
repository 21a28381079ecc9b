"""The command that makes the page: explore."""

from typing import Annotated, Literal

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import Flag, Maybe, Seed
from align.cli.output import output_file, say, write_json
from align.cli.translation import open_translator
from align.message import number_of, size_text
from align.progress import stage_bars

MaybeOutput = Annotated[str, Parameter(name=["-o", "--output"], show_default=False)]
OUTPUT = "explore.html"


def explore(
    translator: str = "",
    /,
    *,
    output: MaybeOutput = "",
    words: int = 20_000,
    projection: Literal["pca", "tsne"] = "pca",
    title: Maybe = "",
    seed: Seed = 0,
    json: Flag = False,
) -> None:
    """Make a page that shows both languages on one map, with search, translations, neighbours, analogies and tours.

    The page is one HTML file. It works in any current browser, opened from the disk, without a network.

    **Examples**

        align explore
        align explore en-zh.align -o page.html
        align explore en-zh.align -o page.html --projection tsne

    Args:
        translator: A file written by `align map`. With none, the default: a quick map until the full one is fitted.
        output: The HTML file to write; `explore.html` if not given.
        words: Number of the most frequent words of each language; 0 means all.
        projection: The map to show first; `tsne` needs openTSNE and is stored beside PCA.
        title: The title of the page; the name of the translator if not given.
        seed: Seed of the projection.
        json: Print one JSON document about the page.
    """
    from pathlib import Path

    from align.bilingual.dictionary.cedict import load_cedict
    from align.explore.assemble import write_page

    at_least(words, 0, "--words")
    path = output_file(output or OUTPUT, (".html",))
    opened = open_translator(translator, quick=True)
    with stage_bars() as report:
        made = write_page(
            opened,
            path,
            cedict=load_cedict(),
            limit=words,
            projections=("pca",) if projection == "pca" else ("pca", projection),
            title=title or f"align {Path(translator).stem}".strip(),
            seed=seed,
            report=report,
        )
    if json:
        write_json({"page": str(path), **made._asdict()})
        return
    words_shown = f"{made.english:,} English and {number_of(made.chinese, 'Chinese word')}"
    say(f"align: {path} shows {words_shown}; {size_text(made.size)}")


COMMANDS = {"explore": explore}
"""The commands of this module, by name."""
