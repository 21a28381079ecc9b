"""The commands of the session, each a function of the session and its arguments."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from rich.text import Text

from align.bilingual.query import Query, known_queries, side
from align.bilingual.translator import RETRIEVALS, Retrieval, Translator
from align.neighbours import Near, nearest
from align.repl.session import Command, Reply, Session
from align.repl.word_entry import listed, senses
from align.search import gold_ranks
from align.space import Space
from align.text.vocab import Vocab


class ReplCommand(NamedTuple):
    """A command: what does it, its arguments, and one line about it."""

    run: Command
    arguments: str
    about: str


class PairRank(NamedTuple):
    """Where a word stands among the candidates of another, from 1, and its score."""

    rank: int
    score: float


def near(session: Session, words: list[str]) -> Reply:
    """The words nearest to each of ``words`` in its own language."""
    lines: list[Text] = []
    for asked in known_queries(session.translator, _some(words, "near", "WORD...")):
        lines.append(_head(asked))
        lines += _listing(nearest(side(session.translator, asked.reverse), asked.form, session.k))
    return Reply(lines, session)


def analogy(session: Session, words: list[str]) -> Reply:
    """Answers to ``a`` is to ``b`` as ``c`` is to ?, the three of one language."""
    from align.evaluate.analogy import answers

    if len(words) != 3:
        raise ValueError(f":analogy takes three words, A B C: A is to B as C is to ?; {len(words)} given")
    asked = known_queries(session.translator, words)
    if len({one.reverse for one in asked}) > 1:
        raise ValueError(":analogy takes three words of one language")
    a, b, c = (one.form for one in asked)
    found = answers(side(session.translator, asked[0].reverse), a, b, c, session.k)
    return Reply([Text(f"{a} : {b} = {c} : ?", "bold"), *_listing([Near(*one) for one in found])], session)


def compare(session: Session, words: list[str]) -> Reply:
    """An English and a Chinese word, set side by side: cosine, ranks, and what CC-CEDICT says."""
    if len(words) != 2:
        raise ValueError(f":compare takes an English and a Chinese word; {len(words)} given")
    asked = sorted(known_queries(session.translator, words), key=lambda one: one.reverse)
    if [one.reverse for one in asked] != [False, True]:
        raise ValueError(
            f":compare takes one English and one Chinese word; both of {' and '.join(words)} are one language"
        )
    english, chinese = asked
    cosine = place(session.translator, english, chinese.form, "nn").score
    there = place(session.translator, english, chinese.form, session.retrieval).rank
    back = place(session.translator, chinese, english.form, session.retrieval).rank
    sizes = len(session.translator.target), len(session.translator.source)
    has = "has the pair" if session.cedict().attests(english.form, chinese.form) else "has not the pair"
    lines = [
        Text(f"{english.form} and {chinese.form}", "bold"),
        Text(f"  cosine of {english.form}, mapped, and {chinese.form}: {cosine:.3f}"),
        Text(f"  {chinese.form} is candidate {there:,} of {sizes[0]:,} for {english.form} ({session.retrieval})"),
        Text(f"  {english.form} is candidate {back:,} of {sizes[1]:,} for {chinese.form} ({session.retrieval})"),
        Text(f"  CC-CEDICT {has}", "green" if has == "has the pair" else "yellow"),
    ]
    lines += [Text(f"  CC-CEDICT: {one.form}: {listed(senses(session.cedict(), one))}", "magenta") for one in asked]
    return Reply(lines, session)


def axis(session: Session, words: list[str]) -> Reply:
    """Project words of both languages on an axis of meaning, each on the axis of its own language's pairs."""
    from align.meaning.axes import axis_names, axis_pairs, fit_axis, project_words

    if not words:
        return Reply([Text(f"axes: {', '.join(axis_names())}")], session)
    asked = known_queries(session.translator, _some(words[1:], "axis", "AXIS WORD..."))
    lines: list[Text] = []
    for reverse in (False, True):
        forms = [one.form for one in asked if one.reverse is reverse]
        if not forms:
            continue
        space = side(session.translator, reverse)
        made = fit_axis(space, axis_pairs(words[0], "zh" if reverse else "en"), name=words[0])
        positive, negative = made.pairs[0]
        lines.append(Text(f"{words[0]}: + {positive}, - {negative}", "bold"))
        for one in project_words(space, made, forms):
            low, high = one.interval
            lines.append(Text(f"  {one.value:+.3f}  [{low:+.3f}, {high:+.3f}]  {one.word}"))
    return Reply(lines, session)


