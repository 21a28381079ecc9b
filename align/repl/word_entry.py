"""The answer for one word: candidates beside what CC-CEDICT says."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.query import Query, side, translate_queries, unknown_line
from align.bilingual.translator import Retrieval, Translator
from align.text.chinese import pinyin
from align.text.forms import stems

_MOST_SENSES = 12


UNSURE = 0.1
"""Below this probability of its best candidate the session says that it does not know."""


class CandidateRow(NamedTuple):
    """A candidate: its score, its reading (Chinese only), its frequency rank from 1, whether CC-CEDICT has the pair.

    ``probability`` is that of its being right, where the translator gives one.
    """

    word: str
    score: float
    reading: str
    rank: int
    attested: bool
    probability: float | None = None


class WordEntry(NamedTuple):
    """All about one typed word; ``dictionary`` is what CC-CEDICT gives for ``heading``, in the vocabulary or not."""

    asked: Query
    reading: str
    rank: int
    rows: list[CandidateRow]
    heading: str
    dictionary: list[str]


def look_up(translator: Translator, cedict: Cedict, asked: Query, k: int, retrieval: Retrieval) -> WordEntry:
    """The entry of a known word.

    Raises:
        KeyError: the word is not known; the message has suggestions.
    """
    if not asked.form:
        raise KeyError(unknown_line(translator, asked))
    (candidates,) = translate_queries(translator, [asked], k, retrieval)
    heading = heading_of(cedict, asked)
    rows: list[CandidateRow] = []
    for found in candidates:
        english, chinese = (found.word, heading) if asked.reverse else (heading, found.word)
        reading = "" if asked.reverse else pinyin(found.word)
        attested = cedict.attests(english, chinese)
        rows.append(CandidateRow(found.word, found.score, reading, found.rank, attested, found.probability))
    rank = side(translator, asked.reverse).vocab.index.get(asked.form, -1) + 1  # 0: a phrase that is no token
    return WordEntry(asked, pinyin(asked.form) if asked.reverse else "", rank, rows, heading, senses(cedict, asked))


def heading_of(cedict: Cedict, asked: Query) -> str:
    """The word under which CC-CEDICT lists what was asked: for an inflected English word that it lacks, the stem."""
    word = asked.form or asked.word
    if asked.reverse or cedict.of_english(word):
        return word
    listed = (stem.word for stem in stems(word.lower()) if cedict.of_english(stem.word))
    return next(listed, word)


def senses(cedict: Cedict, asked: Query) -> list[str]:
    """What CC-CEDICT gives: Chinese words for an English word, glosses for a Chinese one, measure words left out."""
    word = heading_of(cedict, asked)
    if not asked.reverse:
        return list(cedict.of_english(word))
    glosses = (gloss for entry in cedict.of_chinese(word) for gloss in entry.glosses)
    return list(dict.fromkeys(gloss for gloss in glosses if not gloss.startswith("CL:")))


def show(entry: WordEntry) -> list[Text]:
    """The lines of an entry: the word, its candidates in columns, the dictionary's own translations."""
    asked = entry.asked
    head = Text.assemble(
        (asked.form, "bold"), f"  {entry.reading}" if entry.reading else "", f"  #{entry.rank:,}" if entry.rank else ""
    )
    if asked.why:
        head.append(f"  (for {asked.word!r}: {asked.why})", "yellow")
    lines = [head]
    words = max((cell_len(row.word) for row in entry.rows), default=0)
    readings = max((cell_len(row.reading) for row in entry.rows), default=0)
    for row in entry.rows:
        line = Text(f"  {row.score:6.3f}  " if row.probability is None else f"  {row.probability:6.1%}  ")
        line.append(_padded(row.word, words), "bold green" if row.attested else "bold")
        line.append(f"  {_padded(row.reading, readings)}" if readings else "", "cyan")
        line.append(f"  {f'#{row.rank:,}':>8}", "dim")
        line.append("  in CC-CEDICT" if row.attested else "", "green")
        lines.append(line)
    best = max((row.probability for row in entry.rows if row.probability is not None), default=None)
    if best is not None and best < UNSURE:
        lines.append(Text(f"  not known: the best of these is right once in {_times(best)} such answers", "yellow"))
    under = "" if entry.heading == asked.form else f"{entry.heading}: "
    lines.append(Text(f"  CC-CEDICT: {under}{listed(entry.dictionary)}", "magenta"))
    return lines


def _times(probability: float) -> str:
    """How many answers of this probability one right one is among."""
    return "100 or more" if probability <= 0.01 else f"{1 / probability:.0f}"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def listed(found: list[str]) -> str:
    """The first senses with dots between, and how many more there are."""
    if not found:
        return "nothing"
    more = f" ... and {len(found) - _MOST_SENSES} more" if len(found) > _MOST_SENSES else ""
    return " · ".join(found[:_MOST_SENSES]) + more
