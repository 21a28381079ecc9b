"""Commands that look around: repl, plot."""

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Output, Reading
from align.cli.output import output_file, say
from align.cli.translation import Retrieval, open_translator


def repl(*translators: str, k: Count = 5, retrieval: Retrieval = "best") -> int:
    """Translate and look around by typing words, with completion and history; `:help` shows the commands.

    Reads words from a pipe too. Each candidate is shown with its score, reading, frequency rank, and whether CC-CEDICT
    has the pair.

    **Examples**

        align repl
        align repl en-zh.align other.align
        echo ':near 国王' | align repl

    Args:
        translators: Files written by `align map`; none: the default one, a quick map until the full one is fitted.
        k: How many candidates are shown.
        retrieval: How candidates are scored.
    """
    from pathlib import Path

    from align.repl import run

    at_least(k, 1, "--k")
    stems = [Path(name).stem for name in translators]
    names = [stem if stems.count(stem) == 1 else name for stem, name in zip(stems, translators, strict=True)]
    opened = dict(zip(names, map(open_translator, translators), strict=True))
    if opened:
        return run(opened, k=k, retrieval=retrieval)

    from align.bilingual.default import default_path

    opened = {"default": open_translator("", quick=True)}
    return run(opened, k=k, retrieval=retrieval, full_default=None if default_path().exists() else default_path())


def plot(space: str, /, *words: str, output: Output, reading: Reading = READ_ALL) -> None:
    """Draw words on the plane of their two principal components; words of both languages, of a translator.

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
    from align.cli.words import known_form
    from align.plotting import plot_words
    from align.repl.commands import common_space, known_queries

    path = output_file(output, (".png",))
    if len(words) < 3:
        raise ValueError(f"{len(words)} words; a plane takes three or more")
    if space.endswith(".align"):
        translator = open_translator(space)
        opened = common_space(translator, known_queries(translator, list(words)))
        plot_words(opened, list(opened.vocab), path)
    else:
        opened = reading.space(space)
        plot_words(opened, [known_form(word, opened) for word in words], path)
    say(f"align: {len(words)} words drawn in {path}")


COMMANDS = {"repl": repl, "plot": plot}