def place(translator: Translator, asked: Query, other: str, retrieval: Retrieval) -> PairRank:
    """The rank of ``other`` among all candidates of a word, and its score (``nn``: the cosine)."""
    row = side(translator, asked.reverse).vocab.ids([asked.form])
    column = side(translator, not asked.reverse).vocab.ids([other])
    scores = translator.scores(row, retrieval, reverse=asked.reverse)
    found = gold_ranks(lambda _: scores, column, scores.shape[1])
    return PairRank(int(found.ranks[0]), float(scores[0, column[0]]))


def plot(session: Session, words: list[str]) -> Reply:
    """Draw words of both languages in their common plane, as a PNG in the folder of pictures."""
    from align.plotting import plot_words

    asked = known_queries(session.translator, _some(words, "plot", "WORD..."))
    if len(asked) < 3:
        raise ValueError(f":plot takes three words or more; {len(asked)} given")
    space = common_space(session.translator, asked)
    number = 1
    while (path := session.pictures / f"align-plot-{number}.png").exists():
        number += 1
    plot_words(space, list(space.vocab), path)
    return Reply([Text(f"drawn in {path.absolute()}")], session)


def common_space(translator: Translator, asked: list[Query]) -> Space:
    """The words as points of the space in which the translator compares both languages, each once."""
    rows = {one.form: side(translator, one.reverse)[one.form] for one in asked}
    return Space(Vocab(list(rows)), np.stack(list(rows.values())), name="common space")


def method(session: Session, words: list[str]) -> Reply:
    """Show or choose the way of retrieval, and the translator."""
    for word in words:
        chosen: list[Retrieval] = [one for one in RETRIEVALS if one == word.lower()]
        if chosen:
            session = replace(session, retrieval=chosen[0])
        elif word in session.translators:
            session = replace(session, name=word)
        else:
            raise ValueError(f"{word!r} is no method; expected one of {', '.join([*RETRIEVALS, *session.translators])}")
    source, target = session.translator.source, session.translator.target
    lines = [
        Text(f"translator {session.name}: {len(source):,} English words, {len(target):,} Chinese"),
        Text(f"retrieval {session.retrieval}, {session.k} candidates"),
    ]
    others = [name for name in session.translators if name != session.name]
    if others:
        lines.append(Text(f"other translators: {', '.join(others)}"))
    return Reply(lines, session)


def k(session: Session, words: list[str]) -> Reply:
    """Show or choose how many candidates are shown."""
    if len(words) > 1 or (words and not words[0].isdecimal()):
        raise ValueError(f":k takes one whole number, 1 or more; {' '.join(words)!r} given")
    session = replace(session, k=int(words[0])) if words else session
    return Reply([Text(f"{session.k} candidates")], session)


def help_(session: Session, words: list[str]) -> Reply:
    """What one can type."""
    del words
    usage = [(f":{name} {entry.arguments}".rstrip(), entry.about) for name, entry in COMMANDS.items()]
    width = max(len(left) for left, _ in usage)
    lines = [
        Text("Type English or Chinese words (traditional too), several on a line if you like; Tab completes."),
        Text("Each candidate: score, word, reading, frequency rank, and whether CC-CEDICT has the pair."),
        *[Text.assemble((f"  {left:<{width}}", "bold"), f"  {about}") for left, about in usage],
    ]
    return Reply(lines, session)


def quit_(session: Session, words: list[str]) -> Reply:
    """Leave."""
    del words
    return Reply([], session, over=True)


def _some(words: list[str], command: str, arguments: str) -> list[str]:
    if not words:
        raise ValueError(f":{command} {arguments}: no word given")
    return words


def _head(asked: Query) -> Text:
    head = Text(asked.form, "bold")
    return head.append(f"  (for {asked.word!r}: {asked.why})", "yellow") if asked.why else head


def _listing(found: list[Near]) -> list[Text]:
    return [Text(f"  {one.score:6.3f}  {one.word}") for one in found]


COMMANDS: Mapping[str, ReplCommand] = {
    "near": ReplCommand(near, "WORD...", "the nearest words of the same language"),
    "analogy": ReplCommand(analogy, "A B C", "A is to B as C is to ?"),
    "compare": ReplCommand(compare, "ENGLISH CHINESE", "two words side by side: cosine, ranks, dictionary"),
    "axis": ReplCommand(axis, "AXIS WORD...", "project words of both languages on an axis: gender, affluence, ..."),
    "plot": ReplCommand(plot, "WORD...", "draw words of both languages on one plane, as a PNG"),
    "method": ReplCommand(method, "[csls|nn|TRANSLATOR]", "how candidates are found"),
    "k": ReplCommand(k, "[N]", "how many candidates are shown"),
    "help": ReplCommand(help_, "", "this"),
    "quit": ReplCommand(quit_, "", "leave (or Ctrl-D)"),
}
