"""The answer for a word on the command line: its candidates, in a context if one is given, and those of each sense."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from align.cli.output import say, write

if TYPE_CHECKING:
    from align.bilingual.candidates import Candidate
    from align.bilingual.context import SenseTranslations
    from align.bilingual.dictionary.cedict import Cedict
    from align.bilingual.placed_senses import PlacedSenses
    from align.bilingual.query import Query
    from align.bilingual.translator import Retrieval, Translator


class AnswerOptions(NamedTuple):
    """The number of candidates, the retrieval, the sentence around the words (or ""), senses, and CC-CEDICT."""

    k: int
    retrieval: "Retrieval"
    context: str
    senses: "Sequence[PlacedSenses]"
    cedict: "Cedict | None"


class Answer(NamedTuple):
    """Candidates, the known words of the context (None without a context), and the candidates of each sense."""

    candidates: "list[Candidate]"
    known: tuple[str, ...] | None
    senses: "list[SenseTranslations] | None"


def open_placed(translator: "Translator", files: Sequence[str]) -> "list[PlacedSenses]":
    """Returns the senses in some files, placed in the common space of a translator.

    Raises:
        ValueError: a file is not a space of senses, two are of one language, or the translator has too few of their
            words.
        OSError: a file cannot be read.
    """
    if not files:
        return []

    from align.bilingual.placed_senses import place_senses
    from align.cli.senses import open_senses

    placed = [place_senses(translator, open_senses(file)) for file in files]
    if len({one.reverse for one in placed}) < len(placed):
        raise ValueError(f"--senses {' '.join(files)}: two files of one language; at most one for each was expected")
    return placed


def open_cedict(path: str = "") -> "Cedict | None":
    """Returns CC-CEDICT from a file or a name; for "", the fetched edition, or None with a message if there is none."""
    from align.bilingual.dictionary.cedict import load_cedict
    from align.catalogue import resolve
    from align.message import explain

    if path:
        return load_cedict(resolve(path))
    try:
        return load_cedict()
    except OSError as error:
        say(f"align: CC-CEDICT is not available, so its phrases and translations are left out: {explain(error)}")
        return None


def answers_of(translator: "Translator", queries: "Sequence[Query]", options: AnswerOptions) -> list[Answer]:
    """Returns the answer for each query."""
    from align.bilingual.query import translate_queries

    k, retrieval, context, placed, cedict = options
    if not context and not placed:
        return [Answer(one, None, None) for one in translate_queries(translator, queries, k, retrieval)]

    from align.bilingual.context import translate_in_context, translate_senses
    from align.bilingual.placed_senses import senses_of_side
    from align.senses import context_words

    words = {reverse: context_words(context, "zh" if reverse else "en") for reverse in (False, True)}
    contexts = [words[one.reverse] for one in queries]
    found = translate_in_context(translator, queries, contexts, k, retrieval, senses=placed, cedict=cedict)
    answers: list[Answer] = []
    for query, one, around in zip(queries, found, contexts, strict=True):
        senses = senses_of_side(placed, reverse=query.reverse)
        listed = None
        if senses is not None:
            listed = translate_senses(translator, query, senses, k, retrieval, context=around, cedict=cedict)
            if query.form and not listed:
                say(f"align: {query.word!r} is not among the words with senses")
        if context and query.form and not one.known:
            say(f"align: no word of the context of {query.word!r} is known; its candidates are those without a context")
        answers.append(Answer(one.candidates, one.known if context else None, listed))
    return answers


def answer_document(query: "Query", found: Answer) -> dict[str, Any]:
    """Returns one word's part of the JSON document, with null if the vocabulary has no form of the word."""
    document: dict[str, Any] = {
        "word": query.word,
        "found": query.form or None,
        **({"form": query.why} if query.why else {}),
        "direction": "zh-en" if query.reverse else "en-zh",
        "candidates": _listed(found.candidates),
    }
    if found.known is not None:
        document["context_words"] = list(found.known)
    if found.senses is not None:
        document["senses"] = [
            {
                "sense": one.number,
                "probability": one.probability,
                **({} if one.in_context is None else {"in_context": one.in_context}),
                "candidates": _listed(one.candidates),
            }
            for one in found.senses
        ]
    return document


def _listed(candidates: "Iterable[Candidate]") -> list[dict[str, Any]]:
    return [{name: value for name, value in near._asdict().items() if value is not None} for near in candidates]


def answer_rows(query: "Query", found: Answer) -> Sequence[tuple[object, ...]]:
    """Returns the lines of ``--tsv`` for one word; a line with an empty candidate if there is none."""
    from align.senses import MARK

    lists = [(query.word, found.candidates)]
    lists += [(f"{query.word}{MARK}{one.number}", one.candidates) for one in found.senses or ()]
    rows = [(word, near.word, f"{near.score:.4f}", near.rank) for word, listed in lists for near in listed]
    return rows or [(query.word, "", "", "")]


def show_answer(query: "Query", found: Answer) -> None:
    """Prints a word and its candidates with their readings, then each of its senses with the candidates for it."""
    write(query.form + (f"  (for {query.word!r}: {query.why})" if query.why else ""))
    if not found.candidates:
        write("  no candidate: the word has no vector")
    _show_candidates(query, found.candidates)
    for one in found.senses or ():
        there = "" if one.in_context is None else f", {one.in_context:.1%} in the context"
        write(f"  sense {one.number}: {one.probability:.1%}{there}")
        _show_candidates(query, one.candidates, "  ")


def _show_candidates(query: "Query", candidates: "Sequence[Candidate]", indent: str = "") -> None:
    """Prints candidates in columns: probability or score, word, pinyin."""
    from rich.cells import cell_len

    from align.text.readings import pinyin

    width = max((cell_len(near.word) for near in candidates), default=0)
    for near in candidates:
        reading = "" if query.reverse else pinyin(near.word)
        score = f"{near.score:6.3f}" if near.probability is None else f"{near.probability:6.1%}"
        write(f"{indent}  {score}  {near.word}{' ' * (width - cell_len(near.word))}  {reading}".rstrip())
