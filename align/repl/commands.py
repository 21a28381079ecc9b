"""The commands of a session, each a function of the session and its arguments."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from rich.text import Text

from align.bilingual.query import Query, known_queries, side
from align.bilingual.translator import RETRIEVALS, Retrieval, Translator
from align.checks import at_least
from align.repl.in_context import gloss, in_sentence, senses
from align.repl.session import Command, Reply, Session
from align.repl.word_entry import dictionary_line
from align.search import gold_ranks
from align.space import WordScore, nearest


class ReplCommand(NamedTuple):
    """A command of the session.

    Attributes:
      run: the function that runs it.
      arguments: its arguments, as the help shows them.
      about: its description in the help.
      whole: whether the rest of the line is a single argument, with its punctuation.
    """

    run: Command
    arguments: str
    about: str
    whole: bool = False


class PairScore(NamedTuple):
    """The 1-based rank of a word among the candidates of another word, and its score."""

    rank: int
    score: float


def near(session: Session, words: list[str]) -> Reply:
    """Show the nearest words of the same language."""
    lines: list[Text] = []
    for query in known_queries(session.translator, _need_words(words, "near"), build=True):
        lines.append(_heading(query))
        lines += _listing(nearest(side(session.translator, query.reverse), query.form, session.k))
    return Reply(lines, session)


def analogy(session: Session, words: list[str]) -> Reply:
    """Answer "a is to b as c is to ?" for three words of one language."""
    if len(words) != 3:
        raise ValueError(f":analogy takes three words, A B C: A is to B as C is to ?; {len(words)} given")
    queries = known_queries(session.translator, words, build=True)
    if len({query.reverse for query in queries}) > 1:
        raise ValueError(":analogy takes three words of one language")
    a, b, c = (query.form for query in queries)
    found = side(session.translator, queries[0].reverse).analogy(a, b, c, k=session.k)
    return Reply([Text(f"{a} : {b} = {c} : ?", "bold"), *_listing(found)], session)


def compare(session: Session, words: list[str]) -> Reply:
    """Show an English and a Chinese word side by side: cosine, ranks, and what CC-CEDICT says."""
    if len(words) != 2:
        raise ValueError(f":compare takes an English and a Chinese word; {len(words)} given")
    queries = sorted(known_queries(session.translator, words), key=lambda query: query.reverse)
    if [query.reverse for query in queries] != [False, True]:
        language = "Chinese" if queries[0].reverse else "English"
        raise ValueError(f":compare takes one English and one Chinese word; {' and '.join(words)} are both {language}")
    english, chinese = queries
    cosine = pair_score(session.translator, english, chinese.form, "nn").score
    forward = pair_score(session.translator, english, chinese.form, session.retrieval).rank
    backward = pair_score(session.translator, chinese, english.form, session.retrieval).rank
    sizes, used = (len(session.translator.target), len(session.translator.source)), session.used_retrieval
    attested = session.cedict().attests(english.form, chinese.form)
    verdict = (
        Text("  CC-CEDICT has the pair", "green") if attested else Text("  CC-CEDICT does not have the pair", "yellow")
    )
    lines = [
        Text(f"{english.form} and {chinese.form}", "bold"),
        Text(f"  cosine of {english.form}, mapped, and {chinese.form}: {cosine:.3f}"),
        Text(f"  {chinese.form} is candidate {forward:,} of {sizes[0]:,} for {english.form} ({used})"),
        Text(f"  {english.form} is candidate {backward:,} of {sizes[1]:,} for {chinese.form} ({used})"),
        verdict,
    ]
    lines += [dictionary_line(session.cedict(), query, named=True) for query in queries]
    return Reply(lines, session)


def axis(session: Session, words: list[str]) -> Reply:
    """Project words of both languages on an axis of meaning.

    Each language has an axis of its own, fitted to its own pairs of opposites.
    """
    from align.meaning.axes import axis_names, axis_pairs, fit_axis, project_words

    if not words:
        return Reply([Text(f"axes: {', '.join(axis_names())}")], session)
    queries = known_queries(session.translator, _need_words(words[1:], "axis AXIS"))
    lines: list[Text] = []
    for reverse in (False, True):
        forms = [query.form for query in queries if query.reverse is reverse]
        if not forms:
            continue
        space = side(session.translator, reverse)
        made = fit_axis(space, axis_pairs(words[0], "zh" if reverse else "en"), name=words[0])
        positive, negative = made.pairs[0]
        lines.append(Text(f"{words[0]}: + {positive}, - {negative}", "bold"))
        for projection in project_words(space, made, forms):
            low, high = projection.interval
            ends = f"[{low:+.3f}, {high:+.3f}]" if len(made.pairs) > 1 else ""
            lines.append(Text(f"  {projection.value:+.3f}  {ends:16}  {projection.word}"))
    return Reply(lines, session)


def pair_score(translator: Translator, query: Query, other: str, retrieval: Retrieval) -> PairScore:
    """Returns the rank of the word ``other`` among all candidates of ``query``, and its score (``nn``: the cosine)."""
    row = side(translator, query.reverse).vocab.ids([query.form])
    column = side(translator, not query.reverse).vocab.ids([other])
    scores = translator.scores(row, retrieval, reverse=query.reverse)
    found = gold_ranks(lambda _: scores, column, scores.shape[1])
    return PairScore(int(found.ranks[0]), float(scores[0, column[0]]))


def plot(session: Session, words: list[str]) -> Reply:
    """Draw words of both languages on one plane, as a new PNG file in ``session.pictures``."""
    from align import plotting
    from align.fonts import missing_note

    queries = known_queries(session.translator, _need_words(words, "plot"))
    if len(queries) < 3:
        raise ValueError(f":plot takes three words or more; {len(queries)} given")
    number = 1
    while (path := session.pictures / f"align-plot-{number}.png").exists():
        number += 1
    forms = [query.form for query in queries]
    plotting.plot(session.translator, forms, path, pairs=plotting.attested_pairs(session.cedict(), forms))
    note = missing_note(forms)
    return Reply([Text(f"saved as {path.absolute()}"), *([Text(note, "yellow")] if note else [])], session)


def method(session: Session, words: list[str]) -> Reply:
    """Show or choose the retrieval and the translator."""
    for word in words:
        chosen: list[Retrieval] = [name for name in RETRIEVALS if name == word.lower()]
        if chosen:
            session = replace(session, retrieval=chosen[0])
        elif word in session.translators:
            session = replace(session, name=word)
        else:
            expected = ", ".join([*RETRIEVALS, *session.translators])
            raise ValueError(f":method {word}: one of {expected} was expected")
    source, target = session.translator.source, session.translator.target
    why = " (this translator has no second stage for best)" if session.used_retrieval != session.retrieval else ""
    lines = [
        Text(f"translator {session.name}: {len(source):,} English words, {len(target):,} Chinese"),
        Text(f"retrieval {session.used_retrieval}{why}, {session.k} candidates"),
    ]
    others = [name for name in session.translators if name != session.name]
    if others:
        lines.append(Text(f"other translators: {', '.join(others)}"))
    return Reply(lines, session)


def k(session: Session, words: list[str]) -> Reply:
    """Show or choose the number of candidates."""
    if len(words) > 1 or (words and not words[0].isdecimal()):
        raise ValueError(f":k takes one whole number, 1 or more; {' '.join(words)!r} given")
    session = replace(session, k=at_least(int(words[0]), 1, ":k")) if words else session
    return Reply([Text(f"{session.k} candidates")], session)


def help_(session: Session, words: list[str]) -> Reply:
    """Show what the user can type, and what the numbers mean."""
    del words
    usage = [(f":{name} {entry.arguments}".rstrip(), entry.about) for name, entry in COMMANDS.items()]
    width = max(len(left) for left, _ in usage)
    lines = [
        Text("Type English or Chinese words (traditional characters too), several on a line; Tab completes."),
        Text("A sentence is translated word by word, as by :gloss."),
        Text("Each candidate has a percentage or a score, the word, its pinyin if it is Chinese, its frequency rank"),
        Text("(#1 is the most frequent word), and a mark if CC-CEDICT has the pair."),
        *[Text.assemble((f"  {left:<{width}}", "bold"), f"  {about}") for left, about in usage],
        Text("What the numbers mean", "bold"),
        *[Text(f"  {line}") for line in NUMBERS],
    ]
    return Reply(lines, session)


def quit_(session: Session, words: list[str]) -> Reply:
    """End the session."""
    del words
    return Reply([], session, over=True)


def _need_words(words: list[str], command: str) -> list[str]:
    """Returns ``words``; raises ValueError if there are none."""
    if not words:
        raise ValueError(f":{command} WORD...: no word given")
    return words


def _heading(query: Query) -> Text:
    """Returns the heading above the lines of a word."""
    heading = Text(query.form, "bold")
    return heading.append(f"  (for {query.word!r}: {query.why})", "yellow") if query.why else heading


def _listing(found: list[WordScore]) -> list[Text]:
    """Returns a line for each word, with its cosine."""
    return [Text(f"  {one.score:6.3f}  {one.word}") for one in found]


NUMBERS = (
    "34.5%   best: the probability that the candidate is right, calibrated on words that the map was not fitted to.",
    " 0.156  csls: 2 cos - r - r', where cos is the cosine of the two words in the common space, and r and r' are the",
    "        mean cosines of each word to its 10 nearest words of the other language. Below 0, the two words are less",
    "        similar than such neighbours are on average: seldom a translation. Compare scores within one answer only.",
    " 0.512  nn, :near and :analogy: the cosine, from -1 (opposite) over 0 (unrelated) to 1 (the same direction).",
    " 0.031  inverted-softmax: the cosine minus a penalty for words that are near many other words; often below 0.",
)
COMMANDS: Mapping[str, ReplCommand] = {
    "near": ReplCommand(near, "WORD...", "the nearest words of the same language"),
    "analogy": ReplCommand(analogy, "A B C", "A is to B as C is to ?"),
    "compare": ReplCommand(compare, "ENGLISH CHINESE", "compare two words: cosine, ranks, dictionary"),
    "axis": ReplCommand(axis, "AXIS WORD...", "project words of both languages on an axis: gender, affluence, ..."),
    "plot": ReplCommand(plot, "WORD...", "draw words of both languages on one plane, as a PNG"),
    "gloss": ReplCommand(gloss, "SENTENCE", "a sentence word by word, each with its best translation", True),
    "in": ReplCommand(in_sentence, '"SENTENCE" WORD...', "translate words as the sentence uses them"),
    "senses": ReplCommand(senses, "WORD...", "the senses of a word, and the translations of each"),
    "method": ReplCommand(
        method, f"[{'|'.join(RETRIEVALS)}|TRANSLATOR]", "show or choose the retrieval and the translator"
    ),
    "k": ReplCommand(k, "[N]", "show or choose the number of candidates"),
    "help": ReplCommand(help_, "", "show this help"),
    "quit": ReplCommand(quit_, "", "leave (or Ctrl-D)"),
}
