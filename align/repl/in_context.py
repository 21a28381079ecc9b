"""Words in context: the commands :in, :senses and :gloss of the session, and sentences typed without a command."""

import re
import shutil
from collections.abc import Sequence

from rich.text import Text

from align.bilingual.candidates import Candidate
from align.bilingual.context import SenseTranslations, translate_senses
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.interlinear import gloss as gloss_of
from align.bilingual.interlinear import gloss_lines
from align.bilingual.placed_senses import PlacedSenses, senses_of_side
from align.bilingual.query import Query, parse_query, unknown_line, words_in
from align.bilingual.translator import Translator
from align.message import BY_CHANCE
from align.repl.session import Reply, Session
from align.repl.word_entry import look_up, show
from align.senses import context_words
from align.space import BUILT
from align.text.chinese import has_hanzi
from align.text.readings import pinyin

NEIGHBOURS, CANDIDATES = 5, 3
"""How many nearest words and candidates ``:senses`` shows for each sense."""
_QUOTED = re.compile(r'["“”「」]')
_BREAK = re.compile(r"[,;，；、]")
_END = re.compile(r"\w[.!?…]+$")
_FUNCTION_WORD = re.compile(
    r"\b(?:an?|and|are|as|at|be|but|by|for|from|ha[ds]|have|he|her|his|i|in|is|its?|me|my|of|on|or|our|she|so|that|the|"
    r"their|them|they|this|to|us|was|we|were|what|who|will|with|your?)\b"
)
_MIN_LENGTH = 3
"""The smallest number of words of an English sentence."""


def is_sentence(translator: Translator, cedict: Cedict | None, line: str) -> bool:
    """Returns whether a typed line is a sentence rather than a list of words to look up.

    Blanks and punctuation cut a line into pieces. A Chinese line is a sentence if neither the vocabulary nor CC-CEDICT
    has one of its pieces, and the tokeniser cuts that piece into several words of the vocabulary. An English line is a
    sentence if it has at least three words, of which two follow each other without a comma or semicolon between them,
    and it contains a function word or ends with a full stop, ``!``, ``?`` or ``…``. A line with quotation marks is
    never a sentence.

    Args:
      translator: gives the vocabularies.
      cedict: CC-CEDICT, or None to do without it.
      line: the line, without blanks at its ends.
    """
    if _QUOTED.search(line):
        return False
    if has_hanzi(line):
        return any(_is_clause(translator, cedict, piece.rstrip("!?！？…")) for piece in words_in(line))
    runs = [run.split() for run in _BREAK.split(line.lower().rstrip(".!?…"))]
    if sum(map(len, runs)) < _MIN_LENGTH or max(map(len, runs)) < 2:
        return False
    return _END.search(line) is not None or _FUNCTION_WORD.search(line.lower()) is not None


def _is_clause(translator: Translator, cedict: Cedict | None, piece: str) -> bool:
    """Returns whether a piece of Chinese text is unknown as a whole but consists of several known words."""
    query = parse_query(translator, piece)
    known = bool(query.form) and query.why != BUILT and not query.parts
    if known or not has_hanzi(piece) or (cedict is not None and cedict.of_chinese(piece)):
        return False
    return sum(word in translator.target for word in context_words(piece, "zh")) > 1


def gloss(session: Session, words: list[str]) -> Reply:
    """Show a sentence word by word, and below each word its best translation in the sentence."""
    if not words:
        raise ValueError(":gloss SENTENCE: no sentence given")
    found = gloss_of(session.translator, session.cedict(), words[0], session.retrieval, senses=session.placed)
    lines = [Text(BY_CHANCE, "yellow")] if session.translator.by_chance else []
    lines += [Text(line) for line in gloss_lines(found, shutil.get_terminal_size((100, 24)).columns)]
    return Reply(lines, session)


def in_sentence(session: Session, words: list[str]) -> Reply:
    """Translate words as they are used in a sentence."""
    if len(words) < 2:
        raise ValueError(':in "SENTENCE" WORD...: a sentence in quotation marks and a word were expected')
    sentence, *wanted = words
    lines: list[Text] = []
    for word in wanted:
        query = _known(session, word)
        context = context_words(sentence, "zh" if query.reverse else "en")
        given = session.translator, session.cedict(), query, session.k, session.retrieval
        entry = look_up(*given, context=context, senses=session.placed)
        lines += [*([Text("")] if lines else []), *show(entry)]
    return Reply(lines, session)


def senses(session: Session, words: list[str]) -> Reply:
    """Show the senses of words: for each sense its probability, its nearest words, and its candidates."""
    if not words:
        raise ValueError(":senses WORD...: no word given")
    if not session.senses:
        raise ValueError(
            "no space of senses is open: `align train adagram` makes a file, and `align repl --senses FILE` opens it"
        )
    lines: list[Text] = []
    for word in words:
        query = _known(session, word)
        placed = senses_of_side(session.placed, reverse=query.reverse)
        if placed is None:
            raise ValueError(f"the senses that are open are not of {'Chinese' if query.reverse else 'English'} words")
        form = placed.form(query.form)
        if not form:
            raise KeyError(f"{query.form!r} is not among the words with senses")
        given = session.translator, query, placed, CANDIDATES, session.retrieval
        found = translate_senses(*given, cedict=session.cedict())
        lines += [Text(form, "bold"), *(line for sense in found for line in _sense_lines(placed, form, sense))]
    return Reply(lines, session)


def _known(session: Session, word: str) -> Query:
    """Returns the query of a word; raises KeyError with suggestions if it has no vector."""
    query = parse_query(session.translator, word)
    if not query.form:
        raise KeyError(unknown_line(session.translator, query))
    return query


def _sense_lines(placed: PlacedSenses, form: str, sense: SenseTranslations) -> list[Text]:
    """Returns two lines for a sense: its probability and nearest words, and its candidates."""
    near = ", ".join(found.word for found in placed.space.neighbours(form, sense.number, k=NEIGHBOURS))
    first = Text.assemble(f"  {sense.number}  {sense.probability:6.1%}  ", (near, "dim"))
    return [first, Text(f"             {_joined(sense.candidates)}", "bold")]


def _joined(candidates: Sequence[Candidate]) -> str:
    """Returns candidates as one line, each with its pinyin (if Chinese) and its probability (if there is one)."""
    parts = [
        f"{one.word}{f' {pinyin(one.word)}' if has_hanzi(one.word) else ''}"
        f"{'' if one.probability is None else f' {one.probability:.1%}'}"
        for one in candidates
    ]
    return " · ".join(parts)
