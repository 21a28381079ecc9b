"""Interactive and visual commands: repl, plot."""

from typing import Annotated

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Output, Reading, names_translator
from align.cli.output import output_file, say
from align.cli.translation import Retrieval, open_translator
from align.cli.words import known_form
from align.message import number_of


def repl(
    *translators: str,
    k: Count = 5,
    retrieval: Retrieval = "best",
    senses: Annotated[tuple[str, ...], Parameter(show_default=False, negative="")] = (),
) -> int:
    """Translate and explore in an interactive session with completion and history; `:help` lists its commands.

    Words can also come from a pipe. Each candidate is shown with its probability or score, reading and frequency rank,
    and with a mark if CC-CEDICT has the pair.

    **Examples**

        align repl
        align repl en-zh.align other.align
        echo ':near 国王' | align repl
        align repl --senses senses.safetensors

    Args:
        translators: Files written by `align map`. Without one, the default translator opens: a quick map, which answers
            at once with scores, until `align fetch --default-translator` has fitted the full map, which shows
            probabilities.
        k: Number of candidates to show.
        retrieval: How candidates are scored.
        senses: A file of `align train adagram`, for `:senses` and words in sentences; may be given once for each
            language.
    """
    from pathlib import Path

    from align.cli.senses import open_senses
    from align.repl import run

    at_least(k, 1, "--k")
    opened_senses = [open_senses(file) for file in senses]
    stems = [Path(name).stem for name in translators]
    names = [stem if stems.count(stem) == 1 else name for stem, name in zip(stems, translators, strict=True)]
    opened = dict(zip(names, map(open_translator, translators), strict=True))
    if opened:
        return run(opened, k=k, retrieval=retrieval, senses=opened_senses)

    from align.bilingual.default import default_path

    opened = {"default": open_translator("", quick=True)}
    full = None if default_path().exists() else default_path()
    return run(opened, k=k, retrieval=retrieval, senses=opened_senses, full_default=full)


def plot(space: str, /, *words: str, output: Output, reading: Reading = READ_ALL) -> None:
    """Draw words of a space, or words of both languages of a translator, on the plane of two principal components.

    The words of each language of a translator are centred first. A line joins two words if CC-CEDICT has the pair.

    **Examples**

        align plot googlenews-small one two three four five -o numbers.png
        align plot chinese-synonym 马 牛 驴 猪 狗 猫 -o animals.png
        align plot en-zh.align one two three 一 二 三 -o both.png

    Args:
        space: A file of word vectors, a name from the catalogue, or a translator (its name ends in .align).
        words: Three words or more.
        output: The PNG to write.
        reading: How vector files are read.
    """
    from align import plotting
    from align.fonts import missing_note

    path = output_file(output, (".png",))
    if len(words) < 3:
        raise ValueError(f"{len(words)} words given; a picture of a plane needs three or more")
    if names_translator(space, reading):
        from align.bilingual.dictionary.cedict import load_cedict
        from align.bilingual.query import known_queries

        translator = open_translator(space)
        forms = [one.form for one in known_queries(translator, list(words))]
        plotting.plot(translator, forms, path, pairs=plotting.attested_pairs(load_cedict(), forms))
    else:
        opened = reading.space(space)
        forms = [known_form(word, opened) for word in words]
        plotting.plot(opened, forms, path)
    say(f"align: {number_of(len(dict.fromkeys(forms)), 'word')} drawn in {path}")
    if note := missing_note(forms):
        say(f"align: {note}")


COMMANDS = {"repl": repl, "plot": plot}
