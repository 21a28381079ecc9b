"""The picture of the README: numbers of both languages on one plane, and one analogy.

Command: ``python -m experiments.readme_picture`` writes ``.github/picture.png``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from align.message import one_line
from align.plotting import ENGLISH, sheet
from experiments.homework.concept_figures import draw_both
from experiments.homework.concepts import concept_lists, show_in
from experiments.homework.gender_figure import draw_analogy
from experiments.homework.shapes import Maps, compare, held_out_words
from experiments.options import RunOptions, SpaceOptions, parse_run, refuse
from experiments.spaces import Context, open_context

NAME = "picture.png"
WIDTH, COLOURS = 1100, 48


def draw(context: Context) -> Path:
    """Draws the picture and shrinks it to ``WIDTH`` pixels and ``COLOURS`` colours.

    Raises:
        KeyError: the English space lacks a word of the analogy.
        OSError: the file cannot be written.
    """
    lists = concept_lists()
    shown, _ = show_in(context, "numbers", lists["numbers"])
    numbers = compare(shown, Maps(held_out_words(lists)), seed=context.seed)
    pairs = (("man", "woman"), ("king", "queen"))
    a, b, c, d = (
        context.english.unit[context.english.vocab.index[word]].astype(float) for pair in pairs for word in pair
    )
    cosine = float((b - a) @ (d - c) / ((b - a) @ (b - a) * ((d - c) @ (d - c))) ** 0.5)
    path = context.out / NAME
    with sheet(path, 9.6, 4.8) as figure:
        left, right = figure.subplots(1, 2)
        draw_both(left, numbers, [one for one, _ in shown.pairs], [other for _, other in shown.pairs])
        draw_analogy(right, context.english, *pairs, cosine=cosine, colour=ENGLISH)
    with Image.open(path) as drawn:
        small = drawn.convert("RGB").resize(
            (WIDTH, round(WIDTH * drawn.height / drawn.width)), Image.Resampling.LANCZOS
        )
    small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Draws the picture; returns the exit status."""
    options: RunOptions = parse_run(
        argv, (__doc__ or "").split("\n")[0], module="experiments.readme_picture", out=".github"
    )
    try:
        path = draw(open_context(SpaceOptions(out=options.out, seed=options.seed)))
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
