"""The answer for one word: its candidates, and the translations of CC-CEDICT."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from align.bilingual.context import translate_in_context
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.placed_senses import PlacedSenses
from align.bilingual.query import Query, side, translate_queries, unknown_line
from align.bilingual.translator import Retrieval, Translator
from align.text.forms import stems
from align.text.readings import pinyin

_MAX_SENSES = 12

UNSURE = 0.1
"""If no candidate has at least this probability, the answer carries the note "not known"."""


class CandidateRow(NamedTuple):
    """A candidate: score, pinyin (Chinese only), frequency rank from 1, and whether CC-CEDICT has the pair.

    ``probability`` is the probability that the candidate is right, or None if the translator has no second stage.
    """

    word: str
    score: float
    reading: str
    rank: int
    attested: bool
    probability: float | None = None


class WordEntry(NamedTuple):
    """The answer for one typed word.

    Attributes:
      query: the word.
      reading: the pinyin of a Chinese word, else "".
      rank: its frequency rank from 1, or 0 if the vocabulary lacks it, as it lacks a phrase.
      rows: its candidates, best first.
      heading: the word that is looked up in CC-CEDICT.
      dictionary: the translations of ``heading`` in CC-CEDICT, or None without CC-CEDICT.
      known: the words of the context that the vocabulary has, or None without a context.
    """

    query: Query
    reading: str
    rank: int
    rows: list[CandidateRow]
    heading: str
    dictionary: list[str] | None
    known: tuple[str, ...] | None = None


def look_up(
    translator: Translator,
    cedict: Cedict | None,
    query: Query,
    k: int,
    retrieval: Retrieval,
    *,
    context: Sequence[str] | None = None,
    senses: Iterable[PlacedSenses] = (),
) -> WordEntry:
    """Returns the entry of a word that has a vector; without ``cedict``, no candidate is attested.

    Args:
      translator: the translator that parsed the query.
      cedict: CC-CEDICT, or None.
      query: the word.
      k: number of candidates.
      retrieval: as in ``Translator.translate``.
      context: the words around the query, which change the order of the candidates; None: no context.
      senses: senses of words (``place_senses``), used together with ``context``.

    Raises:
      KeyError: the word has no vector; the message has suggestions.
    """
    if not query.form:
        raise KeyError(unknown_line(translator, query))
    known = None
    if context is None:
        (candidates,) = translate_queries(translator, [query], k, retrieval)
    else:
        found = translate_in_context(translator, [query], [context], k, retrieval, senses=senses, cedict=cedict)
        candidates, known = found[0].candidates, found[0].known
    heading = query.form if cedict is None else heading_of(cedict, query)
    rows: list[CandidateRow] = []
    for one in candidates:
        english, chinese = (one.word, heading) if query.reverse else (heading, one.word)
        reading = "" if query.reverse else pinyin(one.word)
        attested = cedict is not None and cedict.attests(english, chinese)
        rows.append(CandidateRow(one.word, one.score, reading, one.rank, attested, one.probability))
    rank = side(translator, query.reverse).vocab.index.get(query.form, -1) + 1
    reading = pinyin(query.form) if query.reverse else ""
    listed = None if cedict is None else dictionary_senses(cedict, query)
    return WordEntry(query, reading, rank, rows, heading, listed, known)


def heading_of(cedict: Cedict, query: Query) -> str:
    """Returns the word to look up in CC-CEDICT: the query, or its stem if CC-CEDICT lists only the stem."""
    word = query.form or query.word
    if query.reverse or cedict.of_english(word):
        return word
    with_entry = (stem.word for stem in stems(word.lower()) if cedict.of_english(stem.word))
    return next(with_entry, word)


def dictionary_senses(cedict: Cedict, query: Query) -> list[str]:
    """Returns the translations in CC-CEDICT: of an English word, Chinese words; of a Chinese word, its glosses.

    Glosses that list measure words ("CL:") are left out.
    """
    word = heading_of(cedict, query)
    if not query.reverse:
        return list(cedict.of_english(word))
    glosses = (gloss for entry in cedict.of_chinese(word) for gloss in entry.glosses)
    return list(dict.fromkeys(gloss for gloss in glosses if not gloss.startswith("CL:")))


def show(entry: WordEntry) -> list[Text]:
    """Returns the lines of an entry: the word, its candidates in columns, and CC-CEDICT's translations."""
    query = entry.query
    head = Text.assemble(
        (query.form, "bold"), f"  {entry.reading}" if entry.reading else "", f"  #{entry.rank:,}" if entry.rank else ""
    )
    if query.why:
        head.append(f"  (for {query.word!r}: {query.why})", "yellow")
    lines = [head]
    if entry.known is not None:
        around = ", ".join(entry.known) or "no known word, so the order is the same as without a context"
        lines.append(Text(f"  in the context of {around}", "dim"))
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
    if not entry.rows:
        lines.append(Text("  no candidates: the vector of this word is zero", "yellow"))
    elif best is not None and best < UNSURE:
        lines.append(Text(f"  not known: the best of these is right once in {_times(best)} such cases", "yellow"))
    if entry.dictionary is not None:
        lines.append(_dictionary_text(entry.dictionary, "" if entry.heading == query.form else entry.heading))
    return lines


def dictionary_line(cedict: Cedict, query: Query, *, named: bool = False) -> Text:
    """Returns a line with CC-CEDICT's translations of a word, with or without a vector; ``named`` adds the word."""
    heading = heading_of(cedict, query)
    found = dictionary_senses(cedict, query)
    return _dictionary_text(found, heading if named or (found and heading != query.word) else "")


def _dictionary_text(found: list[str], heading: str) -> Text:
    """Returns a line with the first ``_MAX_SENSES`` translations and the number of the others."""
    more = f" ... and {len(found) - _MAX_SENSES} more" if len(found) > _MAX_SENSES else ""
    listed = " · ".join(found[:_MAX_SENSES]) + more if found else "nothing"
    return Text(f"  CC-CEDICT: {f'{heading}: ' if heading else ''}{listed}", "magenta")


def _times(probability: float) -> str:
    """Returns 1 / probability as text: how many such cases contain one right answer on average."""
    return "100 or more" if probability <= 0.01 else f"{1 / probability:.0f}"


def _padded(text: str, width: int) -> str:
    """Returns ``text`` padded with spaces to ``width`` terminal cells; a hanzi takes two cells."""
    return text + " " * (width - cell_len(text))
